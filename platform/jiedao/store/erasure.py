"""Destroys keys in the transaction that records it, and knows which keys the log says are destroyed.

The one append that does not pass through the writer: event and destruction are committed together or not at all, under
the log's lock, which is held for the few statements of this transaction and given up after a second in any case.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

import psycopg
from psycopg import Cursor
from psycopg.rows import TupleRow

from jiedao.domain.errors import ConflictError, JiedaoError
from jiedao.domain.ports import Appended, LogEntry, Unit
from jiedao.store.append import append_units
from jiedao.store.arrays import TextArray, UuidArray, register_arrays
from jiedao.store.database import Database

_BOUND = b"SET LOCAL idle_in_transaction_session_timeout = '1s'"
_ERASE = b"SELECT erase_subjects(%b, %b, %b, %s, %s)"
_DESTROY = b"SELECT * FROM destroy_keys(%b, %s)"
_LIVING_OF = b"SELECT key_id FROM subject_key WHERE subject = ANY(%b) AND destroyed_at IS NULL ORDER BY key_id"
_DESTROYED_AMONG = b"SELECT key_id FROM subject_key WHERE key_id = ANY(%b) AND destroyed_at IS NOT NULL ORDER BY key_id"
# The condition is that of the index event_erasure, to the letter.
_ENTRIES = b"""
SELECT position, originator_id, originator_version, topic, state, metadata, recorded_at, leaf_hash FROM event
WHERE topic IN ('jiedao.erasure_request.asked', 'jiedao.erasure_request.carried_out') AND topic = %s AND position < %s
ORDER BY position DESC LIMIT %s
"""
_LAST_POSITION = 2**63 - 1


class TheirsMovedError(ConflictError):
    """Something of the reporter was recorded, or another key of theirs was made, since it was looked: look again."""

    code = "conflict"


class ErasureTable:
    """Keys and erasures; threads may share it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def living_of(self, subjects: Sequence[str]) -> list[str]:
        """Return the ids of the living keys of subjects."""
        return self._ids(_LIVING_OF, subjects)

    def destroyed_among(self, key_ids: Sequence[str]) -> list[str]:
        """Return those of the keys that were destroyed."""
        return self._ids(_DESTROYED_AMONG, key_ids) if key_ids else []

    def entries(self, topic: str, before: int | None = None, limit: int | None = None) -> list[LogEntry]:
        """Return the log's entries of one of the two topics, the latest first."""
        with self._database.connection() as connection, connection.cursor(binary=True) as cursor:
            asked = [topic, _LAST_POSITION if before is None else before, limit]
            return [LogEntry(*row) for row in cursor.execute(_ENTRIES, asked)]

    def erase(  # noqa: PLR0913  # what is destroyed, on what it rests, and what records it
        self,
        unit: Unit,
        *,
        subjects: Sequence[str],
        key_ids: Sequence[str],
        streams: Sequence[UUID],
        looked_to: int,
        reason: str,
    ) -> Appended:
        """Append a unit and destroy the keys of subjects, both or neither.

        ``streams`` are those whose standing the decision rests on, as they were at the position ``looked_to``. Raises
        TheirsMovedError where that is so no longer, and the conflict errors of an append.
        """
        asked = [TextArray(subjects), TextArray(key_ids), UuidArray(streams), looked_to, reason]
        try:
            with self._cursor() as cursor:
                cursor.execute(_BOUND)
                cursor.execute(_ERASE, asked)
                return _append(cursor, unit)
        except psycopg.DatabaseError as error:
            if error.sqlstate in {"JD021", "JD022"}:
                raise TheirsMovedError(
                    "something of theirs was recorded at this very moment; nothing was erased: look again"
                ) from error
            raise

    def destroy_again(self, unit: Unit, key_ids: Sequence[str], reason: str) -> Appended:
        """Append a unit and destroy keys that had come back with a backup, both or neither."""
        with self._cursor() as cursor:
            cursor.execute(_BOUND)
            cursor.execute(_DESTROY, [TextArray(key_ids), reason])
            return _append(cursor, unit)

    def _ids(self, query: bytes, texts: Sequence[str]) -> list[str]:
        with self._cursor() as cursor:
            return [str(row[0]) for row in cursor.execute(query, [TextArray(texts)])]

    @contextmanager
    def _cursor(self) -> Iterator[Cursor[TupleRow]]:
        """A cursor of a transaction of its own, that takes packed arrays; the lent connection itself does not."""
        with self._database.connection() as connection, connection.cursor() as cursor:
            register_arrays(cursor)
            yield cursor


def _append(cursor: Cursor[TupleRow], unit: Unit) -> Appended:
    (outcome,) = append_units(cursor, [unit])
    if isinstance(outcome, JiedaoError):
        raise outcome  # and everything of this transaction is undone
    return outcome
