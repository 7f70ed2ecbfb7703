"""Random histories: the views equal a naive fold, and a queue as of any position equals a replay up to there."""

from __future__ import annotations

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jiedao.domain.incident import Incident, standing
from jiedao.store.database import Database
from projections.answers import IncidentFilter, QueueQuestion
from projections.queries import ReadModel
from projections.runner import ProjectionRunner
from tests.integration.projections.journal import (
    SEALED,
    START,
    Decoder,
    Journal,
    classed,
    context,
    placed,
    received,
    report,
)

STREETS = [None, "330103001", "330103002"]
PLATFORMS = [None, "enforcement", "market"]

ACT = st.one_of(
    st.tuples(st.just("receive"), st.integers(0, 4)),
    st.tuples(st.just("place"), st.integers(0, 4), st.sampled_from(STREETS), st.booleans()),
    st.tuples(
        st.just("class"), st.integers(0, 4), st.sampled_from(PLATFORMS), st.sampled_from([1, 2, None]),
        st.sampled_from([None, 1, 5]),
    ),
    st.tuples(st.just("revise"), st.integers(0, 4), st.integers(1, 4)),
)  # fmt: skip
HISTORY = st.lists(st.lists(ACT, min_size=1, max_size=5), max_size=8)  # moments of acts


def carry_out(acts, incidents):
    """Carry acts out on the aggregates; returns the events in the order in which they happened."""
    events = []
    for name, number, *rest in acts:
        incident = incidents.get(number)
        if incident is None:
            incident = incidents[number] = received(number)
        elif name == "place":
            street, no_place = rest
            placed(incident, street, "no_place" if no_place and street is None else "polygon" if street else "none")
        elif name == "class":
            platform, priority, hours = rest
            classed(incident, platform, priority, hours)
        elif name == "revise":
            changed = report(number, rest[0], title=f"第 {rest[0]} 版")
            incident.revise(report=changed, raw=SEALED, reporter=None, context=context(), at=START)
        events += incident.collect_events()
    return events


def naive_fold(events):
    """Replay the slow way: each incident's latest report and decisions, one event after the other."""
    known = {}
    for event in events:
        now = known.setdefault(event.originator_id, {"jurisdiction": None, "class": None})
        match event:
            case Incident.Received() | Incident.Revised():
                now["report"] = event.report
            case Incident.JurisdictionDecided():
                now["jurisdiction"] = event.decision
            case Incident.ClassDecided():
                now["class"] = event.decision
    return {incident_id: look(now) for incident_id, now in known.items()}


def look(now):
    place, kind = now["jurisdiction"], now["class"]
    return (
        standing(place, kind).value, place and place.street_code, kind and kind.platform, kind and kind.priority,
        kind and kind.due_at, now["report"].title,
    )  # fmt: skip


def in_queue(rows):
    return {
        row.incident_id: (row.state, row.street_code, row.platform, row.priority, row.due_at, row.title) for row in rows
    }


def every_queue(read, position):
    rows = []
    for state in ("received", "triage"):
        for street in STREETS if state == "received" else [None]:
            question = QueueQuestion(street, None, state, as_of_position=position)
            page = read.queue(question, limit=100)
            assert [key(row) for row in page.rows] == sorted(key(row) for row in page.rows)
            rows += page.rows
    assert len({row.incident_id for row in rows}) == len(rows)
    return in_queue(rows)


def key(row):
    return (row.priority or 9, row.due_at is None, row.due_at or START, row.incident_id)


def empty(url):
    with psycopg.connect(url, autocommit=True) as connection:
        for (schema,) in connection.execute("SELECT application_name FROM tracking").fetchall():
            connection.execute(f"DROP SCHEMA {schema} CASCADE")
        connection.execute("TRUNCATE event, tracking, projection_generation")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=HISTORY, batch_events=st.sampled_from([1, 3, 1000]), caught_up_between=st.booleans())
def test_views_equal_a_naive_fold_now_and_as_of_every_position(database_url, history, batch_events, caught_up_between):
    empty(database_url)
    journal, incidents, recorded, ends = Journal(database_url), {}, [], []
    try:
        with Database(database_url, max_connections=2) as database:
            runner, read = (
                ProjectionRunner(database, journal, Decoder(), batch_events=batch_events),
                ReadModel(database),
            )
            for acts in history:
                events = carry_out(acts, incidents)
                if not events:
                    continue
                recorded += events
                journal.write(events)
                ends += [len(recorded)] * len(events)
                if caught_up_between:
                    runner.catch_up()
            runner.catch_up()
            expected = naive_fold(recorded)
            assert in_queue(read.incidents(IncidentFilter(), limit=100).rows) == expected
            assert sum(count.incidents for count in read.counts()) == len(expected)
            for position in range(1, len(recorded) + 1):
                then = naive_fold(recorded[: ends[position - 1]])
                assert every_queue(read, position) == then
                assert sum(count.incidents for count in read.counts(as_of_position=position)) == len(then)
            assert every_queue(read, None) == expected
    finally:
        journal.close()
