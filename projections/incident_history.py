"""The history of each incident: one row per event, with who, why, because of what, and a sentence to read."""

from __future__ import annotations

from psycopg import Connection
from psycopg.rows import TupleRow

from projections.folding import INCIDENT_TOPICS, Folded, UnappliableEventError
from projections.log import PositionedEvent
from projections.rows import copy_rows
from projections.telling import TELLINGS

_COLUMNS = (
    "position", "incident_id", "version", "topic", "recorded_at", "occurred_at", "actor", "role", "reason",
    "correlation_id", "causation_id", "transport", "origin", "summary", "inputs",
)  # fmt: skip


class IncidentHistory:
    """Writes ``incident_history``."""

    name = "incident_history"
    revision = 2
    topics = (INCIDENT_TOPICS,)

    def write(self, connection: Connection[TupleRow], folded: Folded) -> None:
        """Add one row for each event of an incident."""
        rows = [_row(recorded) for recorded in folded.events if recorded.topic.startswith(INCIDENT_TOPICS)]
        if rows:
            copy_rows(connection, "incident_history", _COLUMNS, rows)


def _row(recorded: PositionedEvent) -> tuple[object, ...]:
    event = recorded.event
    telling = TELLINGS.get(recorded.topic)
    if telling is None:
        raise UnappliableEventError(recorded.position, f"there is no sentence for {recorded.topic}: upgrade")
    context = event.context
    return (
        recorded.position, event.originator_id, event.originator_version, recorded.topic, recorded.recorded_at,
        event.timestamp, context.actor, context.role, context.reason, context.correlation_id, context.causation_id,
        context.transport, context.origin, telling.sentence(event), telling.inputs(event),
    )  # fmt: skip
