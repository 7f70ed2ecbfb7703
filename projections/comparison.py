"""Compares two generations of the views row by row: what was kept up to date beside what the whole log gives anew.

The rows themselves are compared, as text, whatever their order; a table that differs is told with a few of its rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Identifier

from jiedao.domain.errors import ConflictError
from jiedao.store.database import Database
from projections.generations import read_generation, schema_name

_EXAMPLES = 3

_TABLES = """
SELECT table_name FROM information_schema.tables WHERE table_schema = %s AND table_type = 'BASE TABLE'
ORDER BY table_name
"""


@dataclass(frozen=True, slots=True)
class TableComparison:
    """How many rows a table has in each generation, and rows that only one of the two has (a few, as text)."""

    table: str
    rows: tuple[int, int]
    only_in_first: Sequence[str]
    only_in_second: Sequence[str]

    @property
    def equal(self) -> bool:
        """Whether both hold the same rows."""
        return self.rows[0] == self.rows[1] and not self.only_in_first and not self.only_in_second


def compare_generations(database: Database, first: int, second: int) -> list[TableComparison]:
    """Compare every table of two generations that stand at the same position of the log.

    Raises ConflictError when they do not, or when one of them was dropped.
    """
    with database.connection() as connection:
        connection.execute(b"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        _require_same_position(connection, first, second)
        names = sorted(set(_tables(connection, first)) | set(_tables(connection, second)))
        return [_compare(connection, name, first, second) for name in names]


def _require_same_position(connection: Connection[TupleRow], first: int, second: int) -> None:
    found = [read_generation(connection, number) for number in (first, second)]
    positions = [one.position if one else None for one in found]
    if None in positions or positions[0] != positions[1]:
        raise ConflictError(f"generations {first} and {second} cannot be compared: they stand at positions {positions}")


def _tables(connection: Connection[TupleRow], number: int) -> list[str]:
    return [str(row[0]) for row in connection.execute(_TABLES, [schema_name(number)])]


def _compare(connection: Connection[TupleRow], table: str, first: int, second: int) -> TableComparison:
    one, other = (Identifier(schema_name(number), table) for number in (first, second))
    rows = []
    for each in (one, other):
        row = connection.execute(SQL("SELECT count(*) FROM {}").format(each)).fetchone()
        rows.append(int(row[0]) if row else 0)
    return TableComparison(
        table, (rows[0], rows[1]), _only_in(connection, one, other), _only_in(connection, other, one)
    )


def _only_in(connection: Connection[TupleRow], one: Identifier, other: Identifier) -> list[str]:
    query = SQL("SELECT t::text FROM {} AS t EXCEPT ALL SELECT t::text FROM {} AS t LIMIT {}")
    return [str(row[0]) for row in connection.execute(query.format(one, other, _EXAMPLES))]
