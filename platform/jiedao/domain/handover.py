"""A shift handover (交接班): what the leaving shift leader hands over, and whether the coming one takes it.

What is handed over is recorded as it stood in the queues at one position of the log, so that later nobody has to argue
about it. An objection ends the handover: the leaving leader hands over anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from eventsourcing.domain import AggregateCreated

from jiedao.domain.aggregate import RecordedAggregate
from jiedao.domain.context import EventContext
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.terms import Term


class HandoverState(Term):
    """Where a handover stands."""

    OFFERED = "offered", "待接班"
    ACCEPTED = "accepted", "已接班"
    OBJECTED = "objected", "有异议"


class HandoverGround(Term):
    """Why an open matter is handed over by name."""

    OVERDUE = "overdue", "已超期"
    APPROACHING = "approaching", "即将到期"
    SUSPENDED = "suspended", "挂账"
    SUPERVISED = "supervised", "督办"
    URGED = "urged", "催办"


@dataclass(frozen=True, slots=True)
class HandedMatter:
    """An open matter as it stood when it was handed over; ``grounds`` are :class:`HandoverGround` values."""

    incident_id: UUID
    source: str
    external_id: str
    title: str
    street_code: str | None
    platform: str | None
    state: str
    due_at: datetime | None
    grounds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What is handed over: the street whose shift it is (``None``: the district's), to whom where that is known.

    ``matters`` stood so as of ``as_of_position``; those count as approaching whose deadline lies before
    ``approaching_until``. ``left_out`` is how many more there were than a handover names.
    """

    street_code: str | None
    to: str | None
    remarks: str
    matters: tuple[HandedMatter, ...]
    left_out: int
    as_of_position: int
    approaching_until: datetime


class Handover(RecordedAggregate):
    """One handover."""

    TOPIC = "jiedao.handover"

    class Event(RecordedAggregate.Event):
        """The base of its events."""

    class Offered(Event, AggregateCreated):
        """The leaving shift leader, who stands in the context, hands over."""

        TOPIC = "jiedao.handover.offered"
        content: HandedOver

    class Accepted(Event):
        """The coming shift leader took over."""

        TOPIC = "jiedao.handover.accepted"
        note: str

        def apply(self, aggregate: Handover) -> None:
            """It is done."""
            aggregate.state = HandoverState.ACCEPTED

    class Objected(Event):
        """The coming shift leader did not take it over as it is; why stands in the context."""

        TOPIC = "jiedao.handover.objected"

        def apply(self, aggregate: Handover) -> None:
            """It has to be handed over anew."""
            aggregate.state = HandoverState.OBJECTED

    def __init__(self, content: HandedOver) -> None:
        """Start as offered."""
        self.content = content
        self.state = HandoverState.OFFERED

    @classmethod
    def offer(cls, handover_id: UUID, content: HandedOver, *, context: EventContext, at: datetime) -> Handover:
        """Hand over."""
        offered: Handover = cls._create(cls.Offered, id=handover_id, content=content, context=context, timestamp=at)
        return offered

    def accept(self, note: str, *, context: EventContext, at: datetime) -> None:
        """Take over. Raises InvalidInputError where it was answered before."""
        self._require_open()
        self.trigger_event(self.Accepted, note=note, context=context, timestamp=at)

    def object(self, *, context: EventContext, at: datetime) -> None:
        """Do not take over; the reason stands in the context. Raises InvalidInputError as :meth:`accept` does."""
        self._require_open()
        self.trigger_event(self.Objected, context=context, timestamp=at)

    def _require_open(self) -> None:
        if self.state is not HandoverState.OFFERED:
            raise InvalidInputError(f"this handover is {self.state.label} {self.state.value}: hand over anew")
