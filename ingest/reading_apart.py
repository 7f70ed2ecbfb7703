"""Reads the large batches of one feed in a process of its own, while this one decides and the database commits.

Reading is two fifths of the work of taking a report in, needs no database and no key, and so can be done elsewhere.
It never decides what is recorded: whatever becomes of the other process, a batch that it did not answer is read here,
and the feed goes on. ``docs/adr/0023`` says why it is as it is.
"""

from __future__ import annotations

import os
import pickle
import socket
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import suppress
from queue import SimpleQueue
from select import select
from threading import Thread
from typing import Self

import msgspec
import structlog

from ingest.normalising import Found
from ingest.reader_process import LENGTH, batch_frame, read_answer
from ingest.records import FeedRecord
from jiedao.domain.profile import DistrictProfile

LARGE_BATCH = 100
"""A batch of fewer records is read here: it costs less than to hand it over."""

WORTH_IT = 4_000
"""After so many records in large batches the process is started; to start it costs as much as to read so many."""

PATIENCE_SECONDS = 120.0
"""A process that is silent for so long is given up; a batch takes it a tenth of a second."""

_ENDING_SECONDS = 5.0
_log = structlog.get_logger(__name__)


class ReadingApart:
    """The reader of one feed. It reads one batch at a time, and belongs to one thread; nothing starts before it pays.

    Batches that are handed over wait in this process: one is asked and answered at a time, by a thread of its own, so
    neither side ever writes while the other does. How many wait is up to the caller.

    Where it is lost (killed, out of memory) that is logged, and it is started anew after ten times as many records.
    """

    def __init__(
        self,
        profile: DistrictProfile,
        *,
        allowed: bool = True,
        worth_it: int = WORTH_IT,
        large_batch: int = LARGE_BATCH,
    ) -> None:
        """Make it for the sources of a district's profile; where it is not ``allowed``, all is read here."""
        self._profile = profile
        self._allowed = allowed and _processors() > 1
        self._large_batch = large_batch
        self._worth_it = worth_it
        self._read_here = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None
        self._asked: _Questions | None = None

    @property
    def pid(self) -> int | None:
        """The number of the other process, while there is one that reads."""
        return self._process.pid if self._process is not None and self._asked is not None else None

    def submit(self, source: str, records: Sequence[FeedRecord]) -> BatchApart | None:
        """Hand a batch over; ``None`` where it is to be read here. What it comes to is taken in the same order."""
        if not self._allowed or len(records) < self._large_batch:
            return None
        if not self._is_ready() or self._asked is None:
            self._count(len(records))
            return None
        answer: Future[bytes | str] = Future()
        self._asked.put((batch_frame(source, records), answer))
        return BatchApart(self, self._asked, answer)

    def close(self) -> None:
        """End the other process."""
        process, self._process = self._process, None
        line, self._line = self._line, None
        asked, self._asked = self._asked, None
        if asked is not None:
            asked.put(None)
        if line is not None:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)  # also for the thread that waits at it, and closes it then
            if asked is None:
                line.close()
        if process is None:
            return
        try:
            process.wait(_ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def lost(self, asked: _Questions, how: str) -> None:
        """Give up the process that was asked so, unless it is given up already."""
        if self._asked is asked:
            self._lost(how)

    def _count(self, records: int) -> None:
        """Start the process once enough was read here, if another processor can run it."""
        self._read_here += records
        if self._allowed and self._process is None and self._read_here >= self._worth_it:
            self._read_here = 0
            self._start()

    def _start(self) -> None:
        """Start it and do not wait: until it says that it is ready, batches are read here."""
        self._line, theirs = socket.socketpair()
        try:
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "ingest.reader_process"],
                    stdin=theirs.fileno(),
                    stdout=theirs.fileno(),
                    env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                    process_group=0,  # an interrupt from the terminal is the feed's: it ends when its unit is recorded
                )
            _write(self._line, pickle.dumps(self._profile, pickle.HIGHEST_PROTOCOL))
        except OSError as error:
            self._lost(type(error).__name__)

    def _is_ready(self) -> bool:
        ready: bytes | None = None
        if self._line is not None and self._asked is None and select([self._line], [], [], 0)[0]:
            with suppress(OSError):
                ready = _read(self._line)
            if ready is None:
                self._lost("did not start")
            else:
                self._asked = SimpleQueue()
                Thread(target=_ask, args=(self._line, self._asked), name="jiedao-reading-apart", daemon=True).start()
                _log.info("reading_apart", pid=self._process and self._process.pid)
        return self._asked is not None

    def _lost(self, how: str) -> None:
        process = self._process
        self.close()
        self._read_here = 0
        self._worth_it *= 10
        code = process.returncode if process else None
        _log.warning("reader_process_lost", how=how, exit_code=code, started_anew_after_records=self._worth_it)


class BatchApart:
    """A batch that is being read apart."""

    def __init__(self, apart: ReadingApart, asked: _Questions, answer: Future[bytes | str]) -> None:
        self._apart = apart
        self._asked = asked
        self._answer = answer

    def take(self) -> list[Found | None] | None:
        """Wait for what its records came to, in order; what is ``None``, a record or all of it, is read here."""
        try:
            frame = self._answer.result(PATIENCE_SECONDS)
            if isinstance(frame, bytes):
                return read_answer(frame)
            self._apart.lost(self._asked, frame)
        except FutureTimeoutError:
            self._apart.lost(self._asked, "silent")
        except msgspec.MsgspecError as error:
            self._apart.lost(self._asked, type(error).__name__)
        return None


_Questions = SimpleQueue[tuple[bytes, "Future[bytes | str]"] | None]
"""What the process is asked: a batch, and where its answer goes, or why there is none. ``None`` at the end."""


def _ask(line: socket.socket, asked: _Questions) -> None:
    """Ask the process one batch after the other until nobody asks any more."""
    with line:
        while (question := asked.get()) is not None:
            frame, answer = question
            try:
                _write(line, frame)
                answer.set_result(_read(line) or "ended")
            except OSError as error:
                answer.set_result(type(error).__name__)


def _write(line: socket.socket, frame: bytes) -> None:
    """Write a frame in one call of the system; raises OSError when nobody reads it.

    Each call beyond the first would wait for the interpreter, which those who decide do not willingly let go of.
    """
    line.sendall(LENGTH.pack(len(frame)) + frame)


def _read(line: socket.socket) -> bytes | None:
    """Read a frame, for the same reason in two calls; ``None`` when the other side is gone."""
    head = line.recv(LENGTH.size, socket.MSG_WAITALL)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    frame = line.recv(length, socket.MSG_WAITALL)
    return frame if len(frame) == length else None


def _processors() -> int:
    """How many of them this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
