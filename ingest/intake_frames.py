"""How a feed and the processes that take its batches in talk: frames over a socket, each with its length before it.

The feed asks for one batch at a time. The process answers that it is decided, or that it failed; once it is told that
the batch before is recorded it records this one and answers, as soon as that is done and once more with what became of
its records; told to drop it, it forgets it and answers nothing. Neither side ever writes while the other does.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from ingest.records import FeedRecord
from jiedao.application.outcomes import BatchTally
from jiedao.domain.access import Holder
from jiedao.domain.ports import OffsetMove

READY = b"ready "
"""What a process says once it is open; its number follows."""

DECIDED, RECORDED, FAILED = b"decided", b"recorded", b"failed"
"""What it says of a batch: that it is decided, that it is recorded, that either failed."""

RECORD, DROP = b"record", b"drop"
"""What it is told to do with the batch that it decided."""

_LENGTH = struct.Struct("!Q")


class AskedBatch(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A batch as it is asked for. Each record is its bytes, its origin and the moment of its arrival."""

    source: str
    transport: str
    actor: Holder
    offsets: list[OffsetMove]
    records: list[tuple[bytes, str, datetime]]

    def feed_records(self) -> list[FeedRecord]:
        """The records as they came."""
        return [FeedRecord(raw, origin, received_at) for raw, origin, received_at in self.records]


_encode = msgspec.msgpack.Encoder().encode
decode_batch = msgspec.msgpack.Decoder(AskedBatch).decode
decode_tally = msgspec.msgpack.Decoder(BatchTally).decode


def batch_frame(
    source: str, records: Sequence[FeedRecord], *, transport: str, actor: Holder, offsets: Sequence[OffsetMove]
) -> bytes:
    """Write what is asked; raises ValueError for what cannot be told between processes, as half a character."""
    told = [(one.raw, one.origin, one.received_at) for one in records]
    return _encode(AskedBatch(source, transport, actor, list(offsets), told))


def tally_frame(tally: BatchTally) -> bytes:
    """Write what is answered; half a character, as a reason may quote it, is told as a question mark."""
    try:
        return _encode(tally)
    except UnicodeEncodeError:
        return _encode(_whole(msgspec.to_builtins(tally, builtin_types=(UUID,))))


def _whole(value: object) -> object:
    """The same without halves of characters."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list | tuple):
        return [_whole(one) for one in value]
    return {name: _whole(one) for name, one in value.items()} if isinstance(value, dict) else value


def write_frame(line: socket.socket, frame: bytes) -> None:
    """Write a frame; raises OSError when nobody reads it."""
    line.sendall(_LENGTH.pack(len(frame)) + frame)


def read_frame(line: socket.socket) -> bytes | None:
    """Read a frame; ``None`` when the other side is gone, be it in the middle of one.

    Raises OSError also when the line has a time limit, which then is over.
    """
    head = line.recv(_LENGTH.size, socket.MSG_WAITALL)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    frame = line.recv(length, socket.MSG_WAITALL)
    return frame if len(frame) == length else None
