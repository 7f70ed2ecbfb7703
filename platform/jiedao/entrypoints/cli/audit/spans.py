"""Reads the ends of a span of time as auditors say them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from jiedao.entrypoints.cli.words import read_moment


def read_edge(text: str | None, zone: ZoneInfo) -> datetime | None:
    """Read an end of a span: a day begins at the district's midnight, a time without zone is the district's."""
    if text is None:
        return None
    try:
        return datetime.combine(date.fromisoformat(text.strip()), time.min, zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return read_moment(text, zone)
