"""The facts of all cases, now and as of every position of the log: what indicators are asked of.

What is known now stands in ``case_facts``, what was known before in ``case_facts_past``, for positions
``[from_position, to_position)``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow, class_row
from psycopg.sql import SQL, Identifier

from jiedao.domain.incident import Incident
from jiedao.domain.workflow_events import WorkflowEvent
from projections.case_facts import COLUMNS, CaseFacts, as_tuple, next_facts, open_facts
from projections.folding import INCIDENT_TOPICS, Folded
from projections.log import PositionedEvent
from projections.rows import copy_rows

_TAKE = SQL("DELETE FROM case_facts WHERE incident_id = ANY(%s) RETURNING {}").format(
    SQL(", ").join(map(Identifier, COLUMNS))
)
_PAST_COLUMNS = (*COLUMNS, "to_position")


class CaseFactsView:
    """Writes ``case_facts`` and ``case_facts_past``."""

    name = "case_facts"
    revision = 2
    topics = (INCIDENT_TOPICS,)

    def write(self, connection: Connection[TupleRow], folded: Folded) -> None:
        """Take out the stored facts of what the batch touches; put the latest in their place, the rest to the past."""
        if not folded.standings:
            return
        stored = _take(connection, [incident_id for incident_id in folded.standings if incident_id in folded.before])
        moved = _moves_of_incidents(folded.events)
        received = {
            one.event.originator_id: one.event.timestamp
            for one in folded.events
            if isinstance(one.event, Incident.Received)
        }
        now: list[CaseFacts] = []
        past: list[tuple[object, ...]] = []
        for incident_id in folded.standings:
            known = stored[incident_id] if incident_id in folded.before else None
            received_at = known.received_at if known is not None else received[incident_id]
            stretches = _stretches(folded, incident_id, known, received_at, moved.get(incident_id, ()))
            past += [(*as_tuple(facts), following.from_position) for facts, following in pairwise(stretches)]
            now.append(stretches[-1])
        if past:
            copy_rows(connection, "case_facts_past", _PAST_COLUMNS, past)
        copy_rows(connection, "case_facts", COLUMNS, map(as_tuple, now))


def _take(connection: Connection[TupleRow], known: Sequence[UUID]) -> Mapping[UUID, CaseFacts]:
    if not known:
        return {}
    with connection.cursor(row_factory=class_row(CaseFacts)) as cursor:
        return {facts.incident_id: facts for facts in cursor.execute(_TAKE, [known])}


def _moves_of_incidents(events: Sequence[PositionedEvent]) -> Mapping[UUID, list[PositionedEvent]]:
    """Sort the events of the workflow out by incident; most of a log are reports, which move nothing."""
    sorted_out: defaultdict[UUID, list[PositionedEvent]] = defaultdict(list)
    for recorded in events:
        if isinstance(recorded.event, WorkflowEvent):
            sorted_out[recorded.event.originator_id].append(recorded)
    return sorted_out


def _stretches(
    folded: Folded,
    incident_id: UUID,
    stored: CaseFacts | None,
    received_at: datetime,
    moved: Sequence[PositionedEvent],
) -> list[CaseFacts]:
    """Return the facts that hold one after the other, from the stored ones on; at least one."""
    before = folded.before.get(incident_id)
    stretches = [stored] if stored is not None else []
    first = 0
    for position, row in folded.standings[incident_id]:
        end = next((place for place in range(first, len(moved)) if moved[place].position > position), len(moved))
        known = stretches[-1] if stretches else open_facts(row, received_at)
        facts = next_facts(known, before, moved[first:end], row, position)
        if not stretches or replace(facts, from_position=stretches[-1].from_position) != stretches[-1]:
            stretches.append(facts)
        before, first = row, end
    return stretches
