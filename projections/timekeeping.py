"""What deadlines are worked out from while a batch is folded: the rules that hold, and each incident's course.

The fold works every clock out once, and all views that speak of a deadline take it from there. When other rules are
recorded, the deadlines of all open incidents move by that event.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.rows import TupleRow, class_row
from psycopg.sql import SQL, Identifier

from jiedao.domain.case_deadlines import work_out
from jiedao.domain.clock_course import Course, open_course
from jiedao.domain.deadlines import LimitClock
from jiedao.domain.incident import Incident
from jiedao.domain.stage_clocks import StageClock
from jiedao.domain.time_rules import RecordedCalendar, TimeRules
from projections.incident_row import COLUMNS, IncidentRow
from projections.log import PositionedEvent

AT_ONCE = 2_000
"""Incidents looked at again in one go: some 15 kB each."""

decode_course = msgspec.json.Decoder(Course).decode
encode_course = msgspec.json.Encoder().encode
_decode_rules = msgspec.json.Decoder(TimeRules).decode

_LOAD = """
(SELECT NULL::uuid, rules FROM clock_rules ORDER BY position DESC LIMIT 1)
UNION ALL
SELECT incident_id, course FROM clock_course WHERE incident_id = ANY(%s)
"""
_COLUMNS = SQL(", ").join(map(Identifier, COLUMNS))
_ROWS = SQL("SELECT {} FROM incident_view WHERE incident_id = ANY(%s)").format(_COLUMNS)
_OPEN = "SELECT incident_id, course FROM clock_course WHERE open AND incident_id > %s ORDER BY incident_id LIMIT %s"


class LimitClocks:
    """Lays working time out once for each version of the rules, which names their exact content."""

    def __init__(self) -> None:
        self._made: dict[str, LimitClock] = {}

    def of(self, rules: TimeRules) -> LimitClock:
        """Return the clock that works by some rules."""
        made = self._made.get(rules.version)
        if made is None:
            made = self._made[rules.version] = LimitClock(rules.working_hours, RecordedCalendar(rules))
        return made


@dataclass(slots=True)
class Timekeeper:
    """The courses of the incidents that a batch touches, moved event by event, under the rules that hold.

    ``connection`` is where all other open incidents are found when the rules change; without one there are no others.
    ``stored`` are courses as they are stored, where it is worth the while to know whether one moved.
    """

    limit_clocks: LimitClocks = field(default_factory=LimitClocks)
    rules: TimeRules | None = None
    courses: dict[UUID, Course] = field(default_factory=dict)
    connection: Connection[TupleRow] | None = None
    stored: Mapping[UUID, str] = field(default_factory=dict)
    _moved: set[UUID] = field(default_factory=set)

    def advance(self, recorded: PositionedEvent) -> None:
        """Move the course of the event's incident; raises LookupError where the views do not hold it."""
        event = recorded.event
        incident_id = event.originator_id
        if isinstance(event, Incident.Received):
            self.courses[incident_id] = open_course(event)
        else:
            course = self.courses.get(incident_id)
            if course is None:
                raise LookupError(f"{incident_id} has no course: rebuild the views")
            if incident_id in self._moved and course.filed_at is not None:  # judged by the deadlines of just now
                self.work_out(incident_id)
            course.advance(event)
        self._moved.add(incident_id)

    def work_out(self, incident_id: UUID) -> tuple[StageClock, ...]:
        """Work the clocks of an incident out as it stands now; none before any rules were recorded."""
        self._moved.discard(incident_id)
        if self.rules is None:
            return ()
        return work_out(self.courses[incident_id], self.rules, self.limit_clocks.of(self.rules))

    def others(self) -> Iterator[tuple[Timekeeper, Mapping[UUID, IncidentRow]]]:
        """Yield all open incidents that the batch does not touch, so many at a time: their courses and their rows."""
        if self.connection is None:
            return
        after = UUID(int=0)
        while found := self.connection.execute(_OPEN, [after, AT_ONCE]).fetchall():
            after = found[-1][0]
            stored = {one: course for one, course in found if one not in self.courses}
            courses = {one: decode_course(course) for one, course in stored.items()}
            rows = read_rows(self.connection, list(stored))
            yield Timekeeper(self.limit_clocks, self.rules, courses, stored=stored), rows


def read_rows(connection: Connection[TupleRow], incidents: Sequence[UUID]) -> dict[UUID, IncidentRow]:
    """Read the rows of incidents as they stand."""
    if not incidents:
        return {}
    with connection.cursor(row_factory=class_row(IncidentRow)) as cursor:
        return {row.incident_id: row for row in cursor.execute(_ROWS, [incidents])}


def load_timekeeper(
    connection: Connection[TupleRow], limit_clocks: LimitClocks, incidents: Iterable[UUID]
) -> Timekeeper:
    """Read the rules that hold and the courses of incidents, in one statement."""
    keeper = Timekeeper(limit_clocks, connection=connection)
    for incident_id, content in connection.execute(_LOAD, [list(incidents)]).fetchall():
        if incident_id is None:
            keeper.rules = _decode_rules(content)
        else:
            keeper.courses[incident_id] = decode_course(content)
    return keeper
