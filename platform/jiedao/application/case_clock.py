"""By when a task is to be handled, for those who decide: worked out of the incident's own events as its clocks are.

The views show the same moment (:mod:`jiedao.domain.case_deadlines`); here it is asked of the log, so that a command is
decided by what holds now and not by what is shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import cast

from jiedao.application.district_application import DistrictApplication
from jiedao.application.in_force import InForce
from jiedao.application.time_rules import recorded_time_rules, rules_of
from jiedao.domain.aggregate import RecordedEvent
from jiedao.domain.case_deadlines import handling_clock
from jiedao.domain.clock_course import Course, open_course
from jiedao.domain.deadlines import LimitClock
from jiedao.domain.incident import Incident
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.stage_clocks import clocks_of, stage_due
from jiedao.domain.terms import ClockKind
from jiedao.domain.time_rules import RecordedCalendar, TimeRules


class CaseClock:
    """Works deadlines out by the time rules that were recorded last. Threads may share it."""

    def __init__(self, application: DistrictApplication, profile: DistrictProfile) -> None:
        self._application = application
        self._profile = profile
        self._in_force = InForce(self._look, _with_limits)

    def handling_due(self, incident: Incident, task_id: str, extended_by: str = "") -> tuple[datetime, bool] | None:
        """Return a task's 处置期限 in UTC and whether it may still move, or what it would be ``extended_by`` a length.

        ``None`` where the task has no limit, is not to be handled now, or its clock stands still.
        """
        course = self._course(incident)
        if course is None:
            return None
        if extended_by:
            course.progress.extensions = (*course.progress.extensions, extended_by)
        rules, limits = self._in_force.get()
        clock = handling_clock(clocks_of(course, rules, limits), task_id)
        return None if clock is None or clock.due_at is None else (clock.due_at, clock.provisional)

    def stage_due(self, kind: ClockKind, since: datetime) -> tuple[str, datetime] | None:
        """Return the limit of a stage that begins at ``since``, as it is written, and when it ends (UTC)."""
        return stage_due(kind, since, *self._in_force.get())

    def _course(self, incident: Incident) -> Course | None:
        course: Course | None = None
        for event in self._events(incident):
            if isinstance(event, Incident.Received):
                course = open_course(event)
            elif course is not None:
                course.advance(event)
        return course

    def _events(self, incident: Incident) -> Iterator[RecordedEvent]:
        """Yield what is recorded, then what this command is about to record."""
        mapper = self._application.mapper
        for stored in self._application.district_log.select_events(incident.id):
            yield cast("RecordedEvent", mapper.to_domain_event(stored))
        yield from cast("Iterator[RecordedEvent]", incident.pending_events)

    def _look(self) -> TimeRules:
        profile = self._profile
        recorded = recorded_time_rules(self._application, profile)
        return recorded or rules_of(profile.working_hours, profile.calendar, profile.clocks)


def _with_limits(rules: TimeRules) -> tuple[TimeRules, LimitClock]:
    return rules, LimitClock(rules.working_hours, RecordedCalendar(rules))
