"""Incidents as they stood at any past moment, folded from their own streams: one, its story, or the list of them.

Its deadlines follow from the time rules too, whose stream is folded beside it.

Every question as of the past means the same moment: what one append recorded became visible together, so a position
stands for the end of its moment (see :func:`projections.queues.resolve_position`). An incident as of it is therefore
the row that the view held then, and equals what a view filled from the log up to there would hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.rows import TupleRow

from jiedao.domain.errors import NotFoundError
from jiedao.store.log_reading import LogReading
from jiedao.store.reconciliation import DeliveredRecord
from projections.answers import HistoryRow, IncidentFilter, IncidentSummary, Page
from projections.clock_questions import ClockFilter, ClockRow, of_incident, select_clocks_then
from projections.conditions import Conditions
from projections.folding import Before, fold
from projections.incident_row import IncidentRow
from projections.incidents_then import IncidentsThen, select_incidents_then
from projections.log import EventDecoder, PositionedEvent
from projections.paging import select_rows
from projections.queries import ReadModel, find_incident, select_history
from projections.queues import resolve_position

_CHANGED = b"""
SELECT incident_id, last_position > %(position)s FROM incident_view WHERE incident_id = ANY(%(wanted)s)
"""
_OTHER_RULES = "SELECT EXISTS (SELECT FROM clock_rules WHERE position > %s)"
_RECORDED = "SELECT recorded_at_of(%s)"
_FIELDS = tuple(field.name for field in fields(IncidentSummary))


@dataclass(frozen=True, slots=True)
class HistoryThen:
    """An incident's story up to a position, and how it stood; ``moment`` is ``None`` where it was asked as of now."""

    incident: IncidentSummary
    rows: Sequence[HistoryRow]
    position: int
    moment: datetime | None

    def known(self, deliveries: Sequence[DeliveredRecord]) -> list[DeliveredRecord]:
        """Return those deliveries that had been recorded by then."""
        return [one for one in deliveries if self.moment is None or one.recorded_at <= self.moment]


class AsOfQueries:
    """Asks for incidents as of the past. Raises UnavailableError as :class:`ReadModel` does."""

    def __init__(self, read: ReadModel, log: LogReading, decoder: EventDecoder, time_rules: UUID) -> None:
        """Make it; ``time_rules`` is the stream of the time rules."""
        self._read = read
        self._log = log
        self._decoder = decoder
        self._time_rules = time_rules

    def incident(
        self,
        incident_id: UUID,
        *,
        as_of_position: int | None = None,
        as_of_time: datetime | None = None,
        streets: frozenset[str] | None = None,
    ) -> tuple[IncidentSummary, int]:
        """Return an incident as it stood, and the position that this was as of; without a moment, as it stands.

        Who may see it now may see what it was. Raises NotFoundError for one that the asker may not see, or that had
        not been received by then, and InvalidInputError for an ``as_of`` that is no past moment.
        """
        with self._read.active() as (connection, reached):
            position = resolve_position(connection, reached, as_of_position, as_of_time)
            found = find_incident(connection, incident_id, streets)
            if position is None:
                return found, reached
            return self._stood(connection, found, position), position

    def incidents(
        self,
        wanted: IncidentFilter,
        after: str | None = None,
        limit: int = 50,
        *,
        as_of_position: int | None = None,
        as_of_time: datetime | None = None,
    ) -> Page[IncidentSummary]:
        """List incidents as the list was then, the latest received first; without a moment, as it is.

        What a street sees is what it held then. Raises InvalidInputError as :meth:`ReadModel.incidents` does, and for
        an ``as_of`` that is no past moment.
        """
        if as_of_position is None and as_of_time is None:
            return self._read.incidents(wanted, after, limit)
        with self._read.active() as (connection, reached):
            position = resolve_position(connection, reached, as_of_position, as_of_time)
            asked = IncidentsThen(wanted, reached if position is None else position, reached)
            return select_incidents_then(connection, asked, self._stood_all, after, limit)

    def clocks(
        self,
        wanted: ClockFilter,
        after: str | None = None,
        limit: int = 50,
        *,
        as_of_position: int | None = None,
        as_of_time: datetime | None = None,
    ) -> tuple[Page[ClockRow], datetime | None]:
        """List the clocks that ran then, the soonest due first, and the moment that this was as of; ``None`` for now.

        Raises InvalidInputError as :meth:`ReadModel.clocks` does, and for an ``as_of`` that is no past moment.
        """
        if as_of_position is None and as_of_time is None:
            return self._read.clocks(wanted, after, limit), None
        with self._read.active() as (connection, reached):
            resolved = resolve_position(connection, reached, as_of_position, as_of_time)
            position = reached if resolved is None else resolved
            page = select_clocks_then(connection, reached, position, wanted, after, limit)
            stood = self._stood_all(connection, list({row.incident_id for row in page.rows}), position)
            moment = as_of_time or _recorded_at(connection, position)
        rows = [of_incident(row, stood[row.incident_id]) for row in page.rows]
        return Page(rows, page.after, page.position), moment

    def history(
        self,
        incident_id: UUID,
        *,
        as_of_position: int | None = None,
        as_of_time: datetime | None = None,
        streets: frozenset[str] | None = None,
        interventions: bool = False,
    ) -> HistoryThen:
        """Return an incident's story up to a moment, and how it stood then; without a moment, all of it.

        Raises as :meth:`incident` does.
        """
        with self._read.active() as (connection, reached):
            position = resolve_position(connection, reached, as_of_position, as_of_time)
            found = find_incident(connection, incident_id, streets)
            end, moment = reached if position is None else position, None
            if position is not None:
                found = self._stood(connection, found, position)
                moment = as_of_time or _recorded_at(connection, position)
            rows = select_history(connection, incident_id, end, interventions=interventions)
        return HistoryThen(found, rows, end, moment)

    def _stood(self, connection: Connection[TupleRow], found: IncidentSummary, position: int) -> IncidentSummary:
        incident_id = found.incident_id
        stood = self._stood_all(connection, [incident_id], position).get(incident_id)
        if stood is None:
            raise NotFoundError(
                f"there was no incident {incident_id} as of position {position}: it was received at position"
                f" {found.first_position}"
            )
        return stood

    def _stood_all(
        self, connection: Connection[TupleRow], wanted: Sequence[UUID], position: int
    ) -> Mapping[UUID, IncidentSummary]:
        """Return how incidents stood; those that nothing happened to since stand so still, and are not folded."""
        changed: Mapping[UUID, bool] = dict(
            connection.execute(_CHANGED, {"position": position, "wanted": list(wanted)}).fetchall()
        )
        other_rules = connection.execute(_OTHER_RULES, [position]).fetchone()
        if other_rules and other_rules[0]:  # deadlines moved by them
            changed = dict.fromkeys(changed, True)
        conditions = Conditions()
        conditions.add("incident_id = ANY(%s)", [one for one, moved in changed.items() if not moved])
        same = select_rows(connection, IncidentSummary, "incident_view", conditions, "first_position")
        folded = self._fold(connection, [one for one, moved in changed.items() if moved], position)
        return {row.incident_id: row for row in same} | {one: _summary(row) for one, row in folded.items()}

    def _fold(
        self, connection: Connection[TupleRow], incidents: Sequence[UUID], position: int
    ) -> Mapping[UUID, IncidentRow]:
        if not incidents:
            return {}
        entries = self._log.entries_of([*incidents, self._time_rules], connection)
        events = [
            PositionedEvent(entry.position, entry.recorded_at, entry.topic, self._decoder.to_event(entry))
            for entry in entries
            if entry.position <= position
        ]
        return fold(events, Before()).after


def _recorded_at(connection: Connection[TupleRow], position: int) -> datetime | None:
    row = connection.execute(_RECORDED, [position]).fetchone()
    return row[0] if row else None


def _summary(row: IncidentRow) -> IncidentSummary:
    """Return the row as the table would give it back: JSON has lists and no tuples."""
    stored = {name: getattr(row, name) for name in _FIELDS}
    return IncidentSummary(**stored | {"progress": msgspec.json.decode(msgspec.json.encode(row.progress))})
