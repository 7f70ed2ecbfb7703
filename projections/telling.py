"""How each event of an incident is told to a person: a table from topic to label, sentence and inputs.

Personal data is never opened here: a sealed field is told as «已加密» with the id of its key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jiedao.domain import case_events, legal_hold, task_events, workflow_events
from jiedao.domain.decisions import ClassDecision, JurisdictionDecision
from jiedao.domain.incident import Incident
from jiedao.domain.links import Receiver
from jiedao.domain.report import ERASED as ERASED_SEAL
from jiedao.domain.report import IncidentReport, Sealed
from jiedao.domain.routing_decision import RouteChange, RoutingDecision
from jiedao.domain.tasks import Assignee
from jiedao.domain.terms import (
    Assessment,
    AssigneeKind,
    ClassMethod,
    Command,
    HoldGround,
    Lifecycle,
    MatchMethod,
    Platform,
    ReceiverKind,
    ReportFlag,
    TaskState,
)
from projections import clock_telling
from projections.telling_upstream import UPSTREAM_TELLINGS


@dataclass(frozen=True, slots=True)
class Telling:
    """The Chinese label of a topic, and what makes the sentence and the inputs of one event of it.

    The inputs are stored as JSON; dataclasses in them become objects.
    """

    label: str
    sentence: Callable[[Any], str]
    inputs: Callable[[Any], object]


_MATCH_LABELS = {term.value: term.label for term in MatchMethod}
_CLASS_LABELS = {term.value: term.label for term in ClassMethod}
_PLATFORM_LABELS = {term.value: term.label for term in Platform}
_FLAG_LABELS = {term.value: term.label for term in ReportFlag}
_LIFECYCLE_LABELS = {term.value: term.label for term in Lifecycle}
_RECEIVER_LABELS = {term.value: term.label for term in ReceiverKind}
_ASSESSMENT_LABELS = {term.value: term.label for term in Assessment}
_GROUND_LABELS = {term.value: term.label for term in HoldGround}
_ASSIGNEE_LABELS = {term.value: term.label for term in AssigneeKind}


def _sealed(sealed: Sealed | None) -> str | None:
    """Say that it is there, how large, and under which key; what it says stays closed."""
    if sealed is None:
        return None
    if sealed == ERASED_SEAL:
        return ERASED
    size = max(0, len(sealed.ciphertext) * 3 // 4 - _SEAL_BYTES)
    return f"«已加密» {sealed.algorithm} {sealed.key_id}（{size} 字节）"


ERASED = "«已删除»"
"""What stands instead of what was sealed under a destroyed key."""


def told_sealed(key_pattern: str) -> str:
    """Return the pattern of what :func:`_sealed` says of anything under a key; ``key_pattern`` is that of its id."""
    return f"«已加密» [A-Z0-9]+ {key_pattern}（[0-9]+ 字节）"


_SEAL_BYTES = 12 + 16
"""Nonce and tag of a ciphertext."""


def _report_inputs(event: Any) -> Mapping[str, object]:
    return {
        "report": event.report,
        "raw": _sealed(event.raw),
        "reporter": _sealed(event.reporter),
    }


def _received(event: Incident.Received) -> str:
    report = event.report
    lifecycle = _LIFECYCLE_LABELS.get(report.lifecycle, report.lifecycle)
    return f"收到来源 {report.source} 的上报 {report.external_id}（{lifecycle}）：{report.title}"


def _revised(event: Incident.Revised) -> str:
    return f"来源 {event.report.source} 更新为{_revision(event.report)}：{event.report.title}"


def _late(event: Incident.LateRevisionRecorded) -> str:
    return f"来源 {event.report.source} 的{_revision(event.report)}迟到，仅作记录，不改变现状"


def _revision(report: IncidentReport) -> str:
    """A counted revision is told as such; one that is the moment of a change (milliseconds) is told by its number."""
    return f"第 {report.revision} 版" if report.revision < _COUNTED else f"新版（修订号 {report.revision}）"


_COUNTED = 1_000_000_000
"""Sources count revisions, or send the moment of the last change; no count comes this far."""


def _jurisdiction(event: Incident.JurisdictionDecided) -> str:
    decision: JurisdictionDecision = event.decision
    method = _MATCH_LABELS.get(decision.method, decision.method)
    where = f"归属街道 {decision.street_code}" if decision.street_code else "未归属任何街道"
    text = f"，文字“{decision.matched_text}”" if decision.matched_text else ""
    edge = f"，距边界 {decision.edge_distance_m:.0f} 米" if decision.edge_distance_m is not None else ""
    doubts = "、".join(_FLAG_LABELS.get(flag, flag) for flag in decision.flags)
    doubted = f"；存疑：{doubts}" if doubts else ""
    return f"{where}（{method}{text}{edge}；边界版本 {decision.boundary_set}{doubted}）"


def _class(event: Incident.ClassDecided) -> str:
    decision: ClassDecision = event.decision
    method = _CLASS_LABELS.get(decision.method, decision.method)
    if decision.class_code is None:
        unknown = f" {decision.source_class}" if decision.source_class else ""
        return f"未能判定分类{unknown}（{method}；分类表 {decision.class_table}）"
    platform = _PLATFORM_LABELS.get(decision.platform or "", "未定")
    due = f"，时限 {decision.time_limit}" if decision.time_limit else ""
    name = f" {decision.class_name}" if decision.class_name else ""
    return f"分类为 {decision.class_code}{name}，由{platform}平台办理{due}（{method}；分类表 {decision.class_table}）"


_ROUTE_LABELS = {
    "platform": "平台",
    "department": "部门",
    "priority": "级别",
    "time_limit": "时限",
    "tags": "标签",
}


def _routed(event: Incident.Routed) -> str:
    decision: RoutingDecision = event.decision
    changes = "，".join(map(_route_change, decision.changed)) or "按分类办理"
    if decision.rule_id is None:
        return f"无派单规则命中，{changes}（规则版本 {decision.rule_set}）"
    return f"按派单规则 {decision.rule_id}“{decision.rule_name}”：{changes}（规则版本 {decision.rule_set}）"


def _route_change(change: RouteChange) -> str:
    if change.field == "tags" and not change.before:
        return f"加标签 {change.after}"
    before, after = change.before or "无", change.after or "无"
    if change.field == "platform":
        before = _PLATFORM_LABELS.get(change.before or "", "未定")
        after = _PLATFORM_LABELS.get(change.after or "", "由人工判定")
    return f"{_ROUTE_LABELS[change.field]} {before}→{after}"


def _decision_inputs(event: Any) -> object:
    return event.decision


def _assignee(assignee: Assignee) -> str:
    return f"{assignee.name}（{_ASSIGNEE_LABELS.get(assignee.kind, assignee.kind)}）"


def _photos(*sets: tuple[str, ...]) -> str:
    number = sum(map(len, sets))
    return f"，照片 {number} 张" if number else ""


def _note(event: Any) -> str:
    return f"：{event.note}" if event.note else ""


def _reason(event: Any) -> str:
    return f"：理由 {event.context.reason}" if event.context.reason else ""


def _admitted(event: workflow_events.Admitted) -> str:
    return f"{'，上级平台已立案' if event.filed else ''}{_note(event)}"


def _confirmed(event: workflow_events.Confirmed) -> str:
    return f"，{'属实' if event.found else '不属实'}{_photos(event.photos)}{_note(event)}"


def _dispatched(event: workflow_events.TaskDispatched) -> str:
    return f" 给 {_assignee(event.assignee)}{_note(event)}"


def _reassigned(event: workflow_events.TaskReassigned) -> str:
    return f" 给 {_assignee(event.assignee)}，新任务 {event.new_task_id}{_reason(event)}"


def _handled(event: workflow_events.TaskHandled) -> str:
    return f"：{event.result}{_photos(event.before, event.after)}"


def _closed(event: workflow_events.Closed) -> str:
    condition = f"，确认符合结案条件“{event.closing_condition}”" if event.closing_condition else ""
    return f"{condition}{_note(event)}"


def _revisited(event: workflow_events.Revisited) -> str:
    resolved = {True: "已解决", False: "未解决", None: "是否解决不详"}[event.resolved]
    satisfied = {True: "满意", False: "不满意", None: "未取得评价"}[event.satisfied]
    return f"，{resolved}，{satisfied}{_note(event)}"


def _joint(event: task_events.JointOperationOpened) -> str:
    lead, *others = (f"任务 {one.task_id} {_assignee(one.assignee)}" for one in event.tasks)
    return f"，牵头 {lead}，配合 {'、'.join(others)}{_note(event)}"


def _receiver(receiver: Receiver) -> str:
    return f"{receiver.name}（{_RECEIVER_LABELS.get(receiver.kind, receiver.kind)}）"


def _offered(event: case_events.TransferOffered) -> str:
    return f"给 {_receiver(event.receiver)}，限 {event.answer_within}答复{_reason(event)}"


def _taken(event: case_events.TransferAccepted) -> str:
    task = f"，任务 {event.task_id}" if event.task_id else ""
    return f"：{_receiver(event.receiver)}{task}{_note(event)}"


def _answered(event: Any) -> str:
    return f"：{_receiver(event.receiver)}{_reason(event)}"


def _reviewed(event: case_events.AppealReviewed) -> str:
    assessment = _ASSESSMENT_LABELS.get(event.assessment, event.assessment)
    return f"（{assessment}），{'同意' if event.granted else '不同意'}{_note(event)}"


def _held(event: Any) -> str:
    reference = f"（{event.reference}）" if event.reference else ""
    return f"：{_GROUND_LABELS.get(event.ground, event.ground)}{reference}{_reason(event)}"


def _inputs_of(*fields: str) -> Callable[[Any], Mapping[str, object]]:
    return lambda event: {name: getattr(event, name) for name in fields}


def _of_incident(command: Command, told: Callable[[Any], str], *fields: str) -> Telling:
    """Tell of a command about the incident: its word, and what follows on it."""
    return Telling(command.label, lambda event: f"{command.label}{told(event)}", _inputs_of(*fields))


def _of_task(command: Command, told: Callable[[Any], str], *fields: str) -> Telling:
    """Tell of a command about a task: its word, the task, and what follows on it."""
    return Telling(
        command.label,
        lambda event: f"{command.label}任务 {event.task_id}{told(event)}",
        _inputs_of("task_id", *fields),
    )


_OF_COMMANDS: dict[str, Telling] = {
    workflow_events.Admitted.TOPIC: _of_incident(Command.ADMIT, _admitted, "note", "filed"),
    workflow_events.Declined.TOPIC: _of_incident(Command.DECLINE, _reason),
    workflow_events.Confirmed.TOPIC: _of_incident(Command.CONFIRM, _confirmed, "found", "note", "photos"),
    workflow_events.Filed.TOPIC: _of_incident(Command.FILE, _note, "note"),
    workflow_events.Rejected.TOPIC: _of_incident(Command.REJECT, _reason),
    workflow_events.SettledOnSpot.TOPIC: _of_incident(
        Command.SETTLE_ON_SPOT, lambda event: f"：{event.result}{_photos(event.photos)}", "result", "photos"
    ),
    workflow_events.Voided.TOPIC: _of_incident(Command.VOID, _reason),
    workflow_events.TaskDispatched.TOPIC: _of_task(Command.DISPATCH, _dispatched, "assignee", "note"),
    workflow_events.TaskReassigned.TOPIC: _of_task(Command.REASSIGN, _reassigned, "new_task_id", "assignee"),
    workflow_events.TaskAccepted.TOPIC: _of_task(Command.ACCEPT, _note, "note"),
    workflow_events.TaskReturned.TOPIC: _of_task(Command.RETURN, _reason),
    workflow_events.TaskStarted.TOPIC: _of_task(Command.START, _note, "note"),
    workflow_events.TaskHandled.TOPIC: _of_task(Command.REPORT_HANDLED, _handled, "result", "before", "after"),
    workflow_events.TaskVerified.TOPIC: _of_task(Command.VERIFY, lambda event: f"，通过{_note(event)}", "note"),
    workflow_events.TaskFailedVerification.TOPIC: _of_task(
        Command.VERIFY, lambda event: f"，不通过，{TaskState.REWORK.label}{_note(event)}", "note"
    ),
    workflow_events.Closed.TOPIC: _of_incident(Command.CLOSE, _closed, "note", "closing_condition"),
    workflow_events.Replied.TOPIC: _of_incident(Command.REPLY, lambda event: f"上报人：{event.text}", "text"),
    workflow_events.Revisited.TOPIC: _of_incident(Command.REVISIT, _revisited, "resolved", "satisfied", "note"),
    workflow_events.Reopened.TOPIC: _of_incident(Command.REOPEN, _reason),
    workflow_events.Suspended.TOPIC: _of_incident(
        Command.SUSPEND, lambda event: f"，批准人 {event.approved_by}{_reason(event)}", "approved_by"
    ),
    workflow_events.Resumed.TOPIC: _of_incident(Command.RESUME, _note, "note"),
    workflow_events.Supervised.TOPIC: _of_incident(Command.SUPERVISE, _note, "note"),
    workflow_events.Urged.TOPIC: _of_incident(Command.URGE, _note, "note"),
    workflow_events.InterventionRecorded.TOPIC: _of_incident(
        Command.INTERVENE, lambda event: f"：{event.who}，{event.what}", "who", "what"
    ),
}

_OF_CLOCKS: dict[str, Telling] = {
    topic: Telling(clock_telling.LABELS[topic], sentence, clock_telling.inputs_of)
    for topic, sentence in clock_telling.SENTENCES.items()
}

_OF_TASKS: dict[str, Telling] = {
    task_events.TaskRedispatched.TOPIC: _of_task(
        Command.REDISPATCH, lambda event: f" 给 {_assignee(event.worker)}{_note(event)}", "worker", "note"
    ),
    task_events.TaskGivenBack.TOPIC: _of_task(
        Command.RETURN, lambda event: f"，由 {_assignee(event.worker)} 退给平台{_reason(event)}", "worker"
    ),
    task_events.JointOperationOpened.TOPIC: _of_incident(Command.JOINT_OPERATION, _joint, "tasks", "note"),
    task_events.ExtensionAsked.TOPIC: _of_task(
        Command.ASK_EXTENSION, lambda event: f" {event.length}{_reason(event)}", "length", "approver", "due_at"
    ),
    task_events.ExtensionGranted.TOPIC: _of_task(
        Command.GRANT_EXTENSION,
        lambda event: f" {event.length}{_note(event)}",
        "length",
        "due_at",
        "due_provisional",
        "note",
    ),
    task_events.ExtensionDenied.TOPIC: _of_task(
        Command.DENY_EXTENSION, lambda event: f" {event.length}{_reason(event)}", "length"
    ),
}

_OF_CASES: dict[str, Telling] = {
    workflow_events.ReopenedForTriage.TOPIC: _of_incident(Command.REOPEN, lambda event: f"，待判定{_reason(event)}"),
    case_events.TransferOffered.TOPIC: _of_incident(
        Command.OFFER_TRANSFER, _offered, "receiver", "answer_within", "answer_by"
    ),
    case_events.TransferAccepted.TOPIC: _of_incident(Command.ACCEPT_TRANSFER, _taken, "receiver", "task_id", "note"),
    case_events.TransferRefused.TOPIC: _of_incident(Command.REFUSE_TRANSFER, _answered, "receiver"),
    case_events.TransferWithdrawn.TOPIC: _of_incident(Command.WITHDRAW_TRANSFER, _answered, "receiver"),
    case_events.TransferLapsed.TOPIC: Telling(
        "移送逾期", lambda event: f"移送逾期未答复，退回派遣：{_receiver(event.receiver)}", _inputs_of("receiver")
    ),
    case_events.Merged.TOPIC: _of_incident(
        Command.MERGE, lambda event: f"，并入事件 {event.into.number}{_reason(event)}", "into"
    ),
    case_events.MergeMoved.TOPIC: _of_incident(
        Command.MERGE, lambda event: f"，随所并事件改并入 {event.into.number}{_reason(event)}", "into"
    ),
    case_events.DuplicateJoined.TOPIC: _of_incident(
        Command.MERGE, lambda event: f"，事件 {event.duplicate.number} 并入本事件{_reason(event)}", "duplicate"
    ),
    case_events.Unmerged.TOPIC: _of_incident(
        Command.UNMERGE, lambda event: f"，从事件 {event.left.number} 拆出{_reason(event)}", "left"
    ),
    case_events.DuplicateLeft.TOPIC: _of_incident(
        Command.UNMERGE, lambda event: f"，事件 {event.duplicate.number} 从本事件拆出{_reason(event)}", "duplicate"
    ),
    case_events.Notified.TOPIC: _of_incident(
        Command.NOTIFY, lambda event: f"给 {event.whom}：{event.content}", "whom", "content"
    ),
    case_events.Appealed.TOPIC: _of_incident(
        Command.APPEAL,
        lambda event: f"（{_ASSESSMENT_LABELS.get(event.assessment, event.assessment)}）{_reason(event)}",
        "assessment",
    ),
    case_events.AppealReviewed.TOPIC: _of_incident(Command.REVIEW_APPEAL, _reviewed, "assessment", "granted", "note"),
    legal_hold.HoldPlaced.TOPIC: _of_incident(Command.HOLD, _held, "ground", "reference"),
    legal_hold.HoldReleased.TOPIC: _of_incident(Command.RELEASE_HOLD, _held, "ground", "reference"),
}

_OF_REPORTS: dict[str, Telling] = {
    Incident.Received.TOPIC: Telling("登记", _received, _report_inputs),
    Incident.JurisdictionDecided.TOPIC: Telling("管辖判定", _jurisdiction, _decision_inputs),
    Incident.ClassDecided.TOPIC: Telling("分类判定", _class, _decision_inputs),
    Incident.Routed.TOPIC: Telling("派单规则", _routed, _decision_inputs),
    Incident.Revised.TOPIC: Telling("更新", _revised, _report_inputs),
    Incident.LateRevisionRecorded.TOPIC: Telling("迟到版本", _late, _report_inputs),
    Incident.AttachmentStored.TOPIC: Telling(
        "附件入库",
        lambda event: f"附件已取得并保存，内容哈希 {event.attachment.sha256}",
        lambda event: {"url": event.url, "attachment": event.attachment},
    ),
    Incident.AttachmentMissed.TOPIC: Telling(
        "附件未取得",
        lambda event: f"附件未能取得：{event.reason}",
        lambda event: {"url": event.url, "reason": event.reason},
    ),
}

_OF_SUPERIORS = {topic: Telling(*told) for topic, told in UPSTREAM_TELLINGS.items()}

TELLINGS: Mapping[str, Telling] = _OF_REPORTS | _OF_COMMANDS | _OF_TASKS | _OF_CASES | _OF_SUPERIORS | _OF_CLOCKS
"""Topic → how an event of it is told."""
