"""What a process does that takes batches in for a feed: reads and decides each, and records it when it is its turn.

It is the feed's own pipeline on the same database, in another interpreter. A batch that fails here is not explained to
the feed, which takes it in itself then and meets what there is to meet.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys

import structlog

from ingest.intake_frames import (
    DECIDED,
    FAILED,
    READY,
    RECORD,
    RECORDED,
    decode_batch,
    read_frame,
    tally_frame,
    write_frame,
)
from ingest.overlap import BatchPipeline
from jiedao.application.intake import BatchUnderWay

_log = structlog.get_logger(__name__)


def line_to_the_feed() -> socket.socket:
    """Take over the line to the feed, which is standard input; what is printed from now on goes to standard error.

    For each further line that the arguments name (numbers of open files), this process forks another, which returns
    from here with that line: all that was loaded until now is loaded once. No thread of ours may have been started yet.

    Whoever asks the whole service to end means the feed: it ends when what it began is recorded, and these with it.
    """
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how the others ended
    line = os.dup(sys.stdin.fileno())
    os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    gc.freeze()  # what is loaded stays where it is, in memory that all of them share
    further = [int(argument) for argument in sys.argv[1:]]
    for number, other in enumerate(further):
        if not os.fork():
            for unused in (line, *further[number + 1 :]):  # or the feed would not see that it was let go of
                os.close(unused)
            return socket.socket(fileno=other)
        os.close(other)
    return socket.socket(fileno=line)


def take_in(pipeline: BatchPipeline, line: socket.socket) -> None:
    """Answer batches until the feed closes the line or is gone."""
    try:
        write_frame(line, READY + str(os.getpid()).encode())
        while (frame := read_frame(line)) is not None:
            decided = _decided(pipeline, frame)
            write_frame(line, FAILED if decided is None else DECIDED)
            if decided is None:
                continue
            told = read_frame(line)
            if told == RECORD:
                _record(decided, line)
            elif told is None:
                return
    except OSError:
        return  # nobody is left to be told


def _decided(pipeline: BatchPipeline, frame: bytes) -> BatchUnderWay | None:
    try:
        asked = decode_batch(frame)
        batch = pipeline.begin(
            asked.source, asked.feed_records(), transport=asked.transport, actor=asked.actor, offsets=asked.offsets
        )
        batch.decide()
    except Exception as error:  # noqa: BLE001  # whatever it is, the feed tries it itself
        _log.warning("batch_not_decided_apart", error=type(error).__name__)
        return None
    return batch


def _record(batch: BatchUnderWay, line: socket.socket) -> None:
    """Record a batch and say so at once, since the next one waits for that; then say what became of its records."""
    try:
        batch.record()
    except Exception as error:  # noqa: BLE001  # as above
        _log.warning("batch_not_recorded_apart", error=type(error).__name__)
        write_frame(line, FAILED)
        return
    write_frame(line, RECORDED)
    write_frame(line, tally_frame(batch.tally()))
