"""Runs one benchmark in a process of its own, bounded in time; nothing is left behind.

A benchmark that takes too long is asked to end, so that it stops the servers that it started; if it does not, it is
killed. Its temporary files lie in a folder of the run, which is removed.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import dropwhile
from pathlib import Path
from threading import Thread
from types import FrameType

from tests.benchmarks.measured import Line

CHECKOUT = Path(__file__).parents[2]
ENDING_SECONDS = 30.0
"""By then a benchmark that was asked to end has stopped its servers."""

SAYING = "… "
"""How a line on a benchmark's standard error begins that tells how far it is."""

_SIGNALLED = 128  # what shells add to a signal's number


def end_orderly_on_sigterm() -> None:
    """Leave through every open block when asked to end; asked again while it does so, it goes on doing so."""

    def end(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_IGN)
        sys.exit(_SIGNALLED + number)

    signal.signal(signal.SIGTERM, end)


def run_apart(name: str, url: str, *, quick: bool, seconds: float, say: Callable[[str], None]) -> list[Line]:
    """Run one benchmark in a process of its own; what went wrong is a line as well. ``say`` is told how far it is."""
    command = [sys.executable, "-m", "tests.benchmarks", name, "--measure", url, "--seconds", str(seconds)]
    command += ["--quick"] if quick else []
    readable, writable = os.pipe()
    errors: list[str] = []
    listener = Thread(target=_listen, args=(readable, errors, say), daemon=True)
    listener.start()
    try:
        with subprocess.Popen(
            command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=writable, text=True, start_new_session=True
        ) as process:
            os.close(writable)
            try:
                output, _ = process.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                return [_failure(f"{name}: not done within {seconds:.0f} s")]
            finally:
                _end(process)
    finally:
        listener.join(ENDING_SECONDS)  # not for ever: a process that it left behind may hold the other end
    if process.returncode:
        return [_failure(f"{name}: {_reason_in(''.join(errors))}")]
    return [json.loads(line) for line in output.splitlines()]


def _listen(readable: int, errors: list[str], say: Callable[[str], None]) -> None:
    """Read a benchmark's standard error to its end: tell on how far it is, keep the rest."""
    with os.fdopen(readable, encoding="utf-8", errors="replace") as stream:
        for line in stream:
            say(line.removeprefix(SAYING).rstrip()) if line.startswith(SAYING) else errors.append(line)


def _end(process: subprocess.Popen[str]) -> None:
    """End it with all that it started in its session."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.communicate(timeout=ENDING_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)


def _failure(sentence: str) -> Line:
    return {"name": sentence, "failed": True}


def _reason_in(errors: str) -> str:
    """The error at the end of a traceback: what is not indented after the last frame, and all that follows it."""
    lines = errors.rstrip().splitlines()
    last_frame = max((number for number, line in enumerate(lines) if line.startswith("  File ")), default=-1)
    reason = dropwhile(lambda line: line.startswith(" "), lines[last_frame + 1 :])
    return " ".join(line.strip() for line in reason) or "it gave no reason"


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder for the temporary files of this run and of the processes that it starts."""
    with tempfile.TemporaryDirectory(prefix="jiedao-bench-", ignore_cleanup_errors=True) as folder:
        before = os.environ.get("TMPDIR")
        os.environ["TMPDIR"] = folder
        try:
            yield Path(folder)
        finally:
            os.environ.pop("TMPDIR") if before is None else os.environ.update(TMPDIR=before)
