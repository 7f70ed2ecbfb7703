"""A district's log, views and ticker on a real database, with time handed in."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from jiedao.application.case_clock import CaseClock
from jiedao.application.district_application import DistrictApplication
from jiedao.application.offering import Offering
from jiedao.application.ticker import Ticker
from jiedao.domain.carrying_out import carry_out
from jiedao.domain.context import EventContext
from jiedao.domain.decisions import ClassDecision
from jiedao.domain.duty import DutyRules
from jiedao.domain.identity import roster_day_id
from jiedao.domain.incident import Incident
from jiedao.domain.profile import ClockSettings
from jiedao.domain.report import IncidentReport, Sealed, UpstreamCase
from jiedao.domain.roster import RosterDay
from jiedao.domain.terms import Command, Role
from jiedao.domain.time_rules import TimeRuleBook
from jiedao.store.mapper import TypedMapper
from jiedao.store.recorder import UnitContext
from projections.clock_claims import ClockClaims
from projections.on_duty import OnDuty
from projections.queries import ReadModel
from projections.runner import ProjectionRunner
from tests.clock_samples import LIMITS, RULES
from tests.e2e.http.district import PROFILE
from tests.workflow_samples import MORNING, STREET, USUALLY, said

BOOK = uuid4()


class ClockedDistrict:
    """Records, lets the views catch up, and ticks; ``ticker()`` makes a further one, as another process has."""

    def __init__(self, url, stack):
        self.application = stack.enter_context(DistrictApplication({"JIEDAO_DATABASE_URL": url}))
        self.log = self.application.district_log
        self.database = self.log.database
        self.claims = ClockClaims(self.database)
        self.read = ReadModel(self.database)
        self.runner = ProjectionRunner(self.database, self.log, TypedMapper())
        self.incidents = {}

    def adopt(self, rules=RULES):
        context = EventContext("system:jiedao", "administrator", BOOK, "adopt")
        book = None
        for stored in self.log.select_events(BOOK):
            book = self.application.mapper.to_domain_event(stored).mutate(book)
        if book is None:
            book = TimeRuleBook.adopt(BOOK, rules, context=context, at=MORNING)
        else:
            book.change(rules, context=context, at=MORNING)
        self.application.record([book], UnitContext("rules", rules.version, b""))
        return self

    def receive(self, at=MORNING, *, lifecycle="own", deadline=None, time_limit="4小时"):
        """A report came in whose street and class are known."""
        upstream = UpstreamCase("U-1", deadline) if deadline else None
        report = IncidentReport("hotline", str(uuid4()), 1, lifecycle, "12345", "占道经营", "", at, upstream=upstream)
        context = EventContext("source:hotline", "integrator", uuid4(), "batch:1")
        sealed = Sealed("A256GCM", "k", "c")
        made = Incident.receive(uuid4(), report=report, raw=sealed, reporter=None, context=context, at=at)
        made.decide_jurisdiction(STREET, context=context, at=at)
        decision = ClassDecision("code", "classes-1", "E0101", "占道经营", "enforcement", time_limit=time_limit)
        made.decide_class(decision, context=context, at=at)
        self.application.record([made], UnitContext("feed", str(made.id), b""))
        return made.id

    def do(self, incident_id, command, at, **details):
        """Somebody carries a command out."""
        incident = self.application.load([incident_id])[incident_id]
        role = USUALLY[command]
        told = said(command, **details)
        context = EventContext(f"user:{role}", role, incident_id, "command", getattr(told, "reason", None))
        carry_out(incident, Command(command), told, role=Role(role), context=context, at=at)
        self.application.record([incident], UnitContext("people", str(uuid4()), b"", lane="people"))

    def ticker(self, **more):
        return Ticker(self.claims, self.log.writer, TypedMapper(), **more)

    def plan(self, *shifts):
        """Who is on duty on the day of the morning."""
        day = MORNING.date()
        context = EventContext("user:leader", "shift_leader", BOOK, "command")
        roster = RosterDay.plan(roster_day_id("330103", day), day, shifts, context=context, at=MORNING)
        self.application.record([roster], UnitContext("people", str(uuid4()), b"", lane="people"))

    def offering(self, rules=DutyRules()):  # noqa: B008  # it is frozen
        """What offers tasks onward; a further one, as another process has."""
        case_clock = CaseClock(self.application, replace(PROFILE, clocks=ClockSettings(LIMITS)))
        return Offering(self.claims, OnDuty(self.read), self.application, case_clock, rules)

    def show(self):
        self.runner.catch_up()
        return self

    def tick(self, now, ticker=None):
        """Let the views catch up, then tick."""
        self.show()
        return (ticker or self.ticker()).tick(now)

    def stream(self, incident_id):
        return [self.application.mapper.to_domain_event(one) for one in self.log.select_events(incident_id)]

    def told(self, incident_id):
        """What the clock recorded of an incident: (kind, clock, task, moment)."""
        return [
            (type(event).TOPIC.rpartition("_")[2], event.clock, event.task_id, event.timestamp)
            for event in self.stream(incident_id)
            if event.context.actor == "system:clock"
        ]


@pytest.fixture
def district(database_url):
    with ExitStack() as stack:
        yield ClockedDistrict(database_url, stack).adopt()


def after(**delta):
    """So long after the morning on which incidents are reported."""
    return MORNING + timedelta(**delta)
