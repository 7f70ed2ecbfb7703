"""The outbox: messages that superior platforms are owed, filled from the log and emptied by senders.

Rows and the position in the log move together, so no message is lost and none is made twice. A sender leases one
message at a time, one that waits for no earlier one of its case; a lease that runs out (its sender died) is free again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow, class_row

from jiedao.domain.errors import NotFoundError
from jiedao.domain.terms import OutboxState
from jiedao.store.database import Database

FOLLOWER = "outbox"
"""The name under which it is tracked how far the log has been read for it."""


@dataclass(frozen=True, slots=True)
class OwedMessage:
    """A message as it is put in; ``position`` is that of the event that owes it, ``body`` what is sent."""

    position: int
    message_id: UUID
    incident_id: UUID
    version: int
    source: str
    external_id: str
    case_number: str
    street_code: str | None
    kind: str
    body: str
    owed_at: datetime


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """What became of a message, as an event of the log says; ``state`` is an OutboxState value.

    ``waiting`` says that a person had a refused message sent again.
    """

    position: int
    state: str
    answer_position: int
    answered_at: datetime
    reference: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class LeasedMessage:
    """A message that this sender alone tries now; ``attempts`` counts the tries before that came to no answer."""

    position: int
    message_id: UUID
    incident_id: UUID
    source: str
    kind: str
    body: str
    round: int
    attempts: int
    lease: UUID


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A message as it stands."""

    position: int
    message_id: UUID
    incident_id: UUID
    version: int
    source: str
    external_id: str
    case_number: str
    street_code: str | None
    kind: str
    body: str
    owed_at: datetime
    state: str
    round: int
    attempts: int
    next_at: datetime
    last_error: str | None
    leased_until: datetime | None
    answered_at: datetime | None
    answer_position: int | None
    reference: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class SourceStanding:
    """How one source's messages stand: how many wait, since when the oldest, how many were refused and not dealt with.

    A refusal is dealt with once the message was given up, or another one of its kind was made for the case. ``failing``
    counts those that wait and were tried in vain; ``last_error`` is of the one that was tried most often.
    """

    source: str
    waiting: int
    oldest_owed_at: datetime | None
    failing: int
    refused: int
    last_error: str | None


class OutboxTable:
    """Keeps the messages."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def reached(self) -> int:
        """How far the log has been read for it."""
        with self._database.connection() as connection:
            row = connection.execute(_REACHED, [FOLLOWER]).fetchone()
            return int(row[0]) if row else 0

    def fill(self, before: int, reached: int, owed: Sequence[OwedMessage], answers: Sequence[RecordedAnswer]) -> bool:
        """Put in what a stretch of the log says, and move on from ``before`` to ``reached``, all or nothing.

        False, and nothing is done, where another process read that stretch already.
        """
        with self._database.connection() as connection:
            moved = connection.execute(_MOVE, {"name": FOLLOWER, "before": before, "reached": reached})
            if moved.rowcount != 1:
                return False
            for message in owed:
                connection.execute(_INSERT, _fields(message))
            for answer in answers:
                connection.execute(_ANSWER, _fields(answer))
            return True

    def lease(self, source: str, lease: UUID, now: datetime, until: datetime) -> LeasedMessage | None:
        """Lease the message of a source that is to be tried next; none where none is due.

        Due is the first unanswered one of its case whose time has come and whom nobody else tries.
        """
        asked = {"source": source, "lease": lease, "now": now, "until": until}
        with (
            self._database.connection() as connection,
            connection.cursor(row_factory=class_row(LeasedMessage)) as cursor,
        ):
            return cursor.execute(_LEASE, asked).fetchone()

    def postpone(self, leased: LeasedMessage, next_at: datetime, error: str) -> None:
        """Give a message back after a try that came to no answer; it is tried again at ``next_at``."""
        with self._database.connection() as connection:
            connection.execute(
                _POSTPONE, {"position": leased.position, "lease": leased.lease, "next_at": next_at, "error": error}
            )

    def hurry(self, position: int, now: datetime) -> bool:
        """Let a message that waits be tried at once; false where it does not wait."""
        with self._database.connection() as connection:
            return connection.execute(_HURRY, {"position": position, "now": now}).rowcount == 1

    def next_at(self, source: str) -> datetime | None:
        """When the next message of a source may be tried; none where none waits."""
        with self._database.connection() as connection:
            row = connection.execute(_NEXT_AT, [source]).fetchone()
            return row[0] if row else None

    def find(self, position: int) -> OutboxRow:
        """Return a message; raises NotFoundError."""
        with self._database.connection() as connection, connection.cursor(row_factory=class_row(OutboxRow)) as cursor:
            row = cursor.execute(_FIND, [position]).fetchone()
        if row is None:
            raise NotFoundError(f"no message is owed by the event at position {position}; list the outbox")
        return row

    def has_later(self, row: OutboxRow) -> bool:
        """Whether a later message of the same case is owed."""
        with self._database.connection() as connection:
            return connection.execute(_LATER, [row.incident_id, row.position]).fetchone() is not None

    def standing(self) -> Mapping[str, SourceStanding]:
        """Tell how the messages of each source stand; sources that nothing waits for are left out."""
        with self._database.connection() as connection:
            return {row.source: row for row in _standing(connection)}


def _standing(connection: Connection[TupleRow]) -> list[SourceStanding]:
    with connection.cursor(row_factory=class_row(SourceStanding)) as cursor:
        return cursor.execute(_STANDING).fetchall()


def read_standing(connection: Connection[TupleRow]) -> list[SourceStanding]:
    """Tell how the messages stand, over a connection of the caller's own."""
    return _standing(connection)


def _fields(row: OwedMessage | RecordedAnswer) -> dict[str, object]:
    return {name: getattr(row, name) for name in row.__slots__}


_COLUMNS = (
    "position, message_id, incident_id, version, source, external_id, case_number, street_code, kind, body, owed_at,"
    " state, round, attempts, next_at, last_error, leased_until, answered_at, answer_position, reference, reason"
)
_WAITING = OutboxState.WAITING.value
_REFUSED = OutboxState.REFUSED.value

_REACHED = b"SELECT position FROM tracking WHERE application_name = %s"

_MOVE = b"""
INSERT INTO tracking AS t (application_name, position) VALUES (%(name)s, %(reached)s)
ON CONFLICT (application_name) DO UPDATE SET position = excluded.position WHERE t.position = %(before)s
"""

_INSERT = b"""
INSERT INTO outbox (position, message_id, incident_id, version, source, external_id, case_number, street_code, kind,
                    body, owed_at, next_at)
VALUES (%(position)s, %(message_id)s, %(incident_id)s, %(version)s, %(source)s, %(external_id)s, %(case_number)s,
        %(street_code)s, %(kind)s, %(body)s, %(owed_at)s, %(owed_at)s)
"""

_ANSWER = f"""
UPDATE outbox SET
    state = %(state)s, answered_at = %(answered_at)s, answer_position = %(answer_position)s,
    reference = %(reference)s, reason = %(reason)s,
    round = round + CASE WHEN %(state)s = '{_WAITING}' THEN 1 ELSE 0 END,
    attempts = CASE WHEN %(state)s = '{_WAITING}' THEN 0 ELSE attempts END,
    next_at = CASE WHEN %(state)s = '{_WAITING}' THEN %(answered_at)s ELSE next_at END,
    leased_by = NULL, leased_until = NULL
WHERE position = %(position)s
""".encode()  # noqa: S608  # constants of this file

# SKIP LOCKED passes over what another sender is leasing in this moment; a lease that ran out is nobody's.
_LEASE = f"""
UPDATE outbox SET leased_by = %(lease)s, leased_until = %(until)s
WHERE position = (
    SELECT position FROM outbox AS first
    WHERE source = %(source)s AND state = '{_WAITING}' AND next_at <= %(now)s
      AND (leased_until IS NULL OR leased_until <= %(now)s)
      AND NOT EXISTS (
          SELECT FROM outbox AS earlier
          WHERE earlier.incident_id = first.incident_id AND earlier.position < first.position
            AND earlier.state = '{_WAITING}')
    ORDER BY next_at, position LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING position, message_id, incident_id, source, kind, body, round, attempts, leased_by AS lease
""".encode()  # noqa: S608  # as above

_POSTPONE = b"""
UPDATE outbox SET attempts = attempts + 1, next_at = %(next_at)s, last_error = %(error)s,
    leased_by = NULL, leased_until = NULL
WHERE position = %(position)s AND leased_by = %(lease)s
"""

_HURRY = f"""
UPDATE outbox SET next_at = least(next_at, %(now)s) WHERE position = %(position)s AND state = '{_WAITING}'
""".encode()  # noqa: S608  # as above

_NEXT_AT = f"""
SELECT min(greatest(next_at, coalesce(leased_until, next_at))) FROM outbox AS first
WHERE source = %s AND state = '{_WAITING}'
  AND NOT EXISTS (
      SELECT FROM outbox AS earlier
      WHERE earlier.incident_id = first.incident_id AND earlier.position < first.position
        AND earlier.state = '{_WAITING}')
""".encode()  # noqa: S608  # as above

_FIND = f"SELECT {_COLUMNS} FROM outbox WHERE position = %s".encode()  # noqa: S608  # as above

_LATER = b"SELECT FROM outbox WHERE incident_id = %s AND position > %s LIMIT 1"

_STANDING = f"""
SELECT source,
    count(*) FILTER (WHERE state = '{_WAITING}') AS waiting,
    min(owed_at) FILTER (WHERE state = '{_WAITING}') AS oldest_owed_at,
    count(*) FILTER (WHERE state = '{_WAITING}' AND attempts > 0) AS failing,
    count(*) FILTER (WHERE state = '{_REFUSED}' AND NOT EXISTS (
        SELECT FROM outbox AS later
        WHERE later.incident_id = owed.incident_id AND later.kind = owed.kind AND later.position > owed.position
    )) AS refused,
    (array_agg(last_error ORDER BY attempts DESC) FILTER (WHERE state = '{_WAITING}' AND attempts > 0))[1] AS last_error
FROM outbox AS owed WHERE state IN ('{_WAITING}', '{_REFUSED}') GROUP BY source ORDER BY source
""".encode()  # noqa: S608  # as above
