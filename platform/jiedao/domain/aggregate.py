"""The kind of aggregate this platform has: every event carries its context, every moment is handed in."""

from __future__ import annotations

from uuid import UUID

from eventsourcing.domain import AggregateEvent, BaseAggregate

from jiedao.domain.context import EventContext


class RecordedEvent(AggregateEvent):
    """An event that knows who asked for it, why, and because of what."""

    context: EventContext


class RecordedAggregate(BaseAggregate[UUID]):
    """An aggregate whose events are :class:`RecordedEvent`.

    Subclasses declare a ``TOPIC`` of their own and one on each event class; those are the stored names.
    """

    class Event(RecordedEvent):
        """The base of the aggregate's events."""
