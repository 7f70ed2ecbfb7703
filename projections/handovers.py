"""Shift handovers (交接班): what was handed over by whom to whom, as it stood, and what was answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.rows import TupleRow

from jiedao.domain.errors import NotFoundError
from jiedao.domain.handover import HandedMatter, HandedOver, Handover, HandoverGround, HandoverState
from jiedao.domain.terms import IncidentState
from jiedao.domain.workflow_events import Supervised, Urged
from projections.answers import Page
from projections.conditions import Conditions
from projections.cursor import read_cursor
from projections.folding import Folded, UnappliableEventError
from projections.paging import page_of, page_size, select_rows
from projections.rows import copy_rows
from projections.task_queue import TO_DO_STATES

MOST_MATTERS = 500
"""The most matters that one handover names; the most urgent of them."""

_TOPICS = f"{Handover.TOPIC}."
_COLUMNS = (
    "handover_id", "state", "street_code", "handed_by", "handed_to", "remarks", "content", "matters", "handed_at",
    "first_position", "last_position",
)  # fmt: skip
_ANSWER = """
UPDATE handovers SET state = %s, answered_by = %s, answered_at = %s, answer = %s, last_position = %s
WHERE handover_id = %s
"""
# An incident that is open and was pressed or reminded of at any time stays a matter of every shift until it ends.
_MATTERS = """
SELECT q.incident_id, q.source, q.external_id, q.title, q.street_code, q.platform, q.state, q.due_at,
       coalesce(pressed.supervised, false), coalesce(pressed.urged, false), count(*) OVER ()
FROM task_queue AS q
LEFT JOIN LATERAL (
    SELECT bool_or(topic = %(supervised)s) AS supervised, bool_or(topic = %(urged)s) AS urged FROM incident_history
    WHERE incident_id = q.incident_id AND topic IN (%(supervised)s, %(urged)s)
) AS pressed ON true
WHERE q.to_position IS NULL AND q.state = ANY(%(states)s)
  AND (%(street)s::text IS NULL OR q.street_code = %(street)s)
  AND (q.state = 'suspended' OR q.due_at < %(until)s OR pressed.supervised OR pressed.urged)
ORDER BY q.sort_priority, q.sort_due, q.incident_id LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class HandoverRow:
    """A handover as it stands; ``content`` is the recorded :class:`HandedOver` as plain JSON, see :attr:`handed`."""

    handover_id: UUID
    state: str
    street_code: str | None
    handed_by: str
    handed_to: str | None
    remarks: str
    content: Mapping[str, object]
    matters: int
    handed_at: datetime
    answered_by: str | None
    answered_at: datetime | None
    answer: str | None
    first_position: int
    last_position: int

    @property
    def handed(self) -> HandedOver:
        """What was handed over."""
        return msgspec.convert(self.content, HandedOver)


@dataclass(frozen=True, slots=True)
class HandoverFilter:
    """Which handovers are asked for; ``streets`` is what the asker may see: without it those of the district too."""

    street: str | None = None
    state: str | None = None
    streets: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class OpenMatters:
    """What a leaving shift has to hand over, the most urgent first, as of a position; and how many more there are."""

    matters: tuple[HandedMatter, ...]
    left_out: int
    position: int


class Handovers:
    """Writes ``handovers``."""

    name = "handovers"
    revision = 1
    topics = (_TOPICS,)

    def write(self, connection: Connection[TupleRow], folded: Folded) -> None:
        """Add what was handed over, then what was answered."""
        events = [recorded for recorded in folded.events if recorded.topic.startswith(_TOPICS)]
        offered = [(one, one.event) for one in events if isinstance(one.event, Handover.Offered)]
        if offered:
            rows = [
                (
                    event.originator_id, HandoverState.OFFERED.value, event.content.street_code, event.context.actor,
                    event.content.to, event.content.remarks, event.content, len(event.content.matters),
                    one.recorded_at, one.position, one.position,
                )
                for one, event in offered
            ]  # fmt: skip
            copy_rows(connection, "handovers", _COLUMNS, rows)
        for one in events:
            match one.event:
                case Handover.Offered():
                    continue
                case Handover.Accepted():
                    state, answer = HandoverState.ACCEPTED, one.event.note
                case Handover.Objected():
                    state, answer = HandoverState.OBJECTED, one.event.context.reason or ""
                case _:
                    raise UnappliableEventError(one.position, f"{one.topic} is not known to the handovers: upgrade")
            by, handover = one.event.context.actor, one.event.originator_id
            connection.execute(_ANSWER, (state.value, by, one.recorded_at, answer, one.position, handover))


def select_handovers(
    connection: Connection[TupleRow], position: int, wanted: HandoverFilter, after: str | None, limit: int
) -> Page[HandoverRow]:
    """Select handovers, the latest first. Raises InvalidInputError for a bad cursor or page size."""
    asked = ("handovers", wanted)
    conditions = _conditions(wanted)
    if after is not None:
        conditions.add("first_position < %s", *read_cursor(asked, after, tuple[int]))
    rows = select_rows(connection, HandoverRow, "handovers", conditions, "first_position DESC", page_size(limit))
    return page_of(rows, limit, asked, lambda row: (row.first_position,), position)


def select_handover(connection: Connection[TupleRow], handover_id: UUID, streets: frozenset[str] | None) -> HandoverRow:
    """Select one handover. Raises NotFoundError, also where the asker may not see it."""
    conditions = _conditions(HandoverFilter(streets=streets))
    conditions.add("handover_id = %s", handover_id)
    rows = select_rows(connection, HandoverRow, "handovers", conditions, "first_position")
    if not rows:
        raise NotFoundError(f"there is no handover {handover_id}")
    return rows[0]


def select_open_matters(
    connection: Connection[TupleRow], position: int, street: str | None, now: datetime, approaching_until: datetime
) -> OpenMatters:
    """Select what is overdue, approaching, suspended, supervised or urged of what is open; of all streets for none."""
    asked = {
        "supervised": Supervised.TOPIC,
        "urged": Urged.TOPIC,
        "states": sorted(TO_DO_STATES),
        "street": street,
        "until": approaching_until,
        "limit": MOST_MATTERS,
    }
    rows = connection.execute(_MATTERS, asked).fetchall()
    matters = tuple(_matter(row, now, approaching_until) for row in rows)
    return OpenMatters(matters, rows[0][-1] - len(rows) if rows else 0, position)


def _matter(row: TupleRow, now: datetime, until: datetime) -> HandedMatter:
    incident_id, source, external_id, title, street_code, platform, state, due_at, supervised, urged, _all = row
    suspended = state == IncidentState.SUSPENDED.value  # its clock stands still
    running = due_at is not None and not suspended
    holds = {
        HandoverGround.OVERDUE: running and due_at <= now,
        HandoverGround.APPROACHING: running and now < due_at < until,
        HandoverGround.SUSPENDED: suspended,
        HandoverGround.SUPERVISED: supervised,
        HandoverGround.URGED: urged,
    }
    grounds = tuple(ground.value for ground, here in holds.items() if here)
    return HandedMatter(incident_id, source, external_id, title, street_code, platform, state, due_at, grounds)


def _conditions(wanted: HandoverFilter) -> Conditions:
    conditions = Conditions()
    conditions.add_known(
        (
            ("street_code = %s", wanted.street),
            ("state = %s", wanted.state),
            ("street_code = ANY(%s)", wanted.streets),
        )
    )
    return conditions
