"""The question about clocks: what is due next, of which incident and task, soonest first; now, or as of the past."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow, class_row
from psycopg.sql import SQL, Identifier

from jiedao.domain.stage_clocks import ONWARD_PART
from projections.answers import IncidentSummary, Page
from projections.conditions import Conditions
from projections.cursor import read_cursor
from projections.held_then import held_then
from projections.paging import page_of, page_size


@dataclass(frozen=True, slots=True)
class ClockFilter:
    """Which clocks are asked for; every field that is ``None`` lets all through.

    ``due_before`` is not included. ``clock`` is a :class:`~jiedao.domain.terms.ClockKind` value. ``offered`` keeps only
    those of offers (顺延派办), ``offered_to`` only those of offers to one person. ``streets`` is what the asker may see
    at all: an incident that no street holds is only seen where it is ``None``.
    """

    due_before: datetime | None = None
    street: str | None = None
    platform: str | None = None
    clock: str | None = None
    incident_id: UUID | None = None
    offered: bool = False
    offered_to: str | None = None
    streets: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class RunningClock:
    """A clock that runs, or ran as of a past position, by itself.

    ``task_id`` and ``part`` are empty where there is none; ``next_step`` is what is recorded of it next, at
    ``next_at``, ``None`` where nothing is left. ``offered_to`` is to whom its task is offered until ``due_at``
    (顺延派办), as they stand in events; ``None`` where it is no offer, or one to a role in which nobody is on duty.
    ``rules`` is the version of the time rules that it runs by.
    """

    incident_id: UUID
    clock: str
    task_id: str
    part: str
    time_limit: str
    since: datetime
    due_at: datetime
    provisional: bool
    next_step: str | None
    next_at: datetime | None
    offered_to: str | None
    rules: str


@dataclass(frozen=True, slots=True)
class ClockRow(RunningClock):
    """A clock with what a reader wants to know of its incident."""

    version: int
    state: str
    street_code: str | None
    platform: str | None
    priority: int | None
    title: str
    source: str
    external_id: str
    lifecycle: str


_OF_CLOCK = tuple(field.name for field in fields(RunningClock))
_OF_INCIDENT = tuple(field.name for field in fields(ClockRow))[len(_OF_CLOCK) :]
_COLUMNS = SQL(", ").join(
    Identifier(table, column)
    for table, columns in (("clock", _OF_CLOCK), ("incident_view", _OF_INCIDENT))
    for column in columns
)
_SELECT = SQL("SELECT {} FROM clock JOIN incident_view USING (incident_id) {} ORDER BY {} LIMIT {}")
_ORDER = SQL("clock.due_at, clock.incident_id, clock.clock, clock.task_id, clock.part")


def select_clocks(
    connection: Connection[TupleRow], reached: int, wanted: ClockFilter, after: str | None, limit: int
) -> Page[ClockRow]:
    """Select a page of clocks that run, the soonest due first; what stands still (挂账) is not due and left out.

    Raises InvalidInputError for a cursor of another question, or a page size beyond 1..500.
    """
    question = ("clocks", wanted)
    conditions = _conditions(question, wanted, after)
    query = _SELECT.format(_COLUMNS, conditions.where(), _ORDER, page_size(limit))
    with connection.cursor(row_factory=class_row(ClockRow)) as cursor:
        rows = cursor.execute(query, conditions.parameters).fetchall()
    return page_of(rows, limit, question, _sort_key, reached)


def _conditions(question: object, wanted: ClockFilter, after: str | None) -> Conditions:
    conditions = Conditions()
    conditions.add("clock.due_at IS NOT NULL")
    conditions.add_known(
        (
            ("clock.due_at < %s", wanted.due_before),
            ("street_code = %s", wanted.street),
            ("platform = %s", wanted.platform),
            ("clock.clock = %s", wanted.clock),
            ("clock.incident_id = %s", wanted.incident_id),
            ("clock.offered_to = %s", wanted.offered_to),
            ("starts_with(clock.part, %s)", ONWARD_PART if wanted.offered else None),
            ("street_code = ANY(%s)", wanted.streets),
        )
    )
    if after is not None:
        key = read_cursor(question, after, tuple[datetime, UUID, str, str, str])
        conditions.add(
            "(clock.due_at, clock.incident_id, clock.clock, clock.task_id, clock.part) > (%s, %s, %s, %s, %s)", *key
        )
    return conditions


_OWN = SQL(", ").join(map(Identifier, _OF_CLOCK))
_THEN = SQL("""
WITH running AS (
    SELECT {own} FROM clock WHERE due_at IS NOT NULL AND from_position <= {position}
    UNION ALL
    SELECT {own} FROM clock_past AS clock WHERE {past}
)
SELECT {own} FROM running AS clock{placed} {where} ORDER BY {order} LIMIT {limit}
""")
# Where an incident was is asked of the facts of cases, which know it at every position.
_PLACED = SQL("""
JOIN (
    SELECT incident_id, street_code, platform FROM case_facts WHERE from_position <= {position}
    UNION ALL
    SELECT incident_id, street_code, platform FROM case_facts_past WHERE {past}
) AS place USING (incident_id)""")


def select_clocks_then(  # noqa: PLR0913  # the parts of one question
    connection: Connection[TupleRow], reached: int, position: int, wanted: ClockFilter, after: str | None, limit: int
) -> Page[RunningClock]:
    """Select a page of the clocks that ran as of a position. Raises InvalidInputError as :func:`select_clocks` does."""
    question = ("clocks", wanted, position)
    past = held_then(position, reached)
    placed = any(one is not None for one in (wanted.street, wanted.platform, wanted.streets))
    query = _THEN.format(
        own=_OWN,
        position=position,
        past=past,
        placed=_PLACED.format(past=past, position=position) if placed else SQL(""),
        where=(conditions := _conditions(question, wanted, after)).where(),
        order=_ORDER,
        limit=page_size(limit),
    )
    with connection.cursor(row_factory=class_row(RunningClock)) as cursor:
        rows = cursor.execute(query, conditions.parameters).fetchall()
    return page_of(rows, limit, question, _sort_key, position)


def of_incident(clock: RunningClock, incident: IncidentSummary) -> ClockRow:
    """Return the clock with what was to be known of its incident."""
    told = {name: getattr(incident, name) for name in _OF_INCIDENT}
    return ClockRow(**asdict(clock), **told)


def _sort_key(row: RunningClock) -> tuple[datetime, UUID, str, str, str]:
    return (row.due_at, row.incident_id, row.clock, row.task_id, row.part)
