"""Tasks are given on, taken back, and given to several at once under a lead."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jiedao.domain.carrying_out import CommandRefusedError, may
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.tasks import Assignee
from jiedao.domain.terms import Command, Role
from tests.workflow_samples import ENFORCEMENT, GREENING, GRID_WORKER, Life, dispatched, filed, handled

COMMUNITY = Assignee("community", "河西社区", "330103006")


def given_on():
    return dispatched().task("T1", "accept", "redispatch")


def task(life, task_id="T1"):
    return life.incident.progress.tasks[task_id]


def test_a_task_that_was_given_on_stays_its_platforms():
    life = given_on()
    assert (task(life).state, task(life).assignee, task(life).worker) == ("redispatched", ENFORCEMENT, GRID_WORKER)
    life.do("accept", "chen", "grid_worker").do("start", "chen", "grid_worker")
    life.do("report_handled", "chen", "grid_worker").do("verify")
    assert (life.state, task(life).assignee, task(life).handled_by) == ("handled", ENFORCEMENT, "user:chen")


def test_it_is_accepted_by_a_grid_worker_and_by_nobody_else():
    life = given_on()
    with pytest.raises(CommandRefusedError, match="网格员签收") as refusal:
        life.do("accept")
    assert Command.ACCEPT not in refusal.value.allowed
    assert Command.RETURN in refusal.value.allowed
    assert Command.ACCEPT in may(life.incident, Role.GRID_WORKER)
    life.do("dispatch", assignee=GREENING)
    assert Command.ACCEPT in may(life.incident, Role.HANDLER)
    with pytest.raises(CommandRefusedError, match="网格员签收"):
        life.do("accept", task_id="T1")
    life.do("accept", task_id="T2")


@pytest.mark.parametrize("steps", [[], ["accept"], ["accept", "start"]])
@pytest.mark.parametrize("role", ["grid_worker", "handler"])
def test_returned_it_is_the_platforms_again_whoever_returns_it(steps, role):
    life = given_on()
    for step in steps:
        life.do(step, role="grid_worker")
    life.do("return", role=role)
    assert (task(life).state, task(life).worker) == ("accepted", None)
    life.do("return")
    assert task(life).state == "returned"


def test_it_can_be_given_on_to_another_and_also_for_rework():
    life = given_on().do("redispatch", worker=COMMUNITY)
    assert task(life).worker == COMMUNITY
    life.do("accept", role="grid_worker").task("T1", "report_handled", "fail", "redispatch")
    assert (task(life).state, task(life).worker) == ("redispatched", GRID_WORKER)


def test_only_a_street_platforms_task_is_given_on():
    life = filed().do("dispatch", assignee=GREENING).do("accept")
    with pytest.raises(CommandRefusedError, match="街道平台") as refusal:
        life.do("redispatch")
    assert Command.REDISPATCH not in refusal.value.allowed
    life.do("dispatch").do("accept", task_id="T2")
    with pytest.raises(CommandRefusedError, match="区园林绿化局") as refusal:
        life.do("redispatch")
    assert Command.REDISPATCH in refusal.value.allowed


@pytest.mark.parametrize(
    ("worker", "pointer"),
    [
        (ENFORCEMENT, "/worker/kind"),
        (GREENING, "/worker/kind"),
        (replace(GRID_WORKER, kind="drone"), "/worker/kind"),
        (replace(GRID_WORKER, name=" "), "/worker/name"),
        (replace(GRID_WORKER, platform="army"), "/worker/platform"),
    ],
)
def test_it_is_given_on_to_a_community_or_a_grid_worker_with_a_name(worker, pointer):
    life = dispatched().do("accept")
    with pytest.raises(InvalidInputError) as refusal:
        life.do("redispatch", worker=worker)
    assert refusal.value.pointer == pointer


def test_whoever_is_named_anywhere_is_of_a_kind_that_exists():
    with pytest.raises(InvalidInputError) as refusal:
        filed().do("dispatch", assignee=Assignee("somebody", "某单位"))
    assert refusal.value.pointer == "/assignee/kind"
    with pytest.raises(InvalidInputError) as refusal:
        filed().do("joint_operation", others=(GREENING, Assignee("unit", "")))
    assert refusal.value.pointer == "/others/1/name"


def test_a_joint_operation_gives_everybody_a_task_at_once_and_shows_who_leads():
    life = filed().do("joint_operation", others=(GREENING, COMMUNITY))
    assert life.tasks == {"T1": "dispatched", "T2": "dispatched", "T3": "dispatched"}
    assert [one.leads for one in life.incident.progress.tasks.values()] == [True, False, False]
    assert task(life).assignee == ENFORCEMENT


def test_a_joint_operation_is_closed_only_when_all_have_passed():
    life = filed().do("joint_operation")
    life.task("T1", "accept", "report_handled", "verify").task("T2", "accept", "report_handled", "fail")
    with pytest.raises(CommandRefusedError, match="处置中"):
        life.do("close")
    assert life.task("T2", "report_handled", "verify").do("close").state == "closed"


def test_who_takes_over_the_leads_task_leads():
    life = filed().do("joint_operation").do("reassign", task_id="T1", assignee=COMMUNITY)
    assert {name: one.leads for name, one in life.incident.progress.tasks.items()} == {
        "T1": True, "T2": False, "T3": True,
    }  # fmt: skip
    assert task(life, "T3").assignee == COMMUNITY


def test_there_is_one_lead_at_a_time():
    life = filed().do("joint_operation")
    with pytest.raises(CommandRefusedError, match=ENFORCEMENT.name) as refusal:
        life.do("joint_operation")
    assert Command.JOINT_OPERATION not in refusal.value.allowed
    assert Command.DISPATCH in refusal.value.allowed
    again = life.do("reassign", task_id="T1")
    assert Command.JOINT_OPERATION not in may(again.incident, Role.DISPATCHER)


def test_a_joint_operation_can_follow_on_a_task_by_itself():
    life = handled().do("joint_operation")
    assert (life.state, life.tasks) == ("dispatched", {"T1": "verified", "T2": "dispatched", "T3": "dispatched"})


@pytest.mark.parametrize(
    ("others", "pointer"), [((), "/others"), ((GREENING, GREENING), "/others/1"), ((ENFORCEMENT,), "/others/0")]
)
def test_a_joint_operation_has_others_and_nobody_twice(others, pointer):
    with pytest.raises(InvalidInputError) as refusal:
        filed().do("joint_operation", others=others)
    assert refusal.value.pointer == pointer


def test_events_of_before_there_were_workers_and_leads_are_read_as_ever():
    life = Life().placed().classed().do("admit").do("file").do("dispatch").do("reassign")
    assert [(one.worker, one.leads) for one in life.rebuilt().progress.tasks.values()] == [(None, False)] * 2
