"""By when an incident had to be done, as of each of its events: its own clocks, by the time rules of that moment."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime

from jiedao.domain.aggregate import RecordedEvent
from jiedao.domain.case_deadlines import deadline_of, work_out
from jiedao.domain.clock_course import Course, open_course
from jiedao.domain.deadlines import LimitClock
from jiedao.domain.incident import Incident
from jiedao.domain.time_rules import RecordedCalendar, TimeRules


class Deadlines:
    """Follows one incident. ``rules`` are all time rules that were recorded, with their positions, oldest first."""

    def __init__(self, rules: Sequence[tuple[int, TimeRules]]) -> None:
        self._positions = [position for position, _ in rules]
        self._rules = [(one, LimitClock(one.working_hours, RecordedCalendar(one))) for _, one in rules]
        self._course: Course | None = None

    def after(self, event: RecordedEvent, position: int) -> datetime | None:
        """Return the deadline after the incident's next event (UTC); ``None`` where no clock runs, or none is known."""
        if isinstance(event, Incident.Received):
            self._course = open_course(event)
        elif self._course is not None:
            self._course.advance(event)
        return self.under_rules_of(position)

    def under_rules_of(self, position: int) -> datetime | None:
        """Return the deadline as nothing but the time rules of a position make it (UTC); ``None`` as above."""
        place = bisect_right(self._positions, position) - 1
        if self._course is None or place < 0:
            return None
        clock = deadline_of(work_out(self._course, *self._rules[place]))
        return clock.due_at if clock is not None else None
