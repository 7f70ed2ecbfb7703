"""How long what has ended is kept: periods as archives count them, and the kind that an incident is of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiedao.domain.retention import Period, RetentionRules, kind_of, read_period
from jiedao.domain.terms import RetentionKind
from tests.workflow_samples import handled, received

_BETWEEN = (datetime(2000, 1, 1), datetime(2080, 1, 1))  # noqa: DTZ001  # bounds are naive, what is drawn is not
MOMENTS = st.datetimes(*_BETWEEN, timezones=st.just(UTC))
LEAP = datetime(2024, 2, 29, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "after_the_leap_day"),
    [
        ("10年", datetime(2034, 2, 28, 8, tzinfo=UTC)),
        ("4年", datetime(2028, 2, 29, 8, tzinfo=UTC)),
        ("6个月", datetime(2024, 8, 29, 8, tzinfo=UTC)),
        ("1月", datetime(2024, 3, 29, 8, tzinfo=UTC)),
        ("30日", datetime(2024, 3, 30, 8, tzinfo=UTC)),
        ("0日", LEAP),
        (" 30 天 ", datetime(2024, 3, 30, 8, tzinfo=UTC)),
    ],
)
def test_periods_are_read_as_people_write_them(written, after_the_leap_day):
    assert read_period(written).after(LEAP) == after_the_leap_day


@pytest.mark.parametrize("text", ["", "永久", "十年", "10", "-1年", "10年半", "1000年"])
def test_what_is_no_period_is_none(text):
    assert read_period(text) is None


@given(MOMENTS, st.integers(0, 240), st.integers(0, 90))
def test_what_ended_by_then_is_beyond_the_period_and_a_day_later_is_not(now, months, days):
    period = Period(months, days)
    cutoff = period.before(now)
    assert period.after(cutoff) <= now
    assert period.after(cutoff + timedelta(days=1)) > now


def test_an_incident_is_kept_by_how_it_ended_and_whose_it_was():
    assert kind_of(handled().do("close").incident) is RetentionKind.FILED
    for command in ("decline", "void"):
        assert kind_of(received().do(command).incident) is RetentionKind.UNFILED
    assert kind_of(received("upstream").do("return_case").incident) is RetentionKind.UPSTREAM


def test_what_the_software_assumes_is_said_to_be_assumed():
    rules = RetentionRules()
    assert rules.assumed
    assert rules.keep_until(RetentionKind.FILED, LEAP) == datetime(2034, 2, 28, 8, tzinfo=UTC)
    for kind in RetentionKind:
        assert rules.kinds[kind].online.after(LEAP) <= rules.keep_until(kind, LEAP)
