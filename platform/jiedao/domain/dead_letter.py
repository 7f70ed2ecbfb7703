"""A record that could not be read, set aside whole, with its reason, until a person deals with it (死信)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from eventsourcing.domain import AggregateCreated

from jiedao.domain.aggregate import RecordedAggregate
from jiedao.domain.context import EventContext
from jiedao.domain.record_fault import RecordFault
from jiedao.domain.report import Sealed


class DeadLetter(RecordedAggregate):
    """One unreadable record and what was done about it."""

    TOPIC = "jiedao.dead_letter"

    class Event(RecordedAggregate.Event):
        """The base of its events."""

    class SetAside(Event, AggregateCreated):
        """The record was set aside.

        ``reason`` is a short stable code, ``detail`` a sentence a person understands (never quoting
        the record's content), ``pointer`` a JSON pointer to the bad field where there is one. ``further_faults`` is
        what else is wrong with it, in the order of the record; until version 2 only the first was told.
        """

        TOPIC = "jiedao.dead_letter.set_aside"
        class_version = 2
        source: str
        external_id: str | None
        reason: str
        detail: str
        pointer: str | None
        raw: Sealed
        size: int
        further_faults: tuple[RecordFault, ...]

        @staticmethod
        def upcast_v1_v2(state: dict[str, object]) -> None:
            """Nothing else is known of what was set aside before."""
            state["further_faults"] = []

        @property
        def faults(self) -> tuple[RecordFault, ...]:
            """All that is known to be wrong with the record."""
            return (RecordFault(self.reason, self.detail, self.pointer), *self.further_faults)

    class Replayed(Event):
        """It was sent through again; ``outcome`` says what became of it."""

        TOPIC = "jiedao.dead_letter.replayed"
        outcome: str
        detail: str | None
        incident_id: UUID | None

        def apply(self, aggregate: DeadLetter) -> None:
            """Resolved as soon as something became of it."""
            aggregate.resolved = aggregate.resolved or self.outcome != "dead"

    def __init__(  # noqa: PLR0913  # one parameter per stored field
        self,
        source: str,
        external_id: str | None,
        reason: str,
        detail: str,
        pointer: str | None,
        raw: Sealed,
        size: int,
        further_faults: tuple[RecordFault, ...],
    ) -> None:
        """Start as set aside and not resolved."""
        self.source = source
        self.external_id = external_id
        self.reason = reason
        self.detail = detail
        self.pointer = pointer
        self.raw = raw
        self.size = size
        self.further_faults = further_faults
        self.resolved = False

    @classmethod
    def set_aside(  # noqa: PLR0913  # an event's whole content, by keyword
        cls,
        letter_id: UUID,
        *,
        source: str,
        external_id: str | None,
        reason: str,
        detail: str,
        pointer: str | None,
        raw: Sealed,
        size: int,
        further_faults: tuple[RecordFault, ...] = (),
        context: EventContext,
        at: datetime,
    ) -> DeadLetter:
        """Set a record aside."""
        letter: DeadLetter = cls._create(
            cls.SetAside,
            id=letter_id,
            source=source,
            external_id=external_id,
            reason=reason,
            detail=detail,
            pointer=pointer,
            raw=raw,
            size=size,
            further_faults=further_faults,
            context=context,
            timestamp=at,
        )
        return letter

    def record_replay(
        self, *, outcome: str, detail: str | None, incident_id: UUID | None, context: EventContext, at: datetime
    ) -> None:
        """Record that it was sent through again and what became of it."""
        self.trigger_event(
            self.Replayed, outcome=outcome, detail=detail, incident_id=incident_id, context=context, timestamp=at
        )
