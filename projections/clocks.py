"""The clocks view: which clocks of every open incident run, when each is due, and what is to be recorded of it next.

Everything in it follows from the log: the moments from the incidents' events, the rules from theirs. When other rules
are recorded (the calendar of a year became known), every open clock is worked out anew by that event. The fold has
worked them out, after each moment; what a list showed until then goes to the past.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Identifier

from jiedao.domain.time_rules import TimeRuleBook
from jiedao.store.arrays import Int4Array, TextArray, UuidArray, register_arrays
from projections.folding import INCIDENT_TOPICS, ClocksStood, Folded
from projections.rows import copy_rows
from projections.timekeeping import Timekeeper, encode_course

_RULE_TOPICS = f"{TimeRuleBook.TOPIC}."
_KEY = ("incident_id", "clock", "task_id", "part")
_SHOWN = ("time_limit", "since", "due_at", "provisional", "rules", "next_step", "next_at", "offered_to")
"""What a list shows of a clock: where nothing of this is another, it shows the same row."""

_COLUMNS = (*_KEY, *_SHOWN, "known_at", "onward_at", "from_position")
_PAST_COLUMNS = (*_KEY, *_SHOWN, "from_position", "to_position")
_KEYED, _SEEN, _SINCE = slice(len(_KEY)), slice(len(_KEY), len(_KEY) + len(_SHOWN)), len(_COLUMNS) - 1
_DUE = _COLUMNS.index("due_at")

_encode = msgspec.json.Encoder().encode

_TAKE = SQL("DELETE FROM clock WHERE incident_id = ANY(%s) RETURNING {}").format(
    SQL(", ").join(map(Identifier, _COLUMNS))
)
_KEEP = b"""
INSERT INTO clock_course (incident_id, open, course)
SELECT one.incident_id, one.open <> 0, one.course FROM unnest(%b, %b, %b) AS one (incident_id, open, course)
ON CONFLICT (incident_id) DO UPDATE SET open = excluded.open, course = excluded.course
"""

Row = tuple[object, ...]
Running = dict[tuple[object, ...], Row]
"""An incident's clocks by their keys; each row ends with the position since when it is shown so."""


class Clocks:
    """Writes ``clock``, ``clock_past``, ``clock_course`` and ``clock_rules``."""

    name = "clocks"
    revision = 4
    topics = (INCIDENT_TOPICS, _RULE_TOPICS)

    def write(self, connection: Connection[TupleRow], folded: Folded) -> None:
        """Keep the courses of the incidents that the batch moved, and replace their clocks."""
        for position, changed in folded.rules:
            version, content = changed.version, _encode(changed).decode()
            connection.execute("INSERT INTO clock_rules VALUES (%s, %s, %s)", [position, version, content])
        if folded.keeper.courses:
            _keep(connection, folded.keeper)
        if not folded.clocks:
            return
        stored = _take(connection, list(folded.clocks))
        now: list[Row] = []
        past: list[Row] = []
        for incident_id, stands in folded.clocks.items():
            now += _advance(incident_id, stored.get(incident_id, {}), stands, past)
        if past:
            copy_rows(connection, "clock_past", _PAST_COLUMNS, past)
        if now:
            copy_rows(connection, "clock", _COLUMNS, now)


def _take(connection: Connection[TupleRow], incidents: Sequence[UUID]) -> Mapping[UUID, Running]:
    """Take out the stored clocks of incidents."""
    taken: defaultdict[UUID, Running] = defaultdict(dict)
    with connection.cursor(binary=True) as cursor:
        for row in cursor.execute(_TAKE, [incidents]):
            taken[row[0]][row[_KEYED]] = row
    return taken


def _advance(incident_id: UUID, known: Running, stands: Sequence[ClocksStood], past: list[Row]) -> Iterator[Row]:
    """Let an incident's clocks run on; what ends, or is shown otherwise, goes to the past. Returns what runs now."""
    for stood in stands:
        running: Running = {}
        for row in _rows(incident_id, stood):
            before = known.get(row[_KEYED])
            same = before is not None and before[_SEEN] == row[_SEEN]
            running[row[_KEYED]] = (*row[:_SINCE], before[_SINCE]) if before is not None and same else row
        past += [
            (*row[_KEYED], *row[_SEEN], row[_SINCE], stood.position)
            for key, row in known.items()
            if row[_DUE] is not None and (key not in running or running[key][_SINCE] != row[_SINCE])
        ]
        known = running
    return iter(known.values())


def _rows(incident_id: UUID, stood: ClocksStood) -> Iterator[Row]:
    for one in stood.clocks:
        yield (
            incident_id, one.clock.value, one.task_id, one.part, one.time_limit, one.since, one.due_at,
            one.provisional, stood.rules, one.next_step and one.next_step.value, one.next_at, one.offered_to,
            stood.known_at, one.onward_at, stood.position,
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
