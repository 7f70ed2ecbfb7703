"""Writing many rows in one statement: binary COPY, with the column types asked of the table itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import LiteralString

import msgspec
from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg.sql import SQL, Identifier
from psycopg.types.json import set_json_dumps


def copy_rows(
    connection: Connection[TupleRow],
    table: LiteralString,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
) -> None:
    """Append rows to a table of the schema that the connection's search path names first."""
    set_json_dumps(msgspec.json.encode, connection)
    names = SQL(", ").join(map(Identifier, columns))
    shape = connection.execute(SQL("SELECT {} FROM {} LIMIT 0").format(names, Identifier(table))).description or ()
    statement = SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(Identifier(table), names)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types([column.type_code for column in shape])
        for row in rows:
            copy.write_row(row)
