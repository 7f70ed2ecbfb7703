"""Rosters, handovers and who took what, from the log: whole, in whatever batches, and as they stand after all."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from jiedao.domain.handover import HandedMatter, HandedOver, Handover
from jiedao.domain.identity import handover_id, roster_day_id
from jiedao.domain.roster import RosterDay, Shift
from jiedao.domain.tasks import Assignee
from projections.duty import DutyQueries
from projections.handler_task import HandlersWanted
from projections.handovers import HandoverFilter
from projections.rebuild import rebuild
from projections.roster_shift import RosterQuestion
from projections.runner import ProjectionRunner
from tests.integration.projections.journal import START, Decoder, context, done, queued
from tests.integration.projections.test_runner import rows_of

DAY = date(2026, 11, 2)
STREET = "330103001"


def shift(person, start=0, hours=8, street=STREET, platform=None, role="handler"):
    starts_at = START + timedelta(hours=start)
    return Shift(f"user:{person}", person, role, street, platform, starts_at, starts_at + timedelta(hours=hours))


def planned(*shifts, day=DAY):
    return RosterDay.plan(roster_day_id("330103", day), day, shifts, context=context(actor="user:leader"), at=START)


def as_actor(name):
    return replace(context(), actor=f"user:{name}")


def filed(incident):
    """It became a case: its deadline is that of its class."""
    return done(done(incident, "admit"), "file")


def taken(number, person, *, then=()):
    """An incident of the street's enforcement platform whose task somebody took."""
    incident = queued(number, STREET)
    assignee = Assignee("platform", "综合行政执法平台", STREET, "enforcement")
    for command in ("admit", "file"):
        done(incident, command)
    done(incident, "dispatch", assignee=assignee)
    for command in ("accept", *then):
        done(incident, command, by=person)
    return incident


@pytest.fixture
def duty(read):
    return DutyQueries(read)


def handlers(duty, read, incident, now=START):
    found = read.incident(incident.id)
    task = found.tasks[0]
    since = now - timedelta(days=1)
    wanted = HandlersWanted(found, task.assignee.street_code, task.assignee.platform, now, since)
    return {one.person: one for one in duty.handlers(wanted)}


def test_handlers_are_those_on_duty_for_the_queue_and_those_who_took_its_tasks(journal, runner, read, duty):
    roster = planned(
        shift("fits"), shift("all", street=None), shift("other-street", street="330103002"), shift("later", start=9),
        shift("other-platform", platform="market"), shift("leader", role="shift_leader"),
    )  # fmt: skip
    fresh, held = taken(1, "fits"), taken(2, "former", then=("start",))
    journal.append(roster, fresh, held)
    runner.catch_up()
    found = handlers(duty, read, fresh, START + timedelta(hours=1))
    assert set(found) == {"user:fits", "user:all", "user:former"}
    assert found["user:former"].duty_ends_at is None
    assert found["user:fits"].duty_ends_at == START + timedelta(hours=8)
    assert found["user:fits"].last_place is None  # of the very incident that is asked about nothing is said
    assert (found["user:former"].open_tasks, found["user:former"].last_place.lon) == (1, 120.17)


def test_what_somebody_has_open_and_has_handled_follows_the_log(journal, runner, read, duty):
    fresh = taken(1, "nobody")
    work = taken(2, "wang")
    journal.append(fresh, work)
    steps = [
        (("start",), (1, 0)), (("report_handled",), (0, 1)), (("fail",), (1, 1)), (("report_handled",), (0, 1)),
        (("verify", "close"), (0, 1)), (("reopen",), (0, 1)),
    ]  # fmt: skip
    for commands, expected in steps:
        for command in commands:
            if command == "fail":
                done(work, "verify", passed=False, note="仍有残留")
            else:
                done(work, command, by="wang" if command in {"start", "report_handled"} else None)
        journal.append(work)
        runner.catch_up()
        wang = handlers(duty, read, fresh)["user:wang"]
        assert (wang.open_tasks, wang.same_class) == expected, commands


def test_the_size_of_batches_changes_nothing_and_a_rebuild_is_equal(database, journal):
    works = [taken(number, f"p{number}", then=("start", "report_handled")[: number % 3]) for number in range(6)]
    journal.append(*works[:3])
    done(works[0], "return", by="p0")
    journal.append(*works)
    finished = taken(9, "p9", then=("report_handled",))
    done(done(done(finished, "verify"), "close"), "reopen")
    roster = planned(shift("a"), shift("b"))
    journal.append(finished, roster)
    roster.change([shift("c")], context=context(), at=START)
    offered = Handover.offer(handover_id("330103", "user:a", "k"), _content(), context=as_actor("a"), at=START)
    offered.accept("已核对", context=as_actor("b"), at=START)
    journal.append(roster, offered)
    results = []
    for size in (1, 4, 1000):
        runner = ProjectionRunner(database, journal, Decoder(), batch_events=size)
        runner.catch_up()
        number = journal.connection.execute("SELECT max(number) FROM projection_generation").fetchone()[0]
        results.append(rows_of(journal, f"view_{number}"))
        assert rows_of(journal, f"view_{rebuild(runner).generation}") == results[-1]
        journal.connection.execute("DELETE FROM projection_generation; DELETE FROM tracking")
    assert results[0] == results[1] == results[2]
    assert results[0]["handler_task"]
    assert len(results[0]["roster_shift"]) == len(results[0]["handovers"]) == 1


def _content(street=STREET):
    matter = HandedMatter(
        queued(1).id, "hotline", "H1", "占道经营", STREET, "enforcement", "received", START, ("overdue",)
    )
    return HandedOver(street, None, "夜间有雨", (matter,), 0, 3, START + timedelta(hours=4))


def test_a_handover_is_read_back_as_it_was_recorded(journal, runner, duty):
    stream = handover_id("330103", "user:a", "k")
    journal.append(Handover.offer(stream, _content(), context=as_actor("a"), at=START))
    runner.catch_up()
    row = duty.handover(stream)
    assert row.handed == _content()
    assert (row.state, row.handed_by, row.answered_by, row.matters) == ("offered", "user:a", None, 1)
    assert duty.handovers(HandoverFilter(street="330103002")).rows == []


def test_each_open_matter_is_named_with_every_ground_that_holds(journal, runner, duty):
    journal.adopt()
    overdue, soon, far = filed(queued(1, hours=1)), filed(queued(2, hours=3)), filed(queued(3, hours=30))
    urged, suspended = filed(done(queued(4, hours=30), "urge")), done(filed(queued(5, hours=1)), "suspend")
    done(done(overdue, "supervise"), "urge")
    elsewhere, ended = filed(queued(6, "330103002", hours=1)), done(queued(7, hours=1), "decline")
    journal.append(overdue, soon, far, urged, suspended, elsewhere, ended)
    runner.catch_up()
    found = duty.open_matters(STREET, START + timedelta(hours=1), START + timedelta(hours=5))
    assert {one.external_id: one.grounds for one in found.matters} == {
        "H1": ("overdue", "supervised", "urged"), "H2": ("approaching",), "H4": ("urged",), "H5": ("suspended",),
    }  # fmt: skip
    assert (found.left_out, found.position) == (0, journal.position)
    assert len(duty.open_matters(None, START + timedelta(hours=1), START + timedelta(hours=5)).matters) == 5


def test_who_is_on_duty_is_asked_at_a_moment(journal, runner, duty):
    journal.append(planned(shift("a"), shift("b", start=8)))
    runner.catch_up()

    def on_duty(hours):
        question = RosterQuestion(START + timedelta(hours=hours))
        return [row.name for row in duty.roster(question).rows]

    assert [on_duty(0), on_duty(7.9), on_duty(8), on_duty(15.9), on_duty(16), on_duty(-0.1)] == [
        ["a"], ["a"], ["b"], ["b"], [], [],
    ]  # fmt: skip
