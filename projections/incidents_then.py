"""The list of incidents as it was as of a past position: what the list would show if the log ended there.

Nothing more is kept for it. Which incidents are asked for is told by the facts of cases, which know street, platform,
state and class at every position, and by the view for what never changes. Only a revision changes what a report says,
so an incident that was revised since is a candidate whatever it says now. Candidates are folded from their own streams
up to the position and looked at again: the database narrows, the fold decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg.sql import SQL

from jiedao.domain.incident import Incident
from jiedao.domain.progress import Progress
from projections.answers import IncidentFilter, IncidentSummary, Page
from projections.conditions import Conditions, containing
from projections.cursor import read_cursor
from projections.held_then import held_then
from projections.incident_text import plan_for, said_in, searched
from projections.paging import page_of, page_size

Fold = Callable[[Connection[TupleRow], Sequence[UUID], int], Mapping[UUID, IncidentSummary]]
"""Tells how incidents stood as of a position."""

# What changed since is few: it is asked by its facts of then, and reached by its ids. Of everything else, what the view
# says now was so then. That the few are no part of the long scan lets the server see how rare a text is.
_CANDIDATES = SQL("""
WITH past AS MATERIALIZED (
    SELECT incident_id, street_code, platform, source, state, class_code FROM case_facts_past WHERE {past}
), revised AS MATERIALIZED (
    SELECT DISTINCT incident_id FROM audit_event WHERE topic = %s AND position > %s AND {revised_matters}
), same AS (
    SELECT incident_id, first_position FROM incident_view AS stood
    {of_same} AND incident_id NOT IN (SELECT incident_id FROM past)
              AND incident_id NOT IN (SELECT incident_id FROM revised)
    ORDER BY first_position DESC LIMIT {limit}
), other AS (
    SELECT incident_id, first_position FROM (
        SELECT * FROM past
        UNION ALL
        SELECT incident_id, street_code, platform, source, state, class_code FROM incident_view
        WHERE incident_id = ANY(ARRAY(SELECT incident_id FROM revised EXCEPT SELECT incident_id FROM past))
    ) AS stood JOIN (
        SELECT incident_id, first_position, external_id, reported_at, text.said
        FROM incident_view JOIN incident_text AS text USING (incident_id)
        WHERE incident_id = ANY(ARRAY(SELECT incident_id FROM past UNION SELECT incident_id FROM revised))
    ) AS reported USING (incident_id)
    {of_other} ORDER BY first_position DESC LIMIT {limit}
)
SELECT * FROM same UNION ALL SELECT * FROM other ORDER BY first_position DESC LIMIT {limit}
""")
_OFFERED = "incident_id IN (SELECT incident_id FROM audit_event WHERE topic = %s AND position <= %s)"
_REVISED = "incident_id IN (SELECT incident_id FROM revised)"
_SAID_BY_MANY: LiteralString = "incident_id IN (SELECT incident_id FROM incident_text WHERE said LIKE %s)"
_SAID_BY_FEW: LiteralString = "said LIKE %s"


@dataclass(frozen=True, slots=True)
class IncidentsThen:
    """The question: which incidents, as of which position; ``reached`` is how far the views are."""

    wanted: IncidentFilter
    position: int
    reached: int


def select_incidents_then(
    connection: Connection[TupleRow], asked: IncidentsThen, fold: Fold, after: str | None, limit: int
) -> Page[IncidentSummary]:
    """Select a page of incidents as of a position, the latest received first.

    Raises InvalidInputError for a cursor of another question, or a page size beyond 1..500.
    """
    question = ("incidents", asked.wanted, asked.position)
    wanted = page_size(limit)
    before = asked.position + 1
    if after is not None:
        (before,) = read_cursor(question, after, tuple[int])
    plan_for(connection, asked.wanted.text)
    found: list[IncidentSummary] = []
    while len(found) < wanted:
        candidates = _candidates(connection, asked, before, wanted)
        if candidates:
            before = candidates[-1][1]
            rows = fold(connection, [incident_id for incident_id, _first in candidates], asked.position)
            stood = [rows[incident_id] for incident_id, _first in candidates if incident_id in rows]
            found += _asked_for(asked.wanted, stood)
        if len(candidates) < wanted:
            break
    return page_of(found[:wanted], limit, question, lambda row: (row.first_position,), asked.position)


def _candidates(
    connection: Connection[TupleRow], asked: IncidentsThen, before: int, limit: int
) -> list[tuple[UUID, int]]:
    stood, few = _stood(asked.wanted, asked.position), _said_now(asked.wanted, _SAID_BY_FEW)
    stood.add("first_position < %s", before)
    same, other = stood.and_all(_said_now(asked.wanted, _SAID_BY_MANY)), stood.and_any(few, _REVISED)
    query = _CANDIDATES.format(
        past=held_then(asked.position, asked.reached),
        revised_matters=bool(few.clauses),
        of_same=same.where(),
        of_other=other.where(),
        limit=limit,
    )
    parameters = [Incident.Revised.TOPIC, asked.position, *same.parameters, *other.parameters]
    return [(row[0], row[1]) for row in connection.execute(query, parameters)]


def _stood(wanted: IncidentFilter, position: int) -> Conditions:
    """Narrow by how incidents stood, as far as can be told without folding, and by what never changes."""
    conditions = Conditions()
    conditions.add_known(
        (
            ("stood.street_code = %s", wanted.street),
            ("stood.platform = %s", wanted.platform),
            ("stood.source = %s", wanted.source),
            ("stood.state = %s", wanted.state),
            ("stood.class_code = %s", wanted.class_code),
            ("external_id = %s", wanted.external_id),
        )
    )
    if wanted.streets is not None:
        offered = Incident.TransferOffered.TOPIC, position
        conditions.add(f"(stood.street_code = ANY(%s) OR {_OFFERED})", sorted(wanted.streets), *offered)
    return conditions


def _said_now(wanted: IncidentFilter, text: LiteralString) -> Conditions:
    """Narrow by what reports say, which a revision changes; ``text`` is how a text is looked for."""
    conditions = Conditions()
    conditions.add_known(
        (
            ("reported_at >= %s", wanted.reported_from),
            ("reported_at < %s", wanted.reported_before),
            (text, containing(searched(wanted.text)) if wanted.text else None),
        )
    )
    return conditions


def _asked_for(wanted: IncidentFilter, rows: Sequence[IncidentSummary]) -> list[IncidentSummary]:
    """Keep what the list would have shown then: the conditions of the list on the rows as they were."""
    text = searched(wanted.text or "")
    return [
        row for row in rows if _reported_within(row, wanted) and _seen(row, wanted.streets) and text in said_in(row)
    ]


def _reported_within(row: IncidentSummary, wanted: IncidentFilter) -> bool:
    return (wanted.reported_from is None or row.reported_at >= wanted.reported_from) and (
        wanted.reported_before is None or row.reported_at < wanted.reported_before
    )


def _seen(row: IncidentSummary, streets: frozenset[str] | None) -> bool:
    """What streets see: what they held then, and what was offered to them."""
    if streets is None or row.street_code in streets:
        return True
    transfer = msgspec.convert(row.progress or {}, Progress).transfer
    return transfer is not None and transfer.receiver.street_code in streets
