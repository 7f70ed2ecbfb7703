"""The process that reads records for a feed, and how the two talk: what is asked and answered, frame by frame.

It is given a district's profile, then batches of records, and answers what its adapters make of each. It reads no file,
keeps nothing, has no connection and no key, and ends when whoever started it closes its standard input or is gone.
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import IO

import msgspec

from ingest.normalising import AdapterFailure, Found, normalise
from ingest.records import FeedRecord, Normalised, Rejection, SourceAdapter
from ingest.sources.registry import make_adapters
from jiedao.application.collector import collection_paused

LENGTH = struct.Struct("!Q")
"""What stands before each frame: how many bytes it has."""


class _Batch(msgspec.Struct, array_like=True, frozen=True):
    """What is asked: records of one source, each with the moment of its arrival."""

    source: str
    records: list[tuple[bytes, datetime]]


class _Read(msgspec.Struct, array_like=True, frozen=True):
    """What one record came to; nothing at all where it cannot be told between processes."""

    normalised: Normalised | None = None
    rejection: Rejection | None = None
    failure: AdapterFailure | None = None

    def found(self) -> Found | None:
        return self.normalised or self.rejection or self.failure


_encode = msgspec.msgpack.Encoder().encode
_decode_batch = msgspec.msgpack.Decoder(_Batch).decode
_decode_answer = msgspec.msgpack.Decoder(list[_Read]).decode


def batch_frame(source: str, records: Sequence[FeedRecord]) -> bytes:
    """Write what is asked."""
    return _encode(_Batch(source, [(record.raw, record.received_at) for record in records]))


def read_answer(frame: bytes) -> list[Found | None]:
    """Read what is answered, record by record; raises msgspec.MsgspecError for what is no answer."""
    return [read.found() for read in _decode_answer(frame)]


def write_frame(stream: IO[bytes], frame: bytes) -> None:
    """Write a frame; raises OSError when nobody reads it."""
    stream.write(LENGTH.pack(len(frame)))
    stream.write(frame)
    stream.flush()


def read_frame(stream: IO[bytes]) -> bytes | None:
    """Read a frame; ``None`` when the other side is gone, be it in the middle of one."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    frame = stream.read(length)
    return frame if len(frame) == length else None


def main() -> None:
    """Answer batches until the other side is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a feed that is interrupted still finishes what it began
    asked = sys.stdin.buffer
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what anything prints must not come in between
        profile = read_frame(asked)
        if profile is None:
            return
        adapters = make_adapters(pickle.loads(profile))  # noqa: S301  # from the process that started this one
        try:
            write_frame(answers, b"")
            while (frame := read_frame(asked)) is not None:
                with collection_paused():
                    write_frame(answers, _answer(adapters, _decode_batch(frame)))
        except ConnectionError:
            os._exit(0)  # nobody is left to be told; closing the stream would try to


def _answer(adapters: Mapping[str, SourceAdapter], batch: _Batch) -> bytes:
    adapter = adapters[batch.source]
    read = [_read(normalise(adapter, raw, received_at)) for raw, received_at in batch.records]
    try:
        return _encode(read)
    except (ValueError, TypeError, OverflowError):  # one of them: the feed reads it itself, and says what is the matter
        return _encode([one if _can_be_told(one) else _Read() for one in read])


def _read(found: Found) -> _Read:
    if isinstance(found, Normalised):
        return _Read(normalised=found)
    return _Read(rejection=found) if isinstance(found, Rejection) else _Read(failure=found)


def _can_be_told(read: _Read) -> bool:
    try:
        _encode(read)
    except (ValueError, TypeError, OverflowError):
        return False
    return True


if __name__ == "__main__":
    main()
