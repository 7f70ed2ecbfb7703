"""Given what happened to an incident, when somebody gives a command, then it happens, or they are told why not."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from jiedao.domain.carrying_out import CommandRefusedError, check, may
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.incident import Incident
from jiedao.domain.links import OtherIncident
from jiedao.domain.tasks import JointTask
from jiedao.domain.terms import Command, Role
from tests.workflow_samples import (
    COURT,
    DUE,
    ENFORCEMENT,
    GREENING,
    GRID_WORKER,
    MORNING,
    TRAFFIC_POLICE,
    WENHUI,
    Life,
    busy,
    dispatched,
    filed,
    handled,
    lives,
    received,
    said,
)

PHOTO = "ab" * 32


def admitted():
    return received().do("admit")


def accepted():
    return dispatched().do("accept")


def closed():
    return handled().do("close")


# given, the command with what it says, the event it becomes with its fields, the state afterwards
HAPPENS = [
    (received, "admit", {"note": "属街道职责"}, Incident.Admitted, {"note": "属街道职责", "filed": False}, "admitted"),
    (received, "decline", {}, Incident.Declined, {}, "declined"),
    (Life, "decline", {}, Incident.Declined, {}, "declined"),
    (lambda: received("upstream"), "return_case", {}, Incident.CaseSentBack, {}, "sent_back"),
    (admitted, "confirm", {"found": True, "note": "属实", "photos": (PHOTO,)}, Incident.Confirmed,
     {"found": True, "note": "属实", "photos": (PHOTO,)}, "admitted"),
    (admitted, "file", {"note": "符合立案条件"}, Incident.Filed, {"note": "符合立案条件"}, "filed"),
    (admitted, "reject", {}, Incident.Rejected, {}, "rejected"),
    (received, "settle_on_spot", {"photos": (PHOTO,)}, Incident.SettledOnSpot,
     {"result": "当场劝离", "photos": (PHOTO,)}, "closed"),
    (Life, "void", {}, Incident.Voided, {}, "void"),
    (filed, "dispatch", {"note": "请即到场"}, Incident.TaskDispatched,
     {"task_id": "T1", "assignee": ENFORCEMENT, "note": "请即到场"}, "dispatched"),
    (dispatched, "reassign", {}, Incident.TaskReassigned,
     {"task_id": "T1", "new_task_id": "T2", "assignee": GREENING}, "dispatched"),
    (dispatched, "accept", {"note": "十分钟到"}, Incident.TaskAccepted, {"task_id": "T1", "note": "十分钟到"}, "dispatched"),
    (dispatched, "return", {}, Incident.TaskReturned, {"task_id": "T1"}, "dispatched"),
    (busy, "start", {"task_id": "T2"}, Incident.TaskStarted, {"task_id": "T2", "note": ""}, "dispatched"),
    (busy, "report_handled", {"task_id": "T3", "before": (PHOTO,), "after": (PHOTO, PHOTO)}, Incident.TaskHandled,
     {"task_id": "T3", "result": "已清理", "before": (PHOTO,), "after": (PHOTO, PHOTO)}, "dispatched"),
    (busy, "verify", {"task_id": "T4", "note": "整洁"}, Incident.TaskVerified, {"task_id": "T4", "note": "整洁"}, "dispatched"),
    (busy, "verify", {"task_id": "T4", "passed": False, "note": "仍有残留"}, Incident.TaskFailedVerification,
     {"task_id": "T4", "note": "仍有残留"}, "dispatched"),
    (handled, "close", {"note": "现场照片为证"}, Incident.Closed,
     {"note": "现场照片为证", "closing_condition": "道路恢复通行"}, "closed"),
    (dispatched, "reply", {}, Incident.Replied, {"text": "已处置完毕"}, "dispatched"),
    (lambda: handled().do("close"), "revisit", {"satisfied": None, "note": "无人接听"}, Incident.Revisited,
     {"resolved": True, "satisfied": None, "note": "无人接听"}, "closed"),
    (lambda: handled().do("close"), "reopen", {}, Incident.Reopened, {}, "admitted"),
    (filed, "suspend", {}, Incident.Suspended, {"approved_by": "分管副主任"}, "suspended"),
    (lambda: filed().do("suspend"), "resume", {"note": "施工已毕"}, Incident.Resumed, {"note": "施工已毕"}, "filed"),
    (dispatched, "supervise", {"note": "今日办结"}, Incident.Supervised, {"note": "今日办结"}, "dispatched"),
    (dispatched, "urge", {"note": "来电人再询"}, Incident.Urged, {"note": "来电人再询"}, "dispatched"),
    (dispatched, "correct", {}, Incident.Corrected, {"text": "地址应为朝晖路 203 号"}, "dispatched"),
    (dispatched, "intervene", {}, Incident.InterventionRecorded, {"who": "某经营户亲属", "what": "要求从轻"}, "dispatched"),
    (Life().do("decline").copy, "reopen", {}, Incident.ReopenedForTriage, {}, "triage"),
    (accepted, "redispatch", {"note": "请就近处理"}, Incident.TaskRedispatched,
     {"task_id": "T1", "worker": GRID_WORKER, "note": "请就近处理"}, "dispatched"),
    (lambda: accepted().do("redispatch"), "return", {}, Incident.TaskGivenBack,
     {"task_id": "T1", "worker": GRID_WORKER}, "dispatched"),
    (filed, "joint_operation", {"note": "今晚统一行动"}, Incident.JointOperationOpened,
     {"tasks": (JointTask("T1", ENFORCEMENT), JointTask("T2", GREENING)), "note": "今晚统一行动"}, "dispatched"),
    (accepted, "ask_extension", {}, Incident.ExtensionAsked,
     {"task_id": "T1", "length": "2工作日", "approver": "shift_leader", "due_at": DUE}, "dispatched"),
    (lambda: accepted().do("ask_extension"), "grant_extension", {"note": "同意"}, Incident.ExtensionGranted,
     {"task_id": "T1", "length": "2工作日", "due_at": DUE + timedelta(days=2), "due_provisional": False, "note": "同意"},
     "dispatched"),
    (lambda: accepted().do("ask_extension"), "deny_extension", {}, Incident.ExtensionDenied,
     {"task_id": "T1", "length": "2工作日"}, "dispatched"),
    (filed, "offer_transfer", {}, Incident.TransferOffered,
     {"receiver": WENHUI, "answer_within": "1工作日", "answer_by": MORNING + timedelta(days=1, minutes=5)}, "transferring"),
    (lambda: filed().do("offer_transfer", receiver=TRAFFIC_POLICE), "accept_transfer", {}, Incident.TransferAccepted,
     {"receiver": TRAFFIC_POLICE, "task_id": "T1", "note": ""}, "dispatched"),
    (lambda: filed().do("offer_transfer", receiver=COURT), "accept_transfer", {"note": "收文"}, Incident.TransferAccepted,
     {"receiver": COURT, "task_id": None, "note": "收文"}, "transferred"),
    (lambda: filed().do("offer_transfer"), "refuse_transfer", {}, Incident.TransferRefused, {"receiver": WENHUI}, "filed"),
    (lambda: dispatched().do("offer_transfer"), "withdraw_transfer", {}, Incident.TransferWithdrawn,
     {"receiver": WENHUI}, "dispatched"),
    (received, "merge", {}, Incident.Merged, {"into": OtherIncident(UUID(int=2), "hotline:2026-0002")}, "merged"),
    (lambda: admitted().do("merge"), "unmerge", {}, Incident.Unmerged,
     {"left": OtherIncident(UUID(int=2), "hotline:2026-0002")}, "admitted"),
    (dispatched, "notify", {}, Incident.Notified, {"whom": "区交警大队", "content": "路口有流动摊贩"}, "dispatched"),
    (closed, "appeal", {}, Incident.Appealed, {"assessment": "overtime"}, "closed"),
    (lambda: closed().do("appeal"), "review_appeal", {}, Incident.AppealReviewed,
     {"assessment": "overtime", "granted": True, "note": ""}, "closed"),
    (dispatched, "hold", {"reference": " （2026）浙0103行初12号 "}, Incident.HoldPlaced,
     {"ground": "litigation", "reference": "（2026）浙0103行初12号"}, "dispatched"),
    (lambda: closed().do("hold"), "release_hold", {}, Incident.HoldReleased,
     {"ground": "litigation", "reference": "（2026）浙0103行初12号"}, "closed"),
]  # fmt: skip

# What each command's texts are without which nothing is done; given: where the command itself is allowed.
REQUIRED = [
    (lambda: received("upstream"), "return_case", "reason"),
    (received, "decline", "reason"), (admitted, "reject", "reason"), (Life, "void", "reason"),
    (lambda: handled().do("close"), "reopen", "reason"), (dispatched, "return", "reason"),
    (dispatched, "reassign", "reason"), (filed, "suspend", "reason"), (filed, "suspend", "approved_by"),
    (received, "settle_on_spot", "result"), (busy, "report_handled", "result"), (dispatched, "reply", "text"),
    (dispatched, "correct", "text"), (dispatched, "intervene", "who"), (dispatched, "intervene", "what"),
    (accepted, "ask_extension", "reason"), (accepted, "ask_extension", "length"),
    (lambda: accepted().do("ask_extension"), "deny_extension", "reason"), (filed, "offer_transfer", "reason"),
    (filed, "offer_transfer", "answer_within"), (lambda: filed().do("offer_transfer"), "refuse_transfer", "reason"),
    (lambda: filed().do("offer_transfer"), "withdraw_transfer", "reason"), (received, "merge", "reason"),
    (lambda: received().do("merge"), "unmerge", "reason"), (dispatched, "notify", "whom"),
    (dispatched, "notify", "content"), (closed, "appeal", "reason"), (dispatched, "hold", "reason"),
    (lambda: dispatched().do("hold"), "release_hold", "reason"),
]  # fmt: skip

ABOUT_A_TASK = ["reassign", "accept", "return", "start", "report_handled", "verify"]


@pytest.mark.parametrize(("given", "command", "details", "event", "fields", "state"), HAPPENS)
def test_a_command_becomes_its_event(given, command, details, event, fields, state):
    life = given()
    before = len(life.events)
    life.do(command, "zhang", **details)
    assert len(life.events) == before + 1
    assert type(life.last) is event
    apart = {"originator_id", "originator_version", "timestamp", "context"}
    assert {name: value for name, value in vars(life.last).items() if name not in apart} == fields
    assert (life.last.context.actor, life.last.timestamp) == ("user:zhang", life.now)
    assert life.state == state
    assert life.read_back() == life.events


def test_every_command_but_the_two_decisions_is_told_of_above():
    decided = {"decide_jurisdiction", "decide_class"}
    assert {command for _given, command, *_rest in HAPPENS} | decided == {command.value for command in Command}


@pytest.mark.parametrize(("given", "command", "text"), REQUIRED)
@pytest.mark.parametrize("empty", ["", " \n\u3000"])
def test_what_a_command_has_to_say_cannot_be_empty(given, command, text, empty):
    life = given()
    with pytest.raises(InvalidInputError, match=text) as refusal:
        life.do(command, **{text: empty} | ({"task_id": "T3"} if command == "report_handled" else {}))
    assert refusal.value.pointer == f"/{text}"


@pytest.mark.parametrize(("command", "text"), [("decide_jurisdiction", "street_code"), ("decide_jurisdiction", "reason"),
                                               ("decide_class", "class_code"), ("decide_class", "reason")])  # fmt: skip
def test_a_decision_of_a_person_names_what_and_why(command, text):
    with pytest.raises(InvalidInputError, match=text):
        check(Life().incident, Command(command), said(command, **{text: " "}), Role.DISPATCHER)


@pytest.mark.parametrize("command", ABOUT_A_TASK)
@pytest.mark.parametrize("task_id", ["T99", "", "t1"])
def test_a_task_that_does_not_exist_is_answered_with_those_that_do(command, task_id):
    with pytest.raises(InvalidInputError, match=r"this incident has T1, T2, T3") as refusal:
        busy().do(command, task_id=task_id)
    assert refusal.value.pointer == "/task_id"


def test_who_handled_a_task_cannot_verify_it_in_any_role():
    life = dispatched().task("T1", "accept").do("report_handled", "wang")
    for role in ("collector", "shift_leader"):
        with pytest.raises(CommandRefusedError, match="处置人不得核查自己的处置") as refusal:
            life.do("verify", "wang", role)
        assert Command.VERIFY not in refusal.value.allowed
        assert refusal.value.allowed == may(life.incident, Role(role), "user:wang")
    assert life.do("verify", "li", "collector").state == "handled"


def test_who_handled_one_task_may_verify_another_ones():
    life = dispatched().task("T1", "accept").do("dispatch").task("T2", "accept")
    life.do("report_handled", "wang", task_id="T1").do("report_handled", "li", task_id="T2")
    with pytest.raises(CommandRefusedError) as refusal:
        life.do("verify", "wang", task_id="T1")
    assert Command.VERIFY in refusal.value.allowed
    life.do("verify", "wang", task_id="T2")
    assert life.tasks == {"T1": "handled", "T2": "verified"}


def test_after_rework_nobody_who_ever_handled_it_can_verify():
    life = dispatched().task("T1", "accept").do("report_handled", "wang").task("T1", "fail")
    life.do("report_handled", "li")
    for person in ("li", "wang"):
        with pytest.raises(CommandRefusedError):
            life.do("verify", person)
    assert life.do("verify", "zhao").tasks == {"T1": "verified"}


def test_what_was_not_found_on_site_is_not_filed_unless_it_is_found_later():
    life = admitted().do("confirm", found=False, note="现场无异常")
    with pytest.raises(CommandRefusedError, match="不属实") as refusal:
        life.do("file")
    assert Command.FILE not in refusal.value.allowed
    assert Command.REJECT in refusal.value.allowed
    assert Command.FILE not in may(life.incident, Role.SHIFT_LEADER)
    assert life.copy().do("reject").state == "rejected"
    assert life.do("confirm", found=True).do("file").state == "filed"


def test_an_incident_is_filed_without_a_check_on_site_where_none_was_asked_for():
    assert admitted().do("file").state == "filed"


def test_a_returned_task_can_only_be_reassigned():
    life = dispatched().task("T1", "accept", "return")
    for command in ABOUT_A_TASK[1:]:
        with pytest.raises(CommandRefusedError, match="已退回"):
            life.do(command)
    for command in ("close", "settle_on_spot", "void", "reject", "decline"):
        with pytest.raises(CommandRefusedError):
            life.do(command)
    life.do("reassign")
    assert life.tasks == {"T1": "reassigned", "T2": "dispatched"}
    assert life.incident.progress.tasks["T2"].assignee == GREENING


def test_a_task_that_was_returned_keeps_a_joint_operation_from_being_closed():
    life = dispatched().do("dispatch").task("T1", "accept", "report_handled", "verify").task("T2", "return")
    assert life.state == "dispatched"
    life.do("reassign", task_id="T2").task("T3", "accept", "report_handled", "verify")
    assert life.state == "handled"


def test_a_verification_that_fails_says_what_is_missing_and_the_same_assignee_does_it_again():
    life = dispatched().task("T1", "accept", "report_handled")
    with pytest.raises(InvalidInputError) as refusal:
        life.do("verify", passed=False, note=" ")
    assert refusal.value.pointer == "/note"
    life.task("T1", "fail")
    assert life.incident.progress.tasks["T1"].assignee == ENFORCEMENT
    assert life.tasks == {"T1": "rework"}
    with pytest.raises(CommandRefusedError):
        life.do("close")
    assert life.task("T1", "start", "report_handled", "verify").state == "handled"


def test_closing_confirms_the_condition_of_the_class_and_is_refused_with_its_words_without():
    life = handled()
    with pytest.raises(CommandRefusedError, match="须确认符合结案条件“道路恢复通行”") as refusal:
        life.do("close", condition_met=False)
    assert (life.state, Command.CLOSE in refusal.value.allowed) == ("handled", True)
    assert life.do("close").last.closing_condition == "道路恢复通行"
    without = handled()
    without.incident.classification = None
    assert without.do("close", condition_met=False).last.closing_condition == ""


def test_a_joint_operation_is_handled_once_every_task_has_passed():
    life = dispatched().do("dispatch", assignee=GREENING)
    assert life.tasks == {"T1": "dispatched", "T2": "dispatched"}
    life.task("T1", "accept", "report_handled", "verify").task("T2", "accept", "report_handled")
    assert life.state == "dispatched"
    with pytest.raises(CommandRefusedError, match="处置中"):
        life.do("close")
    assert life.task("T2", "verify").state == "handled"
    assert life.do("close").state == "closed"


def test_a_task_that_somebody_else_took_over_counts_no_more():
    life = dispatched().do("dispatch", assignee=GREENING).do("reassign", task_id="T1")
    life.task("T2", "accept", "report_handled", "verify").task("T3", "accept", "report_handled", "verify")
    assert (life.state, life.tasks) == ("handled", {"T1": "reassigned", "T2": "verified", "T3": "verified"})


@pytest.mark.parametrize(
    "command",
    ["decline", "file", "reject", "settle_on_spot", "void", "verify", "close", "revisit", "reopen", "merge", "unmerge"],
)
def test_what_is_the_superior_platforms_to_do_we_refuse_wherever_its_case_stands(command):
    for life in lives("upstream").values():
        with pytest.raises(CommandRefusedError, match="上级平台案件") as refusal:
            life.do(command)
        assert Command(command) not in refusal.value.allowed


def test_a_superior_platforms_case_waits_for_dispatch_once_it_is_admitted_and_is_handled_when_we_say_so():
    life = received("upstream").do("admit")
    assert (life.state, life.last.filed) == ("filed", True)
    life.do("dispatch").do("dispatch").task("T1", "accept", "report_handled")
    assert life.state == "dispatched"
    assert life.task("T2", "accept", "report_handled").state == "handled"


@pytest.mark.parametrize(
    ("ended", "state"),
    [
        (lambda: handled().do("close"), "closed"),
        (lambda: received().do("settle_on_spot"), "closed"),
        (lambda: received().do("decline"), "declined"),
        (lambda: admitted().do("reject"), "rejected"),
        (lambda: received().do("void"), "void"),
        (lambda: filed().do("offer_transfer", receiver=COURT).do("accept_transfer"), "transferred"),
    ],
)
def test_what_has_ended_can_be_taken_up_again(ended, state):
    life = ended()
    assert life.state == state
    assert life.do("reopen", role="supervisor").state == "admitted"


def test_an_incident_that_is_taken_up_again_starts_with_new_tasks_and_without_the_earlier_check_on_site():
    life = admitted().do("confirm").do("file").do("dispatch").do("reassign")
    life.task("T2", "accept", "report_handled", "verify").do("close").do("reopen")
    assert (life.tasks, life.incident.progress.confirmed) == ({}, None)
    life.do("file").do("dispatch").do("dispatch")
    assert life.tasks == {"T3": "dispatched", "T4": "dispatched"}
    with pytest.raises(InvalidInputError, match="T3, T4"):
        life.do("accept", task_id="T1")


@pytest.mark.parametrize("lifecycle", ["own", "upstream"])
@pytest.mark.parametrize("begin", [filed, dispatched, busy, handled])
def test_a_suspended_incident_comes_back_to_where_it_stood(begin, lifecycle):
    life = begin(lifecycle)
    state, tasks = life.state, life.tasks
    life.do("suspend")
    assert (life.state, life.tasks) == ("suspended", tasks)
    life.do("resume")
    assert (life.state, life.tasks, life.incident.progress.suspended_stage) == (state, tasks, None)


def test_nobody_works_on_a_task_while_the_incident_is_suspended():
    life = dispatched().do("suspend")
    for command in ("accept", "reassign", "return", "dispatch", "close"):
        with pytest.raises(CommandRefusedError, match="挂账"):
            life.do(command)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.INTEGRATOR])
def test_anybody_can_record_at_any_time_that_someone_leaned_on_a_case(role):
    for life in [*lives("own").values(), *lives("upstream").values()]:
        state = life.state
        assert life.do("intervene", role=role.value).state == state


def test_a_refusal_says_who_may_not_or_from_which_state_not():
    with pytest.raises(CommandRefusedError, match=r"处置人员 handler may not file \(立案\)"):
        admitted().do("file", role="handler")
    with pytest.raises(CommandRefusedError, match="待受理 received cannot be 立案 file"):
        received().do("file")
    with pytest.raises(CommandRefusedError, match="待签收 dispatched cannot be 反馈 report_handled"):
        dispatched().do("report_handled")


def test_a_refused_command_leaves_no_trace_on_the_incident():
    life = dispatched()
    before = (life.incident.version, life.state, life.tasks)
    for command, by in (("close", "shift_leader"), ("accept", "dispatcher"), ("start", "handler")):
        with pytest.raises(CommandRefusedError):
            life.do(command, role=by)
    assert (life.incident.version, life.state, life.tasks) == before
    assert not life.incident.pending_events


@pytest.mark.parametrize("approver", ["user:zhao", "zhao", " Zhao "])
def test_who_asks_for_a_suspension_does_not_approve_it(approver):
    with pytest.raises(CommandRefusedError, match="申请人不得自批") as refusal:
        dispatched().do("suspend", "zhao", approved_by=approver)
    assert Command.SUSPEND in refusal.value.allowed


@pytest.mark.parametrize("begin", [Life, lambda: Life().placed(), lambda: Life().classed()])
@pytest.mark.parametrize("end", ["decline", "void"])
def test_what_ended_before_its_street_or_platform_was_known_is_taken_up_again_in_triage(begin, end):
    life = begin().do(end).do("reopen")
    assert life.state == "triage"
    assert life.placed().classed().do("admit").state == "admitted"


def test_what_was_told_moves_nothing():
    life = busy()
    before = (life.state, life.tasks, life.incident.progress)
    life.do("notify")
    assert (life.state, life.tasks, life.incident.progress) == before
