"""The questions about duty, answered from the active generation as those of :class:`ReadModel` are."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from jiedao.domain.advice import HandlerRecord
from projections.answers import Page
from projections.handler_task import HandlersWanted, select_handlers
from projections.handovers import (
    HandoverFilter,
    HandoverRow,
    OpenMatters,
    select_handover,
    select_handovers,
    select_open_matters,
)
from projections.queries import ReadModel
from projections.roster_shift import RosterQuestion, ShiftRow, select_roster


class DutyQueries:
    """Asks the views of duty. Every method raises UnavailableError as those of :class:`ReadModel` do."""

    def __init__(self, read: ReadModel) -> None:
        self._read = read

    def roster(self, question: RosterQuestion, after: str | None = None, limit: int = 50) -> Page[ShiftRow]:
        """List who is on duty at a moment, in the order of the roster."""
        with self._read.active() as (connection, position):
            return select_roster(connection, position, question, after, limit)

    def handovers(self, wanted: HandoverFilter, after: str | None = None, limit: int = 50) -> Page[HandoverRow]:
        """List handovers, the latest first."""
        with self._read.active() as (connection, position):
            return select_handovers(connection, position, wanted, after, limit)

    def handover(self, handover_id: UUID, streets: frozenset[str] | None = None) -> HandoverRow:
        """Return one handover. Raises NotFoundError, also where the asker may not see it."""
        with self._read.active() as (connection, _position):
            return select_handover(connection, handover_id, streets)

    def handlers(self, wanted: HandlersWanted) -> list[HandlerRecord]:
        """Return whom a street's task could be given to, with what is known of them, by name in events."""
        with self._read.active() as (connection, _position):
            return select_handlers(connection, wanted)

    def open_matters(self, street: str | None, now: datetime, approaching_until: datetime) -> OpenMatters:
        """Return what a leaving shift has to hand over now."""
        with self._read.active() as (connection, position):
            return select_open_matters(connection, position, street, now, approaching_until)
