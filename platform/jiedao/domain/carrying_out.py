"""Carries a command out on an incident, or refuses it with what would have been allowed instead.

The table of :mod:`jiedao.domain.workflow` says who may do what from which state; the few rules that need more than that
(who handled cannot verify, what was not found is not filed) stand here, one function each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from types import MappingProxyType
from typing import Any

from jiedao.domain import appealing, assigning, extending, legal_hold, merging, transferring
from jiedao.domain import commands as said
from jiedao.domain.context import EventContext
from jiedao.domain.correcting import check_number
from jiedao.domain.errors import InvalidInputError, JiedaoError
from jiedao.domain.incident import Incident, standing
from jiedao.domain.maintaining import check_maintained
from jiedao.domain.progress import Progress
from jiedao.domain.ruling import RuledOutError
from jiedao.domain.tasks import Task
from jiedao.domain.terms import Command, IncidentState, Lifecycle, Role, TaskState
from jiedao.domain.upstream_events import has_tasks_with_somebody
from jiedao.domain.workflow import allowed, rule_of


class CommandRefusedError(JiedaoError):
    """The command is not allowed as things stand; ``allowed`` is what the same role may do instead."""

    code = "command_refused"

    def __init__(self, message: str, allowed_instead: tuple[Command, ...]) -> None:
        """Say why, and what would be allowed."""
        super().__init__(message)
        self.allowed = allowed_instead


WorksOn = Callable[[Task], bool]
"""Whether somebody works for those to whom a task was given."""

ASSIGNEES = frozenset(
    {Command.ACCEPT, Command.RETURN, Command.START, Command.REPORT_HANDLED, Command.REDISPATCH, Command.ASK_EXTENSION}
)
"""What only those do to a task to whom it was given."""


def may(
    incident: Incident, role: Role, actor: str | None = None, works_on: WorksOn | None = None
) -> tuple[Command, ...]:
    """Return what a role may do with an incident as it stands; with ``actor``, what that person may in this role.

    ``works_on`` says which tasks are that person's, where they are limited to some.
    """
    tasks = incident.progress.tasks.values()
    by_the_table = allowed(incident.state, incident.lifecycle, role, [task.state for task in tasks])
    theirs = {task.state for task in tasks if works_on is None or works_on(task)}
    return tuple(
        command
        for command in by_the_table
        if not _ruled_out(incident, command, role, actor)
        and (command not in ASSIGNEES or not theirs.isdisjoint(rule_of(command).task_from))
        and (command is not Command.APPEAL or role is Role.DISPATCHER or works_on is None or theirs)
    )


def carry_out(  # noqa: PLR0913  # a command's whole content
    incident: Incident, command: Command, details: object, *, role: Role, context: EventContext, at: datetime
) -> None:
    """Trigger the event of a command.

    ``details`` is an instance of the command's class in :data:`jiedao.domain.commands.DETAILS`. Commands that rest on
    more than the incident (tables in force, working time, another incident) are not among those here: see the
    application.
    Raises CommandRefusedError, and InvalidInputError for a required text that is empty or a task that does not exist.
    """
    check(incident, command, details, role, context.actor)
    act = _ACTS[command]
    with refusing(incident, role, context.actor):
        fields = act(incident, details, context)
    kind = fields.pop("kind")
    incident.trigger_event(kind, context=context, timestamp=at, **fields)


def check(incident: Incident, command: Command, details: object, role: Role, actor: str | None = None) -> None:
    """Raise CommandRefusedError where the table does not allow the command, InvalidInputError for an empty text.

    With ``actor``, also where a rule stands against that person, whatever the command says.
    """
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
    if why := _against(command)(incident.progress, role, actor):
        raise refused(incident, role, why, actor)
    _require_texts(details)
    assigning.check_parties(details)
    if rule.task_from:
        _check_task(incident, command, details, role)


def refused(incident: Incident, role: Role, why: str, actor: str | None = None) -> CommandRefusedError:
    """Say why a command is refused, and what the role may do instead."""
    return CommandRefusedError(why, may(incident, role, actor))


@contextmanager
def refusing(incident: Incident, role: Role, actor: str) -> Iterator[None]:
    """Turn a rule that stands against a command into its refusal, with what may be done instead."""
    try:
        yield
    except RuledOutError as error:
        raise refused(incident, role, str(error), actor) from error


def _ruled_out(incident: Incident, command: Command, role: Role, actor: str | None) -> bool:
    """Whether what the table allows is not to be done here."""
    return bool(_against(command)(incident.progress, role, actor))


_OWN_WORK = "处置人不得核查自己的处置 who handled a task cannot verify it"
_NOT_FOUND = "核实为不属实，不得立案 the check on site did not find it: reject it, or confirm it again"
_STILL_OUT = "有任务未退回，不得退回上级 somebody still has a task: the case goes back once every task was returned"


def _own_work(progress: Progress, _role: Role, actor: str | None) -> str:
    handled = [task for task in progress.tasks.values() if task.state is TaskState.HANDLED]
    return _OWN_WORK if handled and all(actor in task.handlers for task in handled) else ""


def _not_found(progress: Progress, _role: Role, _actor: str | None) -> str:
    return _NOT_FOUND if progress.confirmed is False else ""


def _still_out(progress: Progress, _role: Role, _actor: str | None) -> str:
    return _STILL_OUT if has_tasks_with_somebody(progress) else ""


_Against = Callable[[Progress, Role, str | None], str]
_AGAINST: Mapping[Command, _Against] = MappingProxyType(
    {
        Command.FILE: _not_found,
        Command.VERIFY: _own_work,
        Command.ACCEPT: assigning.none_to_accept,
        Command.REDISPATCH: assigning.nothing_to_give_on,
        Command.JOINT_OPERATION: assigning.led_already,
        Command.ASK_EXTENSION: extending.asked_already,
        Command.GRANT_EXTENSION: extending.nobody_asked,
        Command.DENY_EXTENSION: extending.nobody_asked,
        Command.ACCEPT_TRANSFER: transferring.offered_oneself,
        Command.REFUSE_TRANSFER: transferring.offered_oneself,
        Command.DECLINE: merging.others_joined,
        Command.REJECT: merging.others_joined,
        Command.RETURN_CASE: lambda *whose: _still_out(*whose) or merging.others_joined(*whose),
        Command.VOID: merging.others_joined,
        Command.APPEAL: appealing.none_left,
        Command.REVIEW_APPEAL: appealing.none_to_review,
        Command.RELEASE_HOLD: legal_hold.not_held,
    }
)
"""Command → what stands against it, whatever it says: a sentence, or nothing. Without an actor: whoever it is."""


def _against(command: Command) -> _Against:
    return _AGAINST.get(command, lambda _progress, _role, _actor: "")


_REQUIRED = (
    "reason", "result", "text", "approved_by", "who", "what", "street_code", "class_code", "length", "answer_within",
    "whom", "content",
)  # fmt: skip


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


def _reopen(incident: Incident, _details: said.Reason, _context: EventContext) -> dict[str, Any]:
    unplaced = standing(incident.jurisdiction, incident.route.platform) is IncidentState.TRIAGE
    return {"kind": Incident.ReopenedForTriage if unplaced else Incident.Reopened}


def _suspend(_incident: Incident, details: said.Suspension, context: EventContext) -> dict[str, Any]:
    asker = context.actor.casefold()
    if "".join(details.approved_by.split()).casefold() in {asker, asker.partition(":")[2]}:
        raise RuledOutError("申请人不得自批 who asks for a suspension cannot approve it: name in approved_by who did")
    return {"kind": Incident.Suspended, "approved_by": details.approved_by}


def _correct(incident: Incident, details: said.Correction, context: EventContext) -> dict[str, Any]:
    check_number(Command.CORRECT, context.corrected_version, incident.version)
    return {"kind": Incident.Corrected, "text": details.text}


def _dispatch(incident: Incident, details: said.NewTask, _context: EventContext) -> dict[str, Any]:
    check_maintained(incident, [details.assignee], details.reason)
    return {
        "kind": Incident.TaskDispatched,
        "task_id": incident.progress.next_task_id(),
        "assignee": details.assignee,
        "note": details.note,
    }


def _join(incident: Incident, details: said.JointOperation, _context: EventContext) -> dict[str, Any]:
    check_maintained(incident, [details.lead, *details.others], details.reason)
    return assigning.open_joint_operation(incident.progress, details)


def _reassign(incident: Incident, details: said.OtherAssignee, _context: EventContext) -> dict[str, Any]:
    return {
        "kind": Incident.TaskReassigned,
        "task_id": details.task_id,
        "new_task_id": incident.progress.next_task_id(),
        "assignee": details.assignee,
    }


def _verify(incident: Incident, details: said.Verdict, context: EventContext) -> dict[str, Any]:
    if context.actor in incident.progress.tasks[details.task_id].handlers:
        raise refused(incident, Role(context.role), _OWN_WORK, context.actor)
    if not details.passed and not details.note.strip():
        raise InvalidInputError("say in note what is missing, so that the rework can be done", "/note")
    kind = Incident.TaskVerified if details.passed else Incident.TaskFailedVerification
    return {"kind": kind, "task_id": details.task_id, "note": details.note}


def _close(incident: Incident, details: said.Closing, _context: EventContext) -> dict[str, Any]:
    condition = incident.classification.closing_condition if incident.classification else ""
    if condition and not details.condition_met:
        raise RuledOutError(
            f"须确认符合结案条件“{condition}”方可结案 closing needs that its condition is met: say condition_met"
        )
    return {"kind": Incident.Closed, "note": details.note, "closing_condition": condition}


_ACTS: Mapping[Command, _Act] = MappingProxyType(
    {
        Command.ADMIT: _admit,
        Command.DECLINE: _plain(Incident.Declined),
        Command.RETURN_CASE: _plain(Incident.CaseSentBack),
        Command.CONFIRM: _copied(Incident.Confirmed, "found", "note", "photos"),
        Command.FILE: _remark(Incident.Filed),
        Command.REJECT: _plain(Incident.Rejected),
        Command.SETTLE_ON_SPOT: _copied(Incident.SettledOnSpot, "result", "photos"),
        Command.VOID: _plain(Incident.Voided),
        Command.DISPATCH: _dispatch,
        Command.REASSIGN: _reassign,
        Command.ACCEPT: lambda one, details, who: assigning.accept(one.progress, details, Role(who.role)),
        Command.RETURN: lambda one, details, _who: assigning.give_back(one.progress, details),
        Command.START: _of_task(Incident.TaskStarted, "note"),
        Command.REPORT_HANDLED: _of_task(Incident.TaskHandled, "result", "before", "after"),
        Command.VERIFY: _verify,
        Command.CLOSE: _close,
        Command.REPLY: _copied(Incident.Replied, "text"),
        Command.REVISIT: _copied(Incident.Revisited, "resolved", "satisfied", "note"),
        Command.REOPEN: _reopen,
        Command.SUSPEND: _suspend,
        Command.RESUME: _remark(Incident.Resumed),
        Command.SUPERVISE: _remark(Incident.Supervised),
        Command.URGE: _remark(Incident.Urged),
        Command.CORRECT: _correct,
        Command.INTERVENE: _copied(Incident.InterventionRecorded, "who", "what"),
        Command.REDISPATCH: lambda one, details, _who: assigning.redispatch(one.progress, details),
        Command.JOINT_OPERATION: _join,
        Command.DENY_EXTENSION: lambda one, details, who: extending.deny(one.progress, details, who),
        Command.REFUSE_TRANSFER: lambda one, _details, who: transferring.refuse(one.progress, who),
        Command.WITHDRAW_TRANSFER: lambda one, _details, _who: transferring.withdraw(one.progress),
        Command.NOTIFY: _copied(Incident.Notified, "whom", "content"),
        Command.APPEAL: lambda one, details, who: appealing.appeal(one.progress, details, Role(who.role)),
        Command.REVIEW_APPEAL: lambda one, details, who: appealing.review(one.progress, details, who),
        Command.HOLD: lambda one, details, _who: legal_hold.place(one.progress, details),
        Command.RELEASE_HOLD: lambda one, details, _who: legal_hold.release(one.progress, details),
    }
)
