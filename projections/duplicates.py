"""The questions about duplicates: what may be the same happening as an incident, and what several reports tell alike.

Who is compared at all is found by one index (major class, moment, place); the comparison is the domain's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow, class_row

from jiedao.domain.distance import box_around
from jiedao.domain.duplicates import DuplicateRules, Likeness, Sighting, compare, major_of
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.repeated_complaints import Pair, RepeatedComplaint, repeated_complaints
from projections.answers import IncidentSummary
from projections.conditions import Conditions
from projections.cursor import read_cursor
from projections.paging import page_of, page_size, select_rows

MOST_CANDIDATES = 2_000
"""Incidents that are compared with one; where more are as near, those that lie nearest in time."""

LONGEST_SPAN = timedelta(days=31)
MOST_REPORTS = 30_000
"""What is looked through at once for repeated complaints."""

_MOMENT = "coalesce(happened_at, reported_at)"
_SIGHTING = f"""
SELECT incident_id, source, channel, reporter_key, class_code, street_code, {_MOMENT} AS at, lon, lat,
       title || chr(10) || description AS text, address,
       (progress #>> '{{merged_into,incident_id}}')::uuid AS merged_into
FROM incident_view
"""  # noqa: S608  # made of the words of this file alone
# A void incident never was, and one that was merged is found by the one that it was merged into.
_ONE_OF_THEM = "incident_id <> %(incident_id)s AND state NOT IN ('void', 'merged')"
_SEEN = (
    "(%(streets)s::text[] IS NULL OR street_code = ANY(%(streets)s))"
    " AND (%(sources)s::text[] IS NULL OR source = ANY(%(sources)s))"
)
# What the index incident_view_likeness finds, to the letter.
_NEAR_IN_TIME = f"left(class_code, 3) = %(major)s AND {_MOMENT} BETWEEN %(since)s AND %(until)s"
_IN_BOX = "lat BETWEEN %(south)s AND %(north)s AND lon BETWEEN %(west)s AND %(east)s"
_UNPLACED = "lat IS NULL AND street_code = %(street)s"
_CANDIDATES = f"""
SELECT * FROM (
    {_SIGHTING} WHERE {_NEAR_IN_TIME} AND {_IN_BOX} AND {_ONE_OF_THEM} AND {_SEEN}
    UNION ALL
    {_SIGHTING} WHERE {_NEAR_IN_TIME} AND {_UNPLACED} AND {_ONE_OF_THEM} AND {_SEEN}
) AS near ORDER BY abs(extract(epoch FROM at - %(at)s)), incident_id LIMIT %(limit)s
"""  # noqa: S608  # made of the words of this file alone
_CANDIDATES_OF_UNPLACED = f"""
{_SIGHTING} WHERE {_NEAR_IN_TIME} AND street_code = %(street)s AND {_ONE_OF_THEM} AND {_SEEN}
ORDER BY abs(extract(epoch FROM {_MOMENT} - %(at)s)), incident_id LIMIT %(limit)s
"""
_REPORTS = f"""
{_SIGHTING} WHERE {_MOMENT} >= %(since)s AND {_MOMENT} < %(before)s AND class_code IS NOT NULL AND state <> 'void'
  AND (%(street)s::text IS NULL OR street_code = %(street)s) AND {_SEEN}
LIMIT %(limit)s
"""
_JUDGEMENTS = """
SELECT one, other, reason, actor, role, judged_at FROM duplicate_judgements
WHERE are_two AND (one = %(incident_id)s OR other = %(incident_id)s) ORDER BY position
"""
_DISTINCT = "SELECT one, other FROM duplicate_judgements WHERE are_two AND one = ANY(%s)"


@dataclass(frozen=True, slots=True)
class Judgement:
    """That a person said of a pair that they are two; ``one`` is the lesser id."""

    one: UUID
    other: UUID
    reason: str | None
    actor: str
    role: str
    judged_at: datetime


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An incident that may be the same happening, and how alike it is."""

    incident: IncidentSummary
    likeness: Likeness


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What may be the same happening as an incident, the most alike first.

    ``compared`` is how many were near enough to be looked at, ``complete`` false where there were more than that;
    ``judgements`` are the pairs that a person said to be two, which are not suggested.
    """

    incident: IncidentSummary
    items: Sequence[Suggestion]
    compared: int
    complete: bool
    judgements: Sequence[Judgement]
    position: int


@dataclass(frozen=True, slots=True)
class RepeatedQuestion:
    """Which reports are looked through: those of a moment in ``[since, before)``; ``streets``, ``sources`` as ever."""

    since: datetime
    before: datetime
    street: str | None = None
    streets: frozenset[str] | None = None
    sources: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Matter:
    """One matter with the incidents of its reports, in the order in which they came."""

    complaint: RepeatedComplaint
    incidents: Sequence[IncidentSummary]


def select_suggestions(  # noqa: PLR0913  # the parts of one question
    connection: Connection[TupleRow],
    position: int,
    incident: IncidentSummary,
    rules: DuplicateRules,
    *,
    streets: frozenset[str] | None,
    sources: frozenset[str] | None,
    limit: int,
) -> Suggestions:
    """Select what may be the same happening; an incident without class has nothing to be compared by."""
    judgements = _judgements(connection, incident.incident_id)
    candidates = _candidates(connection, incident, rules, streets, sources)
    complete = len(candidates) <= MOST_CANDIDATES
    candidates = candidates[:MOST_CANDIDATES]
    found: dict[UUID, Likeness] = {}
    if candidates:
        mine = _sighting(connection, incident.incident_id)
        said = {one for pair in judgements for one in (pair.one, pair.other)}
        for other in candidates:
            likeness = (
                compare(mine, other, rules, at_least=rules.suggest_from) if other.incident_id not in said else None
            )
            if likeness is not None and likeness.score >= rules.suggest_from:
                found[other.incident_id] = likeness
    best = sorted(found, key=lambda one: (-found[one].score, found[one].apart, one))[:limit]
    known = _summaries(connection, best)
    items = [Suggestion(known[one], found[one]) for one in best]
    return Suggestions(incident, items, len(candidates), complete, judgements, position)


@dataclass(frozen=True, slots=True)
class Reports:
    """What is looked through for matters: the reports, and the pairs of them that a person said to be two."""

    sightings: Sequence[Sighting]
    distinct: frozenset[Pair]


def select_reports(connection: Connection[TupleRow], question: RepeatedQuestion) -> Reports:
    """Select the reports of a span.

    Raises InvalidInputError for a span that is empty, or too long or too full to be looked through at once.
    """
    if not question.since < question.before <= question.since + LONGEST_SPAN:
        raise InvalidInputError(f"look through more than nothing and at most {LONGEST_SPAN.days} days", "/since")
    asked = {
        "since": question.since,
        "before": question.before,
        "street": question.street,
        "streets": _bound(question.streets),
        "sources": _bound(question.sources),
        "limit": MOST_REPORTS + 1,
    }
    sightings = _sightings(connection, _REPORTS, asked)
    if len(sightings) > MOST_REPORTS:
        raise InvalidInputError(
            f"there are more than {MOST_REPORTS} reports in it: ask for fewer days, or one street", "/since"
        )
    ids = [one.incident_id for one in sightings]
    return Reports(sightings, frozenset((row[0], row[1]) for row in connection.execute(_DISTINCT, [ids])))


def page_of_matters(
    reports: Reports, question: RepeatedQuestion, rules: DuplicateRules, after: str | None, limit: int
) -> tuple[Sequence[RepeatedComplaint], str | None]:
    """Group reports to matters, and cut a page of them: its matters, and the cursor of the page after it."""
    asked = ("repeated", question)
    size = page_size(limit)
    matters = repeated_complaints(reports.sightings, rules, reports.distinct)
    if after is not None:
        last = read_cursor(asked, after, tuple[datetime, UUID])
        matters = [one for one in matters if (one.latest, one.matter_id) < last]
    page = page_of(matters[:size], limit, asked, lambda one: (one.latest, one.matter_id), 0)
    return page.rows, page.after


def tell_matters(connection: Connection[TupleRow], matters: Sequence[RepeatedComplaint]) -> list[Matter]:
    """Put the incidents as they stand to the matters that they tell of."""
    known = _summaries(connection, [one for matter in matters for one in matter.incident_ids])
    return [Matter(one, [known[member] for member in one.incident_ids if member in known]) for one in matters]


def _candidates(
    connection: Connection[TupleRow],
    incident: IncidentSummary,
    rules: DuplicateRules,
    streets: frozenset[str] | None,
    sources: frozenset[str] | None,
) -> list[Sighting]:
    if incident.class_code is None:
        return []
    reach = rules.reach_of(incident.class_code)
    at = incident.happened_at or incident.reported_at
    asked: dict[str, object] = {
        "incident_id": incident.incident_id,
        "major": major_of(incident.class_code),
        "at": at,
        "since": at - reach.window,
        "until": at + reach.window,
        "street": incident.street_code,
        "streets": _bound(streets),
        "sources": _bound(sources),
        "limit": MOST_CANDIDATES + 1,
    }
    if incident.lon is None or incident.lat is None:
        return _sightings(connection, _CANDIDATES_OF_UNPLACED, asked)
    edges = box_around(incident.lon, incident.lat, reach.radius_m)
    return _sightings(
        connection, _CANDIDATES, asked | dict(zip(("west", "south", "east", "north"), edges, strict=True))
    )


def _sighting(connection: Connection[TupleRow], incident_id: UUID) -> Sighting:
    (found,) = _sightings(connection, f"{_SIGHTING} WHERE incident_id = %(incident_id)s", {"incident_id": incident_id})
    return found


def _sightings(connection: Connection[TupleRow], query: str, asked: Mapping[str, object]) -> list[Sighting]:
    with connection.cursor(row_factory=class_row(Sighting)) as cursor:
        return cursor.execute(query.encode(), asked).fetchall()


def _judgements(connection: Connection[TupleRow], incident_id: UUID) -> list[Judgement]:
    with connection.cursor(row_factory=class_row(Judgement)) as cursor:
        return cursor.execute(_JUDGEMENTS, {"incident_id": incident_id}).fetchall()


def _summaries(connection: Connection[TupleRow], ids: Sequence[UUID]) -> dict[UUID, IncidentSummary]:
    conditions = Conditions()
    conditions.add("incident_id = ANY(%s)", list(ids))
    rows = select_rows(connection, IncidentSummary, "incident_view", conditions, "first_position")
    return {row.incident_id: row for row in rows}


def _bound(names: frozenset[str] | None) -> list[str] | None:
    return None if names is None else sorted(names)
