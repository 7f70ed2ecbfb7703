"""A process that lets a district's views follow the log, so that they and HTTP do not share one interpreter.

It is told of the database by whoever starts it (:mod:`jiedao.entrypoints.views_following`), over its standard input, so
that no password stands in its arguments or environment. It says when it begins, and ends when that line is closed:
also when whoever started it was killed.
"""

from __future__ import annotations

import pickle
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

from jiedao.application.collector import started_frozen
from jiedao.application.district_application import DistrictApplication
from jiedao.entrypoints.log_lines import logging_to
from jiedao.entrypoints.settings import Settings
from jiedao.store.factory import environment
from jiedao.store.follow import LogFollower
from jiedao.store.mapper import TypedMapper
from projections.runner import ProjectionRunner, ProjectionStoppedError

FOLLOWING = b"following\n"
"""What it says once the views follow."""

_CONNECTIONS = 4
_STOPPED = 3


@dataclass(frozen=True, slots=True)
class ViewsSetup:
    """What the process works with. The address, which may hold a password, is never shown."""

    settings: Settings
    database_url: str = field(repr=False)
    archives: Path


def main() -> int:
    """Follow until the line is closed; returns 3 where the views cannot go on, which whoever started it finds out."""
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # they mean the service, which closes the line
        signal.signal(one, signal.SIG_IGN)
    try:
        setup: ViewsSetup = pickle.load(sys.stdin.buffer)  # noqa: S301  # from the process that started this one
    except EOFError:
        return 0
    made_of = environment(setup.database_url, _CONNECTIONS, setup.archives)
    with logging_to(setup.settings), DistrictApplication(made_of) as application:
        log = application.district_log
        stop = Event()
        Thread(target=_end_with_the_line, args=(stop, log.follower), name="jiedao-line", daemon=True).start()
        runner = ProjectionRunner(log.database, log, TypedMapper())
        sys.stdout.buffer.write(FOLLOWING)
        sys.stdout.buffer.flush()
        try:
            with started_frozen():
                runner.run(log.follower, stop)
        except ProjectionStoppedError:
            return _STOPPED
    return 0


def _end_with_the_line(stop: Event, follower: LogFollower) -> None:
    sys.stdin.buffer.read()
    stop.set()
    follower.close()  # so that nothing waits for more


if __name__ == "__main__":
    sys.exit(main())
