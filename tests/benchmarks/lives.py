"""Many cases' lives in a log and in the views, made of a few real ones: a million events within minutes.

Each life is that of a case of some street and platform, by the domain's own events; its copies have ids of their own
and go through their lives side by side, one unit after the other, so that the log looks as a district's does. A stretch
of it is written by COPY and taken up by the views as ever; then it is laid behind itself, row by row, with ids and
positions of its own, which is what the views would hold of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from random import Random
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Composed, Identifier

from jiedao.store.mapper import TypedMapper
from tests.integration.projections.journal import classed, done, placed, received, routed

STREETS = tuple(f"33010300{number}" for number in range(1, 9))
PLATFORMS = ("governance", "market", "enforcement", "service")
START = datetime(2026, 1, 1, tzinfo=UTC)
STEPS = ("admit", "file", "dispatch", "accept", "start", "report_handled", "verify", "close")
AT_ONCE = 200
"""How many cases are open side by side within a stretch."""

_COLUMNS = "position, originator_id, originator_version, topic, recorded_at, state, metadata, leaf_hash"
_TYPES = ("int8", "uuid", "int4", "text", "timestamptz", "bytea", "bytea", "bytea")
_LEAF = bytes(32)

Stored = tuple[int, str, bytes, bytes]
"""Version, topic, state, metadata."""


@dataclass(frozen=True, slots=True)
class Life:
    """The units of one case, each of some events."""

    units: Sequence[Sequence[Stored]]


def lives() -> list[Life]:
    """Make a life for each street and platform, by several people; some are moved, leaned on or left open."""
    mapper, made = TypedMapper(), []
    for number, (street, platform) in enumerate((one, other) for one in STREETS for other in PLATFORMS):
        case = routed(classed(placed(received(number), street), platform), platform, None if number % 5 else "r1")
        units = [case.collect_events()]
        for step in STEPS[: len(STEPS) - number % 4]:
            if step == "file" and number % 8 == 0:
                placed(case, STREETS[(number + 1) % len(STREETS)], "manual")
                units.append(case.collect_events())
            done(case, step, by=f"{step}-{number % 16}")
            units.append(case.collect_events())
        if number % 16 == 0:
            done(case, "intervene", by="clerk")
            units.append(case.collect_events())
        stored = [[mapper.to_stored_event(event) for event in unit] for unit in units]
        made.append(
            Life([[(one.originator_version, one.topic, one.state, one.metadata) for one in unit] for unit in stored])
        )
    return made


def rows(events: int, seed: int = 330103) -> Iterator[tuple[object, ...]]:
    """Yield at least so many rows of the table ``event``, in whole units a second apart."""
    random, kinds = Random(seed), lives()  # noqa: S311  # nothing here is secret
    open_cases: list[tuple[UUID, Life, int]] = []
    position = cases = 0
    moment = START
    while position < events:
        if len(open_cases) < AT_ONCE:
            cases += 1
            open_cases.append((UUID(int=random.getrandbits(128)), kinds[cases % len(kinds)], 0))
            chosen = len(open_cases) - 1
        else:
            chosen = random.randrange(len(open_cases))
        incident_id, life, unit = open_cases[chosen]
        moment += timedelta(seconds=1)
        for version, topic, state, metadata in life.units[unit]:
            position += 1
            yield (position, incident_id, version, topic, moment, state, metadata, _LEAF)
        if unit + 1 < len(life.units):
            open_cases[chosen] = (incident_id, life, unit + 1)
        else:
            open_cases[chosen] = open_cases[-1]
            open_cases.pop()


def write(url: str, events: int) -> int:
    """Write a log of so many events into an empty, migrated database; returns its last position."""
    last = 0
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.cursor()
        with cursor.copy(f"COPY event ({_COLUMNS}) FROM STDIN (FORMAT binary)".encode()) as copy:
            copy.set_types(_TYPES)
            for _moment, unit in groupby(rows(events), key=lambda row: row[4]):
                for row in unit:
                    copy.write_row(row)
                    last = int(str(row[0]))
        connection.execute("ANALYZE event")
    return last


_TABLES = (
    "event",
    "audit_event",
    "incident_history",
    "incident_view",
    "incident_text",
    "task_queue",
    "case_facts",
    "case_facts_past",
)
_COLUMN_NAMES = """
SELECT column_name, data_type FROM information_schema.columns
WHERE table_schema = %s AND table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position
"""


def lay_behind_itself(connection: psycopg.Connection[TupleRow], schema: str, stretch: int, copies: int) -> int:
    """Lay a stretch of the log, and what the views hold of it, behind itself ``copies`` times; returns the last position."""
    span = connection.execute("SELECT max(recorded_at) - min(recorded_at) + interval '1 s' FROM event").fetchone()
    for table in _TABLES:
        where = "public" if table == "event" else schema
        columns = connection.execute(_COLUMN_NAMES, [where, table]).fetchall()
        names = SQL(", ").join(Identifier(name) for name, _type in columns)
        values = SQL(", ").join(_shifted(name, kind) for name, kind in columns)
        query = SQL("INSERT INTO {0} ({1}) SELECT {2} FROM {0}, generate_series(1, %(copies)s) AS n ORDER BY n, {3}")
        first = Identifier(columns[0][0] if table in {"event", "audit_event", "incident_history"} else "incident_id")
        connection.execute(
            query.format(Identifier(where, table), names, values, first),
            {"copies": copies, "stretch": stretch, "span": span[0] if span else timedelta()},
        )
    connection.execute(
        SQL("UPDATE {} SET incidents = incidents * %s").format(Identifier(schema, "incident_count")), [copies + 1]
    )
    last = stretch * (copies + 1)
    connection.execute("UPDATE tracking SET position = %s WHERE application_name = %s", [last, schema])
    return last


def _shifted(name: str, kind: str) -> Composed:
    """Move a column on: positions by a stretch, times by how long it lasted, ids to others."""
    column = SQL("{}").format(Identifier(name))
    if name == "position" or name.endswith("_position"):
        return column + SQL(" + n * %(stretch)s::bigint")
    if kind == "timestamp with time zone":
        return column + SQL(" + n * %(span)s::interval")
    if kind == "uuid":
        return SQL("md5(n || ':' || {})::uuid").format(column)
    return column
