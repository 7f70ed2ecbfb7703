"""Removes an archived range from the table of events: all of it, with the event that records it, or nothing.

One transaction of the schema's owner. Every event is compared with the archive, byte for byte, before it goes; the
log's lock is taken at the very end, for the append of the event that records the removal, and for nothing that takes
long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

import psycopg
from psycopg import Connection
from psycopg.rows import TupleRow

from jiedao.domain.errors import ConfigurationError, ConflictError, JiedaoError, UnavailableError
from jiedao.domain.ports import Appended, LogEntry, Unit
from jiedao.domain.range_removal import ArchivedRange
from jiedao.store.append import append_units
from jiedao.store.archive import ArchiveFaultError
from jiedao.store.arrays import register_arrays
from jiedao.store.database import connect_alone

Report = Callable[[int, int], None]

_STEP = 5_000
_REFUSED, _MOVED = "JD012", "JD013"
_BEGIN = b"SELECT begin_removal(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
_BETWEEN = b"""
SELECT position, originator_id, originator_version, topic, state, metadata, recorded_at, leaf_hash FROM event
WHERE position BETWEEN %s AND %s ORDER BY position
"""
_REMOVE = b"SELECT remove_events(%s, %s, %s)"
_ALL_LEFT = b"SET CONSTRAINTS whole_removal IMMEDIATE"
_BOUND = b"SET LOCAL idle_in_transaction_session_timeout = '1s'"
_NO_LONG_WAIT = b"SET LOCAL lock_timeout = '2s'"  # with the log's lock held, everybody would wait too
_END = b"SELECT end_removal(%s, %s, %s)"
_TIDY = b"VACUUM (ANALYZE, SKIP_LOCKED) event, removed_event"


class RangeMovedError(ConflictError):
    """Something of one of the incidents in the range was recorded since it was looked at: look again."""

    code = "conflict"


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided about a range, and on what it rests.

    ``unit`` records it, as version ``version`` of the stream ``stream``. ``looked_to`` is the position up to which was
    looked, ``beside`` the streams outside the range on which the decision rests too.
    """

    archive: ArchivedRange
    reason: str
    approvers: tuple[str, str]
    stream: UUID
    version: int
    unit: Unit
    looked_to: int
    beside: Sequence[UUID]


class RangeRemover:
    """Does it, under the role that owns the schema; ``None`` for its address where that is not known here."""

    def __init__(self, owner_url: str | None) -> None:
        self._owner_url = owner_url

    def remove(self, decided: Decided, entries: Iterator[LogEntry], report: Report) -> Appended:
        """Remove a range whose archive holds ``entries``; ``report`` is told how many events are done.

        Raises ArchiveFaultError that names the first event which is not as the archive has it, RangeMovedError,
        ConflictError for what the database does not permit, UnavailableError where the log is too busy,
        ConfigurationError where the owner's address is not known. Whatever is raised, and whatever ends the process,
        nothing was removed.
        """
        if not self._owner_url:
            raise ConfigurationError(
                "only the role that owns the schema removes events: set JIEDAO_DATABASE_OWNER_URL to the"
                " address under it"
            )
        try:
            with connect_alone(self._owner_url, "jiedao-removal") as connection:
                with connection.transaction():
                    appended = _remove(connection, decided, entries, report)
                connection.execute(_TIDY)  # the places of what left are used again at once
                return appended
        except psycopg.DatabaseError as error:
            if error.sqlstate == _MOVED:
                raise RangeMovedError("something of the range was recorded at this very moment; look again") from error
            if error.sqlstate == _REFUSED or isinstance(error, psycopg.errors.CheckViolation):
                raise ConflictError(f"the database does not permit it: {str(error).splitlines()[0]}") from error
            if isinstance(error, psycopg.errors.LockNotAvailable):
                raise UnavailableError("the log is too busy at this moment; nothing was removed, try again") from error
            if isinstance(error, psycopg.errors.InsufficientPrivilege):
                raise ConfigurationError(
                    "JIEDAO_DATABASE_OWNER_URL is not the address under the role that owns the schema"
                ) from error
            raise


def _remove(
    connection: Connection[TupleRow], decided: Decided, entries: Iterator[LogEntry], report: Report
) -> Appended:
    archive, (first_approver, second_approver) = decided.archive, decided.approvers
    asked = [
        archive.first, archive.last, decided.reason, first_approver, second_approver,
        archive.sha256, archive.file, archive.tree_size, decided.stream, decided.version,
    ]  # fmt: skip
    row = connection.execute(_BEGIN, asked).fetchone()
    removal = int(row[0]) if row else 0
    for first in range(archive.first, archive.last + 1, _STEP):
        last = min(first + _STEP - 1, archive.last)
        _compare(connection, first, last, list(islice(entries, last - first + 1)))
        connection.execute(_REMOVE, [removal, first, last])
        report(last - archive.first + 1, archive.events)
    connection.execute(_ALL_LEFT)
    connection.execute(_BOUND)
    connection.execute(_NO_LONG_WAIT)
    with connection.cursor() as cursor:
        register_arrays(cursor)
        (outcome,) = append_units(cursor, [decided.unit])
    if isinstance(outcome, JiedaoError):
        raise outcome
    connection.execute(_END, [removal, list(decided.beside), decided.looked_to])
    return outcome


def _compare(connection: Connection[TupleRow], first: int, last: int, archived: Sequence[LogEntry]) -> None:
    """See that what goes is, byte for byte, what the archive holds."""
    with connection.cursor(binary=True) as cursor:
        there = [LogEntry(*row) for row in cursor.execute(_BETWEEN, [first, last])]
    if there == list(archived):
        return
    kept = {entry.position: entry for entry in archived}
    found = {entry.position: entry for entry in there}
    differs = next(one for one in range(first, last + 1) if one not in kept or kept[one] != found.get(one))
    raise ArchiveFaultError(f"the event at position {differs} in the database is not the one in the archive")
