"""A reporter whose data must stay, whatever becomes of the incidents (保全上报人): placed and released, as events.

A stream of its own for each reporter, found by the pseudonym alone.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from eventsourcing.domain import AggregateCreated

from jiedao.domain.aggregate import RecordedAggregate
from jiedao.domain.context import EventContext
from jiedao.domain.holds import Hold, to_place, to_release
from jiedao.domain.terms import HoldGround


class ReporterHold(RecordedAggregate):
    """The holds on one reporter."""

    TOPIC = "jiedao.reporter_hold"

    class Event(RecordedAggregate.Event):
        """The base of its events."""

    class Opened(Event, AggregateCreated):
        """The first hold on this reporter was placed; why stands in the context."""

        TOPIC = "jiedao.reporter_hold.opened"
        subject: str
        ground: str
        reference: str

        def apply(self, aggregate: ReporterHold) -> None:
            """It holds."""
            aggregate.holds = (Hold(self.ground, self.reference, self.context.actor, self.timestamp),)

    class Placed(Event):
        """A further one was placed."""

        TOPIC = "jiedao.reporter_hold.placed"
        ground: str
        reference: str

        def apply(self, aggregate: ReporterHold) -> None:
            """It holds, too."""
            hold = Hold(self.ground, self.reference, self.context.actor, self.timestamp)
            aggregate.holds = (*aggregate.holds, hold)

    class Released(Event):
        """One of them ended."""

        TOPIC = "jiedao.reporter_hold.released"
        ground: str
        reference: str

        def apply(self, aggregate: ReporterHold) -> None:
            """It holds no more."""
            ended = (self.ground, self.reference)
            aggregate.holds = tuple(one for one in aggregate.holds if (one.ground, one.reference) != ended)

    def __init__(self, subject: str, ground: str, reference: str) -> None:
        """Keep whose it is; the first event's own meaning follows."""
        self.subject = subject
        self.first = (ground, reference)
        self.holds: tuple[Hold, ...] = ()

    @classmethod
    def open(  # noqa: PLR0913  # an event's whole content, by keyword
        cls, stream: UUID, subject: str, ground: HoldGround, reference: str, *, context: EventContext, at: datetime
    ) -> ReporterHold:
        """Place the first hold on a reporter."""
        held: ReporterHold = cls._create(
            cls.Opened,
            id=stream,
            subject=subject,
            ground=ground.value,
            reference=to_place((), ground, reference),
            context=context,
            timestamp=at,
        )
        return held

    def place(self, ground: HoldGround, reference: str, *, context: EventContext, at: datetime) -> None:
        """Place a further hold; raises RuledOutError where it holds already."""
        reference = to_place(self.holds, ground, reference)
        self.trigger_event(self.Placed, ground=ground.value, reference=reference, context=context, timestamp=at)

    def release(self, ground: HoldGround, reference: str, *, context: EventContext, at: datetime) -> None:
        """End a hold; raises RuledOutError where there is none that could be meant."""
        hold = to_release(self.holds, ground, reference)
        self.trigger_event(self.Released, ground=hold.ground, reference=hold.reference, context=context, timestamp=at)
