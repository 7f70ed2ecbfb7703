"""When the calendar of a year becomes known, what rested on it is worked out anew by events, on the read side too."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from jiedao.application.recalculating import Recalculation
from jiedao.application.time_rules import rules_of
from jiedao.domain.clock_events import DeadlineRecalculated
from jiedao.domain.deadlines import LimitClock
from jiedao.domain.profile import CalendarSettings, ClockSettings
from jiedao.domain.time_rules import RecordedCalendar
from jiedao.store.mapper import TypedMapper
from tests.clock_samples import HOURS, LIMIT_CLOCK, LIMITS, RULES, at

NEW_YEAR = CalendarSettings(years=frozenset({2027}), holidays=frozenset({date(2027, 1, 1)}), workdays=frozenset())
ANNOUNCED = rules_of(HOURS, NEW_YEAR, ClockSettings(LIMITS, escalate_after="8小时"))
REPORTED = at("2026-12-31T16:00")
LIMIT = "1工作日"


def recalculation(district, rules):
    return Recalculation(
        pending=district.claims,
        deadlines=LimitClock(rules.working_hours, RecordedCalendar(rules)),
        rules=rules.version,
        writer=district.log.writer,
        mapper=TypedMapper(),
    )


@pytest.fixture
def provisional(district):
    """An incident whose deadline is counted as if the first of January were worked."""
    due_at, is_open = LIMIT_CLOCK.due(LIMIT, REPORTED)
    assert (due_at, is_open) == (at("2027-01-01T16:00"), True)
    return district.receive(REPORTED, time_limit=LIMIT, due_at=due_at, provisional=True)


def test_a_provisional_deadline_is_recalculated_once_the_year_is_known(district, provisional):
    district.show()
    assert recalculation(district, RULES).run(REPORTED) == 0  # nothing is known yet that was not before
    assert recalculation(district, ANNOUNCED).run(REPORTED) == 1
    event = district.stream(provisional)[-1]
    assert isinstance(event, DeadlineRecalculated)
    assert (event.before, event.due_at) == (at("2027-01-01T16:00"), at("2027-01-04T16:00"))
    assert (event.provisional, event.rules) == (False, ANNOUNCED.version)
    assert recalculation(district, ANNOUNCED).run(REPORTED) == 0  # also before the views show it
    shown = district.show().read.incident(provisional)
    assert (shown.due_at, shown.due_provisional) == (at("2027-01-04T16:00"), False)
    incident = district.application.load([provisional])[provisional]
    assert (incident.classification.due_at, incident.classification.due_provisional) == (shown.due_at, False)
    assert recalculation(district, ANNOUNCED).run(REPORTED) == 0


def test_what_has_ended_keeps_the_deadline_that_it_had(district, provisional):
    district.do(provisional, "decline", REPORTED)
    district.show()
    assert recalculation(district, ANNOUNCED).run(REPORTED) == 0


def test_clocks_run_by_the_rules_that_were_recorded_last(district):
    incident = district.receive(REPORTED, time_limit=LIMIT)
    district.do(incident, "admit", REPORTED)
    district.do(incident, "file", REPORTED)
    # 18:00; a working day later on Friday, or on Monday after the holiday; a day later; a working day later
    assert totals(district.show()) == [(at("2027-01-04T18:00"), True, RULES.version)]
    assert totals(district.adopt(ANNOUNCED).show()) == [(at("2027-01-06T18:00"), False, ANNOUNCED.version)]
    stricter = replace(ANNOUNCED, version="rules-stricter", limits={**ANNOUNCED.limits, "close": "1工作时"})
    assert totals(district.adopt(stricter).show()) == [(at("2027-01-06T09:00"), False, "rules-stricter")]


def test_what_ends_together_with_a_change_of_the_rules_has_no_clocks_left(district):
    ended, open_still = district.receive(), district.receive()
    district.show()
    district.do(ended, "decline", at("2026-11-25T10:00"))
    district.adopt(ANNOUNCED).show()  # both are in one batch of the views
    schema = f"view_{district.read.status().active.number}"
    with district.database.connection() as connection:
        rows = connection.execute(f"SELECT incident_id, rules FROM {schema}.clock".encode()).fetchall()
    assert rows == [(open_still, ANNOUNCED.version)]


def totals(district):
    schema = f"view_{district.read.status().active.number}"
    with district.database.connection() as connection:
        query = f"SELECT due_at, provisional, rules FROM {schema}.clock WHERE clock = 'total'"
        return connection.execute(query.encode()).fetchall()
