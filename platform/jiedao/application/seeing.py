"""Who may know of an incident, and whose a task or an answer is, by a holder's streets, sources and assignees."""

from __future__ import annotations

from jiedao.domain import transferring
from jiedao.domain.access import Holder
from jiedao.domain.carrying_out import ASSIGNEES, WorksOn
from jiedao.domain.incident import Incident
from jiedao.domain.terms import Command, Role

_ANSWERS = frozenset({Command.ACCEPT_TRANSFER, Command.REFUSE_TRANSFER})


def may_know(actor: Holder, incident: Incident) -> bool:
    """Whether somebody may know of an incident: their street holds it, or it is offered to their street."""
    if actor.sources is not None and incident.report.source not in actor.sources:
        return False
    offered = transferring.receiver_of(incident.progress)
    to_theirs = offered is not None and offered.street_code is not None and actor.may_answer(offered)
    return to_theirs or actor.may_see_street(incident.street_code)


def works_on(actor: Holder, incident: Incident) -> WorksOn | None:
    """Tell which tasks of an incident are somebody's; ``None`` where they are limited to none."""
    if actor.streets is None and actor.assignees is None:
        return None
    return lambda task: actor.works_on(task, incident.street_code)


def not_theirs(actor: Holder, incident: Incident, command: Command, details: object) -> str:
    """Say why a command is for others to give, by whom they work for; empty where it is theirs."""
    mine = works_on(actor, incident)
    offered = transferring.receiver_of(incident.progress)
    if command in _ANSWERS and offered is not None and not actor.may_answer(offered):
        return f"须由接收方 {offered.name} 答复 it is for {offered.name} to answer"
    if mine is None:
        return ""
    if command in ASSIGNEES:
        task = incident.progress.tasks.get(getattr(details, "task_id", ""))
        if task is not None and not mine(task):
            return f"任务 {task.task_id} 属于 {task.assignee.name} this task is not yours: it is {task.assignee.name}'s"
    appeals = command is Command.APPEAL and actor.role is not Role.DISPATCHER
    if appeals and not any(map(mine, incident.progress.tasks.values())):
        return "只有被考核方可以申诉 only who had a task of it can appeal"
    return ""


def answers(actor: Holder, incident: Incident, commands: tuple[Command, ...]) -> tuple[Command, ...]:
    """Leave out of what may be done the answers to a transfer that are another side's to give."""
    offered = transferring.receiver_of(incident.progress)
    if offered is None or actor.may_answer(offered):
        return commands
    return tuple(command for command in commands if command not in _ANSWERS)
