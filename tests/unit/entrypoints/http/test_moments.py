"""Points in time and in the log, as people and programs write them into an address."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from jiedao.domain.errors import InvalidInputError
from jiedao.entrypoints.http.moments import read_as_of, read_moment

NINE_THIRTY = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["2026-11-24T09:30:00+08:00", "2026-11-24T09:30:00 08:00", "2026-11-24T09:30:00 0800", "2026-11-24T01:30:00Z",
     " 2026-11-24T01:30Z ", "2026-11-24T01:30:00.000000+00:00"],
)  # fmt: skip
def test_a_time_with_its_zone_is_read_also_where_a_plus_got_lost(text):
    assert read_moment(text, "/from") == NINE_THIRTY


@pytest.mark.parametrize("text", ["", "x", "2026-11-24", "2026-11-24T09:30:00", "0001-01-01T00:00:00+23:59", "9" * 40])
def test_what_is_no_time_with_a_zone_is_refused_with_its_pointer(text):
    with pytest.raises(InvalidInputError) as refused:
        read_moment(text, "/from")
    assert refused.value.pointer == "/from"


def test_digits_are_a_position_anything_else_a_time_and_nothing_is_now():
    assert read_as_of("0") == (0, None)
    assert read_as_of("1042") == (1042, None)
    assert read_as_of("2026-11-24T01:30:00Z") == (None, NINE_THIRTY)
    assert read_as_of(None) == (None, None)
    for text in ("-1", "1.5", "١٢", "9" * 19):
        with pytest.raises(InvalidInputError):
            read_as_of(text)
