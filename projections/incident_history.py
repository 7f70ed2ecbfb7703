"""The history of each incident: one row per event, with who, why, because of what, and a sentence to read."""

from __future__ import annotations

import re

from psycopg import Connection
from psycopg.rows import TupleRow

from jiedao.domain.incident import Incident
from projections.folding import INCIDENT_TOPICS, Folded, UnappliableEventError
from projections.log import PositionedEvent
from projections.reporter_incident import ERASURE_TOPICS, carried_out
from projections.rows import copy_rows
from projections.telling import TELLINGS
from projections.telling_intake import ERASED, told_sealed

_COLUMNS = (
    "position", "incident_id", "version", "topic", "recorded_at", "occurred_at", "actor", "role", "reason",
    "correlation_id", "causation_id", "transport", "origin", "corrects", "summary", "inputs",
)  # fmt: skip

_REPORTS = [Incident.Received.TOPIC, Incident.Revised.TOPIC, Incident.LateRevisionRecorded.TOPIC]
_FORGET = """
UPDATE incident_history SET inputs = regexp_replace(inputs::text, %s, %s, 'g')::json
WHERE incident_id = ANY(%s) AND topic = ANY(%s)
"""


class IncidentHistory:
    """Writes ``incident_history``."""

    name = "incident_history"
    revision = 4
    topics = (INCIDENT_TOPICS, ERASURE_TOPICS)

    def write(self, connection: Connection[TupleRow], folded: Folded) -> None:
        """Add one row for each event of an incident; what was sealed for who was erased reads «已删除»."""
        rows = [_row(recorded) for recorded in folded.events if recorded.topic.startswith(INCIDENT_TOPICS)]
        if rows:
            copy_rows(connection, "incident_history", _COLUMNS, rows)
        for erasure in carried_out(folded):
            for key_id in erasure.key_ids:
                connection.execute(_FORGET, [told_sealed(re.escape(key_id)), ERASED, list(erasure.incidents), _REPORTS])


def _row(recorded: PositionedEvent) -> tuple[object, ...]:
    event = recorded.event
    telling = TELLINGS.get(recorded.topic)
    if telling is None:
        raise UnappliableEventError(recorded.position, f"there is no sentence for {recorded.topic}: upgrade")
    context = event.context
    return (
        recorded.position, event.originator_id, event.originator_version, recorded.topic, recorded.recorded_at,
        event.timestamp, context.actor, context.role, context.reason, context.correlation_id, context.causation_id,
        context.transport, context.origin, context.corrected_version, telling.sentence(event), telling.inputs(event),
    )  # fmt: skip
