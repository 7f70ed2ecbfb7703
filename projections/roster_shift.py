"""The duty roster as it stands (值班表): one row a shift; a day that was changed is replaced whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from psycopg import Connection
from psycopg.rows import TupleRow

from jiedao.domain.roster import RosterDay
from projections.answers import Page
from projections.conditions import Conditions
from projections.cursor import read_cursor
from projections.folding import Folded, UnappliableEventError
from projections.log import PositionedEvent
from projections.paging import page_of, page_size, select_rows
from projections.rows import copy_rows

_TOPICS = f"{RosterDay.TOPIC}."
_COLUMNS = (
    "day", "number", "person", "name", "role", "street_code", "platform", "starts_at", "ends_at", "planned_by",
    "position",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """One shift of the roster; ``number`` is its place in its day, ``planned_by`` who planned the day last."""

    day: date
    number: int
    person: str
    name: str
    role: str
    street_code: str | None
    platform: str | None
    starts_at: datetime
    ends_at: datetime
    planned_by: str


@dataclass(frozen=True, slots=True)
class RosterQuestion:
    """Whose duty is asked for: at a moment, of a street, in a role. ``streets`` is what the asker may see.

    A duty that belongs to no street is seen by everybody.
    """

    at: datetime
    street: str | None = None
    role: str | None = None
    streets: frozenset[str] | None = None


class RosterShift:
    """Writes ``roster_shift``."""

    name = "roster_shift"
    revision = 1
    topics = (_TOPICS,)

    def write(self, connection: Connection[TupleRow], folded: Folded) -> None:
        """Replace the days that the batch planned or changed."""
        days: dict[date, list[tuple[object, ...]]] = {}
        for recorded in folded.events:
            if recorded.topic.startswith(_TOPICS):
                event = recorded.event
                if not isinstance(event, RosterDay.Planned | RosterDay.Changed):
                    raise UnappliableEventError(recorded.position, f"{recorded.topic} is not known to the roster")
                days[event.day] = list(_rows(recorded, event))
        if days:
            connection.execute("DELETE FROM roster_shift WHERE day = ANY(%s)", [list(days)])
            copy_rows(connection, "roster_shift", _COLUMNS, (row for rows in days.values() for row in rows))


def _rows(recorded: PositionedEvent, event: RosterDay.Planned | RosterDay.Changed) -> Iterator[tuple[object, ...]]:
    for number, shift in enumerate(event.shifts, 1):
        yield (
            event.day, number, shift.person, shift.name, shift.role, shift.street_code, shift.platform,
            shift.starts_at, shift.ends_at, event.context.actor, recorded.position,
        )  # fmt: skip


def select_roster(
    connection: Connection[TupleRow], position: int, question: RosterQuestion, after: str | None, limit: int
) -> Page[ShiftRow]:
    """Select who is on duty at a moment, in the order of the roster. Raises InvalidInputError for a bad cursor."""
    asked = ("roster", question)
    conditions = Conditions()
    conditions.add("starts_at <= %s AND ends_at > %s", question.at, question.at)
    conditions.add_known(
        (
            ("street_code = %s", question.street),
            ("role = %s", question.role),
            ("(street_code IS NULL OR street_code = ANY(%s))", question.streets),
        )
    )
    if after is not None:
        conditions.add("(day, number) > (%s, %s)", *read_cursor(asked, after, tuple[date, int]))
    rows = select_rows(connection, ShiftRow, "roster_shift", conditions, "day, number", page_size(limit))
    return page_of(rows, limit, asked, lambda row: (row.day, row.number), position)
