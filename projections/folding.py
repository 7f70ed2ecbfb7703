"""A batch of events folded in memory: how each incident it touches stood before, after each moment, and after all.

The views that speak of incidents are written from this one fold, so the state of an incident is worked out once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow, class_row
from psycopg.sql import SQL, Identifier

from jiedao.domain.incident import Incident
from projections.incident_row import COLUMNS, IncidentRow, advance, open_row
from projections.log import PositionedEvent

INCIDENT_TOPICS = f"{Incident.TOPIC}."

_moment = attrgetter("recorded_at")


class UnappliableEventError(Exception):
    """An event that a view cannot make sense of; ``position`` is where it stands in the log."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(reason)
        self.position = position
        self.reason = reason


@dataclass(slots=True)
class Folded:
    """What a batch means for incidents.

    ``before`` holds the rows as they stood (without the incidents that the batch opens), ``after`` as they stand
    now, ``standings`` the position of each moment's last event that touched an incident, and the incident's row then.
    """

    events: Sequence[PositionedEvent]
    before: Mapping[UUID, IncidentRow]
    after: dict[UUID, IncidentRow] = field(default_factory=dict)
    standings: dict[UUID, list[tuple[int, IncidentRow]]] = field(default_factory=dict)


def fold(events: Sequence[PositionedEvent], before: Mapping[UUID, IncidentRow]) -> Folded:
    """Fold whole moments of events onto the rows before them.

    Raises UnappliableEventError, naming the position.
    """
    folded = Folded(events, before)
    for _recorded_at, moment in groupby(events, key=_moment):
        _fold_moment(folded, moment)
    return folded


def _fold_moment(folded: Folded, moment: Iterable[PositionedEvent]) -> None:
    changed: dict[UUID, IncidentRow] = {}
    for recorded in moment:
        if not recorded.topic.startswith(INCIDENT_TOPICS):
            continue
        incident_id = recorded.event.originator_id
        try:
            row = changed.get(incident_id)
            if row is None:
                known = folded.after.get(incident_id) or folded.before.get(incident_id)
                changed[incident_id] = _next_row(known, recorded)
            else:
                advance(row, recorded)
        except (LookupError, TypeError, ValueError) as error:
            raise UnappliableEventError(recorded.position, str(error)) from error
    for incident_id, row in changed.items():
        folded.after[incident_id] = row
        folded.standings.setdefault(incident_id, []).append((row.last_position, row))


def _next_row(known: IncidentRow | None, recorded: PositionedEvent) -> IncidentRow:
    """Leave the row of the moment before as it was: the queue's history is cut from both."""
    if known is None:
        return open_row(recorded)
    row = copy(known)
    advance(row, recorded)
    return row


def load_rows(connection: Connection[TupleRow], events: Sequence[PositionedEvent]) -> dict[UUID, IncidentRow]:
    """Read the rows of all incidents that the events touch and do not open, in one query."""
    touched: dict[UUID, int] = {}
    for recorded in events:
        if recorded.topic.startswith(INCIDENT_TOPICS):
            touched.setdefault(recorded.event.originator_id, recorded.event.originator_version)
    wanted = [incident_id for incident_id, version in touched.items() if version > 1]
    if not wanted:
        return {}
    query = SQL("SELECT {} FROM incident_view WHERE incident_id = ANY(%s)").format(
        SQL(", ").join(map(Identifier, COLUMNS))
    )
    with connection.cursor(row_factory=class_row(IncidentRow)) as cursor:
        return {row.incident_id: row for row in cursor.execute(query, [wanted])}
