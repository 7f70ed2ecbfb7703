"""The ticker: records what clocks have come to (即将到期, 超期, 上报督办), in the incidents' own streams.

A tick looks for clocks whose moment has come and appends their events at the version that the views showed, without
rebuilding the incident: where it moved on meanwhile, the version is taken, nothing is recorded, and the next tick looks
again. Keys follow from what is recorded, so two tickers at once are harmless. Time is handed in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
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
CLAIMED = 2_000
"""Clocks that are claimed and recorded in one go."""

TOGETHER = 200
"""Incidents whose events are recorded in one unit."""

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

    def __init__(
        self, due: DueClocks, writer: UnitWriter, mapper: Mapper, *, claimed: int = CLAIMED, together: int = TOGETHER
    ) -> None:
        self._due = due
        self._writer = writer
        self._mapper = mapper
        self._claimed = claimed
        self._together = together
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
        """Append steps, many in a unit; returns events recorded, steps to be looked at again, the last position.

        Where one incident of a unit moved on nothing of the unit is recorded, and each incident has a unit of its own.
        """
        by_incident: dict[UUID, list[_Step]] = {}
        for step in steps:
            by_incident.setdefault(step.row.incident_id, []).append(step)
        batches = list(_batched(by_incident.values(), self._together))
        appended = self._append(batches)
        singly = [(own,) for batch, one in zip(batches, appended, strict=True) if one is None for own in batch]
        done = [(batch, one) for batch, one in zip(batches, appended, strict=True) if one is not None]
        again = 0
        for single, one in zip(singly, self._append(singly), strict=True):
            if one is None:
                again += len(single[0])
                self._versions.pop(single[0][0].row.incident_id, None)
            else:
                done.append((single, one))
        for batch, one in done:
            self._keep(batch, replayed=one.replayed)
        fresh = [one.positions for _batch, one in done if not one.replayed]
        return sum(map(len, fresh)), again, max((one[-1] for one in fresh), default=None)

    def _append(self, batches: Sequence[Sequence[Sequence[_Step]]]) -> list[Appended | None]:
        """Append one unit a batch; ``None`` for one that cannot be recorded as it is."""
        futures = [self._submit(batch) for batch in batches]
        return [_answer(future, batch[0][0].key) for future, batch in zip(futures, batches, strict=True)]

    def _submit(self, batch: Sequence[Sequence[_Step]]) -> Future[Appended]:
        events = [
            self._mapper.to_stored_event(step.event(version))
            for own in batch
            for version, step in enumerate(own, self._version(own[0].row) + 1)
        ]
        key = hashlib.sha256("\n".join(step.key for own in batch for step in own).encode()).hexdigest()
        return self._writer.submit(Unit(SCOPE, key, b"", events, lane=LANE))

    def _version(self, row: DueClock) -> int:
        return max(row.version, self._versions.get(row.incident_id, 0))

    def _keep(self, batch: Sequence[Sequence[_Step]], *, replayed: bool) -> None:
        """Keep in mind what the views do not show yet."""
        for own in batch:
            self._recorded.update(step.key for step in own)
            if not replayed:
                self._versions[own[0].row.incident_id] = self._version(own[0].row) + len(own)

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


def _answer(future: Future[Appended], key: str) -> Appended | None:
    """Wait for a unit; ``None`` where an incident moved on, or the unit can never be recorded as it is."""
    try:
        return future.result(_WAIT_SECONDS)
    except (VersionConflictError, KeyReuseError):
        return None
    except TimeoutError as error:
        raise UnavailableError("the log did not take what the clock came to in time; it is tried again") from error
    except UnavailableError:
        raise
    except JiedaoError as error:
        _log.error("clock_not_recorded", key=key, error=str(error))
        return None


def _batched(incidents: Iterable[Sequence[_Step]], size: int) -> Iterator[Sequence[Sequence[_Step]]]:
    """Yield so many at a time."""
    rest = iter(incidents)
    while batch := list(islice(rest, size)):
        yield batch
