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


@dataclass(slots=True)
class Task:
    """One task as it stands; ``handled_by`` is the actor who last reported it handled."""

    task_id: str
    assignee: Assignee
    state: TaskState = TaskState.DISPATCHED
    handled_by: str | None = None
