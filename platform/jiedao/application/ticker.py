"""The ticker: records what clocks have come to (即将到期, 超期, 上报督办), in the incidents' own streams.

A tick looks for clocks whose moment has come and appends their events at the version that the views showed, without
rebuilding the incident: where it moved on meanwhile, the version is taken, nothing is recorded, and the next tick looks
again. Keys follow from what is recorded, so two tickers at once are harmless. Time is handed in.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

import structlog
from eventsourcing.domain import DomainEventProtocol

from jiedao.domain.clock_events import ClockApproaching, ClockEscalated, ClockEvent, ClockOverdue, made
from jiedao.domain.context import EventContext
from jiedao.domain.errors import JiedaoError, KeyReuseError, UnavailableError, VersionConflictError
from jiedao.domain.ports import Appended, RecordedEvent, Unit, UnitWriter
from jiedao.domain.terms import ClockStep, Role

ACTOR = "system:clock"
"""Who records what the clock comes to."""

SCOPE = "clock"
LANE = "clock"
CLAIMED = 1_000
"""Clocks that are claimed and recorded in one go."""

_WAIT_SECONDS = 30.0
_EVENTS: dict[ClockStep, type[ClockEvent]] = {
    ClockStep.APPROACHING: ClockApproaching,
    ClockStep.OVERDUE: ClockOverdue,
    ClockStep.ESCALATED: ClockEscalated,
}
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DueClock:
    """A clock whose next step has come.

    ``version`` is the incident's as the views show it, ``known_at`` when its last event happened. The other fields are
    those of :class:`~jiedao.domain.stage_clocks.StageClock`; ``rules`` is the version of the rules that it runs by.
    """

    incident_id: UUID
    version: int
    clock: str
    task_id: str
    part: str
    time_limit: str
    since: datetime
    due_at: datetime
    provisional: bool
    rules: str
    next_step: str
    next_at: datetime
    known_at: datetime


class DueClocks(Protocol):
    """Knows which clocks have come to something that is not recorded yet."""

    def claim(
        self, now: datetime, limit: int, after: DueClock | None = None
    ) -> AbstractContextManager[Sequence[DueClock]]:
        """Claim at most ``limit`` clocks whose next step has come by ``now``, the longest past first.

        Those that another ticker has claimed are left out, as are those up to ``after``. They are free again when the
        block ends.
        """


class Mapper(Protocol):
    """Turns events into what is stored."""

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> RecordedEvent:
        """Encode an event."""


@dataclass(frozen=True, slots=True)
class Ticked:
    """What one tick did: events recorded, clocks that have to be looked at again, the last position recorded."""

    recorded: int
    again: int
    position: int | None = None


class Ticker:
    """Records what has come, tick by tick. One thread at a time may use it."""

    def __init__(self, due: DueClocks, writer: UnitWriter, mapper: Mapper, *, claimed: int = CLAIMED) -> None:
        self._due = due
        self._writer = writer
        self._mapper = mapper
        self._claimed = claimed
        self._recorded: set[str] = set()  # what the views do not show yet
        self._versions: dict[UUID, int] = {}  # to which our own events brought incidents that the views show older

    def tick(self, now: datetime) -> Ticked:
        """Record everything that has come by ``now``.

        Raises UnavailableError when the database does not answer; what was recorded until then is recorded.
        """
        recorded, again, position = 0, 0, None
        seen: set[str] = set()
        after: DueClock | None = None
        while True:
            with self._due.claim(now, self._claimed, after) as rows:
                steps = [_Step.of(row, now) for row in rows]
                seen.update(step.key for step in steps)
                done, failed, last = self._record([step for step in steps if step.key not in self._recorded])
            recorded, again = recorded + done, again + failed
            position = position if last is None else max(last, position or 0)
            if len(rows) < self._claimed:
                break
            after = rows[-1]
        self._forget(seen)
        return Ticked(recorded, again, position)

    def _record(self, steps: Sequence[_Step]) -> tuple[int, int, int | None]:
        """Append one unit for each incident; returns events recorded, steps to be looked at again, last position."""
        by_incident: dict[UUID, list[_Step]] = {}
        for step in steps:
            by_incident.setdefault(step.row.incident_id, []).append(step)
        waiting = [(own, self._submit(own)) for own in by_incident.values()]
        recorded, again, last = 0, 0, None
        for own, (version, future) in waiting:
            appended = _answer(future, own)
            if appended is None:
                again += len(own)
                self._versions.pop(own[0].row.incident_id, None)
                continue
            self._recorded.update(step.key for step in own)
            if not appended.replayed:
                self._versions[own[0].row.incident_id] = version
                recorded += len(own)
                last = max(last or 0, appended.positions[-1])
        return recorded, again, last

    def _submit(self, steps: Sequence[_Step]) -> tuple[int, Future[Appended]]:
        row = steps[0].row
        version = max(row.version, self._versions.get(row.incident_id, 0))
        events = []
        for step in steps:
            version += 1
            events.append(self._mapper.to_stored_event(step.event(version)))
        key = "+".join(step.key for step in steps)
        return version, self._writer.submit(Unit(SCOPE, key, b"", events, lane=LANE))

    def _forget(self, seen: set[str]) -> None:
        """Forget what the views show by now: it is no longer among what has come."""
        self._recorded &= seen
        if not self._recorded:
            self._versions.clear()


@dataclass(frozen=True, slots=True)
class _Step:
    """What is to be recorded of a clock; ``at`` is when it came to it."""

    row: DueClock
    step: ClockStep
    at: datetime
    key: str

    @classmethod
    def of(cls, row: DueClock, now: datetime) -> _Step:
        """Tell it from what is due: a clock that is overdue by now does not approach its end any more."""
        step, at = ClockStep(row.next_step), row.next_at
        if step is ClockStep.APPROACHING and row.due_at <= now:
            step, at = ClockStep.OVERDUE, row.due_at
        key = ":".join(
            (
                str(row.incident_id), row.clock, row.task_id, row.part, row.since.isoformat(), row.due_at.isoformat(),
                step.value,
            )
        )  # fmt: skip
        return cls(row, step, max(at, row.known_at), key)

    def event(self, version: int) -> ClockEvent:
        """Make the event of this version of the incident."""
        row = self.row
        return made(
            _EVENTS[self.step],
            row.incident_id,
            version,
            at=self.at,
            context=EventContext(ACTOR, Role.ADMINISTRATOR.value, row.incident_id, f"clock:{self.key}"),
            clock=row.clock,
            task_id=row.task_id,
            part=row.part,
            time_limit=row.time_limit,
            since=row.since,
            due_at=row.due_at,
            provisional=row.provisional,
            rules=row.rules,
        )


def _answer(future: Future[Appended], steps: Sequence[_Step]) -> Appended | None:
    """Wait for a unit; ``None`` where the incident moved on, or the unit can never be recorded as it is."""
    try:
        return future.result(_WAIT_SECONDS)
    except (VersionConflictError, KeyReuseError):
        return None
    except TimeoutError as error:
        raise UnavailableError("the log did not take what the clock came to in time; it is tried again") from error
    except UnavailableError:
        raise
    except JiedaoError as error:
        _log.error("clock_not_recorded", key=steps[0].key, error=str(error))
        return None
