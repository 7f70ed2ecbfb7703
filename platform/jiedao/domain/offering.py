"""To whom a task that nobody accepted in time is offered next (顺延派办): the advice's best who was not asked yet.

Only a street's platform has handlers whom the roster knows, so only its tasks go onward; a department's, and what was
given on to a worker by name (二次派遣), is escalated and nothing else. Each person is asked once. When nobody is left
it goes to whoever is in charge, and stays there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from jiedao.domain.advice import Advice
from jiedao.domain.context import EventContext
from jiedao.domain.incident import Incident
from jiedao.domain.task_events import TaskOfferedOnward
from jiedao.domain.tasks import Task, TaskOffer
from jiedao.domain.terms import AssigneeKind, IncidentState, TaskState


@dataclass(frozen=True, slots=True)
class InCharge:
    """Who is on duty in a role; nobody of the roster where ``person`` is ``None``."""

    role: str
    person: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class OfferLimit:
    """Until when an offer is to be accepted (UTC), and the limit as it is written."""

    time_limit: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known when a task is offered onward: all who are advised, the best first, and who is in charge.

    At most ``at_most`` handlers are asked, each for ``limit``.
    """

    advised: Sequence[Advice]
    in_charge: InCharge
    limit: OfferLimit
    at_most: int


def is_offered_onward(task: Task) -> bool:
    """Whether a task is of those that go onward while they wait: a street platform's, not given on to anybody."""
    assignee = task.assignee
    whose = assignee.kind == AssigneeKind.PLATFORM and assignee.street_code is not None
    return whose and task.state is TaskState.DISPATCHED


def waiting_task(incident: Incident, task_id: str, at: datetime) -> Task | None:
    """Return a task that may be offered onward at a moment; ``None`` where somebody has it, or an offer stands still.

    Whether its limit has passed is the clock's to say; here an offer that runs is not passed over.
    """
    task = incident.progress.tasks.get(task_id)
    if task is None or incident.state is not IncidentState.DISPATCHED or not is_offered_onward(task):
        return None
    offer = task.offer
    return None if offer is not None and (offer.last or at < offer.until) else task


def offer_onward(incident: Incident, task: Task, asked: Asked, *, context: EventContext, at: datetime) -> TaskOffer:
    """Offer a task of :func:`waiting_task` to the next one, and return the offer."""
    before = tuple(one.person for one in task.offers if one.person is not None)
    on_duty = [(rank, one) for rank, one in enumerate(asked.advised, 1) if _on_duty(one, at)]
    left = [(rank, one) for rank, one in on_duty if one.handler.person not in before]
    number, limit = len(task.offers) + 1, asked.limit
    if left and len(task.offers) < asked.at_most:
        rank, best = left[0]
        offer = TaskOffer(
            number, best.handler.person, best.handler.name, None, rank, best.score, best.reasons,
            limit.time_limit, at, limit.until, last=False,
        )  # fmt: skip
    else:
        why = _why_nobody(len(on_duty), len(left), asked.at_most)
        whom = asked.in_charge
        offer = TaskOffer(
            number, whom.person, whom.name, whom.role, None, None, (why,), limit.time_limit, at, limit.until, last=True
        )
    incident.trigger_event(
        TaskOfferedOnward,
        task_id=task.task_id,
        offer=offer,
        after=before,
        on_duty=len(on_duty),
        context=context,
        timestamp=at,
    )
    return offer


def _on_duty(one: Advice, at: datetime) -> bool:
    ends = one.handler.duty_ends_at
    return ends is not None and ends > at


def _why_nobody(on_duty: int, left: int, at_most: int) -> str:
    if not on_duty:
        return "无当班处置人员"
    return f"已顺延 {at_most} 人，达到上限" if left else f"当班处置人员 {on_duty} 人均已派过"
