"""A case is transferred by two sides, and stands where it stood until the other one takes it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jiedao.domain.carrying_out import CommandRefusedError, may
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.links import Receiver
from jiedao.domain.terms import Command, Role
from tests.workflow_samples import COURT, TRAFFIC_POLICE, WENHUI, Life, busy, dispatched, filed

RECEIVERS = [WENHUI, TRAFFIC_POLICE, COURT]


@pytest.mark.parametrize("receiver", RECEIVERS)
@pytest.mark.parametrize("begin", [filed, dispatched, busy])
@pytest.mark.parametrize("ending", ["refuse_transfer", "withdraw_transfer", "lapse"])
def test_not_taken_it_stands_where_it_stood(begin, receiver, ending):
    life = begin()
    state, tasks, street = life.state, life.tasks, life.incident.street_code
    life.do("offer_transfer", receiver=receiver)
    assert (life.state, life.tasks) == ("transferring", tasks)
    if ending == "lapse":
        life.lapse()
    else:
        life.do(ending)
    assert (life.state, life.tasks, life.incident.street_code) == (state, tasks, street)
    assert life.incident.progress.transfer is None


def test_another_street_has_it_in_its_jurisdiction_and_dispatches_it_anew():
    life = dispatched().do("accept").do("offer_transfer").do("accept_transfer")
    assert (life.state, life.tasks, life.incident.street_code) == ("filed", {}, "330103007")
    assert life.incident.jurisdiction.method == "manual"
    assert [type(event).__name__ for event in life.events[-2:]] == ["TransferAccepted", "JurisdictionDecided"]
    assert life.do("dispatch").tasks == {"T2": "dispatched"}
    assert life.rebuilt().street_code == "330103007"


def test_a_department_has_a_task_that_it_accepted():
    life = dispatched().do("offer_transfer", receiver=TRAFFIC_POLICE).do("accept_transfer")
    assert (life.state, life.tasks, life.incident.street_code) == ("dispatched", {"T2": "accepted"}, "330103006")
    assert life.incident.progress.tasks["T2"].assignee.name == TRAFFIC_POLICE.name
    assert life.task("T2", "report_handled", "verify").do("close").state == "closed"


def test_with_a_body_outside_it_ends_for_us():
    life = dispatched().do("offer_transfer", receiver=COURT).do("accept_transfer")
    assert (life.state, life.tasks) == ("transferred", {})
    assert life.do("reopen").state == "admitted"


def test_a_superior_platforms_case_is_not_ours_to_send_outside():
    life = filed("upstream")
    with pytest.raises(CommandRefusedError, match="上级平台案件不得移送区外"):
        life.do("offer_transfer", receiver=COURT)
    assert life.do("offer_transfer").do("accept_transfer").state == "filed"


def test_nobody_works_on_it_meanwhile():
    life = dispatched().do("offer_transfer")
    for command in ("accept", "return", "dispatch", "reassign", "suspend", "decide_jurisdiction", "offer_transfer"):
        with pytest.raises(CommandRefusedError, match="移送中"):
            life.do(command, role=None if command != "decide_jurisdiction" else "dispatcher")


def test_who_offered_it_does_not_answer():
    life = filed().do("offer_transfer", "qian")
    for command in ("accept_transfer", "refuse_transfer"):
        with pytest.raises(CommandRefusedError, match="移送人不得") as refusal:
            life.do(command, "qian", "dispatcher")
        assert not {Command.ACCEPT_TRANSFER, Command.REFUSE_TRANSFER} & set(refusal.value.allowed)
    assert Command.WITHDRAW_TRANSFER in may(life.incident, Role.DISPATCHER, "user:qian")
    life.do("accept_transfer", "sun", "dispatcher")


def test_what_a_body_outside_said_is_recorded_by_whoever_heard_it():
    life = filed().do("offer_transfer", "qian", receiver=COURT)
    assert life.do("accept_transfer", "qian", "dispatcher").state == "transferred"


@pytest.mark.parametrize(
    ("receiver", "pointer"),
    [
        (Receiver("street", "朝晖街道", "330103006"), "/receiver/street_code"),
        (Receiver("street", "文晖街道"), "/receiver/street_code"),
        (Receiver("department", "区城管局", "330103007"), "/receiver/street_code"),
        (Receiver("neighbour", "隔壁"), "/receiver/kind"),
        (Receiver("body", " "), "/receiver/name"),
    ],
)
def test_a_receiver_is_named_whole(receiver, pointer):
    with pytest.raises(InvalidInputError) as refusal:
        filed().do("offer_transfer", receiver=receiver)
    assert refusal.value.pointer == pointer


def test_unanswered_it_goes_back_when_the_time_is_over_and_not_before():
    life = filed().do("offer_transfer")
    by, context = life.incident.progress.transfer.answer_by, life.context("system:clock", "administrator")
    assert not life.incident.lapse_transfer(context=context, at=by - timedelta(microseconds=1))
    assert life.incident.lapse_transfer(context=context, at=by)
    assert not life.incident.lapse_transfer(context=context, at=by)
    assert (life.state, len(life.incident.pending_events)) == ("filed", 1)


def test_a_transfer_that_nobody_offered_does_not_lapse():
    life = Life()
    assert not life.incident.lapse_transfer(context=life.context("system:clock", "administrator"), at=life.now)
