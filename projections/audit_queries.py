"""Answers the auditor's questions from the views: pages, exports in constant memory, and what a sample is drawn of.

An export goes along positions in pieces and ends at the position where the views stood when it began, so it is of one
moment whatever is recorded meanwhile: rows of events never change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow, class_row
from psycopg.sql import SQL, Identifier

from jiedao.domain.sample_draw import CLOSING_TOPICS
from projections.access_record import AccessFilter, AccessRow, select_accesses
from projections.answers import Page
from projections.audit_kinds import AuditKind
from projections.audit_questions import AuditFilter
from projections.conditions import Conditions
from projections.cursor import read_cursor
from projections.paging import page_of, page_size
from projections.queries import ReadModel

CHUNK = 5_000
"""How many rows of an export are in memory at a time."""

_CHANGES = (AuditKind.JURISDICTION_CHANGE.value,)
_CORRELATED = (
    "(incident_id = %s AND correlation_id = %s OR correlation_id = %s AND correlation_id IS DISTINCT FROM incident_id)"
)


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One event, as an auditor reads it; ``summary`` is a sentence in Chinese, times are UTC."""

    position: int
    recorded_at: datetime
    occurred_at: datetime
    kind: str
    topic: str
    stream_id: UUID
    version: int
    actor: str
    role: str
    incident_id: UUID | None
    street_code: str | None
    street_before: str | None
    command: str | None
    reason: str | None
    correlation_id: UUID
    causation_id: str
    corrects: int | None
    summary: str | None


_OWN = tuple(field.name for field in fields(AuditRow) if field.name != "summary")
_SELECT = SQL(
    "SELECT {}, coalesce(history.summary, picked.note) AS summary"
    " FROM (SELECT * FROM audit_event {} ORDER BY position {} LIMIT {}) AS picked"
    " LEFT JOIN incident_history AS history ON history.position = picked.position ORDER BY picked.position {}"
)
_COLUMNS = SQL(", ").join(Identifier("picked", name) for name in _OWN)


class AuditQueries:
    """Asks for events. Every method raises UnavailableError as those of :class:`ReadModel` do."""

    def __init__(self, read: ReadModel) -> None:
        self._read = read

    def events(self, wanted: AuditFilter, after: str | None = None, limit: int = 50) -> Page[AuditRow]:
        """List events in the order of the log, or the newest first.

        Raises InvalidInputError for a cursor of another question, or a page size beyond 1..500.
        """
        question = ("audit_events", wanted)
        with self._read.active() as (connection, reached):
            conditions = _conditions(connection, wanted, reached)
            if after is not None:
                (last,) = read_cursor(question, after, tuple[int])
                conditions.add("position < %s" if wanted.newest_first else "position > %s", last)
            rows = _select(connection, conditions, page_size(limit), newest_first=wanted.newest_first)
        return page_of(rows, limit, question, lambda row: (row.position,), reached)

    def count(self, wanted: AuditFilter) -> int:
        """Count what an export would hold now."""
        with self._read.active() as (connection, reached):
            conditions = _conditions(connection, wanted, reached)
            query = SQL("SELECT count(*) FROM audit_event {}").format(conditions.where())
            row = connection.execute(query, conditions.parameters).fetchone()
        return int(row[0]) if row else 0

    def export(self, wanted: AuditFilter, chunk: int = CHUNK) -> Iterator[Sequence[AuditRow]]:
        """Yield everything that is asked for, in the order of the log, ``chunk`` rows at a time.

        Each piece is a transaction of its own, so a reader that takes its time holds nothing in the database.
        """
        last, end = 0, self._read.position_as_of()
        while True:
            with self._read.active() as (connection, _reached):
                conditions = _conditions(connection, wanted, end)
                conditions.add("position > %s", last)
                rows = _select(connection, conditions, chunk, newest_first=False)
            if rows:
                yield rows
            if len(rows) < chunk:
                return
            last = rows[-1].position

    def accesses(self, wanted: AccessFilter, after: str | None = None, limit: int = 50) -> Page[AccessRow]:
        """List who looked, the latest first. Raises InvalidInputError as :meth:`events` does."""
        with self._read.active() as (connection, position):
            return select_accesses(connection, position, wanted, after, limit)

    def closed_between(
        self, since: datetime | None, until: datetime | None, as_of_position: int | None
    ) -> tuple[list[UUID], int]:
        """Return the cases that were closed in a period, as known as of a position, and that position."""
        wanted = AuditFilter(since=since, until=until)
        end = self._read.position_as_of(as_of_position)
        with self._read.active() as (connection, _reached):
            conditions = _conditions(connection, wanted, end)
            conditions.add("topic = ANY(%s)", list(CLOSING_TOPICS))
            query = SQL("SELECT DISTINCT incident_id FROM audit_event {} ORDER BY 1").format(conditions.where())
            return [row[0] for row in connection.execute(query, conditions.parameters)], end


def _select(
    connection: Connection[TupleRow], conditions: Conditions, limit: int, *, newest_first: bool
) -> list[AuditRow]:
    order = SQL("DESC" if newest_first else "ASC")
    query = _SELECT.format(_COLUMNS, conditions.where(), order, limit, order)
    with connection.cursor(row_factory=class_row(AuditRow)) as cursor:
        return cursor.execute(query, conditions.parameters).fetchall()


def _conditions(connection: Connection[TupleRow], wanted: AuditFilter, reached: int) -> Conditions:
    conditions = Conditions()
    conditions.add_known(
        (
            ("actor = %s", wanted.actor),
            ("role = %s", wanted.role),
            ("topic = %s", wanted.topic),
            ("incident_id = %s", wanted.incident_id),
            ("command = %s", wanted.command),
            ("position >= %s", wanted.from_position),
            ("street_code = ANY(%s)", wanted.streets),
            ("NOT kind = ANY(%s)", list(wanted.hidden) or None),
        )
    )
    end = reached if wanted.to_position is None else min(wanted.to_position, reached)
    if wanted.since is not None:
        conditions.add("position > %s", _position_before(connection, wanted.since))
    if wanted.until is not None:
        end = min(end, _position_before(connection, wanted.until))
    conditions.add("position <= %s", end)
    _add_kinds(conditions, wanted.kinds)
    if wanted.street is not None and wanted.kinds == _CHANGES:  # what it lost, too; these are few
        conditions.add("(street_code = %s OR street_before = %s)", wanted.street, wanted.street)
    elif wanted.street is not None:
        conditions.add("street_code = %s", wanted.street)
    if wanted.correlation_id is not None:  # most are the incident's own: an index holds the others
        conditions.add(_CORRELATED, *[wanted.correlation_id] * 3)
    if wanted.has_reason is not None:
        conditions.add("reason IS NOT NULL" if wanted.has_reason else "reason IS NULL")
    if wanted.commanded:
        conditions.add("command IS NOT NULL")
    if wanted.corrections:
        conditions.add("corrects IS NOT NULL")
    return conditions


def _add_kinds(conditions: Conditions, kinds: tuple[str, ...] | None) -> None:
    """One kind is asked for as such: only so the index gives its rows in the order of the log."""
    if kinds is not None and len(kinds) == 1:
        conditions.add("kind = %s", kinds[0])
    elif kinds is not None:
        conditions.add("kind = ANY(%s)", list(kinds))


def _position_before(connection: Connection[TupleRow], moment: datetime) -> int:
    """The last position that was recorded before a moment; times are exact to the microsecond."""
    query = "SELECT position_as_of(%s::timestamptz - interval '1 microsecond')"
    row = connection.execute(query, [moment]).fetchone()
    return int(row[0]) if row else 0
