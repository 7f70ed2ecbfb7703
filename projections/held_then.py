"""Finding the rows that held at a past position, as quickly in a long log as in a short one.

A row of the past holds for positions ``[from_position, to_position)``. Its ``span`` is the power of two that its length
reaches: a row of length 5 has the span 2. One that held at a position and has a span ended within the next
``2 ** (span + 1)`` positions, so a range of the index ``(span, to_position)`` holds all of them, and at most about as
many others. There are as many ranges as the position has binary digits, twenty for a million events, however many rows
the past has.
"""

from __future__ import annotations

from psycopg.sql import SQL, Composed

_RANGE = SQL("(span = {span} AND to_position > {position} AND to_position <= {latest})")


def held_then(position: int, reached: int) -> Composed:
    """Return the condition of rows that ended after a position and had begun by then.

    ``reached`` is the last position that any row knows of: no row is longer.
    """
    ranges = SQL(" OR ").join(
        _RANGE.format(span=span, position=position, latest=position + (2 << span))
        for span in range(max(reached, 1).bit_length())
    )
    return SQL("(from_position <= {} AND ({}))").format(position, ranges)
