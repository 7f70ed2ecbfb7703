"""The clocks view: which clocks of every open incident run, when each is due, and what is to be recorded of it next.

Everything in it follows from the log: the moments from the incidents' events, the rules from theirs. When other rules
are recorded (the calendar of a year became known), every open clock is worked out anew by that event. The fold has
worked out those of the incidents that a batch touches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.rows import TupleRow

from jiedao.domain.clock_course import Course
from jiedao.domain.stage_clocks import StageClock
from jiedao.domain.time_rules import TimeRuleBook, TimeRules
from jiedao.store.arrays import Int4Array, TextArray, UuidArray, register_arrays
from projections.folding import INCIDENT_TOPICS, Folded
from projections.rows import copy_rows
from projections.timekeeping import Timekeeper, encode_course

_RULE_TOPICS = f"{TimeRuleBook.TOPIC}."
_CLOCK_COLUMNS = (
    "incident_id", "clock", "task_id", "part", "time_limit", "since", "due_at", "provisional", "rules", "next_step",
    "next_at", "known_at", "onward_at", "offered_to",
)  # fmt: skip

_encode = msgspec.json.Encoder().encode

_KEEP = b"""
INSERT INTO clock_course (incident_id, open, course)
SELECT one.incident_id, one.open <> 0, one.course FROM unnest(%b, %b, %b) AS one (incident_id, open, course)
ON CONFLICT (incident_id) DO UPDATE SET open = excluded.open, course = excluded.course
"""

Row = tuple[object, ...]


class Clocks:
    """Writes ``clock``, ``clock_course`` and ``clock_rules``."""

    name = "clocks"
    revision = 3
    topics = (INCIDENT_TOPICS, _RULE_TOPICS)

    def write(self, connection: Connection[TupleRow], folded: Folded) -> None:
        """Keep the courses of the incidents that the batch moved, and replace their clocks."""
        keeper = folded.keeper
        for position, changed in folded.rules:
            version, content = changed.version, _encode(changed).decode()
            connection.execute("INSERT INTO clock_rules VALUES (%s, %s, %s)", [position, version, content])
        if keeper.courses:
            _keep(connection, keeper)
        if keeper.rules is None:  # the clocks come with the first rules
            return
        if known := [*folded.before, *keeper.stored]:
            connection.execute("DELETE FROM clock WHERE incident_id = ANY(%s)", [known])
        _copy(connection, keeper.rules, keeper.courses, keeper.clocks)


def _copy(
    connection: Connection[TupleRow],
    rules: TimeRules,
    courses: Mapping[UUID, Course],
    clocks: Mapping[UUID, Sequence[StageClock]],
) -> None:
    rows = [row for one, course in courses.items() for row in _rows(one, course, rules, clocks.get(one, ()))]
    if rows:
        copy_rows(connection, "clock", _CLOCK_COLUMNS, rows)


def _rows(incident_id: UUID, course: Course, rules: TimeRules, clocks: Sequence[StageClock]) -> Iterator[Row]:
    for one in clocks:
        yield (
            incident_id, one.clock.value, one.task_id, one.part, one.time_limit, one.since, one.due_at,
            one.provisional, rules.version, one.next_step and one.next_step.value, one.next_at, course.at,
            one.onward_at, one.offered_to,
        )  # fmt: skip


def _keep(connection: Connection[TupleRow], keeper: Timekeeper) -> None:
    written = {one: encode_course(course).decode() for one, course in keeper.courses.items()}
    courses = {one: keeper.courses[one] for one, course in written.items() if keeper.stored.get(one) != course}
    with connection.cursor() as cursor:
        register_arrays(cursor)
        cursor.execute(
            _KEEP,
            [
                UuidArray(list(courses)),
                Int4Array([int(not course.ended) for course in courses.values()]),
                TextArray([written[one] for one in courses]),
            ],
        )
