"""Verifies a stretch of the log from its stored bytes: every event, and the roots at which checkpoints were made.

A stretch is 65,536 positions, a perfect subtree of the whole; so stretches can be verified apart, in processes of their
own, and put together by their roots. Each takes constant memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from psycopg import Connection
from psycopg.rows import TupleRow

from jiedao.audit.faults import Fault, FaultKind
from jiedao.audit.merkle import HASH_BYTES, Frontier
from jiedao.audit.published import LedgerFaultError, PublishedLedger
from jiedao.audit.tiles import WIDTH, Tile
from jiedao.domain.errors import NotFoundError
from jiedao.store.database import connect_alone
from jiedao.store.ledger_reading import HashedRow, UnreadableLogError, hashed_rows

STRETCH = 1 << 16
"""Positions of a stretch."""

MOST_FAULTS = 20
"""How many faults of a stretch are told of; one is enough to say that it does not hold."""

# In the order of positions, from the index: never the whole log sorted somewhere on the server.
_IN_ORDER = b"SET enable_sort = off; SET enable_bitmapscan = off; SET enable_seqscan = off"
_NONE = bytes(HASH_BYTES)


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is to be verified: the positions ``first`` to ``last``.

    ``sizes`` are those of checkpoints within it. ``published`` is how many events are published in ``folder``,
    ``removed`` the ranges that left the log by the recorded procedure.
    """

    first: int
    last: int
    sizes: Sequence[int]
    published: int
    folder: Path
    removed: Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Verified:
    """What became of it: its edge, the edges at the sizes asked for (both counted from its first leaf), and faults."""

    size: int
    roots: tuple[bytes, ...]
    edges: Sequence[tuple[int, tuple[bytes, ...]]]
    faults: Sequence[Fault]


def verify_apart(url: str, stretch: Stretch) -> Verified:
    """Verify a stretch over a connection of its own."""
    with connect_alone(url, "jiedao-audit-verify") as connection:
        return verify_stretch(connection, stretch)


def verify_stretch(connection: Connection[TupleRow], stretch: Stretch) -> Verified:
    """Verify a stretch."""
    connection.execute(_IN_ORDER)
    return _StretchVerification(stretch).run(connection)


@dataclass(slots=True)
class _StretchVerification:
    """One run over a stretch."""

    stretch: Stretch
    frontier: Frontier = field(default_factory=Frontier)
    faults: list[Fault] = field(default_factory=list)
    published: _PublishedLeaves = field(init=False)

    def __post_init__(self) -> None:
        self.published = _PublishedLeaves(self.stretch)

    def run(self, connection: Connection[TupleRow]) -> Verified:
        wanted = iter([*sorted(self.stretch.sizes), None])
        size, edges = next(wanted), []
        start = self.stretch.first - 1
        position = start
        try:
            for position, leaf in self._leaves(hashed_rows(connection, self.stretch.first, self.stretch.last)):
                self.frontier.add(leaf)
                if position == size:
                    edges.append((position - start, self.frontier.roots))
                    size = next(wanted)
        except UnreadableLogError as error:
            self._fault(position + 1, FaultKind.UNREADABLE, str(error))
        self.faults += self.published.faults
        return Verified(self.frontier.size, self.frontier.roots, edges, self.faults)

    def _leaves(self, rows: Iterator[HashedRow]) -> Iterator[tuple[int, bytes]]:
        """Yield a leaf hash for every position, what is missing as it was published; notes what does not hold."""
        expected = self.stretch.first
        for position, computed, stored in rows:
            while position > expected:
                yield expected, self._missing(expected)
                expected += 1
            if position < expected:
                self._fault(position, FaultKind.TWICE, f"there are two events at position {position}")
                continue
            if computed != stored:
                self._fault(
                    position, FaultKind.CONTENT, f"the event at position {position} is not what was appended there"
                )
            elif position <= self.stretch.published and self.published.leaf(position) not in {computed, None}:
                self._fault(
                    position,
                    FaultKind.REWRITTEN,
                    f"the event at position {position} is not the one that was published, though its hash fits it",
                )
            yield position, computed
            expected += 1
        while expected <= self.stretch.last:
            yield expected, self._missing(expected)
            expected += 1

    def _missing(self, position: int) -> bytes:
        if not any(first <= position <= last for first, last in self.stretch.removed):
            self._fault(position, FaultKind.MISSING, f"there is no event at position {position}")
        published = self.published.leaf(position) if position <= self.stretch.published else None
        return published or _NONE

    def _fault(self, position: int, kind: FaultKind, sentence: str) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(position, kind, sentence))


class _PublishedLeaves:
    """The leaf hashes that were published, a tile at a time; those of a tile that is damaged are none."""

    def __init__(self, stretch: Stretch) -> None:
        self.faults: list[Fault] = []
        self._size = stretch.published
        self._published = PublishedLedger(stretch.folder)
        self._index = -1
        self._content = b""

    def leaf(self, position: int) -> bytes | None:
        index, place = divmod(position - 1, WIDTH)
        if index != self._index:
            self._index, self._content = index, self._read(index)
        return self._content[place * HASH_BYTES : (place + 1) * HASH_BYTES] or None

    def _read(self, index: int) -> bytes:
        tile = Tile(0, index, min(WIDTH, self._size - index * WIDTH))
        try:
            return self._published.tile(tile)
        except (LedgerFaultError, NotFoundError, OSError) as error:
            if len(self.faults) < MOST_FAULTS:
                self.faults.append(Fault(index * WIDTH + 1, FaultKind.PUBLISHED, str(error)))
            return b""
