"""A task (任务): what one assignee has to do for an incident; tasks live inside the incident's own stream."""

from __future__ import annotations

from dataclasses import dataclass

from jiedao.domain.terms import TaskState


@dataclass(frozen=True, slots=True)
class Assignee:
    """Whom a task is given to.

    ``kind`` is an :class:`~jiedao.domain.terms.AssigneeKind` value; ``name`` is what people call it (朝晖街道
    综合行政执法平台, 区城管局). ``street_code`` is the street whose people work on it, where it is a street's.
    """

    kind: str
    name: str
    street_code: str | None = None
    platform: str | None = None


@dataclass(frozen=True, slots=True)
class JointTask:
    """One task of a joint operation when it is opened."""

    task_id: str
    assignee: Assignee


@dataclass(frozen=True, slots=True)
class AskedExtension:
    """An extension that waits for an answer: who asked, for how long, and the role that decides at least."""

    asked_by: str
    length: str
    approver: str


@dataclass(slots=True)
class Task:
    """One task as it stands.

    ``handled_by`` is the actor who last reported it handled, ``handlers`` are all who ever did.
    ``worker`` is the community or grid worker to whom the assignee gave it on (二次派遣); the assignee stays
    responsible. ``leads`` marks the task of the lead of a joint operation, ``asked`` an extension without an answer.
    """

    task_id: str
    assignee: Assignee
    state: TaskState = TaskState.DISPATCHED
    handled_by: str | None = None
    handlers: tuple[str, ...] = ()
    worker: Assignee | None = None
    leads: bool = False
    asked: AskedExtension | None = None
