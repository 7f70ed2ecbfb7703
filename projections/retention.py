"""Which ranges of the log may be archived: all of whose incidents have ended longer ago than their period (归档计划).

A position stands in the way while its incident is open, has joined one that is, is held, or ended too short a time ago;
so does whatever is no incident's and is asked for all the time (boundary sets, rules, rosters, erasures). Ranges lie
between: an open incident in the middle of old ones parts them in two, and its own events stay where they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow

from jiedao.domain.links import REVIEWERS
from jiedao.domain.range_removal import RangeLook, RangeRemoval, RemovalObstacle
from jiedao.domain.retention import RetentionRules
from jiedao.domain.terms import IncidentState
from jiedao.domain.workflow import OPEN
from projections.queries import ReadModel

_SIDE = (
    "jiedao.refused_command.recorded",
    "jiedao.refused_erasure.recorded",
    "jiedao.refused_removal.recorded",
    "jiedao.access.recorded",
)
_UNFILED = (IncidentState.DECLINED.value, IncidentState.REJECTED.value, IncidentState.VOID.value)
_STANDING = """
SELECT e.position, coalesce(i.source || ':' || i.external_id, e.topic) AS whose, CASE
    WHEN i.incident_id IS NULL THEN CASE
        WHEN e.topic = ANY(%(side)s) OR e.topic LIKE 'jiedao.dead_letter.%%' THEN
            CASE WHEN e.position > %(dead_letter)s THEN 'online' END
        ELSE 'kept' END
    WHEN i.state = ANY(%(open)s) THEN 'open'
    WHEN coalesce(jsonb_array_length(i.progress -> 'holds'), 0) > 0 THEN 'held'
    WHEN EXISTS (
        SELECT FROM jsonb_each(coalesce(nullif(i.progress -> 'appeals', 'null'), '{}')) AS a
        WHERE a.value ->> 'denied_by' IS NULL
          AND coalesce(jsonb_array_length(a.value -> 'granted_by'), 0) < %(reviewers)s
    ) THEN 'appealed'
    WHEN t.state = ANY(%(open)s) THEN 'open'
    WHEN i.last_position > CASE WHEN i.lifecycle = 'upstream' THEN %(upstream)s
        WHEN i.state = ANY(%(unfiled_states)s) THEN %(unfiled)s ELSE %(filed)s END THEN 'online'
END AS why
FROM public.event AS e
LEFT JOIN incident_view AS i ON i.incident_id = e.originator_id
LEFT JOIN incident_view AS t ON t.incident_id = (i.progress #>> '{merged_into,incident_id}')::uuid
WHERE e.position BETWEEN %(first)s AND %(upto)s
"""
_IN_THE_WAY = f"SELECT position, whose, why FROM ({_STANDING}) AS s WHERE why IS NOT NULL ORDER BY position"  # noqa: S608  # of this file
_OBSTACLES = f"""
SELECT why, min(position), whose, count(*) FROM ({_STANDING}) AS s WHERE why IS NOT NULL
GROUP BY why, whose ORDER BY 2 LIMIT %(most)s
"""  # noqa: S608  # as above
_BESIDE = """
SELECT DISTINCT (i.progress #>> '{merged_into,incident_id}')::uuid FROM incident_view AS i
WHERE i.progress #>> '{merged_into,incident_id}' IS NOT NULL AND EXISTS (
    SELECT FROM public.event AS e WHERE e.originator_id = i.incident_id AND e.position BETWEEN %s AND %s)
"""
_REMOVED = "SELECT first_position, last_position FROM public.event_removal"
_REQUESTS = """
SELECT position, stream_id FROM audit_event
WHERE kind = 'retention' AND topic = %s AND position < %s ORDER BY position DESC LIMIT %s
"""
_MOST_OBSTACLES = 20
_SECONDS = 2.0
_LAST_POSITION = 2**63 - 1

WHY: Mapping[str, str] = {
    "open": "未办结 still open",
    "held": "保全 held",
    "appealed": "申诉复核中 an appeal is under review",
    "online": "在线期限未满 ended too short a time ago",
    "kept": "常用，不归档 asked for all the time",
}
"""Why an event stays."""


@dataclass(frozen=True, slots=True)
class PlannedRange:
    """A range that may be archived, both ends included, and what stands right behind it (``None``: the end)."""

    first: int
    last: int
    then: str | None
    then_why: str | None

    @property
    def events(self) -> int:
        """How many events it holds."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class RetentionPlan:
    """The ranges of at least ``least`` events up to the position ``upto``; ``in_the_way`` counts events by why."""

    upto: int
    least: int
    ranges: Sequence[PlannedRange]
    in_the_way: Mapping[str, int]


def plan_ranges(
    read: ReadModel, rules: RetentionRules, now: datetime, *, least: int, archived: Sequence[tuple[int, int]] = ()
) -> RetentionPlan:
    """Say which ranges may be archived now; those that are in ``archived`` already, or removed, are left out."""
    with read.active() as (connection, reached):
        asked = _asked(connection, reached, rules, now)
        upto = asked["upto"]
        stops = connection.execute(_IN_THE_WAY, asked).fetchall()
        archived = [*archived, *connection.execute(_REMOVED).fetchall()]
    counts: dict[str, int] = {}
    for _position, _whose, why in stops:
        counts[why] = counts.get(why, 0) + 1
    taken = [(number, whose, why) for number, whose, why in stops]
    taken += [(number, None, None) for first, last in archived for number in range(first, min(last, upto) + 1)]
    ranges, begin = [], 1
    for number, whose, why in [*sorted(taken, key=lambda one: one[0]), (upto + 1, None, None)]:
        if number - begin >= least:
            ranges.append(PlannedRange(begin, number - 1, whose, why))
        begin = number + 1
    return RetentionPlan(upto, least, ranges, counts)


def _asked(connection: Connection[TupleRow], reached: int, rules: RetentionRules, now: datetime) -> dict[str, Any]:
    """What the question is asked with: up to which position what has ended by kind is old enough."""

    def position(moment: datetime) -> int:
        row = connection.execute("SELECT position_as_of(%s)", [moment]).fetchone()
        return min(int(row[0]) if row else 0, reached)

    upto_by_kind = {kind.value: position(kept.online.before(now)) for kind, kept in rules.kinds.items()}
    return {
        **upto_by_kind,
        "first": 1,
        "upto": max(upto_by_kind.values()),
        "side": list(_SIDE),
        "open": [state.value for state in OPEN],
        "unfiled_states": list(_UNFILED),
        "reviewers": REVIEWERS,
    }


class RangeBook:
    """Says of a range what stands in the way of removing it, and which removals were asked for."""

    def __init__(self, read: ReadModel, rules: RetentionRules) -> None:
        self._read = read
        self._rules = rules

    def look(self, first: int, last: int, now: datetime) -> RangeLook:
        """Look at every event of a range, as the views know it."""
        with self._read.active() as (connection, reached):
            asked = _asked(connection, reached, self._rules, now) | {"first": first, "upto": last}
            rows = connection.execute(_OBSTACLES, asked | {"most": _MOST_OBSTACLES}).fetchall()
            beside = tuple(row[0] for row in connection.execute(_BESIDE, [first, last]))
        return RangeLook(tuple(RemovalObstacle(*row) for row in rows), beside, reached)

    def reach(self, position: int) -> bool:
        """Wait at most two seconds until the views show everything up to a position."""
        return self._read.wait_for(position, _SECONDS)

    def requests(self, before: int | None, limit: int) -> list[tuple[int, UUID]]:
        """The requests to remove ranges, with the positions of their first events, the latest first."""
        asked = [RangeRemoval.Asked.TOPIC, _LAST_POSITION if before is None else before, limit]
        with self._read.active() as (connection, _reached):
            return [(row[0], row[1]) for row in connection.execute(_REQUESTS, asked)]
