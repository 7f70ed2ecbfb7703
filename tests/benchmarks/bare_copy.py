"""The bare way to store events: one binary COPY of the rows into a table of the log's own shape, and its commit.

Bare means with nothing of ours: PostgreSQL stores that table in the way in which it stores any. The log's own way (which
does not try to compress what is encrypted) can be had beside it, and makes COPY faster, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import psycopg

COLUMNS = "position, originator_id, originator_version, topic, recorded_at, state, metadata, leaf_hash"
_TYPES = ("int8", "uuid", "int4", "text", "timestamptz", "bytea", "bytea", "bytea")

EventRow = Sequence[object]
"""The values of :data:`COLUMNS`."""


@contextmanager
def copied_events(connection: psycopg.Connection, *, stored_as_the_log: bool = False) -> Iterator[str]:
    """Make an empty table like ``event``, with its indexes, for the block; yields its name."""
    name = "copied_event_stored_alike" if stored_as_the_log else "copied_event"
    storage = "" if stored_as_the_log else "EXCLUDING STORAGE"
    connection.execute(f"CREATE TABLE {name} (LIKE event INCLUDING ALL {storage})")
    try:
        yield name
    finally:
        connection.execute(f"DROP TABLE {name}")


def copy_rows(connection: psycopg.Connection, table: str, rows: Iterable[EventRow]) -> None:
    """Copy the rows and commit; ``connection`` is in autocommit."""
    with connection.cursor().copy(f"COPY {table} ({COLUMNS}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(_TYPES)
        for row in rows:
            copy.write_row(row)


def recorded_rows(connection: psycopg.Connection, positions: range) -> list[EventRow]:
    """Read the log's own rows at these positions."""
    query = f"SELECT {COLUMNS} FROM event WHERE position >= %s AND position < %s ORDER BY position"
    with connection.cursor(binary=True) as cursor:
        return cursor.execute(query, [positions.start, positions.stop]).fetchall()
