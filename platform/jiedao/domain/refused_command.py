"""A command that was refused, recorded: who wanted what, as things stood, why not, and what was allowed instead.

It is a stream of its own, so that it never disturbs the version of the incident that it speaks of.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from eventsourcing.domain import AggregateCreated

from jiedao.domain.aggregate import RecordedAggregate
from jiedao.domain.context import EventContext


class RefusedCommand(RecordedAggregate):
    """One refused command."""

    TOPIC = "jiedao.refused_command"

    class Event(RecordedAggregate.Event):
        """The base of its events."""

    class Recorded(Event, AggregateCreated):
        """The command was refused; what it said is not kept, who asked stands in the context."""

        TOPIC = "jiedao.refused_command.recorded"
        incident_id: UUID
        command: str
        state: str
        version: int
        why: str
        allowed: tuple[str, ...]

    def __init__(  # noqa: PLR0913  # one parameter per stored field
        self, incident_id: UUID, command: str, state: str, version: int, why: str, allowed: tuple[str, ...]
    ) -> None:
        """Keep what was refused."""
        self.incident_id = incident_id
        self.command = command
        self.state = state
        self.incident_version = version
        self.why = why
        self.allowed = allowed

    @classmethod
    def record(  # noqa: PLR0913  # an event's whole content, by keyword
        cls,
        refusal_id: UUID,
        *,
        incident_id: UUID,
        command: str,
        state: str,
        version: int,
        why: str,
        allowed: tuple[str, ...],
        context: EventContext,
        at: datetime,
    ) -> RefusedCommand:
        """Record a refusal; ``version`` is that of the incident when it was refused."""
        refusal: RefusedCommand = cls._create(
            cls.Recorded,
            id=refusal_id,
            incident_id=incident_id,
            command=command,
            state=state,
            version=version,
            why=why,
            allowed=allowed,
            context=context,
            timestamp=at,
        )
        return refusal
