"""Reads points in time and in the log from query parameters, and says what is wrong with those that are none."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from jiedao.domain.errors import InvalidInputError

_LAST_POSITION = 2**63 - 1
_LOST_PLUS = re.compile(r"(T[0-9:.]+) (\d\d:?\d\d)$")
"""An unescaped ``+`` in a query means a space; only a zone can stand there."""


def read_moment(text: str, pointer: str) -> datetime:
    """Read an ISO 8601 time with its zone, as UTC; raises InvalidInputError for anything else."""
    return _read(text, pointer).astimezone(UTC)


def _read(text: str, pointer: str) -> datetime:
    try:
        moment = datetime.fromisoformat(_LOST_PLUS.sub(r"\1+\2", text.strip()))
        if moment.tzinfo is not None and moment.astimezone(UTC):  # beyond what a calendar holds it overflows
            return moment
    except (ValueError, OverflowError):
        pass  # the sentence below says it for both
    raise InvalidInputError("a time is written with its zone, such as 2026-11-24T09:30:00+08:00", pointer)


def read_as_of(text: str | None) -> tuple[int | None, datetime | None]:
    """Read what a view is asked as of: a position (digits), or a time, in the zone it was given in; neither for now."""
    if text is None:
        return None, None
    if text.isascii() and text.isdecimal():
        position = int(text)
        if position > _LAST_POSITION:
            raise InvalidInputError("no log is that long", "/as_of")
        return position, None
    return None, _read(text, "/as_of")
