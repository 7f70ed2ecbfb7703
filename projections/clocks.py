"""The clocks view: which clocks of every open incident run, when each is due, and what is to be recorded of it next.

Everything in it follows from the log: the moments from the incidents' events, the rules from theirs. When other rules
are recorded (the calendar of a year became known), every open clock is worked out anew by that event.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.rows import TupleRow

from jiedao.domain.clock_course import Course, open_course
from jiedao.domain.deadlines import LimitClock
from jiedao.domain.incident import Incident
from jiedao.domain.stage_clocks import clocks_of
from jiedao.domain.time_rules import RecordedCalendar, TimeRuleBook, TimeRules
from jiedao.store.arrays import Int4Array, TextArray, UuidArray, register_arrays
from projections.folding import INCIDENT_TOPICS, Folded, UnappliableEventError
from projections.rows import copy_rows

_RULE_TOPICS = f"{TimeRuleBook.TOPIC}."
_CLOCK_COLUMNS = (
    "incident_id", "clock", "task_id", "part", "time_limit", "since", "due_at", "provisional", "rules", "next_step",
    "next_at", "known_at",
)  # fmt: skip
_AT_ONCE = 5_000  # courses worked out anew in one go

_encode = msgspec.json.Encoder().encode
_decode_course = msgspec.json.Decoder(Course).decode
_decode_rules = msgspec.json.Decoder(TimeRules).decode

_LOAD = """
(SELECT NULL::uuid, rules FROM clock_rules ORDER BY position DESC LIMIT 1)
UNION ALL
SELECT incident_id, course FROM clock_course WHERE incident_id = ANY(%s)
"""
_KEEP = b"""
INSERT INTO clock_course (incident_id, open, course)
SELECT one.incident_id, one.open <> 0, one.course FROM unnest(%b, %b, %b) AS one (incident_id, open, course)
ON CONFLICT (incident_id) DO UPDATE SET open = excluded.open, course = excluded.course
"""

Row = tuple[object, ...]


class Clocks:
    """Writes ``clock``, ``clock_course`` and ``clock_rules``."""

    name = "clocks"
    revision = 1
    topics = (INCIDENT_TOPICS, _RULE_TOPICS)

    def __init__(self) -> None:
        self._made: dict[str, LimitClock] = {}  # by the version, which names the exact content

    def write(self, connection: Connection[TupleRow], folded: Folded) -> None:
        """Move the courses of the incidents that the batch touches, and work their clocks out."""
        in_force, courses = _load(connection, folded.before)
        rules = _advance(courses, folded)
        for position, changed in rules:
            version, content = changed.version, _encode(changed).decode()
            connection.execute("INSERT INTO clock_rules VALUES (%s, %s, %s)", [position, version, content])
        if courses:
            _keep(connection, courses)
        if rules:
            connection.execute("DELETE FROM clock")
            for others in _open_courses(connection):  # those of this batch are among them
                self._work_out(connection, rules[-1][1], others, before=())
        elif in_force is not None:  # where none are recorded yet, the clocks come with them
            self._work_out(connection, in_force, courses, folded.before)

    def _work_out(
        self,
        connection: Connection[TupleRow],
        rules: TimeRules,
        courses: Mapping[UUID, Course],
        before: Iterable[UUID],
    ) -> None:
        """Replace the clocks of incidents; ``before`` are those that may have some."""
        known = list(before)
        if known:
            connection.execute("DELETE FROM clock WHERE incident_id = ANY(%s)", [known])
        limits = self._limit_clock(rules)
        rows = [row for incident_id, course in courses.items() for row in _rows(incident_id, course, rules, limits)]
        if rows:
            copy_rows(connection, "clock", _CLOCK_COLUMNS, rows)

    def _limit_clock(self, rules: TimeRules) -> LimitClock:
        made = self._made.get(rules.version)
        if made is None:
            made = self._made[rules.version] = LimitClock(rules.working_hours, RecordedCalendar(rules))
        return made


def _advance(courses: dict[UUID, Course], folded: Folded) -> list[tuple[int, TimeRules]]:
    """Move courses by the events of a batch; returns the rules that were recorded in it, each with its position."""
    rules: list[tuple[int, TimeRules]] = []
    for recorded in folded.events:
        event = recorded.event
        if isinstance(event, TimeRuleBook.Adopted | TimeRuleBook.Changed):
            rules.append((recorded.position, event.rules))
        elif isinstance(event, Incident.Received):
            courses[event.originator_id] = open_course(event)
        elif recorded.topic.startswith(INCIDENT_TOPICS):
            course = courses.get(event.originator_id)
            if course is None:
                raise UnappliableEventError(
                    recorded.position, f"{event.originator_id} has no course: rebuild the views"
                )
            course.advance(event)
    return rules


def _rows(incident_id: UUID, course: Course, rules: TimeRules, limits: LimitClock) -> Iterator[Row]:
    for one in clocks_of(course, rules, limits):
        yield (
            incident_id, one.clock.value, one.task_id, one.part, one.time_limit, one.since, one.due_at,
            one.provisional, rules.version, one.next_step and one.next_step.value, one.next_at, course.at,
        )  # fmt: skip


def _load(connection: Connection[TupleRow], incidents: Iterable[UUID]) -> tuple[TimeRules | None, dict[UUID, Course]]:
    """Read the rules that hold and the courses of incidents, in one statement."""
    rules: TimeRules | None = None
    courses: dict[UUID, Course] = {}
    for incident_id, content in connection.execute(_LOAD, [list(incidents)]).fetchall():
        if incident_id is None:
            rules = _decode_rules(content)
        else:
            courses[incident_id] = _decode_course(content)
    return rules, courses


def _open_courses(connection: Connection[TupleRow]) -> Iterator[dict[UUID, Course]]:
    """Yield all courses of incidents that have not ended, some at a time."""
    after = UUID(int=0)
    query = "SELECT incident_id, course FROM clock_course WHERE open AND incident_id > %s ORDER BY incident_id LIMIT %s"
    while rows := connection.execute(query, [after, _AT_ONCE]).fetchall():
        yield {incident_id: _decode_course(course) for incident_id, course in rows}
        after = rows[-1][0]


def _keep(connection: Connection[TupleRow], courses: Mapping[UUID, Course]) -> None:
    with connection.cursor() as cursor:
        register_arrays(cursor)
        cursor.execute(
            _KEEP,
            [
                UuidArray(list(courses)),
                Int4Array([int(not course.ended) for course in courses.values()]),
                TextArray([_encode(course).decode() for course in courses.values()]),
            ],
        )
