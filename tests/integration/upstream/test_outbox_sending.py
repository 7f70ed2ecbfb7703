"""Messages to a superior platform: in order within a case, again until answered, effective once, and told by the log."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest

from jiedao.domain import commands as said
from jiedao.domain.access import Holder
from jiedao.domain.errors import ConflictError, InvalidInputError, NotFoundError
from jiedao.domain.terms import IncidentState, Role, TaskState
from projections.outbox import OutboxFilter
from tests.integration.upstream.conftest import PHOTO, PLATFORM

LEADER = Holder("t", "user:zhao", Role.SHIFT_LEADER)
CASE = "案卷-A-1"


def rows(outbox, **wanted):
    """The messages, the first owed first."""
    return list(outbox.pages.messages(OutboxFilter(**wanted), None, 100).rows)[::-1]


def states(outbox):
    return [(row.kind, row.state) for row in rows(outbox)]


def test_a_superiors_case_is_told_there_step_by_step(cases, outbox, superior):
    incident = cases.receive()
    cases.admit(incident)
    cases.handle(incident)
    cases.reply(incident)
    assert outbox.step() == 3
    assert superior.effective == {CASE: ["accepted", "handled", "replied"]}
    handled = superior.messages[1]
    assert handled["content"]["results"][0]["result"] == "已清理"
    assert handled["content"]["results"][0]["photos"] == [{"sha256": PHOTO, "taken": "after"}]
    assert [one["sequence"] for one in superior.messages] == sorted(one["sequence"] for one in superior.messages)
    assert (handled["source"], handled["external_id"], handled["district"]) == ("hotline", "A-1", "330103")
    assert cases.topics(incident)[-3:] == ["upstream_message_delivered"] * 3
    assert [row.reference for row in rows(outbox)] == ["R0001", "R0002", "R0003"]
    assert outbox.step() == 0


def test_cases_of_our_own_owe_nobody_anything(cases, outbox, superior):
    own = cases.receive(lifecycle="own")
    cases.admit(own)
    cases.reply(own)
    assert outbox.step() == 0
    assert rows(outbox) == []
    assert superior.arrivals == []


def test_a_case_that_is_not_ours_is_returned_with_the_reason(cases, outbox, superior):
    incident = cases.receive()
    assert cases.send_back(incident).state == "sent_back"
    outbox.step()
    assert superior.messages[0]["content"] == {"reason": "不属本区管辖"}
    assert cases.find(incident).state is IncidentState.SENT_BACK


def test_the_next_of_a_case_waits_for_the_one_before_and_other_cases_do_not(cases, outbox, superior):
    first, second = cases.receive("A-1"), cases.receive("A-2")
    for incident in (first, second):
        cases.admit(incident)
        cases.reply(incident)
    superior.moods.append(503)
    outbox.step()
    assert superior.effective == {"案卷-A-2": ["accepted", "replied"]}
    assert [kind for number, kind, _key in superior.arrivals if number == CASE] == ["accepted"]


def test_waits_grow_until_there_is_an_answer(cases, outbox, superior, clock):
    cases.admit(cases.receive())
    superior.moods.extend([500, 502, 503, "take"])
    waits = []
    for _attempt in range(3):
        outbox.step()
        (row,) = rows(outbox)
        assert "上级平台答复" in row.last_error
        waits.append((row.next_at - clock.now()).total_seconds())
        clock.moment = row.next_at - timedelta(microseconds=1)
        assert outbox.step() == 0
        clock.moment = row.next_at
    outbox.step()
    assert waits == [2.5, 5.0, 10.0]
    assert superior.effective == {CASE: ["accepted"]}
    assert len(set(superior.keys_of(CASE))) == 1


@pytest.mark.parametrize("mood", [401, 404, 500, "silent", "hang up", "redirect", "garbage", "huge", "undecided"])
def test_whatever_settles_nothing_is_tried_again_under_the_same_key(cases, outbox, superior, clock, mood):
    cases.admit(cases.receive())
    superior.moods.append(mood)
    assert outbox.step() == 1
    assert [row.attempts for row in rows(outbox)] == [1]
    assert outbox.step() == 0
    clock.move(minutes=1)
    outbox.step()
    assert superior.effective == {CASE: ["accepted"]}
    assert len(superior.arrivals) == 2
    assert len(set(superior.keys_of(CASE))) == 1


def test_a_slow_superior_is_waited_for(cases, outbox, superior):
    cases.admit(cases.receive())
    superior.moods.append("slow")
    assert outbox.step() == 1
    assert states(outbox) == [("accepted", "delivered")]
    assert len(superior.arrivals) == 1


def test_a_superior_that_asks_for_a_pause_gets_it(cases, outbox, superior, clock):
    cases.admit(cases.receive())
    superior.moods.append("busy")
    outbox.step()
    (row,) = rows(outbox)
    assert (row.next_at - clock.now()).total_seconds() == 120


def test_an_answer_that_was_lost_does_not_make_the_message_effective_twice(cases, outbox, superior, clock):
    incident = cases.receive()
    cases.admit(incident)
    superior.moods.append("lose")
    outbox.step()
    assert states(outbox) == [("accepted", "waiting")]
    clock.move(minutes=1)
    outbox.step()
    assert superior.effective == {CASE: ["accepted"]}
    assert states(outbox) == [("accepted", "delivered")]
    assert cases.topics(incident).count("upstream_message_delivered") == 1


def test_a_superior_that_is_down_gets_everything_in_order_when_it_is_back(cases, outbox, superior, clock):
    incident = cases.receive()
    cases.admit(incident)
    superior.stop()
    cases.handle(incident)
    outbox.step()
    assert superior.effective == {}
    superior.start()
    clock.move(minutes=1)
    outbox.step()
    assert superior.effective == {CASE: ["accepted", "handled"]}


def test_a_refused_return_puts_the_case_back_in_our_hands(cases, outbox, superior):
    incident = cases.receive()
    cases.send_back(incident)
    superior.moods.append("refuse")
    outbox.step()
    found = cases.find(incident)
    assert found.state is IncidentState.RECEIVED
    assert found.progress.upstream_refusals == {"returned": "材料不全，请补充照片"}
    assert rows(outbox)[0].reason == "材料不全，请补充照片"
    cases.admit(incident)
    assert outbox.step() == 1
    assert superior.effective == {CASE: ["accepted"]}


def test_what_was_reported_handled_and_is_refused_is_handled_on_and_reported_anew(cases, outbox, superior):
    incident = cases.receive()
    cases.admit(incident)
    cases.handle(incident)
    superior.moods.extend(["take", "refuse"])
    outbox.step()
    found = cases.find(incident)
    assert (found.state, found.progress.tasks["T1"].state) == (IncidentState.DISPATCHED, TaskState.STARTED)
    assert outbox.table.standing()["hotline"].refused == 1
    cases.report_handled(incident, "已清理，补充照片")
    outbox.step()
    assert superior.effective == {CASE: ["accepted", "handled"]}
    assert cases.find(incident).progress.upstream_refusals == {}
    assert outbox.table.standing()["hotline"].refused == 0


def test_a_person_has_a_refused_message_sent_again_as_it_was(cases, outbox, superior):
    incident = cases.receive()
    cases.send_back(incident)
    superior.moods.append("refuse")
    outbox.step()
    (row,) = rows(outbox)
    assert outbox.desk.retry(row.position, LEADER).state == "waiting"
    assert cases.find(incident).state is IncidentState.SENT_BACK
    outbox.step()
    assert superior.effective == {CASE: ["returned"]}
    first, second = superior.keys_of(CASE)
    assert (first, second) == (str(row.message_id), f"{row.message_id}.1")
    assert cases.topics(incident)[-3:] == [
        "upstream_message_refused", "upstream_message_retried", "upstream_message_delivered",
    ]  # fmt: skip


def test_a_refused_message_that_was_overtaken_is_not_sent_again(cases, outbox, superior):
    incident = cases.receive()
    cases.send_back(incident)
    superior.moods.append("refuse")
    outbox.step()
    cases.admit(incident)
    outbox.filler.catch_up()
    with pytest.raises(ConflictError, match="overtaken"):
        outbox.desk.retry(rows(outbox)[0].position, LEADER)


def test_a_return_is_not_said_again_of_a_case_that_somebody_works_on(cases, outbox, superior):
    incident = cases.receive()
    cases.admit(incident)
    cases.send_back(incident)
    superior.moods.extend(["take", "refuse"])
    outbox.step()
    cases.do(incident, "dispatch", "dispatcher", said.NewTask(PLATFORM))
    with pytest.raises(ConflictError, match="no longer so"):
        outbox.desk.retry(rows(outbox)[1].position, LEADER)


def test_a_report_is_sent_again_as_it_was_only_while_everything_is_handled(cases, outbox, superior):
    incident = cases.receive()
    cases.admit(incident)
    cases.handle(incident)
    superior.moods.extend(["take", "refuse"])
    outbox.step()
    position = rows(outbox)[1].position
    cases.do(incident, "reassign", "dispatcher", said.OtherAssignee("T1", PLATFORM, "换人"))
    with pytest.raises(ConflictError, match="no longer so"):
        outbox.desk.retry(position, LEADER)
    assert cases.find(incident).state is IncidentState.DISPATCHED


def test_a_refused_report_can_be_sent_again_as_it_was(cases, outbox, superior):
    incident = cases.receive()
    cases.admit(incident)
    cases.handle(incident)
    superior.moods.extend(["take", "refuse"])
    outbox.step()
    outbox.desk.retry(rows(outbox)[1].position, LEADER)
    assert cases.find(incident).state is IncidentState.HANDLED
    outbox.step()
    assert superior.effective == {CASE: ["accepted", "handled"]}


def test_a_message_that_waits_can_be_hurried(cases, outbox, superior):
    cases.admit(cases.receive())
    superior.moods.append(500)
    outbox.step()
    position = rows(outbox)[0].position
    outbox.desk.retry(position, LEADER)
    assert outbox.step() == 1
    assert superior.effective == {CASE: ["accepted"]}


def test_only_a_person_gives_a_message_up_and_then_the_next_goes(cases, outbox, superior):
    incident = cases.receive()
    cases.admit(incident)
    cases.reply(incident)
    superior.moods.append(500)
    outbox.step()
    position = rows(outbox)[0].position
    with pytest.raises(InvalidInputError, match="reason"):
        outbox.desk.set_aside(position, " ", LEADER)
    done = outbox.desk.set_aside(position, "已电话告知", LEADER)
    assert (done.state, done.reason) == ("set_aside", "已电话告知")
    outbox.step()
    assert superior.effective == {CASE: ["replied"]}
    with pytest.raises(ConflictError, match="nothing to give up"):
        outbox.desk.set_aside(position, "再次", LEADER)
    with pytest.raises(ConflictError, match="nothing to send again"):
        outbox.desk.retry(position, LEADER)
    with pytest.raises(NotFoundError):
        outbox.desk.retry(999_999, LEADER)


def test_a_message_that_is_being_sent_is_not_given_up(cases, outbox, clock):
    cases.admit(cases.receive())
    outbox.filler.catch_up()
    position = rows(outbox)[0].position
    outbox.table.lease("hotline", uuid4(), clock.now(), clock.now() + timedelta(seconds=5))
    with pytest.raises(ConflictError, match="right now"):
        outbox.desk.set_aside(position, "已电话告知", LEADER)
    clock.move(seconds=6)
    assert outbox.desk.set_aside(position, "已电话告知", LEADER).state == "set_aside"


def test_the_body_says_what_is_documented(cases, outbox):
    cases.admit(cases.receive())
    outbox.filler.catch_up()
    (row,) = rows(outbox)
    body = json.loads(row.body)
    assert set(body) == {
        "message_id", "kind", "kind_label", "district", "source", "external_id", "case_number", "street_code",
        "incident_id", "sequence", "occurred_at", "content",
    }  # fmt: skip
    assert (body["kind"], body["kind_label"], body["content"]) == ("accepted", "签收", {"note": "属街道职责"})
