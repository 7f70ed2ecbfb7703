"""What superiors answer and say moves an incident as the field expects, in whatever state it meets it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from jiedao.domain.carrying_out import CommandRefusedError, may
from jiedao.domain.incident import Incident
from jiedao.domain.terms import Command, Role
from tests.workflow_samples import dispatched, filed, handled, lives, received

SAID = {
    Incident.UpstreamAssigned: {"note": ""}, Incident.UpstreamVerified: {"note": ""},
    Incident.UpstreamFailedVerification: {"note": "仍有残留"}, Incident.UpstreamClosed: {"note": ""},
    Incident.UpstreamWithdrawn: {"note": ""}, Incident.UpstreamUrged: {"times": 2}, Incident.UpstreamSupervised: {"note": ""},
    Incident.UpstreamRevisited: {"resolved": True, "satisfied": None, "note": ""},
    Incident.UpstreamDeadlineChanged: {"before": None, "deadline": None},
}  # fmt: skip


def hears(life, *kinds):
    for kind in kinds:
        life.incident.trigger_event(
            kind, context=life.context("source:hotline", "integrator"), timestamp=life.now, **SAID[kind]
        )
        life.events += life.incident.collect_events()
    return life


def answered(life, kind, refused=None):
    about = {"message_id": uuid4(), "owed_at": 7, "kind": kind}
    event, said = (
        (Incident.UpstreamMessageDelivered, {"reference": "R1"})
        if refused is None
        else (Incident.UpstreamMessageRefused, {"reason": refused, "code": ""})
    )
    context = life.context("system:outbox", "administrator")
    life.incident.trigger_event(event, context=context, timestamp=life.now, **about, **said)
    life.events += life.incident.collect_events()
    return life


def after_person(life, event, kind):
    context = life.context("user:zhao", "shift_leader", "说明")
    life.incident.trigger_event(event, context=context, timestamp=life.now, message_id=uuid4(), owed_at=7, kind=kind)
    life.events += life.incident.collect_events()
    return life


def sent_back():
    return received("upstream").do("return_case")


# given, what the superior says one after the other, the state afterwards, the tasks afterwards
HEARD = [
    (lambda: handled("upstream"), [Incident.UpstreamVerified], "handled", {"T1": "verified"}),
    (lambda: handled("upstream"), [Incident.UpstreamVerified, Incident.UpstreamClosed], "closed", {"T1": "verified"}),
    (lambda: handled("upstream"), [Incident.UpstreamFailedVerification], "dispatched", {"T1": "rework"}),
    (lambda: handled("upstream"), [Incident.UpstreamVerified, Incident.UpstreamFailedVerification], "dispatched",
     {"T1": "rework"}),
    (lambda: handled("upstream"), [Incident.UpstreamClosed, Incident.UpstreamFailedVerification], "dispatched",
     {"T1": "rework"}),
    (lambda: received("upstream"), [Incident.UpstreamClosed, Incident.UpstreamFailedVerification], "received", {}),
    (lambda: dispatched("upstream"), [Incident.UpstreamFailedVerification], "dispatched", {"T1": "dispatched"}),
    (lambda: dispatched("upstream"), [Incident.UpstreamClosed], "closed", {"T1": "dispatched"}),
    (lambda: dispatched("upstream"), [Incident.UpstreamWithdrawn], "withdrawn", {"T1": "dispatched"}),
    (lambda: dispatched("upstream"), [Incident.UpstreamWithdrawn, Incident.UpstreamAssigned], "received", {}),
    (lambda: handled("upstream"), [Incident.UpstreamClosed, Incident.UpstreamAssigned], "received", {}),
    (sent_back, [Incident.UpstreamWithdrawn], "sent_back", {}),
    (sent_back, [Incident.UpstreamAssigned], "received", {}),
    (sent_back, [Incident.UpstreamClosed], "closed", {}),
    (lambda: dispatched("upstream"), [Incident.UpstreamAssigned], "dispatched", {"T1": "dispatched"}),
    (lambda: handled("upstream").do("suspend"), [Incident.UpstreamFailedVerification], "suspended", {"T1": "rework"}),
]  # fmt: skip


@pytest.mark.parametrize(("given", "said", "state", "tasks"), HEARD)
def test_what_a_superior_says_moves_the_case(given, said, state, tasks):
    life = hears(given(), *said)
    assert (life.state, life.tasks) == (state, tasks)
    assert life.rebuilt().progress == life.incident.progress


@pytest.mark.parametrize("kind", SAID)
def test_whatever_a_superior_says_it_can_be_said_in_any_state(kind):
    for life in lives("upstream").values():
        hears(life.copy(), kind, kind).rebuilt()


def test_pressing_reminding_revisiting_and_deadlines_move_nothing():
    for kind in (
        Incident.UpstreamUrged, Incident.UpstreamSupervised, Incident.UpstreamRevisited, Incident.UpstreamDeadlineChanged,
    ):  # fmt: skip
        life = dispatched("upstream")
        before = life.rebuilt().progress
        assert hears(life, kind).incident.progress == before


def test_a_case_that_was_reworked_goes_on_with_the_same_people():
    life = hears(handled("upstream"), Incident.UpstreamFailedVerification)
    assert life.task("T1", "start", "report_handled").state == "handled"


def test_a_case_given_again_numbers_its_tasks_on():
    life = hears(handled("upstream"), Incident.UpstreamClosed, Incident.UpstreamAssigned)
    assert list(life.do("admit").do("dispatch").tasks) == ["T2"]


@pytest.mark.parametrize(
    ("given", "state"),
    [
        (lambda: received("upstream"), "received"),
        (lambda: filed("upstream"), "filed"),
        (lambda: dispatched("upstream").do("return"), "dispatched"),
    ],
)
def test_a_refused_return_puts_the_case_back_where_it_stood(given, state):
    life = answered(given().do("return_case"), "returned", refused="属你街道")
    assert life.state == state
    assert life.incident.progress.upstream_refusals == {"returned": "属你街道"}
    assert Command.RETURN_CASE in may(life.incident, Role.SHIFT_LEADER)


def test_a_refused_report_is_handled_on():
    life = answered(handled("upstream"), "handled", refused="缺少照片")
    assert (life.state, life.tasks) == ("dispatched", {"T1": "started"})
    again = answered(life.do("report_handled"), "handled")
    assert (again.state, again.incident.progress.upstream_refusals) == ("handled", {})


def test_a_refusal_of_what_the_superior_passed_meanwhile_takes_nothing_back():
    life = answered(hears(handled("upstream"), Incident.UpstreamVerified), "handled", refused="重复")
    assert life.tasks == {"T1": "verified"}


def test_a_refused_reply_is_told_and_moves_nothing():
    life = answered(dispatched("upstream").do("reply"), "replied", refused="格式有误")
    assert (life.state, life.incident.progress.upstream_refusals) == ("dispatched", {"replied": "格式有误"})


@pytest.mark.parametrize(
    ("given", "kind", "state"),
    [(sent_back, "returned", "sent_back"), (lambda: handled("upstream"), "handled", "handled")],
)
def test_sending_again_puts_the_case_where_it_stood_before_the_refusal(given, kind, state):
    life = answered(given(), kind, refused="系统升级")
    again = after_person(life, Incident.UpstreamMessageRetried, kind)
    assert (again.state, again.incident.progress.upstream_refusals) == (state, {})
    assert answered(again, kind, refused="仍不受理").state != state


def test_setting_aside_deals_with_the_refusal_and_moves_nothing():
    life = after_person(
        answered(sent_back(), "returned", refused="属你街道"), Incident.UpstreamMessageSetAside, "returned"
    )
    assert (life.state, life.incident.progress.upstream_refusals) == ("received", {})


@pytest.mark.parametrize("task", [[], ["accept"], ["accept", "start"], ["accept", "report_handled"]])
def test_a_case_does_not_go_back_while_somebody_has_a_task_of_it(task):
    life = dispatched("upstream").do("dispatch").task("T2", "return").task("T1", *task)
    assert Command.RETURN_CASE not in may(life.incident, Role.DISPATCHER)
    if life.state == "dispatched":
        with pytest.raises(CommandRefusedError, match="有任务未退回"):
            life.do("return_case")


def test_a_case_of_our_own_is_not_returned_to_anybody():
    with pytest.raises(CommandRefusedError, match="this one is our own"):
        received().do("return_case")


def test_a_deadline_that_the_superior_moves_is_its_answer_to_who_asked_for_more_time():
    life = dispatched("upstream").task("T1", "accept", "ask_extension")
    assert life.incident.progress.tasks["T1"].asked is not None
    hears(life, Incident.UpstreamDeadlineChanged)
    assert life.incident.progress.tasks["T1"].asked is None
    life.do("ask_extension")


def test_asking_for_more_time_that_it_refuses_waits_for_no_answer_any_more():
    life = answered(dispatched("upstream").task("T1", "accept", "ask_extension"), "extension_asked", refused="不予延期")
    assert life.incident.progress.tasks["T1"].asked is None
    assert life.incident.progress.upstream_refusals == {"extension_asked": "不予延期"}


@pytest.mark.parametrize("kind", [Incident.UpstreamClosed, Incident.UpstreamWithdrawn])
def test_a_transfer_that_waits_for_an_answer_does_not_bring_an_ended_case_back(kind):
    life = hears(filed("upstream").do("offer_transfer"), kind)
    ended = life.state
    later = life.now + timedelta(days=365)
    assert not life.incident.lapse_transfer(context=life.context("system:clock", "administrator"), at=later)
    assert life.state == ended
