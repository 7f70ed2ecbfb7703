"""To whom tasks are given: on to a worker (二次派遣), back again (退回), to several at once (联合执法).

Rules: only a street platform's task is given on, only to a community or grid worker; the platform stays responsible
and may take it back. A joint operation has one lead at a time, and nobody in it twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from jiedao.domain import commands as said
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.links import Receiver
from jiedao.domain.progress import Progress
from jiedao.domain.ruling import RuledOutError
from jiedao.domain.task_events import JointOperationOpened, TaskGivenBack, TaskRedispatched
from jiedao.domain.tasks import Assignee, JointTask
from jiedao.domain.terms import AssigneeKind, Command, Platform, ReceiverKind, Role, TaskState, Term
from jiedao.domain.workflow import rule_of
from jiedao.domain.workflow_events import TaskAccepted, TaskReturned

WORKERS = (AssigneeKind.COMMUNITY, AssigneeKind.GRID_WORKER)
"""Whom a street's platform can give its task on to."""


def check_parties(details: object) -> None:
    """Raise InvalidInputError where somebody that a command names has no name, or is of a kind that does not exist."""
    for pointer, party in _parties(details):
        kinds: type[Term] = ReceiverKind if isinstance(party, Receiver) else AssigneeKind
        if party.kind not in {one.value for one in kinds}:
            raise InvalidInputError(
                f"there is no kind {party.kind!r}; write one of {', '.join(kinds)}", f"{pointer}/kind"
            )
        if not party.name.strip():
            raise InvalidInputError("name is required and must not be empty", f"{pointer}/name")
        if isinstance(party, Assignee) and party.platform not in {None, *(one.value for one in Platform)}:
            raise InvalidInputError(
                f"there is no platform {party.platform!r}; write one of {', '.join(Platform)}", f"{pointer}/platform"
            )


def streets_named(details: object) -> Iterator[tuple[str, str]]:
    """Yield the streets of whoever a command names, each with a pointer to it."""
    for pointer, party in _parties(details):
        if party.street_code is not None:
            yield f"{pointer}/street_code", party.street_code


def _parties(details: object) -> Iterator[tuple[str, Assignee | Receiver]]:
    for one in fields(details):  # type: ignore[arg-type]  # what a command says always is a dataclass
        value = getattr(details, one.name)
        if isinstance(value, Assignee | Receiver):
            yield f"/{one.name}", value
        elif isinstance(value, tuple):
            yield from (
                (f"/{one.name}/{place}", party) for place, party in enumerate(value) if isinstance(party, Assignee)
            )


def redispatch(progress: Progress, details: said.Redispatch) -> dict[str, Any]:
    """Give a task on to a worker."""
    assignee = progress.tasks[details.task_id].assignee
    if assignee.kind != AssigneeKind.PLATFORM:
        raise RuledOutError(
            f"只有街道平台可以二次派遣 only a street's platform gives a task on; this one is {assignee.name}'s"
        )
    if details.worker.kind not in WORKERS:
        raise InvalidInputError("a task is given on to a community or a grid_worker", "/worker/kind")
    return {
        "kind": TaskRedispatched,
        "task_id": details.task_id,
        "worker": details.worker,
        "note": details.note,
    }


def accept(progress: Progress, details: said.OfTask, role: Role) -> dict[str, Any]:
    """Take a task; one that was given on is taken by who it was given on to."""
    if progress.tasks[details.task_id].state is TaskState.REDISPATCHED and role is not Role.GRID_WORKER:
        raise RuledOutError(
            "二次派遣的任务由网格员签收 a task that was given on is accepted by a grid worker; return takes it back"
        )
    return {"kind": TaskAccepted, "task_id": details.task_id, "note": details.note}


def give_back(progress: Progress, details: said.Return) -> dict[str, Any]:
    """Give a task back: to its platform where that had given it on, else to the dispatcher."""
    worker = progress.tasks[details.task_id].worker
    if worker is None:
        return {"kind": TaskReturned, "task_id": details.task_id}
    return {"kind": TaskGivenBack, "task_id": details.task_id, "worker": worker}


def open_joint_operation(progress: Progress, details: said.JointOperation) -> dict[str, Any]:
    """Give a task to the lead and to each of the others."""
    if not details.others:
        raise InvalidInputError("name at least one other than the lead", "/others")
    together = (details.lead, *details.others)
    for place, party in enumerate(details.others):
        if party in together[: place + 1]:
            raise InvalidInputError(f"{party.name} is named twice", f"/others/{place}")
    tasks = tuple(JointTask(progress.next_task_id(place), party) for place, party in enumerate(together))
    return {"kind": JointOperationOpened, "tasks": tasks, "note": details.note}


def nothing_to_give_on(progress: Progress, _role: Role, _actor: str | None) -> str:
    """Say why nothing can be given on, if so."""
    given = rule_of(Command.REDISPATCH).task_from
    if any(task.assignee.kind == AssigneeKind.PLATFORM and task.state in given for task in progress.tasks.values()):
        return ""
    return "没有街道平台的任务可二次派遣 there is no task of a street's platform to give on"


def led_already(progress: Progress, _role: Role, _actor: str | None) -> str:
    """Say who leads already, if somebody does."""
    for task in progress.tasks.values():
        if task.leads and task.state is not TaskState.REASSIGNED:
            return f"已由 {task.assignee.name} 牵头联合执法 it is led already: dispatch further tasks one by one"
    return ""


def none_to_accept(progress: Progress, role: Role, _actor: str | None) -> str:
    """Say why there is nothing to accept for a role, if so."""
    states = {task.state for task in progress.tasks.values()}
    if role is Role.GRID_WORKER or TaskState.DISPATCHED in states or TaskState.REDISPATCHED not in states:
        return ""
    return "二次派遣的任务由网格员签收 a task that was given on is accepted by a grid worker; return takes it back"
