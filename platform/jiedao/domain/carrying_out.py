"""Carries a command out on an incident, or refuses it with what would have been allowed instead.

The table of :mod:`jiedao.domain.workflow` says who may do what from which state; the few rules that need more than that
(who handled cannot verify, what was not found is not filed) stand here, one function each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from jiedao.domain import commands as said
from jiedao.domain.context import EventContext
from jiedao.domain.errors import InvalidInputError, JiedaoError
from jiedao.domain.incident import Incident
from jiedao.domain.terms import Command, Lifecycle, Role, TaskState
from jiedao.domain.upstream_events import has_tasks_with_somebody
from jiedao.domain.workflow import allowed, rule_of


class CommandRefusedError(JiedaoError):
    """The command is not allowed as things stand; ``allowed`` is what the same role may do instead."""

    code = "command_refused"

    def __init__(self, message: str, allowed_instead: tuple[Command, ...]) -> None:
        """Say why, and what would be allowed."""
        super().__init__(message)
        self.allowed = allowed_instead


def may(incident: Incident, role: Role, actor: str | None = None) -> tuple[Command, ...]:
    """Return what a role may do with an incident as it stands; with ``actor``, what that person may in this role."""
    states = [task.state for task in incident.progress.tasks.values()]
    by_the_table = allowed(incident.state, incident.lifecycle, role, states)
    return tuple(command for command in by_the_table if not _ruled_out(incident, command, actor))


def carry_out(  # noqa: PLR0913  # a command's whole content
    incident: Incident, command: Command, details: object, *, role: Role, context: EventContext, at: datetime
) -> None:
    """Trigger the event of a command.

    ``details`` is an instance of the command's class in :data:`jiedao.domain.commands.DETAILS`. ``decide_jurisdiction``
    and ``decide_class`` are not among the commands here: they need the tables in force, see the application.
    Raises CommandRefusedError, and InvalidInputError for a required text that is empty or a task that does not exist.
    """
    check(incident, command, details, role)
    act = _ACTS[command]
    fields = act(incident, details, context)
    kind = fields.pop("kind")
    incident.trigger_event(kind, context=context, timestamp=at, **fields)


def check(incident: Incident, command: Command, details: object, role: Role) -> None:
    """Raise CommandRefusedError where the table does not allow the command, InvalidInputError for an empty text."""
    rule = rule_of(command)
    if role not in rule.roles:
        raise refused(incident, role, f"{role.label} {role.value} may not {command.value} ({command.label})")
    if incident.lifecycle not in rule.lifecycles:
        whose = "is the superior platform's to do: it is its case (上级平台案件)"
        if incident.lifecycle is Lifecycle.OWN:
            whose = "is for a superior platform's case: this one is our own (自办)"
        raise refused(incident, role, f"{command.label} {command.value} {whose}")
    state = incident.state
    if state not in rule.states:
        raise refused(
            incident, role, f"an incident that is {state.label} {state.value} cannot be {command.label} {command.value}"
        )
    _require_texts(details)
    if rule.task_from:
        _check_task(incident, command, details, role)


def refused(incident: Incident, role: Role, why: str, actor: str | None = None) -> CommandRefusedError:
    """Say why a command is refused, and what the role may do instead."""
    return CommandRefusedError(why, may(incident, role, actor))


def _ruled_out(incident: Incident, command: Command, actor: str | None) -> bool:
    """Whether what the table allows is not to be done here: what was not found is not filed, nor one's own verified."""
    progress = incident.progress
    if command is Command.VERIFY:
        return all(task.handled_by == actor for task in progress.tasks.values() if task.state is TaskState.HANDLED)
    if command is Command.RETURN_CASE:
        return has_tasks_with_somebody(progress)
    return command is Command.FILE and progress.confirmed is False


_REQUIRED = ("reason", "result", "text", "approved_by", "who", "what", "street_code", "class_code")


def _require_texts(details: object) -> None:
    for name in _REQUIRED:
        text = getattr(details, name, None)
        if isinstance(text, str) and not text.strip():
            raise InvalidInputError(f"{name} is required and must not be empty", f"/{name}")


def _check_task(incident: Incident, command: Command, details: object, role: Role) -> None:
    task_id = str(getattr(details, "task_id", ""))
    task = incident.progress.tasks.get(task_id)
    if task is None:
        known = ", ".join(incident.progress.tasks) or "none"
        raise InvalidInputError(f"there is no task {task_id!r}; this incident has {known}", "/task_id")
    if task.state not in rule_of(command).task_from:
        raise refused(
            incident,
            role,
            f"a task that is {task.state.label} {task.state.value} cannot be {command.label} {command.value}",
        )


_Act = Callable[[Incident, Any, EventContext], dict[str, Any]]  # each act knows the details of its command


def _remark(kind: type[Any]) -> _Act:
    return lambda _incident, details, _context: {"kind": kind, "note": details.note}


def _plain(kind: type[Any]) -> _Act:
    return lambda _incident, _details, _context: {"kind": kind}


def _of_task(kind: type[Any], *fields: str) -> _Act:
    names = ("task_id", *fields)
    return lambda _incident, details, _context: {"kind": kind} | {name: getattr(details, name) for name in names}


def _copied(kind: type[Any], *fields: str) -> _Act:
    return lambda _incident, details, _context: {"kind": kind} | {name: getattr(details, name) for name in fields}


def _admit(incident: Incident, details: said.Remark, _context: EventContext) -> dict[str, Any]:
    return {"kind": Incident.Admitted, "note": details.note, "filed": incident.lifecycle is Lifecycle.UPSTREAM}


def _file(incident: Incident, details: said.Remark, context: EventContext) -> dict[str, Any]:
    if incident.progress.confirmed is False:
        why = "核实为不属实，不得立案 the check on site did not find it: reject it, or confirm it again"
        raise refused(incident, Role(context.role), why)
    return {"kind": Incident.Filed, "note": details.note}


def _return_case(incident: Incident, _details: said.Reason, context: EventContext) -> dict[str, Any]:
    if has_tasks_with_somebody(incident.progress):
        why = "有任务未退回，不得退回上级 somebody still has a task: the case goes back once every task was returned"
        raise refused(incident, Role(context.role), why)
    return {"kind": Incident.CaseSentBack}


def _dispatch(incident: Incident, details: said.NewTask, _context: EventContext) -> dict[str, Any]:
    return {
        "kind": Incident.TaskDispatched,
        "task_id": incident.progress.next_task_id(),
        "assignee": details.assignee,
        "note": details.note,
    }


def _reassign(incident: Incident, details: said.OtherAssignee, _context: EventContext) -> dict[str, Any]:
    return {
        "kind": Incident.TaskReassigned,
        "task_id": details.task_id,
        "new_task_id": incident.progress.next_task_id(),
        "assignee": details.assignee,
    }


def _verify(incident: Incident, details: said.Verdict, context: EventContext) -> dict[str, Any]:
    if incident.progress.tasks[details.task_id].handled_by == context.actor:
        why = "处置人不得核查自己的处置 who handled a task cannot verify it"
        raise refused(incident, Role(context.role), why, context.actor)
    if not details.passed and not details.note.strip():
        raise InvalidInputError("say in note what is missing, so that the rework can be done", "/note")
    kind = Incident.TaskVerified if details.passed else Incident.TaskFailedVerification
    return {"kind": kind, "task_id": details.task_id, "note": details.note}


def _close(incident: Incident, details: said.Remark, _context: EventContext) -> dict[str, Any]:
    condition = incident.classification.closing_condition if incident.classification else ""
    return {"kind": Incident.Closed, "note": details.note, "closing_condition": condition}


_ACTS: Mapping[Command, _Act] = MappingProxyType(
    {
        Command.ADMIT: _admit,
        Command.DECLINE: _plain(Incident.Declined),
        Command.RETURN_CASE: _return_case,
        Command.CONFIRM: _copied(Incident.Confirmed, "found", "note", "photos"),
        Command.FILE: _file,
        Command.REJECT: _plain(Incident.Rejected),
        Command.SETTLE_ON_SPOT: _copied(Incident.SettledOnSpot, "result", "photos"),
        Command.VOID: _plain(Incident.Voided),
        Command.DISPATCH: _dispatch,
        Command.REASSIGN: _reassign,
        Command.ACCEPT: _of_task(Incident.TaskAccepted, "note"),
        Command.RETURN: _of_task(Incident.TaskReturned),
        Command.START: _of_task(Incident.TaskStarted, "note"),
        Command.REPORT_HANDLED: _of_task(Incident.TaskHandled, "result", "before", "after"),
        Command.VERIFY: _verify,
        Command.CLOSE: _close,
        Command.REPLY: _copied(Incident.Replied, "text"),
        Command.REVISIT: _copied(Incident.Revisited, "resolved", "satisfied", "note"),
        Command.REOPEN: _plain(Incident.Reopened),
        Command.SUSPEND: _copied(Incident.Suspended, "approved_by"),
        Command.RESUME: _remark(Incident.Resumed),
        Command.SUPERVISE: _remark(Incident.Supervised),
        Command.URGE: _remark(Incident.Urged),
        Command.INTERVENE: _copied(Incident.InterventionRecorded, "who", "what"),
    }
)
