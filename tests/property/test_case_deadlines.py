"""Random histories: a case is late in the indicators exactly when a clock of its own passed its end, and shows its due."""

from __future__ import annotations

from collections import defaultdict

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.sql import SQL

from jiedao.domain.case_deadlines import handling_clock
from jiedao.domain.clock_course import TO_BE_HANDLED, open_course
from jiedao.domain.deadlines import LimitClock
from jiedao.domain.stage_clocks import clocks_of
from jiedao.domain.time_rules import RecordedCalendar
from jiedao.store.database import Database
from projections.generations import read_active
from projections.indicator_terms import CONDITIONS, OVERDUE
from projections.runner import ProjectionRunner
from tests.integration.projections.journal import RULES, Decoder, Journal
from tests.naive_cases import LIMITS
from tests.property.test_indicators import HISTORY, NOW, carry_out
from tests.property.test_projections import empty

LIMIT_CLOCK = LimitClock(RULES.working_hours, RecordedCalendar(RULES))
ASSESSED = ("counted", "pursued", "running", "filed")
_LATE = SQL(
    "SELECT incident_id, {overdue}, handling_due_at < %(moment)s AND ({in_time}) IS NOT TRUE"
    " FROM case_facts WHERE {assessed}"
)
_SHOWN = """
SELECT incident_id, due_at, (
    SELECT min(due_at) FROM clock
    WHERE clock.incident_id = shown.incident_id AND clock = due_clock
) FROM incident_view AS shown
"""


def total_of(clocks):
    return next((one for one in clocks if one.clock == "total"), None)


def past(clock, moment):
    return clock is not None and clock.due_at is not None and clock.due_at < moment


def late_by_clocks(events, rules):
    """Whether the total, and whether any handling, was past its end when it stopped, or is now."""
    first, *others = events
    course, total, handling = open_course(first), False, False
    for event in others:
        before = clocks_of(course, rules, LIMIT_CLOCK)
        course.advance(event)
        if type(event).__name__.startswith("Reopened"):
            total = handling = False
            continue
        stopped = total_of(before) is not None and total_of(clocks_of(course, rules, LIMIT_CLOCK)) is None
        total = past(total_of(before), event.timestamp) if stopped else total
        left = [name for name, task in course.tasks.items() if task.state not in TO_BE_HANDLED]
        handling = handling or any(past(handling_clock(before, name), event.timestamp) for name in left)
    running = clocks_of(course, rules, LIMIT_CLOCK)
    if total_of(running) is not None:
        total = past(total_of(running), NOW)
    return total, handling or any(past(handling_clock(running, name), NOW) for name in course.tasks)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=HISTORY, batch_events=st.sampled_from([1, 4, 1000]))
def test_what_is_late_and_what_is_shown_is_what_the_clocks_say(database_url, history, batch_events):
    empty(database_url)
    journal, incidents, lives = Journal(database_url), {}, defaultdict(list)
    journal.adopt(**{stage: f"{hours}小时" for stage, hours in LIMITS.items()})
    try:
        for acts in history:
            if events := carry_out(acts, incidents):
                journal.write(events)
        with Database(database_url, max_connections=2) as database:
            ProjectionRunner(database, journal, Decoder(), batch_events=batch_events).catch_up()
            with database.connection() as connection:
                schema = read_active(connection).schema
        for _at, event in journal.recorded[1:]:
            lives[event.originator_id].append(event)
        rules = journal.recorded[0][1].rules
        query = _LATE.format(
            overdue=SQL(OVERDUE), in_time=SQL(CONDITIONS["handled_in_time"].expression),
            assessed=SQL(" AND ").join(SQL(CONDITIONS[name].expression) for name in ASSESSED),
        )  # fmt: skip
        with psycopg.connect(database_url, options=f"-csearch_path={schema}") as connection:
            counted = {one: tuple(map(bool, late)) for one, *late in connection.execute(query, {"moment": NOW})}
            shown = connection.execute(_SHOWN).fetchall()
        assert counted == {one: late_by_clocks(lives[one], rules) for one in counted}
        assert all(due_at == of_clock for _incident, due_at, of_clock in shown)
    finally:
        journal.close()
