"""The events as an auditor asks for them: one row each, by who, what kind, which incident, which street, which command.

What came in, and who reported it, is in no row; a reason is what somebody wrote down as one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from eventsourcing.utils import get_topic
from psycopg import Connection
from psycopg.rows import TupleRow

from jiedao.domain.access_record import AccessRecord
from jiedao.domain.aggregate import RecordedEvent
from jiedao.domain.dead_letter import DeadLetter
from jiedao.domain.incident import Incident
from jiedao.domain.refused_command import RefusedCommand
from jiedao.store.topics import AGGREGATES
from projections.audit_kinds import NOTES, AuditKind, command_of, kind_of_topic
from projections.folding import INCIDENT_TOPICS, Folded
from projections.log import PositionedEvent
from projections.rows import copy_rows

COLUMNS = (
    "position", "recorded_at", "occurred_at", "kind", "topic", "stream_id", "version", "actor", "role", "incident_id",
    "street_code", "street_before", "command", "reason", "correlation_id", "causation_id", "note",
)  # fmt: skip


class AuditEvents:
    """Writes ``audit_event``."""

    name = "audit_event"
    revision = 2
    topics = tuple(f"{get_topic(aggregate)}." for aggregate in AGGREGATES)

    def write(self, connection: Connection[TupleRow], folded: Folded) -> None:
        """Add one row for each event."""
        streets = _Streets(folded, _load_streets(connection, folded))
        copy_rows(connection, "audit_event", COLUMNS, _rows(streets))


def _spoken_of(event: RecordedEvent) -> UUID | None:
    """The incident of which an event of another stream speaks."""
    if isinstance(event, RefusedCommand.Recorded | AccessRecord.Recorded | DeadLetter.Replayed):
        return event.incident_id
    return None


def _load_streets(connection: Connection[TupleRow], folded: Folded) -> dict[UUID, str | None]:
    """Read which street holds the incidents that are spoken of and that nothing in the batch touches."""
    spoken = {_spoken_of(recorded.event) for recorded in folded.events} - {None} - folded.standings.keys()
    if not spoken:
        return {}
    query = "SELECT incident_id, street_code FROM incident_view WHERE incident_id = ANY(%s)"
    return dict(connection.execute(query, [list(spoken)]).fetchall())


@dataclass(slots=True)
class _Streets:
    """Which street held an incident: at the end of a moment, and before a decision about it."""

    folded: Folded
    untouched: Mapping[UUID, str | None]
    decided: dict[UUID, str | None] = field(default_factory=dict)

    def at_the_end(self, incident_id: UUID, moment_end: int) -> str | None:
        """The street when the moment that ends at this position was over."""
        stands = self.folded.standings.get(incident_id, ())
        index = bisect_right(stands, moment_end, key=lambda stood: stood[0]) - 1
        if index >= 0:
            return stands[index][1].street_code
        before = self.folded.before.get(incident_id)
        return before.street_code if before else self.untouched.get(incident_id)

    def change(self, event: Incident.JurisdictionDecided) -> str | None:
        """Take a decision in; return the street that held it until then, where that is another one."""
        incident_id = event.originator_id
        if incident_id in self.decided:
            before = self.decided[incident_id]
        else:
            row = self.folded.before.get(incident_id)
            before = row.street_code if row else None
        self.decided[incident_id] = event.decision.street_code
        return before if before != event.decision.street_code else None


def _rows(streets: _Streets) -> Iterator[tuple[object, ...]]:
    for _recorded_at, moment in groupby(streets.folded.events, key=attrgetter("recorded_at")):
        together = list(moment)
        for recorded in together:
            yield _row(recorded, streets, together[-1].position)


def _row(recorded: PositionedEvent, streets: _Streets, moment_end: int) -> tuple[object, ...]:
    event, topic = recorded.event, recorded.topic
    context = event.context
    kind, before, command = kind_of_topic(topic), None, command_of(context.causation_id)
    incident_id = _spoken_of(event)
    if topic.startswith(INCIDENT_TOPICS):
        incident_id = event.originator_id
        if isinstance(event, Incident.JurisdictionDecided):
            before = streets.change(event)
            kind = AuditKind.JURISDICTION_CHANGE if before is not None else kind
        elif isinstance(event, Incident.Routed) and event.decision.rule_id is None:
            kind = AuditKind.NO_RULE_MATCHED
    elif isinstance(event, RefusedCommand.Recorded):
        command = event.command
    street = streets.at_the_end(incident_id, moment_end) if incident_id is not None else None
    note = NOTES.get(topic)
    return (
        recorded.position, recorded.recorded_at, event.timestamp, kind.value, topic, event.originator_id,
        event.originator_version, context.actor, context.role, incident_id, street, before, command, context.reason,
        context.correlation_id, context.causation_id, note(event) if note else None,
    )  # fmt: skip
