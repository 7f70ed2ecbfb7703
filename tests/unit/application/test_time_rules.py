"""What clocks run by follows from the profile, is read strictly, and its version names its exact content."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from jiedao.application.calendar import make_calendar
from jiedao.application.district_profile import load_profile
from jiedao.application.time_rules import rules_of
from jiedao.domain.errors import ConfigurationError
from jiedao.domain.profile import CalendarSettings, ClockSettings
from jiedao.domain.time_rules import RecordedCalendar
from tests.clock_samples import HOURS

XIACHENG = Path(__file__).parents[3] / "config" / "districts" / "330103"
CHINA = rules_of(HOURS, CalendarSettings(), ClockSettings())


def days(first, last):
    return (date(first, 1, 1) + timedelta(days=n) for n in range((date(last + 1, 1, 1) - date(first, 1, 1)).days))


@pytest.mark.parametrize("kind", ["china", "weekdays"])
def test_the_recorded_calendar_is_the_one_that_was_written_down(kind):
    settings = CalendarSettings(kind, frozenset({2027}), frozenset({date(2027, 1, 1)}), frozenset({date(2027, 1, 2)}))
    calendar, recorded = make_calendar(settings), RecordedCalendar(rules_of(HOURS, settings, ClockSettings()))
    for day in days(2003, 2030):
        assert recorded.is_workday(day) is calendar.is_workday(day), day


def test_real_holidays_and_the_workdays_that_make_up_for_them_are_among_the_exceptions():
    recorded = RecordedCalendar(CHINA)
    assert recorded.is_workday(date(2026, 10, 1)) is False
    assert recorded.is_workday(date(2026, 10, 10)) is True  # a Saturday that is worked
    assert recorded.is_workday(date(2026, 10, 8)) is True
    assert recorded.is_workday(date(2027, 10, 8)) is None


def test_the_version_follows_from_the_content_alone():
    assert rules_of(HOURS, CalendarSettings(), ClockSettings()).version == CHINA.version
    others = [
        rules_of(replace(HOURS, timezone="Asia/Tokyo"), CalendarSettings(), ClockSettings()),
        rules_of(HOURS, CalendarSettings(years=frozenset({2027})), ClockSettings()),
        rules_of(HOURS, CalendarSettings(), ClockSettings({"admit": "1小时"})),
        rules_of(HOURS, CalendarSettings(), ClockSettings(escalate_after="1天")),
        rules_of(HOURS, CalendarSettings(), ClockSettings(approaching_share=0.5)),
    ]
    assert len({CHINA.version, *(one.version for one in others)}) == 6
    two = {"verify": "1天", "admit": "1小时"}
    assert (
        rules_of(HOURS, CalendarSettings(), ClockSettings(two)).version
        == rules_of(HOURS, CalendarSettings(), ClockSettings(dict(reversed(two.items())))).version
    )


# ----------------------------------------------------------------------------------------- the profile


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(XIACHENG, tmp_path / "330103"))


def change(folder, before, after):
    path = folder / "district.toml"
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after), "utf-8")


def test_the_district_that_ships_has_a_limit_for_every_stage_but_those_of_the_class():
    clocks = load_profile(XIACHENG).clocks
    assert set(clocks.limits) == {"triage", "admit", "file", "dispatch", "accept", "verify", "close"}
    assert (clocks.approaching_share, clocks.escalate_after) == (0.75, "1工作日")


def test_a_profile_without_the_section_has_no_limits_but_its_classes(folder):
    text = (folder / "district.toml").read_text("utf-8")
    (folder / "district.toml").write_text(text[: text.index("[clocks]")] + text[text.index("\n[origins]\n") :], "utf-8")
    assert load_profile(folder).clocks == ClockSettings()


def test_never_is_a_time_after_which_nothing_is_escalated(folder):
    change(folder, 'escalate_after = "1工作日"', 'escalate_after = "never"')
    assert load_profile(folder).clocks.escalate_after == ""


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("approaching_share = 0.75", "approaching_share = 1.0", r"\[clocks\] approaching_share: a share of a limit"),
        ("approaching_share = 0.75", "approaching_share = 0", r"\[clocks\] approaching_share: a share of a limit"),
        ('escalate_after = "1工作日"', 'escalate_after = "soon"', r"\[clocks\] escalate_after: 'soon' is no length"),
        ('accept = "1小时"', 'accept = "马上"', r"\[clocks\.limits\] accept: '马上' is no length"),
        ('accept = "1小时"', 'accept = "1小时/2天"', r"\[clocks\.limits\] accept: '1小时/2天' is no length"),
        ('accept = "1小时"', 'handle = "1小时"', r"\[clocks\.limits\] handle: there is no such setting"),
        ('accept = "1小时"', 'acept = "1小时"', r"\[clocks\.limits\] acept: there is no such setting"),
        ("[clocks]", '[clocks]\nshare = "1"', r"\[clocks\] share: there is no such setting"),
    ],
)
def test_a_limit_that_is_none_is_named(folder, before, after, said):
    change(folder, before, after)
    with pytest.raises(ConfigurationError, match=said):
        load_profile(folder)
