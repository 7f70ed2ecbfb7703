"""Answers what superior platforms are owed: pages of messages, and how those of each source stand.

The outbox is no view that could be filled anew: it holds the tries too. It is asked for here as the views are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow

from jiedao.domain.errors import NotFoundError
from jiedao.store.database import Database
from jiedao.store.outbox import OutboxRow, SourceStanding, read_standing
from projections.answers import Page
from projections.conditions import Conditions
from projections.cursor import read_cursor
from projections.paging import page_of, page_size, select_rows
from projections.waiting import wait_until


@dataclass(frozen=True, slots=True)
class OutboxFilter:
    """Which messages are asked for; every field that is ``None`` lets all through.

    ``state`` is an OutboxState value, ``kind`` an UpstreamMessageKind value. ``streets`` and ``sources`` are what the
    asker may see at all; a message whose case no street held is only seen where ``streets`` is ``None``.
    """

    source: str | None = None
    state: str | None = None
    kind: str | None = None
    incident_id: UUID | None = None
    streets: frozenset[str] | None = None
    sources: frozenset[str] | None = None


class OutboxPages:
    """Reads the outbox."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def messages(self, wanted: OutboxFilter, cursor: str | None = None, limit: int = 50) -> Page[OutboxRow]:
        """Return a page of messages, the latest owed first; its position is how far the log has been read for them.

        Raises InvalidInputError for a bad limit or cursor.
        """
        rows_asked = page_size(limit)
        conditions = _conditions(wanted)
        if cursor is not None:
            conditions.add("position < %s", read_cursor(wanted, cursor, tuple[int])[0])
        with self._database.connection() as connection:
            connection.execute(b"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")  # rows and position of one moment
            reached = _read_position(connection)
            rows = select_rows(connection, OutboxRow, "outbox", conditions, "position DESC", rows_asked)
        return page_of(rows, limit, wanted, lambda last: (last.position,), reached)

    def wait_for(self, position: int, timeout: float = 5.0) -> bool:
        """Wait until the log has been read up to a position for what is owed; false after ``timeout`` seconds."""
        return wait_until(lambda: self._reached() >= position, timeout)

    def _reached(self) -> int:
        with self._database.connection() as connection:
            return _read_position(connection)

    def message(self, position: int, wanted: OutboxFilter | None = None) -> OutboxRow:
        """Return the message that the event at a position owes; raises NotFoundError, also for one not to be seen."""
        conditions = _conditions(wanted or OutboxFilter())
        conditions.add("position = %s", position)
        with self._database.connection() as connection:
            rows = select_rows(connection, OutboxRow, "outbox", conditions, "position", 1)
        if not rows:
            raise NotFoundError(f"no message is owed by the event at position {position}")
        return rows[0]

    def standing(self) -> Sequence[SourceStanding]:
        """Tell how the messages of each source stand; sources that nothing waits for are left out."""
        with self._database.connection() as connection:
            return read_standing(connection)


def _read_position(connection: Connection[TupleRow]) -> int:
    row = connection.execute(b"SELECT position FROM tracking WHERE application_name = 'outbox'").fetchone()
    return int(row[0]) if row else 0


def _conditions(wanted: OutboxFilter) -> Conditions:
    conditions = Conditions()
    conditions.add_known(
        [
            ("source = %s", wanted.source),
            ("state = %s", wanted.state),
            ("kind = %s", wanted.kind),
            ("incident_id = %s", wanted.incident_id),
            ("street_code = ANY(%s)", wanted.streets),
            ("source = ANY(%s)", wanted.sources),
        ]
    )
    return conditions
