"""Who took which task (签收), whether they still have it and whether they handled it, with its place and class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.rows import TupleRow, class_row
from psycopg.sql import SQL, Identifier

from jiedao.domain.advice import HandlerRecord, Place
from jiedao.domain.aggregate import RecordedEvent
from jiedao.domain.duplicates import major_of
from jiedao.domain.progress import Progress
from jiedao.domain.tasks import Assignee
from jiedao.domain.terms import Role, TaskState
from jiedao.domain.workflow import ENDED
from jiedao.domain.workflow_events import TaskAccepted, TaskHandled, WorkflowEvent
from projections.answers import IncidentSummary
from projections.folding import INCIDENT_TOPICS, Folded
from projections.incident_row import IncidentRow
from projections.rows import copy_rows

HANDLERS = (Role.HANDLER, Role.GRID_WORKER)
"""Roles whose duty is handling."""

_Key = tuple[UUID, str]
_AT_WORK = frozenset({TaskState.ACCEPTED, TaskState.STARTED, TaskState.REWORK})
_ENDED = frozenset(state.value for state in ENDED)

# Everybody on duty for the street and platform, and everybody who took one of its tasks of late; by their actor's name.
_PEOPLE = """
WITH on_duty AS (
    SELECT person, max(name) AS name, max(ends_at) AS ends_at FROM roster_shift
    WHERE starts_at <= %(now)s AND ends_at > %(now)s AND role = ANY(%(roles)s)
      AND (street_code = %(street)s OR street_code IS NULL) AND (platform = %(platform)s OR platform IS NULL)
    GROUP BY person
), people AS (
    SELECT person FROM on_duty
    UNION
    SELECT person FROM handler_task
    WHERE street_code = %(street)s AND (platform = %(platform)s OR platform IS NULL) AND taken_at >= %(since)s
)
SELECT people.person, coalesce(on_duty.name, known.name), on_duty.ends_at,
       coalesce(work.open_tasks, 0), coalesce(work.same_class, 0), coalesce(work.same_major, 0), last.lon, last.lat,
       (SELECT count(*) FROM clock WHERE offered_to = people.person AND incident_id <> %(incident)s)
FROM people
LEFT JOIN on_duty ON on_duty.person = people.person
LEFT JOIN LATERAL (
    SELECT name FROM roster_shift WHERE person = people.person ORDER BY starts_at DESC, day DESC, number LIMIT 1
) AS known ON true
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE is_open) AS open_tasks,
           count(*) FILTER (WHERE handled AND class_code = %(class)s) AS same_class,
           count(*) FILTER (WHERE handled AND class_code <> %(class)s AND left(class_code, 3) = %(major)s) AS same_major
    FROM handler_task WHERE person = people.person AND (is_open OR taken_at >= %(since)s)
) AS work ON true
LEFT JOIN LATERAL (
    SELECT lon, lat FROM handler_task
    WHERE person = people.person AND lon IS NOT NULL AND taken_at >= %(since)s AND incident_id <> %(incident)s
    ORDER BY taken_at DESC, incident_id, task_id LIMIT 1
) AS last ON true
ORDER BY people.person
"""


@dataclass(slots=True)
class HandlerTask:
    """One task that somebody took; the fields are the columns of ``handler_task``."""

    incident_id: UUID
    task_id: str
    person: str
    street_code: str | None
    platform: str | None
    class_code: str | None
    lon: float | None
    lat: float | None
    taken_at: datetime
    is_open: bool
    handled: bool


COLUMNS = tuple(field.name for field in fields(HandlerTask))
_as_tuple = attrgetter(*COLUMNS)


@dataclass(frozen=True, slots=True)
class HandlersWanted:
    """For which task handlers are looked for: the assignee's street and platform, and since when they are known."""

    incident: IncidentSummary
    street: str | None
    platform: str | None
    now: datetime
    since: datetime


class HandlerTasks:
    """Writes ``handler_task``."""

    name = "handler_task"
    revision = 1
    topics = (INCIDENT_TOPICS,)

    def write(self, connection: Connection[TupleRow], folded: Folded) -> None:
        """Take down who took a task, and bring what is stored of the incidents that moved up to date."""
        moved = {one: row for one, row in folded.after.items() if row.progress is not None}
        if not moved:
            return
        tasks = {(task.incident_id, task.task_id): task for task in _load(connection, moved)}
        if tasks:
            connection.execute("DELETE FROM handler_task WHERE incident_id = ANY(%s)", [list(moved)])
        given = _assignees(folded)
        for recorded in folded.events:
            match recorded.event:
                case TaskAccepted() as event:
                    key = (event.originator_id, event.task_id)
                    tasks[key] = _taken(key, event.context.actor, given[key], recorded.recorded_at)
                case TaskHandled() as event:
                    key = (event.originator_id, event.task_id)
                    taken_at = tasks[key].taken_at if key in tasks else recorded.recorded_at
                    tasks[key] = _taken(key, event.context.actor, given[key], taken_at)
                    tasks[key].handled = True
        for task in tasks.values():
            _bring_up_to_date(task, moved[task.incident_id])
        copy_rows(connection, "handler_task", COLUMNS, map(_as_tuple, tasks.values()))


def select_handlers(connection: Connection[TupleRow], wanted: HandlersWanted) -> list[HandlerRecord]:
    """Select whom a street's task could be given to; nobody for a task that is no street's."""
    if wanted.street is None:
        return []
    incident = wanted.incident
    asked = {
        "now": wanted.now,
        "since": wanted.since,
        "street": wanted.street,
        "platform": wanted.platform or incident.platform,
        "roles": [role.value for role in HANDLERS],
        "class": incident.class_code,
        "major": major_of(incident.class_code) if incident.class_code is not None else None,
        "incident": incident.incident_id,
    }
    return [_record(row) for row in connection.execute(_PEOPLE, asked)]


def _record(row: TupleRow) -> HandlerRecord:
    person, name, ends_at, open_tasks, same_class, same_major, lon, lat, offered = row
    place = None if lon is None else Place(lon, lat)
    return HandlerRecord(person, name, ends_at, open_tasks, same_class, same_major, place, offered)


def _assignees(folded: Folded) -> dict[_Key, Assignee]:
    """Whom each task of the incidents was given to in which somebody took one.

    The events themselves say what tasks there are, so whatever way a task comes about, it is known here.
    """
    taking = {event.originator_id for event in _events(folded) if isinstance(event, TaskAccepted | TaskHandled)}
    courses: dict[UUID, Progress] = {}
    for incident_id in taking:
        before = folded.before.get(incident_id)
        courses[incident_id] = msgspec.convert((before and before.progress) or {}, Progress)
    given = {(one, task_id): task.assignee for one, course in courses.items() for task_id, task in course.tasks.items()}
    for event in _events(folded):
        course = courses.get(event.originator_id)
        if course is not None and isinstance(event, WorkflowEvent):
            event.advance(course)
            given |= {(event.originator_id, task_id): task.assignee for task_id, task in course.tasks.items()}
    return given


def _events(folded: Folded) -> Iterator[RecordedEvent]:
    return (recorded.event for recorded in folded.events)


def _taken(key: _Key, person: str, assignee: Assignee, taken_at: datetime) -> HandlerTask:
    street, platform = assignee.street_code, assignee.platform
    return HandlerTask(*key, person, street, platform, None, None, None, taken_at, is_open=False, handled=False)


def _bring_up_to_date(task: HandlerTask, row: IncidentRow) -> None:
    """What a task is like follows its incident; a task of before a reopening is nobody's any more."""
    now = msgspec.convert(row.progress, Progress).tasks.get(task.task_id)
    task.class_code, task.lon, task.lat = row.class_code, row.lon, row.lat
    task.is_open = now is not None and now.state in _AT_WORK and row.state not in _ENDED


def _load(connection: Connection[TupleRow], incidents: Iterable[UUID]) -> list[HandlerTask]:
    query = SQL("SELECT {} FROM handler_task WHERE incident_id = ANY(%s)").format(
        SQL(", ").join(map(Identifier, COLUMNS))
    )
    with connection.cursor(row_factory=class_row(HandlerTask)) as cursor:
        return cursor.execute(query, [list(incidents)]).fetchall()
