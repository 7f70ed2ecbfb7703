"""An incident as it stood at any past moment, folded from its own stream, and from nothing that is kept of it now.

Its deadlines follow from the time rules too, whose stream is folded beside it.

Every question as of the past means the same moment: what one append recorded became visible together, so a position
stands for the end of its moment (see :func:`projections.queues.resolve_position`). An incident as of it is therefore
the row that the view held then, and equals what a view filled from the log up to there would hold.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from operator import attrgetter
from uuid import UUID

import msgspec

from jiedao.domain.errors import NotFoundError
from jiedao.store.log_reading import LogReading
from projections.answers import IncidentSummary
from projections.folding import Before, fold
from projections.incident_row import IncidentRow
from projections.log import EventDecoder, PositionedEvent
from projections.queries import ReadModel, find_incident
from projections.queues import resolve_position

_FIELDS = tuple(field.name for field in fields(IncidentSummary))


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
        row = self._fold(incident_id, position)
        if row is None:
            raise NotFoundError(
                f"there was no incident {incident_id} as of position {position}: it was received at position"
                f" {found.first_position}"
            )
        return _summary(row), position

    def _fold(self, incident_id: UUID, position: int) -> IncidentRow | None:
        entries = [*self._log.stream_entries(incident_id), *self._log.stream_entries(self._time_rules)]
        events = [
            PositionedEvent(entry.position, entry.recorded_at, entry.topic, self._decoder.to_event(entry))
            for entry in sorted(entries, key=attrgetter("position"))
            if entry.position <= position
        ]
        return fold(events, Before()).after.get(incident_id)


def _summary(row: IncidentRow) -> IncidentSummary:
    """Return the row as the table would give it back: JSON has lists and no tuples."""
    stored = {name: getattr(row, name) for name in _FIELDS}
    return IncidentSummary(**stored | {"progress": msgspec.json.decode(msgspec.json.encode(row.progress))})
