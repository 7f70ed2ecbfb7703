"""The kind of aggregate this platform has: every event carries its context, every moment is handed in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, Self, TypeVar
from uuid import UUID

from eventsourcing.domain import AggregateEvent, BaseAggregate
from eventsourcing.utils import get_topic

from jiedao.domain.context import EventContext


class RecordedEvent(AggregateEvent):
    """An event that knows who asked for it, why, and because of what."""

    context: EventContext


_new, _set = object.__new__, object.__setattr__
Happened = TypeVar("Happened", bound=RecordedEvent)


def happened(event_class: type[Happened], fields: dict[str, Any]) -> Happened:
    """Make an event of all its fields, which become its own: its class asks for each by name, in three times the time.

    For those who make events by the thousand, and who show in a test that the class would have made the same.
    """
    event: Happened = _new(event_class)
    _set(event, "__dict__", fields)  # a frozen dataclass sets each of its fields in this way, too
    return event


class WithEvents(Protocol):
    """What has events that are to be recorded: an aggregate, or what stands for one."""

    @property
    def pending_events(self) -> Sequence[Any]:
        """The events that are to be recorded."""

    def collect_events(self) -> Sequence[Any]:
        """Hand them over, once."""


class RecordedAggregate(BaseAggregate[UUID]):
    """An aggregate whose events are :class:`RecordedEvent`.

    Subclasses declare a ``TOPIC`` of their own and one on each event class; those are the stored names. The library
    looks with each event whether it has one and makes up a time where none is given; here a test does the former once
    for all of them, and the time is always given.
    """

    class Event(RecordedEvent):
        """The base of the aggregate's events."""

    @classmethod
    def _create(cls, event_class: type[Any], *, id: UUID | None = None, **kwargs: Any) -> Self:  # noqa: A002  # the library's name
        """Begin a stream with an event; raises TypeError when one of its fields is left out."""
        event = event_class(
            originator_topic=get_topic(cls), originator_id=id, originator_version=cls.INITIAL_VERSION, **kwargs
        )
        aggregate: Self = event.mutate(None)
        aggregate.pending_events.append(event)
        return aggregate

    def trigger_event(self, event_class: type[Any], **kwargs: Any) -> None:
        """Let an event happen; raises TypeError when one of its fields is left out."""
        event = event_class(originator_id=self.id, originator_version=self.version + 1, **kwargs)
        event.mutate(self)
        self.pending_events.append(event)
