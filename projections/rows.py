"""Writing many rows in one statement: binary COPY, the column types asked of the table itself, once a connection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import LiteralString
from weakref import WeakKeyDictionary

import msgspec
from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Identifier
from psycopg.types.json import set_json_dumps

_Target = tuple[LiteralString, tuple[str, ...]]
"""A table and columns of it."""

_types: WeakKeyDictionary[Connection[TupleRow], dict[_Target, Sequence[int]]] = WeakKeyDictionary()
"""The types of columns, as each connection was told; those of a view's table never change, it is made anew instead."""


def copy_rows(
    connection: Connection[TupleRow],
    table: LiteralString,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
) -> None:
    """Append rows to a table of the schema that the connection's search path names first."""
    target = table, tuple(columns)
    shape, statement = _statements(*target)
    known = _types.get(connection)
    if known is None:
        set_json_dumps(msgspec.json.encode, connection)
        known = _types[connection] = {}
    types = known.get(target)
    if types is None:
        described = connection.execute(shape).description or ()
        types = known[target] = [column.type_code for column in described]
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


@lru_cache
def _statements(table: LiteralString, columns: tuple[str, ...]) -> tuple[bytes, bytes]:
    """Return the statement that tells the columns' types, and the one that takes the rows."""
    names = SQL(", ").join(map(Identifier, columns))
    shape = SQL("SELECT {} FROM {} LIMIT 0").format(names, Identifier(table))
    statement = SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(Identifier(table), names)
    return shape.as_bytes(None), statement.as_bytes(None)
