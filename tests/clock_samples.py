"""Time rules of a test, and what the clocks of an incident's life are under them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from jiedao.application.time_rules import rules_of
from jiedao.domain.clock_course import open_course
from jiedao.domain.deadlines import LimitClock
from jiedao.domain.decisions import ClassDecision
from jiedao.domain.profile import CalendarSettings, ClockSettings, WorkingHours
from jiedao.domain.report import Sealed, UpstreamCase
from jiedao.domain.stage_clocks import clocks_of
from jiedao.domain.time_rules import RecordedCalendar
from tests.workflow_samples import MORNING, Life

SHANGHAI = ZoneInfo("Asia/Shanghai")
LIMITS = {
    "triage": "2小时", "admit": "1小时", "file": "4小时", "dispatch": "2小时", "accept": "1小时", "verify": "1天",
    "close": "1工作日",
}  # fmt: skip
HOURS = WorkingHours(((time(8), time(12)), (time(14), time(18))), "Asia/Shanghai")
RULES = rules_of(HOURS, CalendarSettings(), ClockSettings(LIMITS, approaching_share=0.75, escalate_after="8小时"))
LIMIT_CLOCK = LimitClock(HOURS, RecordedCalendar(RULES))


def at(text: str) -> datetime:
    """A moment of the district's own day."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


def minutes(number: float) -> datetime:
    """So many minutes after the morning on which lives begin: Wednesday 2026-11-25, 09:00."""
    return MORNING + timedelta(minutes=number)


class TimedLife(Life):
    """A life whose commands come when a test says."""

    def at(self, moment: datetime) -> TimedLife:
        """Let the next command come then."""
        self.now = moment - timedelta(minutes=1)  # a life lets a minute pass before each
        return self

    def limited(self, time_limit: str | None) -> TimedLife:
        """The class is decided, with this limit."""
        self.now += timedelta(minutes=1)
        decision = ClassDecision("code", "classes-1", "E0101", "占道经营", "enforcement", time_limit=time_limit)
        self.incident.decide_class(decision, context=self.context("system", "administrator"), at=self.now)
        self._kept()
        return self

    def due_upstream(self, deadline: datetime) -> TimedLife:
        """The superior platform sent a revision with a deadline."""
        self.now += timedelta(minutes=1)
        report = self.incident.report
        revised = replace(report, revision=report.revision + 1, upstream=UpstreamCase("U-1", deadline=deadline))
        self.incident.revise(
            report=revised,
            raw=Sealed("A256GCM", "subject:1", "AAAA"),
            reporter=None,
            context=self.context("source:hotline", "integrator"),
            at=self.now,
        )
        self._kept()
        return self


def course_of(life: Life):
    """The course of a life, folded from its events as they are stored and read again."""
    first, *others = life.read_back()
    course = open_course(first)
    for event in others:
        course.advance(event)
    return course


def clocks_by_name(life: Life, rules=RULES):
    """The clocks of a life: name, with the task and the part where there are any, → clock."""
    found = clocks_of(course_of(life), rules, LimitClock(rules.working_hours, RecordedCalendar(rules)))
    return {":".join(filter(None, (one.clock.value, one.task_id, one.part))): one for one in found}


def dues(life: Life):
    """Name → when it is due."""
    return {name: clock.due_at for name, clock in clocks_by_name(life).items()}
