"""Reads the large batches of one feed in a process of its own, while this one decides and the database commits.

Reading is two fifths of the work of taking a report in, needs no database and no key, and so can be done elsewhere.
It never decides what is recorded: whatever becomes of the other process, a batch that it did not answer is read here,
and the feed goes on. ``docs/adr/0023`` says why it is as it is.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from select import select
from typing import IO, Self

import msgspec
import structlog

from ingest.normalising import Found
from ingest.reader_process import batch_frame, read_answer, read_frame, write_frame
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
        self._ready = False
        self._reading: BatchApart | None = None

    @property
    def pid(self) -> int | None:
        """The number of the other process, while there is one that reads."""
        return self._process.pid if self._process is not None and self._ready else None

    def submit(self, source: str, records: Sequence[FeedRecord]) -> BatchApart | None:
        """Hand a batch over; ``None`` where it is to be read here. The one before it is answered or given up."""
        if not self._allowed or len(records) < self._large_batch:
            return None
        if self._reading is not None:
            self._reading.take()
        if not self._is_ready():
            self._count(len(records))
            return None
        batch = BatchApart(self)
        if self._ask(batch_frame(source, records)) is None:
            return None
        self._reading = batch
        return batch

    def close(self) -> None:
        """End the other process."""
        process, self._process, self._ready, self._reading = self._process, None, False, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):  # what it may still want to answer nobody reads
            with suppress(OSError):
                _pipe(pipe).close()
        try:
            process.wait(_ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def answer(self, batch: BatchApart) -> list[Found | None] | None:
        """Wait for the answer to a batch; ``None`` where there is none any more."""
        if self._process is None or self._reading is not batch:
            return None
        self._reading = None
        stream = _pipe(self._process.stdout)
        try:
            if not select([stream], [], [], PATIENCE_SECONDS)[0]:
                self._lost("silent")
            elif (frame := read_frame(stream)) is None:
                self._lost("ended")
            else:
                return read_answer(frame)
        except (OSError, msgspec.MsgspecError) as error:
            self._lost(type(error).__name__)
        return None

    def _count(self, records: int) -> None:
        """Start the process once enough was read here, if another processor can run it."""
        self._read_here += records
        if self._allowed and self._process is None and self._read_here >= self._worth_it:
            self._read_here = 0
            self._start()

    def _start(self) -> None:
        """Start it and do not wait: until it says that it is ready, batches are read here."""
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "ingest.reader_process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                process_group=0,  # an interrupt from the terminal is the feed's: it ends when it has recorded its unit
            )
        except OSError as error:
            self._lost(type(error).__name__)
            return
        self._ask(pickle.dumps(self._profile, pickle.HIGHEST_PROTOCOL))

    def _is_ready(self) -> bool:
        if self._process is None or self._ready:
            return self._ready
        stream = _pipe(self._process.stdout)
        if select([stream], [], [], 0)[0]:
            if read_frame(stream) is None:
                self._lost("did not start")
            else:
                self._ready = True
                _log.info("reading_apart", pid=self._process.pid)
        return self._ready

    def _ask(self, frame: bytes) -> bool | None:
        """Write to it; ``None`` when it is gone."""
        if self._process is None:
            return None
        try:
            write_frame(_pipe(self._process.stdin), frame)
        except OSError as error:
            self._lost(type(error).__name__)
            return None
        return True

    def _lost(self, how: str) -> None:
        process = self._process
        self.close()
        self._read_here = 0
        self._worth_it *= 10
        code = process.returncode if process else None
        _log.warning("reader_process_lost", how=how, exit_code=code, started_anew_after_records=self._worth_it)


class BatchApart:
    """A batch that is being read apart."""

    def __init__(self, apart: ReadingApart) -> None:
        self._apart = apart
        self._answer: list[Found | None] | None = None
        self._taken = False

    def take(self) -> list[Found | None] | None:
        """Wait for what its records came to, in order; what is ``None``, a record or all of it, is read here."""
        if not self._taken:
            self._taken = True
            self._answer = self._apart.answer(self)
        return self._answer


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise TypeError("the reader's process was started without pipes")
    return stream


def _processors() -> int:
    """How many of them this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
