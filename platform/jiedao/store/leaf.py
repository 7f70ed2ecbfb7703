"""The leaf hash of an event: SHA-256 over one exact form of everything the log says about it.

The server computes it under the log's lock (``event_leaf_hash`` in ``0002_append.sql``); this twin lets anybody
check it.

The hashed bytes are, in this order and with nothing between them (integers are signed, big-endian):

====================================  ==========================================================
``00``                                1 byte, marks a leaf of an RFC 6962 tree
``jiedao.leaf.1/sha256``              20 bytes ASCII: this form and its algorithm
position                              8 bytes
originator id                         16 bytes, the UUID in network order
originator version                    4 bytes
recorded at                           8 bytes, microseconds since 1970-01-01 UTC
length of topic, topic                4 bytes, then UTF-8
length of state, state                4 bytes, then the bytes as stored
length of metadata, metadata          4 bytes, then the bytes as stored
====================================  ==========================================================
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from jiedao.domain.ports import LogEntry

FORM = b"jiedao.leaf.1/sha256"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_HEAD = struct.Struct("!q16siq")
_LENGTH = struct.Struct("!i")
_MARK = b"\x00" + FORM


def canonical(entry: LogEntry) -> bytes:
    """Return what follows the leaf mark ``00`` in the hashed bytes."""
    micros = (entry.recorded_at - _EPOCH) // _MICROSECOND
    parts = [FORM, _HEAD.pack(entry.position, entry.originator_id.bytes, entry.originator_version, micros)]
    for part in (entry.topic.encode(), entry.state, entry.metadata):
        parts += (_LENGTH.pack(len(part)), part)
    return b"".join(parts)


def leaf_hash(entry: LogEntry) -> bytes:
    """Compute the 32 bytes that ``entry.leaf_hash`` has to be."""
    return hashlib.sha256(b"\x00" + canonical(entry)).digest()


leaf_head = _HEAD.pack
"""Pack what a leaf begins with: position, stream (16 bytes), version, microseconds since 1970-01-01 UTC."""


def with_length(part: bytes) -> bytes:
    """Return a part of a leaf behind its length."""
    return _LENGTH.pack(len(part)) + part


def leaf_hash_of(head: bytes, topic: bytes, state: bytes, metadata: bytes) -> bytes:
    """Compute the same from the parts, many a second: the head, and the topic behind its length, come packed."""
    parts = (_MARK, head, topic, _LENGTH.pack(len(state)), state, _LENGTH.pack(len(metadata)), metadata)
    return hashlib.sha256(b"".join(parts)).digest()


def tampered(entries: Sequence[LogEntry]) -> list[int]:
    """Return the positions of the entries whose stored hash is not that of their content."""
    return [entry.position for entry in entries if leaf_hash(entry) != entry.leaf_hash]
