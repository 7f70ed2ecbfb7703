"""When the calendar of a year becomes known, every deadline that rested on it is another by that event, everywhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from jiedao.application.time_rules import rules_of
from jiedao.domain.profile import CalendarSettings, ClockSettings
from projections import timekeeping
from projections.answers import QueueQuestion
from projections.rebuild import rebuild
from tests.clock_samples import HOURS, LIMITS, RULES, at

NEW_YEAR = CalendarSettings(years=frozenset({2027}), holidays=frozenset({date(2027, 1, 1)}), workdays=frozenset())
ANNOUNCED = rules_of(HOURS, NEW_YEAR, ClockSettings(LIMITS, escalate_after="8小时"))
REPORTED = at("2026-12-31T16:00")
LIMIT = "1工作日"


@pytest.fixture
def provisional(district):
    """A case whose handling is counted as if the first of January were worked: until 16:00 then."""
    incident = district.receive(REPORTED, time_limit=LIMIT)
    for command in ("admit", "file", "dispatch"):
        district.do(incident, command, REPORTED)
    return incident


def rows(district, query):
    schema = f"view_{district.read.status().active.number}"
    with district.database.connection() as connection:
        return connection.execute(query.format(schema).encode()).fetchall()


def everywhere(district):
    """Every place that tells the deadline of the handling."""
    found = {
        "incident": rows(district, "SELECT due_at, due_provisional FROM {}.incident_view"),
        "task": rows(district, "SELECT (task_dues->'T1'->>'due_at')::timestamptz, (task_dues->'T1'->>'provisional')::bool FROM {}.incident_view"),
        "queue": rows(district, "SELECT due_at, due_provisional FROM {}.task_queue WHERE to_position IS NULL"),
        "clock": rows(district, "SELECT due_at, provisional FROM {}.clock WHERE clock = 'handle'"),
    }  # fmt: skip
    facts = rows(district, "SELECT handling_due_at FROM {}.case_facts")
    assert [due for due, _open in found["clock"]] == [due for (due,) in facts]
    return {name: found[name][0] for name in found}


@pytest.mark.usefixtures("provisional")
def test_a_provisional_deadline_is_another_everywhere_once_the_year_is_known(district):
    then = district.show().read.status().active.position
    assert set(everywhere(district).values()) == {(at("2027-01-01T16:00"), True)}
    district.adopt(ANNOUNCED).show()
    assert set(everywhere(district).values()) == {(at("2027-01-04T16:00"), False)}
    past = rows(district, f"SELECT handling_due_at FROM {{}}.case_facts_past WHERE to_position = {then + 1}")
    assert past == [(at("2027-01-01T16:00"),)]
    (shown,) = district.read.queue(QueueQuestion("330103006", "enforcement", as_of_position=then)).rows
    assert (shown.due_at, shown.due_clock) == (at("2027-01-01T16:00"), "handle")


def test_all_open_incidents_move_some_at_a_time_and_by_each_of_two_changes(district, monkeypatch):
    monkeypatch.setattr(timekeeping, "AT_ONCE", 2)
    for command_count in (0, 1, 2, 3, 3):
        incident = district.receive(REPORTED, time_limit=LIMIT)
        for command in ("admit", "file", "dispatch")[:command_count]:
            district.do(incident, command, REPORTED)
    district.do(district.receive(REPORTED), "decline", REPORTED)
    district.show()
    stricter = replace(ANNOUNCED, version="rules-stricter", limits={**ANNOUNCED.limits, "admit": "2小时"})
    first, second = (district.adopt(one).log.max_notification_id() for one in (ANNOUNCED, stricter))
    district.do(incident, "accept", REPORTED)
    district.show()  # both changes, and what was done then, are in one batch of the views
    assert rows(district, "SELECT DISTINCT rules FROM {}.clock") == [("rules-stricter",)]
    assert rows(district, "SELECT count(DISTINCT incident_id), count(*) FROM {}.clock") == [(5, 9)]
    assert rows(district, "SELECT due_at FROM {}.clock WHERE clock = 'handle'") == [(at("2027-01-04T16:00"),)] * 2
    moved = rows(district, "SELECT state, from_position FROM {}.task_queue WHERE from_position IN (%d, %d) ORDER BY 2, 1" % (first, second))  # fmt: skip  # noqa: UP031
    assert moved == [("dispatched", first), ("dispatched", first), ("filed", first), ("received", second)]
    number = district.read.status().active.number
    views = ("clock", "incident_view", "task_queue", "case_facts", "case_facts_past", "clock_course")
    before = {name: sorted(map(str, rows(district, f"SELECT * FROM {{}}.{name}"))) for name in views}
    rebuild(district.runner)
    assert district.read.status().active.number > number
    assert before == {name: sorted(map(str, rows(district, f"SELECT * FROM {{}}.{name}"))) for name in views}


@pytest.mark.usefixtures("provisional")
def test_rules_that_change_nothing_open_no_new_row(district):
    district.show()
    before = rows(district, "SELECT * FROM {}.task_queue"), rows(district, "SELECT * FROM {}.case_facts")
    district.adopt(replace(RULES, version="rules-again")).show()
    assert before == (rows(district, "SELECT * FROM {}.task_queue"), rows(district, "SELECT * FROM {}.case_facts"))


def test_what_was_handled_keeps_the_deadline_that_it_had(district, provisional):
    district.do(provisional, "accept", REPORTED)
    district.do(provisional, "report_handled", REPORTED)
    district.show()
    district.adopt(ANNOUNCED).show()
    assert rows(district, "SELECT handling_due_at FROM {}.case_facts") == [(at("2027-01-01T16:00"),)]


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
    assert rows(district, "SELECT incident_id, rules FROM {}.clock") == [(open_still, ANNOUNCED.version)]


def totals(district):
    return rows(district, "SELECT due_at, provisional, rules FROM {}.clock WHERE clock = 'total'")
