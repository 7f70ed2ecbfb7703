"""Works provisional deadlines out anew, once the calendar of the year that they rest on is known, by an event each.

What a class decision said of the deadline stays in its own event; this one says what it is now, and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from jiedao.application.ticker import ACTOR, LANE, SCOPE, Mapper
from jiedao.domain.clock_events import DeadlineRecalculated, made
from jiedao.domain.context import EventContext
from jiedao.domain.errors import VersionConflictError
from jiedao.domain.ports import Deadlines, Unit, UnitWriter
from jiedao.domain.terms import Role

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class ProvisionalDeadline:
    """An incident whose class's deadline rests on a year that was not known; it runs from ``reported_at``."""

    incident_id: UUID
    version: int
    time_limit: str
    reported_at: datetime
    due_at: datetime | None


class ProvisionalDeadlines(Protocol):
    """Knows which deadlines may still move."""

    def provisional(self, limit: int, after: UUID | None = None) -> Sequence[ProvisionalDeadline]:
        """Return at most ``limit`` of them, by the incident's id, those up to ``after`` left out."""


class Recalculation:
    """Goes through all provisional deadlines; ``deadlines`` works by the rules of the version ``rules``."""

    def __init__(
        self,
        *,
        pending: ProvisionalDeadlines,
        deadlines: Deadlines,
        rules: str,
        writer: UnitWriter,
        mapper: Mapper,
    ) -> None:
        self._pending = pending
        self._deadlines = deadlines
        self._rules = rules
        self._writer = writer
        self._mapper = mapper

    def run(self, now: datetime) -> int:
        """Record every deadline that is not what it was; returns how many.

        An incident that moves on in this moment keeps its provisional deadline until the next run.
        """
        recorded, after = 0, None
        while rows := self._pending.provisional(_AT_ONCE, after):
            waiting = [self._writer.submit(unit) for row in rows if (unit := self._unit(row, now)) is not None]
            for future in waiting:
                try:
                    recorded += not future.result().replayed
                except VersionConflictError:
                    continue
            after = rows[-1].incident_id
        return recorded

    def _unit(self, row: ProvisionalDeadline, now: datetime) -> Unit | None:
        due = self._deadlines.due(row.time_limit, row.reported_at)
        if due is None or due == (row.due_at, True):
            return None
        key = f"{row.incident_id}:recalculated:{row.due_at and row.due_at.isoformat()}:{self._rules}"
        event = made(
            DeadlineRecalculated,
            row.incident_id,
            row.version + 1,
            at=now,
            context=EventContext(ACTOR, Role.ADMINISTRATOR.value, row.incident_id, f"clock:{key}"),
            time_limit=row.time_limit,
            before=row.due_at,
            due_at=due[0],
            provisional=due[1],
            rules=self._rules,
        )
        return Unit(SCOPE, key, b"", [self._mapper.to_stored_event(event)], lane=LANE)
