"""Lets the views of a district follow its log: in a process of their own, or here while there is none.

Whoever serves HTTP has one interpreter for everything; the views took half of it. Any number of processes may move the
views (each batch under the generation's lock), so nothing has to be handed over: this process follows until the other
says that it does, and again as soon as that one is gone. ``docs/adr/0032`` says why.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from time import monotonic

import psycopg
import structlog

from ingest.intake_apart import processors
from jiedao.domain.errors import JiedaoError
from jiedao.entrypoints.bootstrap import District
from jiedao.entrypoints.settings import PREFIX, without_secrets
from jiedao.entrypoints.views_process import FOLLOWING, ViewsSetup
from projections.rebuild import rebuild
from projections.runner import ProjectionStoppedError

VIEWS_PROCESS = "jiedao.entrypoints.views_process"
"""The module that the process of the views runs."""

_ANEW_SECONDS = 60.0
"""How long this process keeps the views itself after it lost the other one."""

PATIENCE_SECONDS = 60.0
"""A process that moves nothing for so long, while there is something to move, is given up; a batch takes a second."""

_END_SECONDS = 15.0
_LOOK_SECONDS = 0.25
_log = structlog.get_logger(__name__)


@contextmanager
def views_following(district: District) -> Iterator[ViewsKeeper]:
    """Let the views follow the log while the block runs; they have caught up when it begins. Yields who sees to it.

    Views that cannot go on say so in the log, in the status and in readiness; the rest of the process goes on.
    """
    _catch_up(district)
    keeper = ViewsKeeper(district)
    keeper.start()
    try:
        yield keeper
    finally:
        keeper.close()


class ViewsKeeper:
    """Keeps the views here or elsewhere, by two threads: one that follows here, one that watches the other process."""

    def __init__(self, district: District) -> None:
        self._district = district
        self._follower = district.application.district_log.follower
        self._stop = Event()
        self._elsewhere = Event()
        """Set while nothing is to be done here: the other process follows, or this one ends."""
        self._following = False
        self._process: subprocess.Popen[bytes] | None = None
        self._threads = [Thread(target=self._follow, name="jiedao-views", daemon=True)]
        if district.settings.views_process and processors() > 1:
            self._threads.append(Thread(target=self._watch, name="jiedao-views-apart", daemon=True))

    @property
    def pid(self) -> int | None:
        """The number of the process that keeps the views; ``None`` while they are kept here."""
        process = self._process
        return process.pid if process is not None and self._elsewhere.is_set() else None

    @property
    def follows_here(self) -> bool:
        """Whether this process moves the views; for a moment both may."""
        return self._following

    def start(self) -> None:
        """Begin to follow."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End the following, here and elsewhere."""
        self._stop.set()
        self._elsewhere.set()
        self._follower.close()  # so that nothing waits for more
        process = self._process
        if process is not None:
            _hang_up(process)
        for thread in self._threads:
            thread.join(_END_SECONDS)

    def _follow(self) -> None:
        try:
            while not self._stop.is_set():
                self._following = True
                self._district.runner.run(self._follower, self._elsewhere)
                self._following = False
                while self._elsewhere.is_set() and not self._stop.wait(_LOOK_SECONDS):
                    pass
        except ProjectionStoppedError as error:
            self._stop.set()
            _log.error("views_stopped", error=str(error))  # the sentence says all

    def _watch(self) -> None:
        """Have the other process follow, and take over when it is gone, whatever it died of."""
        while not self._stop.is_set():
            try:
                process = self._process = _start()
            except OSError as error:
                _log.warning("views_process_not_started", how=str(error), tried_anew_after_seconds=_ANEW_SECONDS)
            else:
                self._accompany(process)
            self._stop.wait(_ANEW_SECONDS)

    def _accompany(self, process: subprocess.Popen[bytes]) -> None:
        if self._stop.is_set():  # and did not see this process
            _hang_up(process)
        settings, addresses = self._district.settings, self._district.addresses
        told = pickle.dumps(ViewsSetup(without_secrets(settings), addresses.app_url, settings.archives))
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018  # they are pipes
        with suppress(OSError, ValueError):  # it is gone, or was hung up on by now
            process.stdin.write(told)
            process.stdin.flush()
        if process.stdout.readline() == FOLLOWING and not self._stop.is_set():
            _log.info("views_process_follows", pid=process.pid)
            self._elsewhere.set()
            self._await_end(process)
            if not self._stop.is_set():
                self._elsewhere.clear()
        _end(process)
        if not self._stop.is_set():
            _log.warning(
                "views_process_lost",
                pid=process.pid,
                exit_code=process.returncode,
                started_anew_after_seconds=_ANEW_SECONDS,
            )

    def _await_end(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until it is gone, or for this process to end; kills it where it stands still."""
        moved, seen = monotonic(), -1
        while not self._stop.is_set():
            with suppress(subprocess.TimeoutExpired):
                process.wait(PATIENCE_SECONDS / 10)
                return
            try:
                status = self._district.read.status()
            except (JiedaoError, psycopg.Error):  # nobody can move anything then
                moved = monotonic()
                continue
            if not status.lag or status.position != seen:
                moved, seen = monotonic(), status.position
            elif monotonic() - moved > PATIENCE_SECONDS:
                _log.warning("views_process_stands_still", pid=process.pid, position=seen, head=status.head)
                process.kill()


def _start() -> subprocess.Popen[bytes]:
    """Start the process; raises OSError where it cannot be."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return subprocess.Popen(  # noqa: S603  # this interpreter, and a module of ours
        [sys.executable, "-P", "-m", VIEWS_PROCESS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        process_group=0,  # an interrupt from the terminal is the service's
    )


def _hang_up(process: subprocess.Popen[bytes]) -> None:
    """Let it end with the batch that it is at."""
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let it end, and kill what does not in time."""
    _hang_up(process)
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _catch_up(district: District) -> None:
    """Bring the views to the end of the log; those that another version filled are filled anew first."""
    try:
        if district.read.status().rebuild_needed:
            _log.warning("views_of_another_version", now="they are rebuilt before anything is served")
            rebuilt = rebuild(district.runner)
            _log.info("views_rebuilt", generation=rebuilt.generation, position=rebuilt.position)
        district.runner.catch_up()
    except ProjectionStoppedError as error:
        _log.error("views_stopped", error=str(error))  # the sentence says all
