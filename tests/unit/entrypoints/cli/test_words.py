"""The words that people give a command: streets, platforms, points in time, incidents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from jiedao.application.district_profile import find_profile
from jiedao.domain.errors import InvalidInputError, NotFoundError
from jiedao.domain.identity import incident_id
from jiedao.domain.terms import Platform, Role
from jiedao.entrypoints.cli.words import (
    read_as_of,
    read_end,
    read_incident,
    read_street,
    read_term,
    require_source,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
ID = UUID("2e136950-1dc9-51c4-8be9-d2c0f50859f5")


@pytest.fixture(scope="module")
def profile():
    return find_profile(Path(__file__).parents[4] / "config", "330103")


@pytest.mark.parametrize("text", ["330103006", "朝晖街道", "朝晖", "朝晖街道办事处"])
def test_a_street_is_said_by_code_name_or_alias(profile, text):
    assert read_street(text, profile) == "330103006"


def test_a_street_that_there_is_not_is_answered_with_those_that_there_are(profile):
    with pytest.raises(NotFoundError, match="330103006 朝晖街道"):
        read_street("西湖", profile)


@pytest.mark.parametrize("text", ["enforcement", "综合行政执法", "综合行政执法平台"])
def test_a_platform_is_said_by_code_or_in_chinese(text):
    assert read_term(Platform, text, "platform") is Platform.ENFORCEMENT


def test_a_role_is_said_in_chinese_too():
    assert read_term(Role, "值班长", "role") is Role.SHIFT_LEADER


def test_a_word_that_is_none_is_answered_with_those_that_there_are():
    with pytest.raises(InvalidInputError, match="market 市场监管"):
        read_term(Platform, "traffic", "platform")


def test_a_past_moment_is_a_position_or_a_time():
    assert read_as_of(None, SHANGHAI) == (None, None)
    assert read_as_of("1042", SHANGHAI) == (1042, None)
    assert read_as_of("2026-11-24T09:30:00+09:00", SHANGHAI) == (None, datetime(2026, 11, 24, 0, 30, tzinfo=UTC))


@pytest.mark.parametrize("text", ["2026-11-24T09:30", "2026-11-24 09:30", " 2026-11-24T09:30:00 "])
def test_a_time_without_zone_is_the_districts(text):
    assert read_as_of(text, SHANGHAI) == (None, datetime(2026, 11, 24, 1, 30, tzinfo=UTC))


@pytest.mark.parametrize("text", ["yesterday", "-5", "", "99999999999999999999", "²", "0001-01-01T00:00+23:00"])
def test_what_is_neither_a_position_nor_a_time_is_refused(text):
    with pytest.raises(InvalidInputError):
        read_as_of(text, SHANGHAI)


@pytest.mark.parametrize(
    ("text", "length"),
    [("90m", timedelta(minutes=90)), ("12h", timedelta(hours=12)), ("30d", timedelta(30)), ("4w", timedelta(28))],
)
def test_an_end_is_a_length_from_now(text, length):
    assert read_end(text, NOW, SHANGHAI) == NOW + length


def test_a_day_counts_to_its_end_in_the_districts_zone():
    assert read_end("2026-11-25", NOW, SHANGHAI) == datetime(2026, 11, 25, 16, 0, tzinfo=UTC)
    assert read_end("2026-11-25T18:00", NOW, SHANGHAI) == datetime(2026, 11, 25, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-11-24", "2026-11-25T09:00", "0d", "30", "-1d", "soon", "9999-12-31"])
def test_an_end_that_is_over_or_is_none_is_refused(text):
    with pytest.raises(InvalidInputError):
        read_end(text, NOW, SHANGHAI)


@pytest.mark.parametrize("text", ["1s", "30", "soon"])
def test_an_end_that_is_none_is_answered_with_the_lengths_that_are_taken(text):
    with pytest.raises(InvalidInputError, match=r"minutes, hours, days or weeks \(90m, 12h, 30d, 4w\)"):
        read_end(text, NOW, SHANGHAI)


def test_an_incident_is_said_by_its_id_or_by_its_sources_number(profile):
    assert read_incident(str(ID), profile) == ID
    assert read_incident("hotline:H-2026:1", profile) == incident_id("330103", "hotline", "H-2026:1")


@pytest.mark.parametrize("text", ["hotline", "hotline:", "2e136950"])
def test_what_names_no_incident_is_refused(profile, text):
    with pytest.raises(InvalidInputError):
        read_incident(text, profile)


def test_a_source_that_the_district_does_not_have_is_answered_with_those_it_has(profile):
    with pytest.raises(NotFoundError, match="hotline 投诉受理"):
        read_incident("fax:1", profile)
    assert require_source("hotline", profile) == "hotline"
