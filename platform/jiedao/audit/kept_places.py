"""What stays behind in the database of archived events, compared with what their archive says of them."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import Connection
from psycopg.rows import TupleRow

from jiedao.store.archive_hashing import HashedBlock
from jiedao.store.ledger_reading import PLACE_BYTES, kept_places


class KeptPlaces:
    """The places of a range of archived events; read once, and looked into one by one only where they differ."""

    def __init__(self, connection: Connection[TupleRow], first: int, last: int) -> None:
        self._first = first
        self._whole = kept_places(connection, first, last)
        self._known: frozenset[bytes] | None = None

    def other(self, block: HashedBlock) -> Iterator[int]:
        """The positions of those events of the archive whose place in the database is not there, or another."""
        if not block.positions:
            return
        begins = (block.positions[0] - self._first) * PLACE_BYTES
        if self._whole[begins : begins + PLACE_BYTES * len(block.places)] == b"".join(block.places):
            return
        if self._known is None:
            cuts = range(0, len(self._whole), PLACE_BYTES)
            self._known = frozenset(self._whole[cut : cut + PLACE_BYTES] for cut in cuts)
        yield from (
            position for position, place in zip(block.positions, block.places, strict=True) if place not in self._known
        )
