"""The questions about queues: what stands in them now, or stood in them as of a position or a time.

What was recorded at one moment became visible together, so "as of a position" means as of the end of its moment.
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow, class_row

from jiedao.domain.errors import InvalidInputError
from jiedao.domain.terms import IncidentState
from projections.answers import Count, Page, QueueQuestion, QueueRow
from projections.conditions import Conditions
from projections.cursor import read_cursor
from projections.paging import page_of, page_size, select_rows
from projections.task_queue import QUEUED_STATES, TO_DO_STATES

_LAST = datetime.max.replace(tzinfo=UTC)  # stands for "no deadline" within a cursor
_NO_PRIORITY = 9  # as in task_queue.sql

_COUNT_NOW = """
SELECT street_code, platform, state, incidents FROM incident_count
WHERE state = ANY(%(queued)s) AND (%(streets)s::text[] IS NULL OR street_code = ANY(%(streets)s))
ORDER BY street_code NULLS LAST, platform NULLS LAST, state
"""
_COUNT_THEN = """
SELECT street_code, platform, state, count(*) AS incidents FROM task_queue
WHERE from_position <= %(position)s AND (to_position IS NULL OR to_position > %(position)s)
  AND (%(streets)s::text[] IS NULL OR street_code = ANY(%(streets)s))
GROUP BY street_code, platform, state
ORDER BY street_code NULLS LAST, platform NULLS LAST, state
"""


def resolve_position(
    connection: Connection[TupleRow], reached: int, as_of_position: int | None, as_of_time: datetime | None
) -> int | None:
    """Return the position as of which to look; ``None`` for now. ``reached`` is how far the views are.

    Raises InvalidInputError for both at once, a time without zone, or a position that is not yet in the views.
    """
    if as_of_position is not None and as_of_time is not None:
        raise InvalidInputError("as of a position or as of a time, not both", pointer="/as_of")
    if as_of_position is not None:
        if not 0 <= as_of_position <= reached:
            raise InvalidInputError(f"positions reach from 0 to {reached}, not to {as_of_position}", pointer="/as_of")
        query = "SELECT position_as_of(recorded_at_of(%s))"
        return min(_number(connection, query, as_of_position), reached) if as_of_position else 0
    if as_of_time is not None:
        if as_of_time.tzinfo is None:
            raise InvalidInputError("a time needs its zone, such as 2026-11-24T09:30:00+08:00", pointer="/as_of")
        return min(_number(connection, "SELECT position_as_of(%s)", as_of_time), reached)
    return None


def select_queue(
    connection: Connection[TupleRow], reached: int, question: QueueQuestion, after: str | None, limit: int
) -> Page[QueueRow]:
    """Select a page of a queue: by priority, then deadline (none last), then incident id.

    Raises InvalidInputError for a state in which nobody has anything left to do.
    """
    asked = ("queue", question)
    position = resolve_position(connection, reached, question.as_of_position, question.as_of_time)
    conditions = _standing_at(position)
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
    connection: Connection[TupleRow], position: int | None, streets: frozenset[str] | None
) -> list[Count]:
    """Select how many incidents stand in which queue, now or as of a position."""
    with connection.cursor(row_factory=class_row(Count)) as cursor:
        parameters = {
            "position": position,
            "streets": None if streets is None else sorted(streets),
            "queued": sorted(QUEUED_STATES),
        }
        return cursor.execute(_COUNT_NOW if position is None else _COUNT_THEN, parameters).fetchall()


def _in_state(conditions: Conditions, wanted: str | None) -> None:
    if wanted is None:
        conditions.add("state = ANY(%s)", sorted(TO_DO_STATES))
    elif wanted in QUEUED_STATES:
        conditions.add("state = %s", wanted)
    else:
        states = ", ".join(sorted(QUEUED_STATES))
        raise InvalidInputError(f"nothing waits in state {wanted!r}: ask for one of {states}", pointer="/state")


def _standing_at(position: int | None) -> Conditions:
    conditions = Conditions()
    if position is None:
        conditions.add("to_position IS NULL")
    else:
        conditions.add("from_position <= %s AND (to_position IS NULL OR to_position > %s)", position, position)
    return conditions


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
