"""Random histories: the views equal a naive fold, and a queue as of any position equals a replay up to there."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jiedao.domain.carrying_out import CommandRefusedError, may
from jiedao.domain.case_deadlines import deadline_of
from jiedao.domain.clock_course import open_course
from jiedao.domain.deadlines import LimitClock
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.links import Receiver
from jiedao.domain.stage_clocks import clocks_of
from jiedao.domain.terms import Role
from jiedao.domain.time_rules import RecordedCalendar, TimeRuleBook
from jiedao.domain.workflow import rule_of
from jiedao.store.database import Database
from projections.answers import IncidentFilter, QueueQuestion
from projections.queries import ReadModel
from projections.rebuild import rebuild
from projections.runner import ProjectionRunner
from tests.integration.projections.journal import (
    NOBODY,
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
    routed,
    upstream,
)
from tests.integration.projections.test_runner import rows_of
from tests.tampering import unguard
from tests.workflow_samples import COURT, TRAFFIC_POLICE, USUALLY

STREETS = [None, "330103001", "330103002"]
RECEIVERS = [Receiver("street", "武林街道", STREETS[2]), TRAFFIC_POLICE, COURT]
PLATFORMS = [None, "enforcement", "market"]
TO_DO = ["received", "admitted", "filed", "dispatched", "handled", "suspended", "transferring"]  # written by hand
QUEUED = ["triage", *TO_DO]

LIMITS = (
    {"admit": "1小时", "dispatch": "1小时", "close": "2小时"},
    {"admit": "2小时", "file": "1工作时", "verify": "1小时"},
)

USUAL_WAY = ("admit", "file", "dispatch", "accept", "start", "report_handled", "verify", "close", "revisit", "reopen")

EXTENSION = "0.1小时"

NUMBER = st.integers(0, 4)
CHOICE = st.tuples(st.integers(0, 30), st.booleans())
ACT = st.one_of(
    st.tuples(st.just("receive"), NUMBER, st.booleans()),
    st.tuples(st.just("place"), NUMBER, st.sampled_from(STREETS), st.booleans()),
    st.tuples(
        st.just("class"), NUMBER, st.sampled_from(PLATFORMS), st.sampled_from([1, 2, None]),
        st.sampled_from([None, 1, 5]),
    ),
    st.tuples(
        st.just("route"), NUMBER, st.sampled_from(PLATFORMS), st.sampled_from([1, 2, None]),
        st.sampled_from([None, 1, 5]),
    ),
    st.tuples(st.just("revise"), NUMBER, st.integers(1, 4)),
    st.tuples(st.just("command"), NUMBER, st.lists(CHOICE, max_size=6)),
    st.tuples(st.just("way"), NUMBER, st.integers(1, len(USUAL_WAY)), st.lists(CHOICE, max_size=6)),
)  # fmt: skip
HISTORY = st.lists(st.lists(ACT, min_size=1, max_size=4), max_size=8)  # moments of acts


def carry_out(acts, incidents):
    """Carry acts out on the aggregates; returns the events in the order in which they happened."""
    events = []
    for name, number, *rest in acts:
        incident = incidents.get(number)
        if incident is None:
            superior = name == "receive" and rest[0]
            more = {"lifecycle": "upstream", "upstream": upstream(None)} if superior else {}
            incident = incidents[number] = received(number, **more)
        elif name == "place":
            street, no_place = rest
            placed(incident, street, "no_place" if no_place and street is None else "polygon" if street else "none")
        elif name == "class":
            platform, priority, hours = rest
            classed(incident, platform, priority, hours)
        elif name == "route" and incident.classification is not None:
            platform, priority, hours = rest
            routed(incident, platform, priority=priority, hours=hours)
        elif name == "revise":
            changed = report(number, rest[0], title=f"第 {rest[0]} 版")
            incident.revise(report=changed, raw=SEALED, reporter=None, context=context(), at=START)
        elif name == "way":
            steps, choices = rest
            bring_along(incident, steps)
            command_at_random(incident, choices, incidents)
        elif name == "command":
            command_at_random(incident, rest[0], incidents)
        events += [event for one in incidents.values() for event in one.collect_events()]
    return events


def bring_along(incident, steps):
    """Bring an incident some steps along its usual way, as far as it may go; chance alone seldom gets far."""
    if incident.state == "triage":
        classed(placed(incident, STREETS[1]))
    for command in USUAL_WAY[:steps]:
        if command in may(incident, Role(USUALLY[command]), f"user:{USUALLY[command]}"):
            with suppress(CommandRefusedError):  # of several tasks it may be the one that a grid worker has to accept
                act(incident, command, USUALLY[command], yes=True)


def command_at_random(incident, choices, incidents, without=frozenset()):
    """Carry out what somebody may do, one after the other; who handled something is nobody who verifies."""
    for choice, yes in choices:
        allowed = {
            command: role
            for role in Role
            for command in may(incident, role)
            if not command.startswith("decide") and command not in without
        }
        moving = sorted(command for command in allowed if not rule_of(command).always)
        command = (moving if moving and choice % 5 else sorted(allowed))[choice % len(moving or allowed)]
        others, version = {one.id: one for one in incidents.values()}, incident.version
        try:
            act(incident, command, allowed[command], choice, yes=yes, others=others)
        except (CommandRefusedError, InvalidInputError):
            assert incident.version == version  # told why not, and nothing happened


def act(incident, command, role, choice=0, *, yes, others=NOBODY):
    details = {}
    if rule_of(command).task_from:
        tasks = [one for one in incident.progress.tasks.values() if one.state in rule_of(command).task_from]
        details["task_id"] = tasks[choice % len(tasks)].task_id
    if command == "confirm":
        details["found"] = yes
    elif command == "verify":
        details |= {"passed": yes, "note": "仍有残留"}
    elif command == "offer_transfer":
        details["receiver"] = RECEIVERS[choice % len(RECEIVERS)]
    elif command == "ask_extension":
        details["length"] = EXTENSION
    elif command == "merge":
        details |= {"into": sorted(others)[choice % len(others)], "with_merged": yes}
    elif command == "review_appeal":
        details |= {"granted": yes, "note": "证据不足"}
    done(incident, command, role=role, by=f"{command}-{choice % 3}", others=others, **details)


def naive_fold(recorded):
    """Replay the slow way: each aggregate made anew from all of its events, and asked how it stands."""
    known, courses, rules = {}, {}, None
    for _at, event in recorded:
        if isinstance(event, TimeRuleBook.Adopted | TimeRuleBook.Changed):
            rules = event.rules
            continue
        stream = event.originator_id
        known[stream] = event.mutate(known.get(stream))
        if stream in courses:
            courses[stream].advance(event)
        else:
            courses[stream] = open_course(event)
    return {stream: (*look(known[stream]), *due(courses[stream], rules)) for stream in known}


def look(incident):
    kind = incident.routing.route if incident.routing else incident.classification
    return (
        incident.state.value, incident.street_code, kind and kind.platform, kind and kind.priority,
        incident.report.title,
    )  # fmt: skip


def due(course, rules):
    """What its clocks say, worked out from its whole course."""
    limits = rules and LimitClock(rules.working_hours, RecordedCalendar(rules))
    clock = deadline_of(clocks_of(course, rules, limits)) if rules else None
    return (clock.due_at, clock.clock.value) if clock else (None, None)


def queued(stood):
    return {incident_id: seen for incident_id, seen in stood.items() if seen[0] in QUEUED}


def seen(rows):
    return {
        row.incident_id: (
            row.state, row.street_code, row.platform, row.priority, row.title, row.due_at, row.due_clock,
        )
        for row in rows
    }  # fmt: skip


def whole(read, question, limit=100):
    rows, after = [], None
    while True:
        page = read.queue(question, after, limit)
        rows += page.rows
        after = page.after
        if after is None:
            break
    assert [key(row) for row in rows] == sorted(key(row) for row in rows)
    return rows


def every_queue(read, position, states=(None, "triage"), limit=100):
    rows = []
    for state in states:
        for street in [None] if state == "triage" else STREETS:
            rows += whole(read, QueueQuestion(street, None, state, as_of_position=position), limit)
    assert len({row.incident_id for row in rows}) == len(rows)
    return seen(rows)


def counted(read, position=None):
    counts = read.counts(as_of_position=position)
    return {(one.state, one.street_code, one.platform): one.incidents for one in counts}


def key(row):
    return (row.priority or 9, row.due_at is None, row.due_at or START, row.incident_id)


def empty(url):
    with psycopg.connect(url, autocommit=True) as connection:
        for (schema,) in connection.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname ~ '^view_[0-9]+$'"
        ).fetchall():
            connection.execute(f"DROP SCHEMA {schema} CASCADE")
        unguard(connection)
        connection.execute("TRUNCATE event, tracking, projection_generation")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    history=HISTORY, batch_events=st.sampled_from([1, 3, 1000]), caught_up_between=st.booleans(),
    changes=st.sets(st.integers(0, 8), max_size=2),
)  # fmt: skip
def test_views_equal_a_naive_fold_now_and_as_of_every_position(
    database_url, history, batch_events, caught_up_between, changes
):
    """``changes`` says after how many moments other time rules are recorded; before the first there are none."""
    empty(database_url)
    journal, incidents, ends = Journal(database_url), {}, []
    recorded = journal.recorded
    try:
        with Database(database_url, max_connections=2) as database:
            runner, read = (
                ProjectionRunner(database, journal, Decoder(), batch_events=batch_events),
                ReadModel(database),
            )
            for number, acts in enumerate(history):
                if number in changes:
                    journal.adopt(**LIMITS[journal.adopted])
                    ends.append(len(recorded))
                events = carry_out(acts, incidents)
                if not events:
                    continue
                journal.write(events)
                ends += [len(recorded)] * len(events)
                if caught_up_between:
                    runner.catch_up()
            runner.catch_up()
            expected = naive_fold(recorded)
            shown = read.incidents(IncidentFilter(), limit=100).rows
            assert seen(shown) == expected
            assert {row.incident_id: row.tasks for row in shown} == {
                incident.id: list(incident.progress.tasks.values()) for incident in incidents.values()
            }
            for position in range(1, len(recorded) + 1):
                then = queued(naive_fold(recorded[: ends[position - 1]]))
                assert every_queue(read, position) == then
                assert counted(read, position) == Counter(row[:3] for row in then.values())
            now = queued(expected)
            assert every_queue(read, None, limit=2) == every_queue(read, None, QUEUED) == now
            assert counted(read) == Counter(row[:3] for row in now.values())
            live = rows_of(journal, f"view_{read.status().active.number}")
            assert rows_of(journal, f"view_{rebuild(runner).generation}") == live
    finally:
        journal.close()
