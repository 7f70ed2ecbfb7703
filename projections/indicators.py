"""The figures of indicators (考核评议), now or as of any past moment: every formula and one grouping in one pass.

Each figure is a share: what its numerator counts of what its denominator counts. Where the denominator counts nothing
there is no figure, which is another thing than 0 %. As of a past moment, what is known is what was recorded by then,
and a deadline has passed if it had passed then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import LiteralString

from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Composable, Composed, Identifier

from jiedao.domain.errors import InvalidInputError, OutsideLogError
from projections.case_facts import COLUMNS
from projections.held_then import held_then
from projections.indicator_formulas import Formula, Formulas
from projections.indicator_terms import CONDITIONS, GROUPINGS, HELD, MOMENTS, QUANTITIES
from projections.queues import resolve_position

_COLUMNS = SQL(", ").join(map(Identifier, (*COLUMNS, "held")))
_NOW = SQL("SELECT {} FROM case_facts").format(_COLUMNS)
_THEN = SQL("SELECT {0} FROM case_facts WHERE from_position <= {1} UNION ALL SELECT {0} FROM case_facts_past WHERE {2}")


@dataclass(frozen=True, slots=True)
class IndicatorQuestion:
    """What is asked: told apart ``by`` which grouping, of which period, as of when, of which cases.

    The period is ``[since, until)``, open where one is ``None``; by which moment a case falls into it, each formula
    says. Without ``as_of_position`` and ``as_of_time``: as it stands now. ``judged_at`` is as of when deadlines are
    looked at, where that is not the moment of ``as_of_position``. ``streets`` is what the asker may see at all.
    """

    by: str = "street"
    since: datetime | None = None
    until: datetime | None = None
    as_of_position: int | None = None
    as_of_time: datetime | None = None
    judged_at: datetime | None = None
    street: str | None = None
    platform: str | None = None
    source: str | None = None
    streets: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """One indicator's figure; ``value`` is ``None`` where there is nothing to divide by."""

    name: str
    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        """The share, from 0 to 1."""
        return self.numerator / self.denominator if self.denominator else None


@dataclass(frozen=True, slots=True)
class FigureGroup:
    """The figures of one street, platform …, by its code; ``None`` for the cases of which it is not known."""

    code: str | None
    figures: Sequence[Figure]


@dataclass(frozen=True, slots=True)
class Indicators:
    """The answer: the figures of all cases together, and of each group in the order of their codes, the unknown last.

    ``moment`` is as of when deadlines are looked at, ``position`` as of which position of the log facts are known.
    """

    total: Sequence[Figure]
    groups: Sequence[FigureGroup]
    moment: datetime
    position: int


def select_indicators(
    connection: Connection[TupleRow], reached: int, question: IndicatorQuestion, formulas: Formulas, now: datetime
) -> Indicators:
    """Ask for all figures. ``reached`` is how far the views are, ``now`` the present moment.

    Raises InvalidInputError for a grouping that there is not, a period that ends before it begins, or an ``as_of``
    that is no past moment.
    """
    _check(question, now)
    position = resolve_position(connection, reached, question.as_of_position, question.as_of_time)
    moment = _moment(connection, question, position, now)
    query = _compile(formulas.indicators, question, facts_as_of(position, reached))
    parameters = _parameters(question, moment)
    rows = connection.execute(query, parameters).fetchall()
    groups = [FigureGroup(code, _figures(formulas.indicators, sums)) for code, *sums in rows]
    # Added up here: GROUPING SETS would have the database sort all cases instead of hashing their groups.
    total = _figures(formulas.indicators, [sum(column) for column in zip(*(row[1:] for row in rows), strict=True)])
    return Indicators(total, groups, moment, reached if position is None else position)


def _check(question: IndicatorQuestion, now: datetime) -> None:
    if question.by not in GROUPINGS:
        raise InvalidInputError(f"figures are told apart by {', '.join(GROUPINGS)}, not by {question.by!r}", "/by")
    if question.since is not None and question.until is not None and question.until <= question.since:
        raise InvalidInputError("the period ends before it begins: the end itself is not part of it", "/to")
    if question.as_of_time is not None and question.as_of_time.tzinfo is not None and question.as_of_time > now:
        raise OutsideLogError("nobody knows yet what will be so then: ask as of a past moment", "/as_of")


def _moment(
    connection: Connection[TupleRow], question: IndicatorQuestion, position: int | None, now: datetime
) -> datetime:
    """Return as of when deadlines are looked at: the time that is asked for, or that of the position."""
    given = question.judged_at or question.as_of_time
    if given is not None:
        return given.astimezone(UTC)
    if position is None:
        return now
    row = connection.execute("SELECT recorded_at_of(%s)", [position]).fetchone()
    return row[0] if row and row[0] else now


def facts_as_of(position: int | None, reached: int) -> Composed:
    """Return the query of all facts as they are known now, or were known as of a position."""
    return _NOW if position is None else _THEN.format(_COLUMNS, position, held_then(position, reached))


def _compile(indicators: Sequence[Formula], question: IndicatorQuestion, facts: Composed) -> Composed:
    """Write the one query: cases that are alike in all that is asked are counted together, then two sums a formula.

    There are a few hundred kinds of alike cases, however many cases. What makes them alike are two numbers: the bits
    of ``held`` that are asked for, and the bits of what depends on the moment and the period (``then``).
    """
    conditions = sorted({name for one in indicators for name in (*one.denominator, *one.numerator)})
    quantities = sorted({name for one in indicators for name in (one.numerator_of, one.denominator_of)})
    passing: dict[str, Composable] = {name: SQL(CONDITIONS[name].expression) for name in conditions if name not in HELD}
    periods = sorted({one.period for one in indicators}) if _period(question) else []
    passing |= {_in(name): _within(MOMENTS[name].expression, question) for name in periods}
    bits = {name: 1 << bit for bit, name in enumerate(passing)}
    added = [
        SQL("sum({}) AS {}").format(SQL(QUANTITIES[name].expression), Identifier(f"of_{name}")) for name in quantities
    ]
    return SQL(
        "WITH facts AS ({facts}), alike AS (SELECT {grouped} AS grouped, held & {asked} AS held, {then} AS passing,"
        " {added} FROM facts{where} GROUP BY 1, 2, 3)"
        " SELECT grouped, {sums} FROM alike GROUP BY 1 ORDER BY 1 NULLS LAST"
    ).format(
        facts=facts,
        grouped=SQL(GROUPINGS[question.by].expression),
        asked=sum(HELD.get(name, 0) for name in conditions),
        then=SQL(" + ").join(
            [SQL("0"), *(SQL("CASE WHEN {} THEN {} ELSE 0 END").format(passing[name], bits[name]) for name in passing)]
        ),
        added=SQL(", ").join(added),
        where=_narrowed(question),
        sums=SQL(", ").join(part for formula in indicators for part in _sums(formula, bits)),
    )


def _in(period: str) -> str:
    """Name what says that a case's moment lies in the period; no condition has such a name."""
    return f"in {period}"


def _period(question: IndicatorQuestion) -> list[LiteralString]:
    """The ends of the period that is asked for."""
    ends: list[LiteralString] = []
    if question.since is not None:
        ends.append(" >= %(since)s")
    if question.until is not None:
        ends.append(" < %(until)s")
    return ends


def _within(moment: LiteralString, question: IndicatorQuestion) -> Composed:
    return SQL(" AND ").join(SQL(moment) + SQL(end) for end in _period(question))


def _sums(formula: Formula, passing: Mapping[str, int]) -> Iterator[Composed]:
    below = (*formula.denominator, *([_in(formula.period)] if _in(formula.period) in passing else []))
    yield _sum(formula.numerator_of, (*below, *formula.numerator), passing)
    yield _sum(formula.denominator_of, below, passing)


def _sum(quantity: str, wanted: Sequence[str], passing: Mapping[str, int]) -> Composed:
    return SQL("coalesce(sum({0}) FILTER (WHERE held & {1} = {1} AND passing & {2} = {2}), 0)").format(
        Identifier(f"of_{quantity}"),
        sum({HELD.get(name, 0) for name in wanted}),
        sum({passing.get(name, 0) for name in wanted}),
    )


_NARROWING: Mapping[str, LiteralString] = {
    "street": "street_code = %(street)s",
    "platform": "platform = %(platform)s",
    "source": "source = %(source)s",
    "streets": "street_code = ANY(%(streets)s)",
}


def _narrowed(question: IndicatorQuestion) -> Composed:
    clauses = [SQL(clause) for name, clause in _NARROWING.items() if getattr(question, name) is not None]
    return SQL(" WHERE {}").format(SQL(" AND ").join(clauses)) if clauses else Composed([])


def _parameters(question: IndicatorQuestion, moment: datetime) -> Mapping[str, object]:
    return {
        "since": question.since,
        "until": question.until,
        "moment": moment,
        "street": question.street,
        "platform": question.platform,
        "source": question.source,
        "streets": None if question.streets is None else sorted(question.streets),
    }


def _figures(indicators: Sequence[Formula], sums: Sequence[int]) -> list[Figure]:
    """Part the sums into figures; of no case at all there are none, and every sum is zero."""
    known = sums or [0] * (2 * len(indicators))
    return [
        Figure(formula.name, int(numerator), int(denominator))
        for formula, numerator, denominator in zip(indicators, known[::2], known[1::2], strict=True)
    ]
