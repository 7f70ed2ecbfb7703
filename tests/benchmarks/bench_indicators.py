"""How fast all indicators of one grouping are worked out, beside counting the same cases by street and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from jiedao.store.database import Database
from projections.case_facts import COLUMNS
from projections.generations import ensure_active
from projections.indicator_formulas import load_formulas
from projections.indicators import IndicatorQuestion
from projections.queries import ReadModel
from projections.views import ALL_VIEWS
from tests.benchmarks.measured import Measured

_START = datetime(2026, 1, 1, tzinfo=UTC)
_STRETCHES = 8
"""How often what is known of a case changed, in its usual life from receiving to closing."""

# A case a minute on each of eight streets: most are handled and closed, some late, some not at all. What is not named is
# as it is of any case.
_USUAL = {
    "incident_id": "gen_random_uuid()",
    "from_position": "%(stretches)s::bigint * %(cases)s + n",
    "source": "(ARRAY['hotline', 'digital_city', 'video'])[n %% 3 + 1]",
    "lifecycle": "'own'",
    "street_code": "'33010300' || n %% 8",
    "platform": "(ARRAY['enforcement', 'market', 'service'])[n %% 3 + 1]",
    "department": "'department ' || n %% 20",
    "class_code": "'E0' || n %% 100",
    "state": "CASE WHEN n %% 7 = 0 THEN 'dispatched' ELSE 'closed' END",
    "received_at": "at",
    "admitted_at": "at + '5 min'",
    "filed_at": "at + '9 min'",
    "dispatched_at": "at + '20 min'",
    "accepted_at": "at + '40 min'",
    "first_handled_at": "at + n %% 300 * interval '1 min'",
    "handled_at": "at + n %% 300 * interval '1 min'",
    "verified_at": "at + '5 h'",
    "closed_at": "CASE WHEN n %% 7 > 0 THEN at + n %% 400 * interval '1 min' END",
    "revisited_at": "at + '1 day'",
    "filing_due_at": "at + '4 h'",
    "handling_due_at": "at + '4 h'",
    "closing_due_at": "at + '6 h'",
    "tasks": "1 + (n %% 11 = 0)::int",
    "returns": "0",
    "reassignments": "(n %% 11 = 0)::int",
    "misdirected": "(n %% 11 = 0)::int",
    "reworks": "(n %% 13 = 0)::int",
    "reopenings": "0",
    "settled": "false",
    "resolved": "n %% 5 > 0",
    "satisfied": "n %% 9 > 0",
    "exempt": "'{}'",
}
_FILL = f"""
INSERT INTO case_facts ({", ".join(_USUAL)}) SELECT {", ".join(_USUAL.values())}
FROM (SELECT n, %(start)s + n * interval '1 min' AS at FROM generate_series(1, %(cases)s) AS n) AS cases
"""
_OTHERS = ", ".join(column for column in COLUMNS if column not in {"incident_id", "from_position"})
_FILL_PAST = f"""
INSERT INTO case_facts_past (incident_id, from_position, {_OTHERS}, to_position)
SELECT incident_id, from_position - (stretch + 1) * %(cases)s::bigint, {_OTHERS}, from_position - stretch * %(cases)s::bigint
FROM case_facts, generate_series(0, %(stretches)s - 1) AS stretch ORDER BY stretch DESC, from_position
"""


def bench(url: str, *, cases: int = 100_000, rounds: int = 5) -> list[Measured]:
    """Fill a migrated database of its own with the facts of so many cases, then measure on it."""
    formulas = load_formulas(Path(__file__).parents[2] / "config")
    now = _START + timedelta(days=400)
    with Database(url, max_connections=2) as database, psycopg.connect(url, autocommit=True) as connection:
        schema = ensure_active(database, ALL_VIEWS).schema
        connection.execute(f"SET search_path TO {schema}, public".encode())
        asked = {"cases": cases, "start": _START, "stretches": _STRETCHES}
        for statement in (_FILL, _FILL_PAST):
            connection.execute(statement.encode(), asked)
        connection.execute("VACUUM ANALYZE")
        last = cases * (_STRETCHES + 1)
        connection.execute("UPDATE tracking SET position = %s WHERE application_name = %s", [last, schema])
        read = ReadModel(database)

        def show(position: int | None = None) -> None:
            read.indicators(IndicatorQuestion("street", as_of_position=position), formulas, now)

        def count() -> None:
            connection.execute("SELECT street_code, count(*) FROM case_facts GROUP BY 1").fetchall()

        bare = _fastest(count, rounds)
        return [
            Measured(
                "indicators of all cases by street, beside a count",
                cases / _fastest(show, rounds),
                "cases/s",
                cases / bare,
            ),
        ]


def _fastest(run: Callable[[], None], rounds: int) -> float:
    """Return the seconds of the best round."""
    best = float("inf")
    for _ in range(rounds):
        started = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - started)
    return best
