"""The task queues of street × platform, with triage: what stood in them, in any open state, at any position of the log.

An incident's row is closed and a new one opened when it moves to another queue or looks different in it; a row
holds for positions ``[from_position, to_position)``.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow

from jiedao.domain.terms import IncidentState
from jiedao.domain.workflow import OPEN
from projections.folding import INCIDENT_TOPICS, Folded
from projections.incident_row import IncidentRow
from projections.rows import copy_rows

QUEUED_STATES = frozenset(state.value for state in OPEN)
"""The states in which an incident stands in a queue: whoever holds it has something to do, or to see to."""

TO_DO_STATES = QUEUED_STATES - {IncidentState.TRIAGE.value}
"""Those in which it is known who holds it: what a street's own queue shows."""

_SHOWN = (
    "state", "street_code", "platform", "priority", "due_at", "due_provisional", "due_clock", "title", "address",
    "class_code", "class_name", "source_class", "source", "external_id", "lifecycle", "received_at", "upstream_refusal",
)  # fmt: skip
_COLUMNS = ("incident_id", "from_position", "to_position", *_SHOWN)
_shown = attrgetter(*_SHOWN)

_CLOSE = """
UPDATE task_queue SET to_position = closed.position
FROM unnest(%s::uuid[], %s::bigint[]) AS closed (incident_id, position)
WHERE task_queue.incident_id = closed.incident_id AND task_queue.to_position IS NULL
"""


def _standing(row: IncidentRow | None) -> tuple[object, ...] | None:
    """What a queue shows of an incident; ``None`` where it stands in none."""
    return _shown(row) if row is not None and row.state in QUEUED_STATES else None


class TaskQueue:
    """Writes ``task_queue``."""

    name = "task_queue"
    revision = 4
    topics = (INCIDENT_TOPICS,)

    def write(self, connection: Connection[TupleRow], folded: Folded) -> None:
        """Close the stored rows that no longer hold, then add the new ones, open or already closed."""
        closed: list[tuple[UUID, int]] = []
        opened: list[tuple[object, ...]] = []
        for incident_id in folded.standings:
            opened.extend(_cut(folded, incident_id, closed))
        if closed:
            connection.execute(_CLOSE, [list(column) for column in zip(*closed, strict=True)])
        if opened:
            copy_rows(connection, "task_queue", _COLUMNS, opened)


def _cut(folded: Folded, incident_id: UUID, closed: list[tuple[UUID, int]]) -> Iterator[tuple[object, ...]]:
    """Cut an incident's moments into rows; what was stored and ends goes into ``closed``."""
    shown = _standing(folded.before.get(incident_id))
    since: int | None = None  # of the row that this batch opened; None while the stored one holds
    for position, row in folded.standings[incident_id]:
        now = _standing(row)
        if now == shown:
            continue
        if shown is not None and since is None:
            closed.append((incident_id, position))
        elif shown is not None:
            yield (incident_id, since, position, *shown)
        shown, since = now, position
    if shown is not None and since is not None:
        yield (incident_id, since, None, *shown)
