"""Hashes the events of an archive, a block at a time, reading no more of them than that takes.

Nothing that the archive says of a hash is believed: each is worked out from the bytes that are written there.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from jiedao.store.archive import ArchiveFaultError
from jiedao.store.leaf import leaf_hash_of, leaf_head, with_length
from jiedao.store.ledger_reading import place_of


class _Line(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A line as ``archive.py`` writes it; the stream is left as text, of which sixteen bytes are made."""

    position: int
    stream: str
    version: int
    topic: str
    recorded_at: int
    state: bytes  # in base64
    metadata: bytes
    leaf_hash: str


_decode_lines = msgspec.json.Decoder(_Line).decode_lines


@dataclass(frozen=True, slots=True)
class HashedBlock:
    """Events of an archive in their order: positions, the hashes that they have, and those that are written there.

    ``places`` are what stays behind of each in the database (:func:`jiedao.store.ledger_reading.kept_places`).
    """

    positions: Sequence[int]
    computed: Sequence[bytes]
    stored: Sequence[bytes]
    places: Sequence[bytes]

    def between(self, first: int, last: int) -> HashedBlock:
        """Those at positions within a range, which may be all."""
        if self.positions and first <= self.positions[0] and self.positions[-1] <= last:
            return self
        kept = [number for number, position in enumerate(self.positions) if first <= position <= last]
        hashes = ([values[number] for number in kept] for values in (self.computed, self.stored, self.places))
        return HashedBlock([self.positions[number] for number in kept], *hashes)


def hash_block(lines: bytes) -> HashedBlock:
    """Hash the events of an unpacked block. Raises ArchiveFaultError."""
    try:
        events = _decode_lines(lines)
        streams = [bytes.fromhex(one.stream.replace("-", "")) for one in events]
        heads = [
            leaf_head(one.position, stream, one.version, one.recorded_at)
            for stream, one in zip(streams, events, strict=True)
        ]
        places = [
            place_of(one.position, stream, one.version, one.recorded_at)
            for stream, one in zip(streams, events, strict=True)
        ]
        stored = [bytes.fromhex(one.leaf_hash) for one in events]
    except (ValueError, OverflowError, struct.error, msgspec.DecodeError) as error:
        raise ArchiveFaultError(f"it is damaged: {error}") from error
    computed = [
        leaf_hash_of(head, _named(one.topic), one.state, one.metadata) for head, one in zip(heads, events, strict=True)
    ]
    return HashedBlock([one.position for one in events], computed, stored, places)


@lru_cache(1024)
def _named(topic: str) -> bytes:
    """A topic as it is hashed; there are some hundred."""
    return with_length(topic.encode())
