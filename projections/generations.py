"""Generations: each filling of the views is a schema of its own, so a rebuild never touches what is being read.

A generation is ``building``, then ``active``, then ``retired``; at most one is active. Its position stands in the
table ``tracking`` under its schema's name, as the library's tracking records do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from psycopg import Connection
from psycopg.errors import LockNotAvailable
from psycopg.rows import TupleRow, class_row
from psycopg.sql import SQL, Identifier

from jiedao.domain.errors import ConflictError
from jiedao.store.database import Database
from projections.view import View, definition, digest

_LOCKS = 0x4A56  # "JV": the space of the generations' advisory locks, by number
_CREATION_LOCK = 0  # no generation has this number


class GenerationState(StrEnum):
    """What a generation is for now."""

    BUILDING = "building"
    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Generation:
    """One filling of the views. ``position`` is how far along the log it has come; the fault says why it stopped."""

    number: int
    state: str
    digest: str
    started_at: datetime
    activated_at: datetime | None
    retired_at: datetime | None
    fault_position: int | None
    fault_reason: str | None
    fault_at: datetime | None
    position: int

    @property
    def schema(self) -> str:
        """The schema that holds its tables, and its name in ``tracking``."""
        return schema_name(self.number)


_SELECT = """
SELECT generation.*, coalesce(tracking.position, 0) AS position
FROM projection_generation AS generation
LEFT JOIN tracking ON tracking.application_name = 'view_' || generation.number
"""


def schema_name(number: int) -> str:
    """Return the schema of a generation."""
    return f"view_{number}"


def lock_generation(connection: Connection[TupleRow], number: int, *, wait: bool) -> bool:
    """Take the sole right to apply events to a generation, until the transaction ends; false when another has it.

    With ``wait`` it is waited for, as long as the session's ``lock_timeout`` allows.
    """
    if wait:
        connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCKS, number])
        return True
    row = connection.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_LOCKS, number]).fetchone()
    return bool(row and row[0])


def enter(connection: Connection[TupleRow], number: int) -> None:
    """Let unqualified names mean the generation's tables until the transaction ends."""
    connection.execute("SELECT set_config('search_path', %s, true)", [f"{schema_name(number)}, public"])


def read_generations(connection: Connection[TupleRow]) -> list[Generation]:
    """Read all generations that are not dropped, oldest first."""
    with connection.cursor(row_factory=class_row(Generation)) as cursor:
        return cursor.execute(_SELECT + "ORDER BY number").fetchall()


def read_generation(connection: Connection[TupleRow], number: int) -> Generation | None:
    """Read one generation; ``None`` when it was dropped."""
    with connection.cursor(row_factory=class_row(Generation)) as cursor:
        return cursor.execute(_SELECT + "WHERE number = %s", [number]).fetchone()


def read_active(connection: Connection[TupleRow]) -> Generation | None:
    """Read the active generation; ``None`` before the first was made."""
    with connection.cursor(row_factory=class_row(Generation)) as cursor:
        return cursor.execute(_SELECT + "WHERE state = 'active'").fetchone()


def ensure_active(database: Database, views: Sequence[View]) -> Generation:
    """Return the active generation, making the first one, empty, where there is none."""
    with database.connection() as connection:
        active = read_active(connection)
        if active is None:
            lock_generation(connection, _CREATION_LOCK, wait=True)
            active = read_active(connection) or _create(connection, views, GenerationState.ACTIVE)
        return active


def begin(database: Database, views: Sequence[View]) -> Generation:
    """Make a new, empty generation to be built beside the active one."""
    with database.connection() as connection:
        lock_generation(connection, _CREATION_LOCK, wait=True)
        return _create(connection, views, GenerationState.BUILDING)


def _create(connection: Connection[TupleRow], views: Sequence[View], state: GenerationState) -> Generation:
    row = connection.execute("SELECT nextval('projection_generation_number')").fetchone()
    number = int(row[0]) if row else 1
    connection.execute("SELECT create_view_schema(%s)", [number])
    connection.execute(
        "INSERT INTO projection_generation (number, state, digest, activated_at)"
        " VALUES (%s, %s, %s, CASE WHEN %s THEN now() END)",
        [number, state.value, digest(views), state is GenerationState.ACTIVE],
    )
    connection.execute("INSERT INTO tracking (application_name, position) VALUES (%s, 0)", [schema_name(number)])
    enter(connection, number)
    for view in views:
        connection.execute(definition(view).encode())
    grant = SQL("GRANT ALL ON ALL TABLES IN SCHEMA {} TO jiedao_app").format(Identifier(schema_name(number)))
    connection.execute(grant)  # whichever role rebuilds, every process of the application goes on with the result
    connection.execute("SELECT set_config('search_path', 'public', true)")
    created = read_generation(connection, number)
    if created is None:
        raise ConflictError(f"generation {number} of the views vanished while it was made: start the rebuild again")
    return created


def activate(connection: Connection[TupleRow], number: int) -> bool:
    """Make a building generation the active one, in the transaction that brought it up to date.

    False, with nothing changed, while the active one is further along: what was read once must not disappear.
    Its lock is held meanwhile, so it cannot move on.
    """
    active = read_active(connection)
    if active is not None:
        lock_generation(connection, active.number, wait=True)
        old, new = read_generation(connection, active.number), read_generation(connection, number)
        if old is None or new is None or old.state != GenerationState.ACTIVE:
            raise ConflictError("another rebuild changed the active generation meanwhile: start the rebuild again")
        if new.position < old.position:
            return False
        connection.execute(
            "UPDATE projection_generation SET state = 'retired', retired_at = now() WHERE number = %s", [old.number]
        )
    connection.execute(
        "UPDATE projection_generation SET state = 'active', activated_at = now() WHERE number = %s", [number]
    )
    return True


def drop_generations(database: Database, *, keep_retired: int) -> list[int]:
    """Drop abandoned buildings and all but the latest retired generations; returns the numbers dropped.

    One that somebody still reads is left for the next time. Call it only while holding the rebuild's lock.
    """
    with database.connection() as connection:
        generations = read_generations(connection)
    retired = [one.number for one in generations if one.state == GenerationState.RETIRED]
    outdated = retired[: max(0, len(retired) - keep_retired)]
    outdated += [one.number for one in generations if one.state == GenerationState.BUILDING]
    return [number for number in outdated if _drop(database, number)]


def _drop(database: Database, number: int) -> bool:
    try:
        with database.connection() as connection:
            lock_generation(connection, number, wait=True)
            connection.execute("SELECT drop_view_schema(%s)", [number])
            connection.execute("DELETE FROM tracking WHERE application_name = %s", [schema_name(number)])
            connection.execute("DELETE FROM projection_generation WHERE number = %s", [number])
    except LockNotAvailable:
        return False
    return True
