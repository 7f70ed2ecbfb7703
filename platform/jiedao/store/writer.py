"""The door to the log: hands each unit to its lane, people's commands beside feeds, and never waits for ever.

A writer belongs to the process that made it: threads and connections do not survive a fork.
"""

from __future__ import annotations

import os
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Self

from jiedao.domain.errors import ConfigurationError, InvalidInputError, UnavailableError
from jiedao.domain.ports import Appended, Unit
from jiedao.store.lane import Lane, LaneLimits
from jiedao.store.notifier import CommitNotifier

LANES = ("people", "feed", "clock")
"""Commands of people do not queue behind batches of reports, nor either behind what the clock records."""

CONNECTIONS = len(LANES) + 1
"""What a writer needs of the connection budget: one for each lane, one for NOTIFY."""

MAX_UNIT_EVENTS = 20_000
MAX_UNIT_BYTES = 64 * 1024 * 1024


class GroupCommitWriter:
    """Appends units in groups; implements :class:`~jiedao.domain.ports.UnitWriter`.

    ``url`` is a libpq connection string. Nothing connects and no thread starts before the first unit.
    """

    def __init__(self, url: str, *, limits: LaneLimits | None = None) -> None:
        self._pid = os.getpid()
        self._notifier = CommitNotifier(url)
        limits = limits or LaneLimits()
        self._lanes = {name: Lane(name, url, limits, self._notifier.committed) for name in LANES}

    def submit(self, unit: Unit) -> Future[Appended]:
        """Hand a unit in; the future is done after the commit, or fails with a conflict error.

        Raises UnavailableError when its lane is full or closed, or after a fork; InvalidInputError when the unit is
        too large; ConfigurationError for an unknown lane.
        """
        if os.getpid() != self._pid:
            raise UnavailableError(
                f"this writer belongs to process {self._pid}, not to its child {os.getpid()}: make one after a fork"
            )
        lane = self._lanes.get(unit.lane)
        if lane is None:
            raise ConfigurationError(f"there is no lane {unit.lane!r}; the lanes are {', '.join(LANES)}")
        _check_size(unit)
        return lane.submit(unit)

    def append(self, unit: Unit, timeout: float = 30.0) -> Appended:
        """Hand a unit in and wait at most ``timeout`` seconds for it.

        Raises UnavailableError when it was not answered in time; it may be recorded all the same, so it is to be
        handed in again under its key.
        """
        return appended(self.submit(unit), timeout)

    def depths(self) -> dict[str, int]:
        """The number of units that wait, by lane; for metrics."""
        return {name: lane.depth for name, lane in self._lanes.items()}

    def close(self) -> None:
        """Append what waits, refuse what comes later, end the threads and close the connections."""
        if os.getpid() != self._pid:
            return  # a child has none of them
        for lane in self._lanes.values():
            lane.close()
        self._notifier.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def appended(future: Future[Appended], timeout: float = 30.0) -> Appended:
    """Wait at most ``timeout`` seconds for a unit that was handed in; raises what the writer's ``append`` does."""
    try:
        return future.result(timeout)
    except FutureTimeoutError:
        future.cancel()
        raise UnavailableError(
            f"not recorded within {timeout:g} s; whether it still will be is not known: send it again under its key"
        ) from None


def _check_size(unit: Unit) -> None:
    if len(unit.events) > MAX_UNIT_EVENTS:
        raise InvalidInputError(
            f"a unit of {len(unit.events)} events is too large: at most {MAX_UNIT_EVENTS} are recorded at once"
        )
    size = sum([len(event.state) + len(event.metadata) for event in unit.events])
    if size > MAX_UNIT_BYTES:
        raise InvalidInputError(f"a unit of {size} bytes is too large: at most {MAX_UNIT_BYTES} are recorded at once")
