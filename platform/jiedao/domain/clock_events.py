"""What the clock of an incident came to, recorded in the incident's own stream by ``system:clock``.

Each event says on what it rests: which clock, since when, by which limit it was due, and under which rules. None of
them changes how the incident stands, so a person's command that saw the version before is not stale by them.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from jiedao.domain.context import EventContext
from jiedao.domain.incident_event import IncidentEvent
from jiedao.domain.task_events import TaskOfferedOnward


class ClockEvent(IncidentEvent):
    """An event by ``system:clock``."""


class ClockStepEvent(ClockEvent):
    """What one of an incident's clocks came to.

    ``clock`` is a :class:`~jiedao.domain.terms.ClockKind` value, ``task_id`` empty where the clock is the incident's,
    ``part`` the label of one stage of a staged limit (停工), ``time_limit`` the limit as it is written. ``since`` and
    ``due_at`` are UTC; ``rules`` is the version of the time rules, ``provisional`` true where ``due_at`` rests on a
    year that they do not know.
    """

    clock: str
    task_id: str
    part: str
    time_limit: str
    since: datetime
    due_at: datetime
    provisional: bool
    rules: str


def made(
    kind: type[ClockEvent], incident_id: UUID, version: int, *, context: EventContext, at: datetime, **fields: object
) -> ClockEvent:
    """Make an event that becomes this version of an incident, without the incident: nothing of it is asked."""
    return kind(  # type: ignore[call-arg]  # the library makes each kind a dataclass of its own fields
        originator_id=incident_id, originator_version=version, timestamp=at, context=context, **fields
    )


class ClockApproaching(ClockStepEvent):
    """The configured share of a limit has passed (即将到期)."""

    TOPIC = "jiedao.incident.clock_approaching"


class ClockOverdue(ClockStepEvent):
    """A limit has passed (超期)."""

    TOPIC = "jiedao.incident.clock_overdue"


class ClockEscalated(ClockStepEvent):
    """A limit has been past for so long that it went to the supervisor (超期上报督办)."""

    TOPIC = "jiedao.incident.clock_escalated"


class DeadlineRecalculated(ClockEvent):
    """The deadline of its route was worked out anew, by a version that counted one from the report; moves nothing."""

    TOPIC = "jiedao.incident.deadline_recalculated"
    time_limit: str
    before: datetime | None
    due_at: datetime
    provisional: bool
    rules: str


CLOCK_TOPICS = frozenset(
    vars(event)["TOPIC"]
    for event in (ClockApproaching, ClockOverdue, ClockEscalated, DeadlineRecalculated, TaskOfferedOnward)
)
"""The stored names of what only the clock records, and what makes nobody's command stale."""
