"""Keyset pages: rows selected in an order that has no ties, one more than asked for, to know whether any follow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any, LiteralString, TypeVar

from psycopg import Connection
from psycopg.rows import TupleRow, class_row
from psycopg.sql import SQL, Identifier

from jiedao.domain.errors import InvalidInputError
from projections.answers import Page
from projections.conditions import Conditions
from projections.cursor import write_cursor

MAX_PAGE = 500
"""The most rows that one page holds."""

Row = TypeVar("Row")


def select_rows(  # noqa: PLR0913  # the parts of one SELECT
    connection: Connection[TupleRow],
    kind: type[Row],
    table: LiteralString,
    conditions: Conditions,
    order: LiteralString,
    limit: int | None = None,
) -> list[Row]:
    """Select rows of a table as dataclasses whose fields are its columns."""
    columns = [field.name for field in fields(kind)]  # type: ignore[arg-type]  # every kind of row is a dataclass
    names = SQL(", ").join(map(Identifier, columns))
    query = SQL("SELECT {} FROM {} {} ORDER BY {} LIMIT {}").format(
        names, Identifier(table), conditions.where(), SQL(order), limit
    )
    with connection.cursor(row_factory=class_row(kind)) as cursor:
        return cursor.execute(query, conditions.parameters).fetchall()


def page_size(limit: int) -> int:
    """Return the number of rows to select for a page.

    Raises InvalidInputError for a page that is empty or too large.
    """
    if not 1 <= limit <= MAX_PAGE:
        raise InvalidInputError(f"a page holds 1 to {MAX_PAGE} rows, not {limit}", pointer="/limit")
    return limit + 1


def page_of(
    rows: Sequence[Row], limit: int, question: object, key: Callable[[Row], tuple[Any, ...]], position: int
) -> Page[Row]:
    """Cut selected rows to a page; its cursor holds the sort key of its last row."""
    kept = rows[:limit]
    more = len(rows) > limit
    return Page(kept, write_cursor(question, key(kept[-1])) if more else None, position)
