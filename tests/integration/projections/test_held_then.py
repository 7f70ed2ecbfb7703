"""The ranges of spans find exactly the rows that held at a position, also at lengths that are powers of two."""

from __future__ import annotations

import re
from random import Random

import psycopg
import pytest
from psycopg.sql import SQL

from projections.held_then import held_then
from projections.view import definition
from projections.views import ALL_VIEWS

(SPAN,) = {
    " ".join(found.split())
    for view in ALL_VIEWS
    for found in re.findall(
        r"span +smallint +(?:NOT NULL )?(GENERATED ALWAYS AS.*?STORED)", definition(view), re.DOTALL
    )
}
"""Every table of the past works its span out by the same words."""


def intervals(longest):
    random = Random(longest)  # noqa: S311  # nothing here is secret
    for power in range(longest.bit_length()):
        for length in {2**power - 1, 2**power, 2**power + 1} - {0}:
            begin = random.randrange(1, longest)
            yield begin, begin + min(length, longest)
    for _ in range(300):
        begin = random.randrange(1, longest)
        yield begin, begin + 1 + int(random.random() ** 8 * longest)


@pytest.mark.parametrize("longest", [40, 1_000_000, 2**40])
def test_what_held_at_a_position_is_found_and_nothing_else(database_url, longest):
    given = sorted(set(intervals(longest)))
    reached = max(end for _begin, end in given)
    edges = {one for begin, end in given for one in (begin - 1, begin, end - 1, end)}
    with psycopg.connect(database_url) as connection:
        connection.execute(
            f"CREATE TABLE held (from_position bigint, to_position bigint, span smallint {SPAN})".encode()
        )
        connection.cursor().executemany("INSERT INTO held VALUES (%s, %s)", given)
        for position in Random(1).sample(sorted(edges), min(len(edges), 150)):  # noqa: S311  # as above
            query = SQL("SELECT from_position, to_position FROM held WHERE {} ORDER BY 1, 2").format(
                held_then(position, reached)
            )
            assert connection.execute(query).fetchall() == [
                (begin, end) for begin, end in given if begin <= position < end
            ], position
