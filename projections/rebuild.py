"""Rebuilding the views: a new generation is filled beside the live one and takes its place once it has caught up.

Reads are never interrupted, positions that were readable stay readable, and the result equals the live views row
for row. One rebuild at a time; one that was broken off is swept away by the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import Connection
from psycopg.rows import TupleRow

from jiedao.domain.errors import ConflictError, UnavailableError
from jiedao.store.database import Database
from projections.generations import activate, begin, drop_generations, ensure_active
from projections.runner import Applied, ProjectionRunner

_REBUILD_LOCK = 0x4A56_5242  # "JVRB": one rebuild at a time
_KEEP_RETIRED = 1  # readers that began before the flip still finish on it


@dataclass(frozen=True, slots=True)
class RebuildProgress:
    """How far a rebuild has come along the log, in positions."""

    generation: int
    position: int
    head: int


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A finished rebuild: the generation that is active now, its position at the flip, what was dropped."""

    generation: int
    position: int
    dropped: tuple[int, ...]


def rebuild(runner: ProjectionRunner, progress: Callable[[RebuildProgress], None] | None = None) -> Rebuilt:
    """Fill a new generation from the whole log and make it the active one.

    Raises ConflictError when a rebuild is under way, ProjectionStoppedError when an event cannot be applied; the
    live generation stays as it is then.
    """
    database = runner.database
    with _alone(database):
        dropped = drop_generations(database, keep_retired=_KEEP_RETIRED)
        ensure_active(database, runner.views)
        number = begin(database, runner.views).number
        applied = _fill(runner, number, progress)
        dropped += drop_generations(database, keep_retired=_KEEP_RETIRED)
    return Rebuilt(number, applied.position, tuple(dropped))


def _fill(runner: ProjectionRunner, number: int, progress: Callable[[RebuildProgress], None] | None) -> Applied:
    flipped = False

    def flip_at_the_end(connection: Connection[TupleRow], applied: Applied) -> None:
        nonlocal flipped
        flipped = applied.reached_end and activate(connection, number)

    while True:
        applied = runner.step(number, flip_at_the_end)
        if applied.taken_elsewhere:
            raise ConflictError(f"another process applies events to generation {number}: only a rebuild should")
        if progress is not None:
            progress(RebuildProgress(number, applied.position, _head(runner.database)))
        if flipped:
            return applied


def _head(database: Database) -> int:
    with database.connection() as connection:
        row = connection.execute("SELECT coalesce(max(position), 0) FROM event").fetchone()
        return int(row[0]) if row else 0


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    """Hold the right to rebuild on a connection of its own: it ends with the process, however that ends."""
    try:
        holder = psycopg.connect(database.url, autocommit=True, application_name="jiedao-rebuild")
    except psycopg.OperationalError as error:
        raise UnavailableError(f"the database does not answer: {error}") from error
    with holder:
        row = holder.execute("SELECT pg_try_advisory_lock(%s)", [_REBUILD_LOCK]).fetchone()
        if not row or not row[0]:
            raise ConflictError("a rebuild of the views is under way already: wait for it, or stop it")
        yield
