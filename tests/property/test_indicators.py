"""Random histories: every indicator, told apart by anything, as of any moment, equals a naive count of the raw events."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jiedao.domain.carrying_out import may
from jiedao.domain.terms import Role
from jiedao.store.database import Database
from projections.indicator_formulas import load_formulas
from projections.indicator_terms import GROUPINGS
from projections.indicators import IndicatorQuestion
from projections.queries import ReadModel
from projections.runner import ProjectionRunner
from tests.integration.projections.journal import (
    SEALED,
    START,
    Decoder,
    Journal,
    classed,
    context,
    done,
    placed,
    received,
    report,
    upstream,
)
from tests.naive_cases import LIMITS, replay
from tests.naive_indicators import GROUPS, INDICATORS, figures
from tests.property.test_projections import CHOICE, USUAL_WAY, bring_along, command_at_random, empty

FORMULAS = load_formulas(Path(__file__).parents[2] / "config")
NOW = START + timedelta(days=2)
STREETS = [None, "330103001", "330103002"]
SOURCES = ["hotline", "video"]
DUE = st.sampled_from([None, 0.03, 0.07, 0.15, 4])  # hours, of a limit or after the start; moments come by the minute
NUMBER = st.integers(0, 4)
YES = st.sampled_from([True, False, None])

ACT = st.one_of(
    st.tuples(st.just("receive"), NUMBER, st.sampled_from([*SOURCES, "upstream"]), DUE),
    st.tuples(st.just("place"), NUMBER, st.sampled_from(STREETS)),
    st.tuples(st.just("class"), NUMBER, st.sampled_from(["enforcement", "market", None]), DUE, st.booleans()),
    st.tuples(st.just("revise"), NUMBER, st.integers(2, 4), DUE),
    st.tuples(st.just("command"), NUMBER, st.lists(CHOICE, max_size=6)),
    st.tuples(st.just("way"), NUMBER, st.integers(1, len(USUAL_WAY)), st.lists(CHOICE, max_size=6)),
    st.tuples(st.just("way"), NUMBER, st.just(4), st.lists(CHOICE, max_size=12)),
    st.tuples(st.just("way"), NUMBER, st.just(8), st.just([])),  # closed
    st.tuples(st.just("revisit"), NUMBER, YES, YES),
)
HISTORY = st.lists(st.lists(ACT, min_size=1, max_size=3), max_size=12)  # moments of acts
MINUTES = st.integers(-1, 15)
PERIOD = st.tuples(st.none() | MINUTES, st.none() | MINUTES).filter(lambda ends: None in ends or ends[0] < ends[1])


def receive(number, kind, hours):
    if kind != "upstream":
        return classed(placed(received(number, source=kind), STREETS[1 + number % 2]), hours=hours)
    due = None if hours is None else START + timedelta(hours=hours)  # a deadline of the superior's own
    return classed(placed(received(number, lifecycle="upstream", upstream=upstream(due)), STREETS[1]), hours=0.1)


def carry_out(acts, incidents):
    """Carry acts out on the aggregates; returns the events in the order in which they happened."""
    events = []
    for name, number, *rest in acts:
        incident = incidents.get(number)
        if incident is None:
            kind, hours = rest if name == "receive" else ("hotline", 0.07)
            incident = incidents[number] = receive(number, kind, hours)
        if name == "place":
            placed(incident, rest[0], "polygon" if rest[0] else "none")
        elif name == "class":
            platform, hours, known = rest
            classed(incident, platform, hours=hours, department="城管" if known else None)
        elif name == "revise":
            revise(incident, number, *rest)
        elif name == "way":
            bring_along(incident, rest[0])
            command_at_random(incident, rest[1], incidents)
        elif name == "command":
            command_at_random(incident, rest[0], incidents)
        elif name == "revisit" and "revisit" in may(incident, Role.INTAKE_OPERATOR):
            done(incident, "revisit", resolved=rest[0], satisfied=rest[1])
        events += [event for one in incidents.values() for event in one.collect_events()]
    return events


def revise(incident, number, revision, hours):
    more = {}
    if incident.lifecycle == "upstream":
        due = None if hours is None else START + timedelta(hours=hours)
        more = {"lifecycle": "upstream", "upstream": upstream(due)}
    changed = report(number, revision, source=incident.report.source, **more)
    incident.revise(report=changed, raw=SEALED, reporter=None, context=context(), at=START)


def told(found):
    return {one.name: (one.numerator, one.denominator) for one in found}


def check(read, question, recorded, then, position):
    """Compare an answer with the naive count over what was recorded by a position, as of a moment."""
    answer = read.indicators(question, FORMULAS, NOW)
    cases = replay(recorded[:position])
    assert answer.moment == then
    assert told(answer.total) == figures(cases, then, question.since, question.until)
    group_of = GROUPS[question.by]
    expected = {
        code: figures([case for case in cases if group_of(case) == code], then, question.since, question.until)
        for code in {group_of(case) for case in cases}
    }
    assert {group.code: told(group.figures) for group in answer.groups} == expected
    for group in answer.groups:
        for figure in group.figures:
            assert figure.value == (figure.numerator / figure.denominator if figure.denominator else None)
            assert 0 <= figure.numerator <= figure.denominator


def test_the_naive_count_knows_every_indicator_and_every_grouping():
    assert list(INDICATORS) == [formula.name for formula in FORMULAS.indicators]
    assert set(GROUPS) == set(GROUPINGS)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    history=HISTORY, batch_events=st.sampled_from([1, 4, 1000]), between=st.booleans(), period=PERIOD,
    by=st.sampled_from(sorted(GROUPS)), places=st.lists(st.integers(0, 1000), max_size=4),
    minutes=st.lists(st.integers(-1, 300), max_size=4),
)  # fmt: skip
def test_indicators_equal_a_naive_count_of_the_raw_events_as_of_any_moment(
    database_url, history, batch_events, between, period, by, places, minutes
):
    empty(database_url)
    since, until = (None if end is None else START + timedelta(minutes=end) for end in period)
    journal, incidents = Journal(database_url), {}
    journal.adopt(**{stage: f"{hours}小时" for stage, hours in LIMITS.items()})
    recorded = journal.recorded
    try:
        with Database(database_url, max_connections=2) as database:
            runner = ProjectionRunner(database, journal, Decoder(), batch_events=batch_events)
            read = ReadModel(database)
            for acts in history:
                events = carry_out(acts, incidents)
                if not events:
                    continue
                journal.write(events)
                if between:
                    runner.catch_up()
            runner.catch_up()
            check(read, IndicatorQuestion(by, since, until), recorded, NOW, len(recorded))
            for place in places:
                position = place % len(recorded) + 1 if recorded else 0
                if position:
                    then = recorded[position - 1][0]
                    known = sum(at <= then for at, _event in recorded)
                    question = IndicatorQuestion(by, since, until, as_of_position=position)
                    check(read, question, recorded, then, known)
            for minute in minutes:
                then = START + timedelta(minutes=minute)
                known = sum(at <= then for at, _event in recorded)
                check(read, IndicatorQuestion(by, since, until, as_of_time=then), recorded, then, known)
    finally:
        journal.close()
