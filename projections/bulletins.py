"""The figures of a bulletin (日报、周报): what came in and was done in a period, and how it stood at its end.

A period that is over is looked at as of its end, so its bulletin says the same whenever it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow, class_row
from psycopg.sql import SQL, Composed

from jiedao.domain.workflow import OPEN
from projections.indicator_formulas import Formulas
from projections.indicator_terms import GROUPINGS, OVERDUE
from projections.indicators import IndicatorQuestion, Indicators, facts_as_of, select_indicators

TOLD_BY = ("source", "street", "platform")
"""By what the totals of a bulletin are told apart."""

MOST_OVERDUE = 500
"""The most overdue cases that a bulletin lists; how many there are in all, its totals say."""

_INSTANT = timedelta(microseconds=1)
_OPEN = sorted(state.value for state in OPEN)

_TOTALS = """
WITH facts AS ({facts}) SELECT {group} AS code,
    count(*) FILTER (WHERE received_at >= %(since)s AND received_at < %(until)s) AS received,
    count(*) FILTER (WHERE filed_at >= %(since)s AND filed_at < %(until)s) AS filed,
    count(*) FILTER (WHERE dispatched_at >= %(since)s AND dispatched_at < %(until)s) AS dispatched,
    count(*) FILTER (WHERE handled_at >= %(since)s AND handled_at < %(until)s) AS handled,
    count(*) FILTER (WHERE closed_at >= %(since)s AND closed_at < %(until)s) AS closed,
    count(*) FILTER (WHERE state = ANY(%(open)s)) AS standing,
    count(*) FILTER (WHERE state = ANY(%(open)s) AND state <> 'suspended' AND {overdue}) AS overdue
FROM facts WHERE state NOT IN ('void', 'merged') AND (%(streets)s::text[] IS NULL OR street_code = ANY(%(streets)s))
GROUP BY 1 ORDER BY 1 NULLS LAST
"""
_OVERDUE = """
WITH facts AS ({facts}), late AS (
    SELECT * FROM facts
    WHERE state = ANY(%(open)s) AND state <> 'suspended' AND {overdue}
        AND (%(streets)s::text[] IS NULL OR street_code = ANY(%(streets)s))
)
SELECT late.incident_id, shown.source, shown.external_id, shown.title, late.street_code, late.platform,
    late.department, late.state, late.closing_due_at AS due_at
FROM late JOIN incident_view AS shown ON shown.incident_id = late.incident_id
ORDER BY late.closing_due_at, late.incident_id LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time, ``[since, until)``."""

    since: datetime
    until: datetime

    @property
    def before(self) -> Period:
        """The stretch of the same length before it."""
        return Period(self.since - (self.until - self.since), self.since)


@dataclass(frozen=True, slots=True)
class Totals:
    """How many cases of one source, street or platform; voided and merged ones are left out.

    ``received`` to ``closed`` fell into the period; ``standing`` is how many were open at its end, ``overdue`` how many
    of them were past their deadline and not suspended. ``code`` is ``None`` where it is not known.
    """

    code: str | None
    received: int
    filed: int
    dispatched: int
    handled: int
    closed: int
    standing: int
    overdue: int


COUNTED = tuple(field.name for field in fields(Totals))[1:]
"""What a bulletin counts, in its order."""


@dataclass(frozen=True, slots=True)
class OverdueCase:
    """A case that was open past its deadline."""

    incident_id: UUID
    source: str
    external_id: str
    title: str
    street_code: str | None
    platform: str | None
    department: str | None
    state: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class BulletinFigures:
    """All that a bulletin tells. ``moment`` is as of when: the period's end, or the present while it lasts."""

    period: Period
    moment: datetime
    position: int
    totals: Mapping[str, Sequence[Totals]]
    totals_before: Sequence[Totals]
    indicators: Indicators
    indicators_before: Indicators
    overdue: Sequence[OverdueCase]


def select_bulletin(  # noqa: PLR0913  # the parts of one question
    connection: Connection[TupleRow],
    reached: int,
    period: Period,
    formulas: Formulas,
    now: datetime,
    streets: frozenset[str] | None,
) -> BulletinFigures:
    """Ask for everything that a bulletin tells, of one snapshot."""
    indicators = _indicators(connection, reached, period, formulas, now, streets)
    asked = _asked(connection, reached, period, now, streets)
    asked_before = _asked(connection, reached, period.before, now, streets)
    return BulletinFigures(
        period=period,
        moment=indicators.moment,
        position=indicators.position,
        totals={by: _totals(connection, by, asked) for by in TOLD_BY},
        totals_before=_totals(connection, TOLD_BY[0], asked_before),
        indicators=indicators,
        indicators_before=_indicators(connection, reached, period.before, formulas, now, streets),
        overdue=_overdue(connection, asked),
    )


def _end(period: Period, now: datetime) -> datetime | None:
    """As of when a period is looked at: its last instant; ``None``, for now, while it lasts."""
    return period.until - _INSTANT if period.until <= now else None


def _indicators(  # noqa: PLR0913  # as above
    connection: Connection[TupleRow],
    reached: int,
    period: Period,
    formulas: Formulas,
    now: datetime,
    streets: frozenset[str] | None,
) -> Indicators:
    end = _end(period, now)
    position = _position(connection, reached, end)
    question = IndicatorQuestion(
        "street", period.since, period.until, as_of_position=position, judged_at=end, streets=streets
    )
    return select_indicators(connection, reached, question, formulas, now)


def _asked(
    connection: Connection[TupleRow], reached: int, period: Period, now: datetime, streets: frozenset[str] | None
) -> Mapping[str, object]:
    end = _end(period, now)
    return {
        "since": period.since,
        "until": period.until,
        "position": _position(connection, reached, end),
        "reached": reached,
        "moment": end or now,
        "open": _OPEN,
        "streets": None if streets is None else sorted(streets),
        "most": MOST_OVERDUE,
    }


def _position(connection: Connection[TupleRow], reached: int, end: datetime | None) -> int | None:
    """The position as of the end of a period; 0 for one before the log began: of such a day nothing is known."""
    if end is None:
        return None
    row = connection.execute("SELECT position_as_of(%s)", [end]).fetchone()
    return min(int(row[0]), reached) if row and row[0] is not None else 0


def _totals(connection: Connection[TupleRow], by: str, asked: Mapping[str, object]) -> list[Totals]:
    query = SQL(_TOTALS).format(facts=_facts(asked), group=SQL(GROUPINGS[by].expression), overdue=SQL(OVERDUE))
    with connection.cursor(row_factory=class_row(Totals)) as cursor:
        rows = cursor.execute(query, asked).fetchall()
    return [row for row in rows if any(getattr(row, name) for name in COUNTED)]


def _overdue(connection: Connection[TupleRow], asked: Mapping[str, object]) -> list[OverdueCase]:
    with connection.cursor(row_factory=class_row(OverdueCase)) as cursor:
        return cursor.execute(SQL(_OVERDUE).format(facts=_facts(asked), overdue=SQL(OVERDUE)), asked).fetchall()


def _facts(asked: Mapping[str, object]) -> Composed:
    position, reached = asked["position"], asked["reached"]
    return facts_as_of(position if isinstance(position, int) else None, reached if isinstance(reached, int) else 0)
