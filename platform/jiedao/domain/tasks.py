"""A task (任务): what one assignee has to do for an incident; tasks live inside the incident's own stream."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

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


@dataclass(frozen=True, slots=True)
class TaskOffer:
    """A task that nobody accepted in time, offered to one person (顺延派办); it stays its assignee's.

    ``number`` counts the offers of the task from 1. ``person`` is who stands in events (``user:wang``), ``name`` what
    people call them. ``rank`` and ``score`` are those of the advice (派办建议); for who is in charge and was not
    advised they are ``None``, and ``role`` (a :class:`~jiedao.domain.terms.Role` value) says as what they are asked:
    without a person where the roster knows nobody on duty in it. ``reasons`` say why it is them. It counts from
    ``offered_at`` for ``time_limit``, until ``until`` (both UTC). After the ``last`` one nobody else is asked.
    """

    number: int
    person: str | None
    name: str | None
    role: str | None
    rank: int | None
    score: float | None
    reasons: tuple[str, ...]
    time_limit: str
    offered_at: datetime
    until: datetime
    last: bool


@dataclass(slots=True)
class Task:
    """One task as it stands.

    ``handled_by`` is the actor who last reported it handled, ``handlers`` are all who ever did.
    ``worker`` is the community or grid worker to whom the assignee gave it on (二次派遣); the assignee stays
    responsible. ``leads`` marks the task of the lead of a joint operation, ``asked`` an extension without an answer.
    ``offers`` are those that were made because nobody accepted it in time, the first one first.
    """

    task_id: str
    assignee: Assignee
    state: TaskState = TaskState.DISPATCHED
    handled_by: str | None = None
    handlers: tuple[str, ...] = ()
    worker: Assignee | None = None
    leads: bool = False
    asked: AskedExtension | None = None
    offers: tuple[TaskOffer, ...] = ()

    @property
    def offer(self) -> TaskOffer | None:
        """The offer that waits to be accepted; ``None`` without one, and once anybody took the task or gave it away."""
        return self.offers[-1] if self.offers and self.state is TaskState.DISPATCHED else None
