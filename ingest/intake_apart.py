"""Has the large batches of a feed taken in by processes of their own: read, decided and recorded, several at a time.

One interpreter works on one processor, and batches that are decided by threads of one process get into each other's
way. These processes do what the feed does, by the same pipeline on the same database; they are told when it is a
batch's turn to be recorded, so order, offsets and failures are the feed's as before. Whatever becomes of them, a batch
that they did not record is taken in by the feed itself. ``docs/adr/0029`` and ``0030`` say why.
"""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from select import POLLIN, poll
from threading import Lock, Thread
from typing import Self

import msgspec
import structlog

from ingest.intake_frames import (
    DECIDED,
    DROP,
    FAILED,
    READY,
    RECORD,
    RECORDED,
    decode_tally,
    read_frame,
    write_frame,
)
from jiedao.application.outcomes import BatchTally

LARGE_BATCH = 100
"""A batch of fewer records is taken in by the feed: it costs less than to hand it over."""

WORTH_IT = 5_000
"""After so many records in large batches the processes are started, which costs as much as to take in so many."""

PATIENCE_SECONDS = 120
"""A process that is silent for so long is given up; a batch takes it half a second."""

_ENDING_SECONDS = 10.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A batch that is taken in elsewhere: when it is recorded, which comes first, and what became of its records.

    The latter comes to what goes wrong with the batch, too; so does the former, unless it was recorded by then.
    """

    recorded: Future[None]
    tally: Future[BatchTally]


class IntakeApart:
    """The processes of one feed; it belongs to one thread, and nothing starts before it pays.

    A process that is lost (killed, out of memory) is logged, and another is started after ten times as many records.
    """

    def __init__(
        self,
        module: str,
        setup: bytes,
        *,
        processes: int,
        worth_it: int = WORTH_IT,
        large_batch: int = LARGE_BATCH,
    ) -> None:
        """Make it of processes that run ``module`` and are told ``setup`` first; of none on a single processor."""
        self._module = module
        self._setup = setup
        self._processes = processes if processors() > 1 else 0
        self._worth_it = worth_it
        self._worth_it_later = worth_it * 10
        self._large_batch = large_batch
        self._taken_in = 0
        self._changing = Lock()
        self._open: list[_Process] = []
        self._free: SimpleQueue[_Process] = SimpleQueue()
        self._threads: ThreadPoolExecutor | None = None
        self._closed = False

    @property
    def at_a_time(self) -> int:
        """How many batches are worked at, at most."""
        return self._processes

    @property
    def pids(self) -> list[int]:
        """The numbers of the processes that take batches in."""
        with self._changing:
            return [one.pid for one in self._open if one.ready and one.pid is not None]

    def takes(self, records: int) -> bool:
        """Whether a batch of so many records is to be handed over; starts processes where it pays by now."""
        if not self._processes or records < self._large_batch:
            return False
        self._taken_in += records
        with self._changing:
            if len(self._open) < self._processes and self._taken_in >= self._worth_it:
                self._start_missing()
            return any(one.ready for one in self._open)

    def submit(self, frame: bytes, before: HandedOver | None, here: Callable[[], BatchTally]) -> HandedOver:
        """Hand a batch over, behind the one before it, which was handed over earlier.

        It comes to what the one before it raised, where that one was not recorded. ``here`` takes it in by the feed
        itself, and what that raises is what it comes to.
        """
        self._threads = self._threads or ThreadPoolExecutor(self._processes, "jiedao-intake-apart")
        recorded: Future[None] = Future()
        turn = before.recorded if before else None
        return HandedOver(recorded, self._threads.submit(self._carry_out, frame, turn, recorded, here))

    def close(self) -> None:
        """Wait for what was handed over, and end the processes."""
        threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown()
        with self._changing:
            self._closed = True
            processes, self._open = self._open, []
        for one in processes:
            one.hang_up()
        for one in processes:
            one.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _carry_out(
        self, frame: bytes, turn: Future[None] | None, recorded: Future[None], here: Callable[[], BatchTally]
    ) -> BatchTally:
        try:
            tally = self._by_a_process(frame, turn, recorded)
            if tally is None:
                if turn is not None:
                    turn.result()
                tally = here()
        except BaseException as error:
            if not recorded.done():
                recorded.set_exception(error)
            raise
        if not recorded.done():
            recorded.set_result(None)
        return tally

    def _by_a_process(self, frame: bytes, turn: Future[None] | None, recorded: Future[None]) -> BatchTally | None:
        process = self._free_process()
        if process is None:
            return None
        try:
            return self._done_by(process, frame, turn, recorded)
        finally:
            if process.ready:
                self._free.put(process)

    def _done_by(
        self, process: _Process, frame: bytes, turn: Future[None] | None, recorded: Future[None]
    ) -> BatchTally | None:
        """Let a process take a batch in when it is its turn; ``None`` where it did not, or was lost over it."""
        try:
            if not process.decide(frame):
                return None
            try:
                if turn is not None:
                    turn.result()
            except BaseException:
                process.drop()
                raise
            if not process.record():
                return None
            recorded.set_result(None)
            return process.tally()
        except _LostError as lost:
            self._lost(process, str(lost))
            return None

    def _free_process(self) -> _Process | None:
        with suppress(Empty):
            while not (process := self._free.get_nowait()).ready:
                pass  # it was lost meanwhile
            return process
        return None

    def _start_missing(self) -> None:
        """Start them and do not wait: until one says that it is open, it is given nothing."""
        self._taken_in = 0
        self._worth_it_later = self._worth_it * 10
        try:
            started = _start(self._module, self._processes - len(self._open))
        except OSError as error:
            self._worth_it = self._worth_it_later
            _log.warning("intake_process_not_started", how=str(error), tried_anew_after_records=self._worth_it)
            return
        self._open += started
        for process in started:
            Thread(target=self._open_up, args=(process,), name="jiedao-intake-opens", daemon=True).start()

    def _open_up(self, process: _Process) -> None:
        try:
            process.open(self._setup)
        except _LostError as lost:
            self._lost(process, f"did not start: {lost}")
        else:
            _log.info("intake_process_open", pid=process.pid)
            self._free.put(process)

    def _lost(self, process: _Process, how: str) -> None:
        process.hang_up()
        process.end()
        with self._changing:
            if self._closed:
                return
            self._open.remove(process)
            self._taken_in = 0
            self._worth_it = self._worth_it_later
        _log.warning(
            "intake_process_lost",
            pid=process.pid,
            how=how,
            exit_code=process.exit_code,
            started_anew_after_records=self._worth_it,
        )


class _LostError(Exception):
    """A process is gone, or says what nobody understands."""


def _start(module: str, count: int) -> list[_Process]:
    """Start so many: one program, which forks the others once it is loaded; raises OSError where it cannot be."""
    with ExitStack() as stack:
        pairs = [socket.socketpair() for _ in range(count)]
        theirs = [stack.enter_context(other).fileno() for _ours, other in pairs]
        try:
            program = subprocess.Popen(  # noqa: S603  # this interpreter, and a module of ours
                [sys.executable, "-P", "-m", module, *map(str, theirs[1:])],
                stdin=theirs[0],
                stdout=theirs[0],
                pass_fds=theirs[1:],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                process_group=0,  # an interrupt from the terminal is the feed's: it records what it began
            )
        except OSError:
            for ours, _other in pairs:
                ours.close()
            raise
    return [_Process(ours, None if number else program) for number, (ours, _other) in enumerate(pairs)]


class _Process:
    """One of the processes, and the line to it. One thread at a time talks with it.

    ``program`` is what was started, where it is that; others are not ours to wait for, and are followed by what the
    system gives to follow a process by.
    """

    def __init__(self, line: socket.socket, program: subprocess.Popen[bytes] | None) -> None:
        self._line = line
        self._program = program
        self._followed: int | None = None
        self.pid = program.pid if program else None
        self.ready = False
        self.be_patient(PATIENCE_SECONDS)

    def be_patient(self, seconds: int) -> None:
        """Give it up once it is silent for so long."""
        for which in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            self._line.setsockopt(socket.SOL_SOCKET, which, struct.pack("ll", seconds, 0))

    @property
    def exit_code(self) -> int | None:
        """How it ended, where that is told."""
        return self._program.returncode if self._program else None

    def open(self, setup: bytes) -> None:
        """Tell it what it works with and wait until it is open."""
        self._write(setup)
        said = self._read()
        if not said.startswith(READY):
            raise _LostError(f"it says {said[:20]!r}")
        self.pid = int(said.removeprefix(READY))
        if self._program is None:
            with suppress(ProcessLookupError, AttributeError):  # gone already, which the line will tell; or no Linux
                self._followed = os.pidfd_open(self.pid)
        self.ready = True

    def decide(self, frame: bytes) -> bool:
        """Let it decide a batch; false where that failed, and it waits for the next."""
        self._write(frame)
        return self._said(DECIDED)

    def drop(self) -> None:
        """Let it forget the batch that it decided."""
        self._write(DROP)

    def record(self) -> bool:
        """Let it record the batch that it decided; false where that failed."""
        self._write(RECORD)
        return self._said(RECORDED)

    def tally(self) -> BatchTally:
        """Hear what became of the records of the batch that it recorded."""
        said = self._read()
        try:
            return decode_tally(said)
        except msgspec.MsgspecError as error:
            raise _LostError(type(error).__name__) from error

    def hang_up(self) -> None:
        """Let it end when it is done with what it does."""
        self.ready = False
        with suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """Wait until it has ended, and not for long."""
        if self._program is not None:
            try:
                self._program.wait(_ENDING_SECONDS)
            except subprocess.TimeoutExpired:
                self._program.kill()
                self._program.wait()
        followed, self._followed = self._followed, None
        if followed is not None:
            if not _has_ended(followed):
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(followed, signal.SIGKILL)
                _has_ended(followed)
            os.close(followed)
        self._line.close()

    def _said(self, done: bytes) -> bool:
        """Whether it says that this is done; false where it says that it failed."""
        said = self._read()
        if said not in (done, FAILED):
            raise _LostError(f"it says {said[:20]!r}")
        return said == done

    def _write(self, frame: bytes) -> None:
        try:
            write_frame(self._line, frame)
        except OSError as error:
            raise _LostError(type(error).__name__) from error

    def _read(self) -> bytes:
        try:
            frame = read_frame(self._line)
        except BlockingIOError as error:
            raise _LostError("silent") from error
        except OSError as error:
            raise _LostError(type(error).__name__) from error
        if frame is None:
            raise _LostError("ended")
        return frame


def _has_ended(followed: int) -> bool:
    """Wait until it has, and not for long."""
    ending = poll()
    ending.register(followed, POLLIN)
    return bool(ending.poll(_ENDING_SECONDS * 1000))


def processors() -> int:
    """How many of them this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
