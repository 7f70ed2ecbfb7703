"""Hands the ticker what is due: clocks whose next step has come, claimed row by row.

A claim locks the rows of the view until it ends and skips those that another one holds; it decides nothing by itself,
since what is recorded is guarded by the incident's version.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from psycopg.rows import TupleRow, class_row

from jiedao.application.ticker import DueClock
from jiedao.store.database import Database
from projections.generations import enter, read_active

_CLAIM = """
SELECT clock.incident_id, incident.version, clock.clock, clock.task_id, clock.part, clock.time_limit, clock.since,
       clock.due_at, clock.provisional, clock.rules, clock.next_step, clock.next_at, clock.known_at
FROM clock JOIN incident_view AS incident USING (incident_id)
WHERE clock.next_at <= %(now)s
  AND (%(next_at)s::timestamptz IS NULL OR (clock.next_at, clock.incident_id, clock.clock, clock.task_id, clock.part)
       > (%(next_at)s, %(incident_id)s, %(clock)s, %(task_id)s, %(part)s))
ORDER BY clock.next_at, clock.incident_id, clock.clock, clock.task_id, clock.part
LIMIT %(limit)s
FOR UPDATE OF clock SKIP LOCKED
"""
_OLDEST = "SELECT min(next_at) FROM clock WHERE next_at <= %s"
_UNANSWERED = b"SELECT incident_id FROM clock WHERE clock = 'transfer' AND due_at <= %s ORDER BY due_at LIMIT %s"
_UNACCEPTED = b"""
SELECT incident_id, task_id FROM clock WHERE onward_at <= %s ORDER BY onward_at, incident_id, task_id LIMIT %s
"""


class ClockClaims:
    """Asks the active generation of the views; implements what ticker, lapsing and offering need."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def claim(self, now: datetime, limit: int, after: DueClock | None = None) -> Iterator[Sequence[DueClock]]:
        """Claim clocks whose next step has come; see :class:`~jiedao.application.ticker.DueClocks`."""
        with self._database.connection() as connection:
            active = read_active(connection)
            if active is None:
                yield []
                return
            enter(connection, active.number)
            asked = {
                "now": now,
                "limit": limit,
                "next_at": after and after.next_at,
                "incident_id": after and after.incident_id,
                "clock": after and after.clock,
                "task_id": after and after.task_id,
                "part": after and after.part,
            }
            with connection.cursor(row_factory=class_row(DueClock), binary=True) as cursor:
                yield cursor.execute(_CLAIM, asked).fetchall()

    def oldest(self, now: datetime) -> datetime | None:
        """Return since when the oldest of what has come waits to be recorded and shown; ``None`` for nothing."""
        with self._database.connection() as connection:
            active = read_active(connection)
            if active is None:
                return None
            enter(connection, active.number)
            row = connection.execute(_OLDEST, [now]).fetchone()
            return row[0] if row else None

    def unanswered(self, now: datetime, limit: int) -> Sequence[UUID]:
        """Return incidents whose offered transfer was to be answered by now, the longest past first."""
        return [row[0] for row in self._select(_UNANSWERED, now, limit)]

    def unaccepted(self, now: datetime, limit: int) -> Sequence[tuple[UUID, str]]:
        """Return tasks (incident, task) that are to be offered onward by now, the longest past first."""
        return [(row[0], row[1]) for row in self._select(_UNACCEPTED, now, limit)]

    def _select(self, query: bytes, *asked: object) -> Sequence[TupleRow]:
        with self._database.connection() as connection:
            active = read_active(connection)
            if active is None:
                return []
            enter(connection, active.number)
            return connection.execute(query, asked).fetchall()
