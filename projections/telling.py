"""How each event of an incident is told to a person: a table from topic to label, sentence and inputs.

What people do stands here; what comes in, what superiors say and what the clock records stand beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jiedao.domain import case_events, legal_hold, task_events, workflow_events
from jiedao.domain.links import Receiver
from jiedao.domain.tasks import Assignee
from jiedao.domain.terms import (
    Assessment,
    AssigneeKind,
    Command,
    HoldGround,
    ReceiverKind,
    TaskState,
)
from projections import clock_telling
from projections.telling_intake import INTAKE_TELLINGS
from projections.telling_upstream import UPSTREAM_TELLINGS


@dataclass(frozen=True, slots=True)
class Telling:
    """The Chinese label of a topic, and what makes the sentence and the inputs of one event of it.

    The inputs are stored as JSON; dataclasses in them become objects.
    """

    label: str
    sentence: Callable[[Any], str]
    inputs: Callable[[Any], object]


_RECEIVER_LABELS = {term.value: term.label for term in ReceiverKind}
_ASSESSMENT_LABELS = {term.value: term.label for term in Assessment}
_GROUND_LABELS = {term.value: term.label for term in HoldGround}
_ASSIGNEE_LABELS = {term.value: term.label for term in AssigneeKind}


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
    workflow_events.Corrected.TOPIC: _of_incident(
        Command.CORRECT, lambda event: f"第 {event.context.corrected_version} 条记录：{event.text}", "text"
    ),
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

_OF_OTHERS = {topic: Telling(*told) for topic, told in {**INTAKE_TELLINGS, **UPSTREAM_TELLINGS}.items()}

TELLINGS: Mapping[str, Telling] = _OF_OTHERS | _OF_COMMANDS | _OF_TASKS | _OF_CASES | _OF_CLOCKS
"""Topic → how an event of it is told."""
