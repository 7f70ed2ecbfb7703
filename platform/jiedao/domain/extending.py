"""More time for a task (延期): asked for before the deadline, decided by somebody else.

How often, how long and by whom is the district's rule for the class. Of a superior platform's case more time is only
asked for: its answer is another deadline, in a later revision of its record. Extensions are the incident's: whatever
task it was asked for, all have it. The deadline that is asked about is the task's own clock's, and is handed in.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from jiedao.domain import commands as said
from jiedao.domain.context import EventContext
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.extension_rules import APPROVERS, ExtensionRule
from jiedao.domain.incident import Incident
from jiedao.domain.progress import Progress
from jiedao.domain.ruling import RuledOutError
from jiedao.domain.tasks import AskedExtension, Task
from jiedao.domain.terms import Command, Lifecycle, Role
from jiedao.domain.time_limits import parse_time_limit
from jiedao.domain.workflow import rule_of

ANSWERED = rule_of(Command.GRANT_EXTENSION).task_from
"""While a task stands here, what was asked for it can be answered; later it has no meaning any more."""


def ask(  # noqa: PLR0913  # what is asked, and what it rests on
    incident: Incident,
    details: said.ExtensionRequest,
    rule: ExtensionRule | None,
    due_at: datetime | None,
    *,
    context: EventContext,
    at: datetime,
) -> None:
    """Record that more time is asked for.

    ``rule`` is the district's for the incident's class, ``due_at`` when the task is to be handled (UTC).
    Raises RuledOutError and InvalidInputError.
    """
    progress = incident.progress
    if waiting(progress.tasks[details.task_id]):
        raise RuledOutError("该任务的延期申请尚未答复 an extension of this task waits for its answer already")
    if due_at is None:
        raise RuledOutError("该任务没有处置期限，无须延期 it has no deadline that could be extended")
    if at >= due_at:
        raise RuledOutError(f"已过期限，延期须在到期前申请 the deadline was {due_at.isoformat()}: ask before it")
    seconds = _seconds(details.length)
    if incident.lifecycle is Lifecycle.OWN:
        rule = _allowing(rule, progress, seconds)
    incident.trigger_event(
        Incident.ExtensionAsked,
        task_id=details.task_id,
        length=details.length,
        approver=(rule.approver if rule and incident.lifecycle is Lifecycle.OWN else APPROVERS[0]).value,
        due_at=due_at,
        context=context,
        timestamp=at,
    )


def grant(
    incident: Incident, details: said.OfTask, due: tuple[datetime, bool], *, context: EventContext, at: datetime
) -> None:
    """Record that more time was granted; ``due`` is the new deadline (UTC) and whether it is provisional."""
    asked = asked_for(incident.progress, details.task_id)
    _check_who(asked, context)
    incident.trigger_event(
        Incident.ExtensionGranted,
        task_id=details.task_id,
        length=asked.length,
        due_at=due[0],
        due_provisional=due[1],
        note=details.note,
        context=context,
        timestamp=at,
    )


def deny(progress: Progress, details: said.Refusal, context: EventContext) -> dict[str, Any]:
    """Record that more time was not granted."""
    asked = asked_for(progress, details.task_id)
    _check_who(asked, context)
    return {"kind": Incident.ExtensionDenied, "task_id": details.task_id, "length": asked.length}


def asked_for(progress: Progress, task_id: str) -> AskedExtension:
    """Return what was asked for a task; raises RuledOutError where nothing waits for an answer."""
    asked = progress.tasks[task_id].asked
    if asked is None:
        raise RuledOutError(f"任务 {task_id} 没有待答复的延期申请 nobody asked for an extension of {task_id}")
    return asked


def waiting(task: Task) -> bool:
    """Whether an extension of a task waits for its answer."""
    return task.asked is not None and task.state in ANSWERED


def nobody_asked(progress: Progress, role: Role, actor: str | None) -> str:
    """Say why somebody has no extension to decide about, if so."""
    asked = [task.asked for task in progress.tasks.values() if task.asked is not None and waiting(task)]
    if not asked:
        return "没有待答复的延期申请 no extension waits for an answer"
    return "" if any(not _why_not(one, role, actor) for one in asked) else _why_not(asked[0], role, actor)


def may_ask(incident: Incident, rule: ExtensionRule | None, due_at: datetime | None, at: datetime) -> bool:
    """Whether more time could be asked for now, of a task that is to be handled by ``due_at``."""
    if due_at is None or at >= due_at:
        return False
    return incident.lifecycle is Lifecycle.UPSTREAM or (rule is not None and _times(incident.progress) < rule.most)


def asked_already(progress: Progress, _role: Role, _actor: str | None) -> str:
    """Say that every task that could ask has asked, if so."""
    able = [task for task in progress.tasks.values() if task.state in rule_of(Command.ASK_EXTENSION).task_from]
    if any(not waiting(task) for task in able):
        return ""
    return "延期申请尚未答复 an extension waits for its answer already"


def _check_who(asked: AskedExtension, context: EventContext) -> None:
    if why := _why_not(asked, Role(context.role), context.actor):
        raise RuledOutError(why)


def _why_not(asked: AskedExtension, role: Role, actor: str | None) -> str:
    if role not in APPROVERS[APPROVERS.index(Role(asked.approver)) :]:
        approver = Role(asked.approver)
        return f"此类延期须由{approver.label}审批 extensions of this class are decided by a {approver.value}"
    return "申请人不得自批延期 who asked for an extension cannot decide about it" if asked.asked_by == actor else ""


def _allowing(rule: ExtensionRule | None, progress: Progress, seconds: int) -> ExtensionRule:
    """Return the rule if it allows one more extension of this length."""
    if rule is None or rule.most == 0:
        raise RuledOutError("此类事件不得延期 deadlines of this class cannot be extended")
    so_far = _times(progress)
    if so_far >= rule.most:
        raise RuledOutError(
            f"最多延期 {rule.most} 次 at most {rule.most} extension(s); there were {so_far}, asked or granted"
        )
    if seconds > _seconds(rule.longest):
        raise RuledOutError(f"每次最多延期 {rule.longest} at most {rule.longest} at a time")
    return rule


def _times(progress: Progress) -> int:
    """How often more time was granted since it was last opened, or waits to be."""
    return len(progress.extensions) + sum(map(waiting, progress.tasks.values()))


def _seconds(length: str) -> int:
    limit = parse_time_limit(length)
    if limit is None or len(limit.stages) != 1 or limit.stages[0].label:
        raise InvalidInputError(f"{length!r} is no length of time; write it like 2工作日, 4小时 or 3天", "/length")
    return limit.stages[0].seconds
