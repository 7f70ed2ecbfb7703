"""The questions about queues: what stands in them now, or stood in them as of a position or a time.

What was recorded at one moment became visible together, so "as of a position" means as of the end of its moment.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import LiteralString
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow, class_row
from psycopg.sql import SQL, Composed

from jiedao.domain.errors import InvalidInputError, OutsideLogError
from jiedao.domain.terms import IncidentState
from projections.answers import Count, Page, QueueQuestion, QueueRow
from projections.conditions import Conditions
from projections.cursor import read_cursor
from projections.held_then import held_then
from projections.paging import page_of, page_size, select_rows
from projections.task_queue import QUEUED_STATES, TO_DO_STATES

_LAST = datetime.max.replace(tzinfo=UTC)  # stands for "no deadline" within a cursor
_NO_PRIORITY = 9  # as in task_queue.sql

_STANDING = SQL("to_position IS NULL")
_BOUNDS = """
SELECT recorded_at_of(1),
       greatest(now(), (SELECT recorded_at FROM event ORDER BY position DESC LIMIT 1))
"""
_COUNT_NOW: LiteralString = """
SELECT street_code, platform, state, incidents FROM incident_count
WHERE state = ANY(%(queued)s) AND (%(streets)s::text[] IS NULL OR street_code = ANY(%(streets)s))
ORDER BY street_code NULLS LAST, platform NULLS LAST, state
"""
_COUNT_THEN = SQL("""
SELECT street_code, platform, state, count(*) AS incidents FROM task_queue
WHERE {} AND (%(streets)s::text[] IS NULL OR street_code = ANY(%(streets)s))
GROUP BY street_code, platform, state
ORDER BY street_code NULLS LAST, platform NULLS LAST, state
""")


def resolve_position(
    connection: Connection[TupleRow], reached: int, as_of_position: int | None, as_of_time: datetime | None
) -> int | None:
    """Return the position as of which to look; ``None`` for now. ``reached`` is how far the views are.

    Raises InvalidInputError for both at once, or a time without zone; OutsideLogError, which is one, for a moment that
    has not come or that was before the log began, or a position that is not yet in the views. Position 0 is before
    everything.
    """
    if as_of_position is not None and as_of_time is not None:
        raise InvalidInputError("as of a position or as of a time, not both", pointer="/as_of")
    if as_of_position is not None:
        if not 0 <= as_of_position <= reached:
            raise OutsideLogError(f"positions reach from 0 to {reached}, not to {as_of_position}", pointer="/as_of")
        query = "SELECT position_as_of(recorded_at_of(%s))"
        return min(_number(connection, query, as_of_position), reached) if as_of_position else 0
    if as_of_time is not None:
        if as_of_time.tzinfo is None:
            raise InvalidInputError("a time needs its zone, such as 2026-11-24T09:30:00+08:00", pointer="/as_of")
        _require_within_log(connection, as_of_time)
        return min(_number(connection, "SELECT position_as_of(%s)", as_of_time), reached)
    return None


def _require_within_log(connection: Connection[TupleRow], moment: datetime) -> None:
    row = connection.execute(_BOUNDS).fetchone()
    begin, end = row or (None, moment)
    if moment > end:
        raise OutsideLogError("nobody knows yet what will be so then: ask as of a past moment", pointer="/as_of")
    if begin is not None and moment < begin:
        began = begin.astimezone(moment.tzinfo).isoformat(timespec="seconds")
        raise OutsideLogError(f"nothing was recorded before the log began, at {began}", pointer="/as_of")


def select_queue(
    connection: Connection[TupleRow], reached: int, question: QueueQuestion, after: str | None, limit: int
) -> Page[QueueRow]:
    """Select a page of a queue: by priority, then deadline (none last), then incident id.

    Raises InvalidInputError for a state in which nobody has anything left to do.
    """
    asked = ("queue", question)
    position = resolve_position(connection, reached, question.as_of_position, question.as_of_time)
    conditions = Conditions()
    conditions.add_made(standing_at(position, reached))
    _in_state(conditions, question.state)
    _in_queue(conditions, question)
    if after is not None:
        priority, due_at, incident_id = read_cursor(asked, after, tuple[int, datetime, UUID])
        conditions.add(
            "(sort_priority, sort_due, incident_id) > (%s, %s, %s)",
            priority,
            "infinity" if due_at == _LAST else due_at,
            incident_id,
        )
    rows = select_rows(
        connection, QueueRow, "task_queue", conditions, "sort_priority, sort_due, incident_id", page_size(limit)
    )
    return page_of(rows, limit, asked, _sort_key, reached if position is None else position)


def select_counts(
    connection: Connection[TupleRow], reached: int, position: int | None, streets: frozenset[str] | None
) -> list[Count]:
    """Select how many incidents stand in which queue, now or as of a position."""
    with connection.cursor(row_factory=class_row(Count)) as cursor:
        parameters = {
            "streets": None if streets is None else sorted(streets),
            "queued": sorted(QUEUED_STATES),
        }
        then = _COUNT_THEN.format(standing_at(position, reached))
        return cursor.execute(SQL(_COUNT_NOW) if position is None else then, parameters).fetchall()


def _in_state(conditions: Conditions, wanted: str | None) -> None:
    if wanted is None:
        conditions.add("state = ANY(%s)", sorted(TO_DO_STATES))
    elif wanted in QUEUED_STATES:
        conditions.add("state = %s", wanted)
    else:
        states = ", ".join(sorted(QUEUED_STATES))
        raise InvalidInputError(f"nothing waits in state {wanted!r}: ask for one of {states}", pointer="/state")


def standing_at(position: int | None, reached: int) -> Composed:
    """Return the condition of the rows of ``task_queue`` that stand now, or stood as of a position."""
    if position is None:
        return _STANDING.format()
    still = SQL("({} AND from_position <= {})").format(_STANDING, position)
    return SQL("({} OR to_position IS NOT NULL AND {})").format(still, held_then(position, reached))


def _in_queue(conditions: Conditions, question: QueueQuestion) -> None:
    conditions.add_known(
        (
            ("street_code = %s", question.street),
            ("platform = %s", question.platform),
            ("street_code = ANY(%s)", question.streets),
        )
    )
    if question.state != IncidentState.TRIAGE and question.street is None:
        conditions.add("street_code IS NULL")


def _sort_key(row: QueueRow) -> tuple[int, datetime, UUID]:
    return (row.priority or _NO_PRIORITY, row.due_at or _LAST, row.incident_id)


def _number(connection: Connection[TupleRow], query: str, parameter: object) -> int:
    row = connection.execute(query.encode(), [parameter]).fetchone()
    return int(row[0]) if row and row[0] is not None else 0
