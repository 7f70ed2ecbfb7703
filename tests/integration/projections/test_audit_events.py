"""The view of all events: which street an event speaks of, what changed hands, and the same rows in any batches."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from jiedao.domain.access_record import AccessKind, AccessRecord
from jiedao.domain.refused_command import RefusedCommand
from projections.access_record import AccessFilter
from projections.audit_queries import AuditQueries
from projections.audit_questions import AuditFilter
from projections.rebuild import rebuild
from projections.runner import ProjectionRunner
from tests.integration.projections.journal import (
    START,
    Decoder,
    classed,
    context,
    dead,
    done,
    placed,
    queued,
    received,
    routed,
)
from tests.integration.projections.test_runner import rows_of

WEST, EAST = "330103001", "330103002"


def refusal(incident, command="close"):
    who = replace(context(), actor="user:zhang", role="handler", causation_id=f"command:{command}:1")
    return RefusedCommand.record(
        uuid4(), incident_id=incident.id, command=command, state="received", version=incident.version,
        why="不可结案", allowed=(), context=who, at=START,
    )  # fmt: skip


def look(incident, kind=AccessKind.PERSONAL_DATA):
    return AccessRecord.record(
        uuid4(), kind=kind, subject=f"incident:{incident.id}", incident_id=incident.id, details={"masked": "no"},
        context=replace(context(), actor="user:li", role="auditor", reason="回访"), at=START,
    )  # fmt: skip


@pytest.fixture
def audit(read):
    return AuditQueries(read)


def test_an_event_stands_with_the_street_that_held_the_incident_when_its_moment_was_over(journal, runner, audit):
    case = queued(1, WEST)
    journal.append(case)
    journal.append(refusal(case))
    journal.append(placed(case, EAST, "manual"), refusal(case))
    journal.append(look(case))
    journal.append(placed(case, None, "none"))
    runner.catch_up()
    rows = audit.events(AuditFilter()).rows
    assert [(row.kind, row.street_code, row.street_before) for row in rows] == [
        ("report", WEST, None), ("jurisdiction_decision", WEST, None), ("class_decision", WEST, None),
        ("refusal", WEST, None), ("jurisdiction_change", EAST, WEST), ("refusal", EAST, None), ("access", EAST, None),
        ("jurisdiction_change", None, EAST),
    ]  # fmt: skip
    changes = ("jurisdiction_change",)
    assert len(audit.events(AuditFilter(kinds=changes, street=WEST)).rows) == 1
    assert len(audit.events(AuditFilter(kinds=changes, street=EAST)).rows) == 2
    assert {row.incident_id for row in rows} == {case.id}
    assert rows[3].summary == "拒绝结案（待受理，第 3 版）：不可结案"
    assert (rows[3].command, rows[3].actor) == ("close", "user:zhang")


def test_what_no_rule_matched_is_told_from_what_one_did(journal, runner, audit):
    journal.append(routed(queued(1), rule="r1"), routed(queued(2), rule=None), dead(3))
    runner.catch_up()
    assert [row.summary for row in audit.events(AuditFilter(kinds=("no_rule_matched",))).rows] == [
        row.summary for row in audit.events(AuditFilter()).rows if "无派单规则命中" in (row.summary or "")
    ]
    assert len(audit.events(AuditFilter(kinds=("rule_matched", "dead_letter"))).rows) == 2


def test_the_rows_are_the_same_whatever_the_batches_and_after_a_rebuild(journal, runner, database):
    cases = [received(number) for number in range(4)]
    for number, case in enumerate(cases):
        journal.append(case)
        journal.append(look(case), placed(case, WEST), refusal(cases[number - 1]))
        journal.append(refusal(case), classed(placed(case, EAST, "manual")), refusal(case), look(case))
        journal.append(done(case, "admit"), look(cases[0]))
    one_by_one = ProjectionRunner(database, journal, Decoder(), batch_events=1)
    one_by_one.catch_up()
    first = rows_of(journal, "view_1")
    assert rows_of(journal, f"view_{rebuild(runner).generation}") == first


def test_looks_are_listed_with_why_and_of_what(journal, runner, audit):
    one, other = queued(1), queued(2)
    journal.append(one, other)
    journal.append(look(one), look(other, AccessKind.REPLAY))
    runner.catch_up()
    (row,) = audit.accesses(AccessFilter(incident_id=one.id)).rows
    assert (row.access, row.actor, row.reason, row.details) == ("personal_data", "user:li", "回访", {"masked": "no"})
    assert [row.access for row in audit.accesses(AccessFilter(actor="user:li")).rows] == ["replay", "personal_data"]
    assert audit.accesses(AccessFilter(since=journal.moments[-1], until=journal.moments[-1])).rows == []


def test_an_export_is_of_its_moment_whatever_is_recorded_meanwhile(journal, runner, audit):
    journal.append(*[queued(number) for number in range(5)])
    runner.catch_up()
    pieces = audit.export(AuditFilter(), chunk=4)
    seen = list(next(pieces))
    journal.append(queued(9))
    runner.catch_up()
    for piece in pieces:
        seen += piece
    assert [row.position for row in seen] == list(range(1, 16))
    assert list(audit.export(AuditFilter(actor="nobody"))) == []
    assert audit.count(AuditFilter(kinds=("report",))) == 6


def test_closed_cases_are_those_closed_in_the_period_as_known_then(journal, runner, audit):
    case, other = queued(1), queued(2)
    journal.append(case, other)
    first = journal.append(done(done(case, "admit"), "settle_on_spot"))
    moment = journal.moments[-1]
    journal.append(done(case, "reopen"))
    journal.append(done(case, "settle_on_spot"), done(done(other, "admit"), "settle_on_spot"))
    runner.catch_up()
    assert audit.closed_between(None, None, first) == ([case.id], first)
    assert audit.closed_between(moment, journal.moments[-1], None)[0] == [case.id]
    assert audit.closed_between(journal.moments[-1], None, None)[0] == sorted([case.id, other.id])
    assert audit.closed_between(None, moment, None)[0] == []


def test_a_filter_that_finds_nothing_finds_nothing(journal, runner, audit):
    journal.append(queued(1))
    runner.catch_up()
    for nothing in (
        AuditFilter(actor="x"), AuditFilter(role="x"), AuditFilter(topic="x"), AuditFilter(street="x"),
        AuditFilter(command="x"), AuditFilter(incident_id=UUID(int=1)), AuditFilter(correlation_id=UUID(int=1)),
        AuditFilter(has_reason=True), AuditFilter(commanded=True), AuditFilter(from_position=4),
        AuditFilter(to_position=0), AuditFilter(until=START), AuditFilter(streets=frozenset()),
        AuditFilter(hidden=("report", "jurisdiction_decision", "class_decision")),
    ):  # fmt: skip
        assert audit.events(nothing).rows == [], nothing
    assert len(audit.events(AuditFilter(correlation_id=UUID(int=7))).rows) == 3
