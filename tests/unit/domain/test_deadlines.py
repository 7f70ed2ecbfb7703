"""Deadlines in the working time of a district: hand-counted cases on real calendars."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from jiedao.application.calendar import make_calendar
from jiedao.domain.deadlines import LimitClock
from jiedao.domain.errors import ConfigurationError, InvalidInputError
from jiedao.domain.profile import CalendarSettings, WorkingHours

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOURS = WorkingHours(((time(8), time(12)), (time(14), time(18))), "Asia/Shanghai")


def clock(settings: CalendarSettings | None = None, hours: WorkingHours = HOURS) -> LimitClock:
    return LimitClock(hours, make_calendar(settings or CalendarSettings()))


@pytest.fixture(scope="module")
def china():
    return clock()


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("limit", "start", "due"),
    [
        ("2紧急工作时", "2026-03-06T17:30", "2026-03-06T19:30"),
        ("2紧急工作时", "2026-10-01T23:00", "2026-10-02T01:00"),
        ("1紧急工作日", "2026-10-01T10:00", "2026-10-02T10:00"),
        ("4小时", "2026-03-07T22:00", "2026-03-08T02:00"),
        ("5天", "2026-03-06T09:00", "2026-03-11T09:00"),
        ("1工作时", "2026-03-06T09:00", "2026-03-06T10:00"),
        ("1工作时", "2026-03-06T11:30", "2026-03-06T14:30"),
        ("1工作时", "2026-03-06T13:00", "2026-03-06T15:00"),
        ("1工作时", "2026-03-06T05:00", "2026-03-06T09:00"),
        ("1工作时", "2026-03-06T23:00", "2026-03-09T09:00"),
        ("1工作时", "2026-03-07T10:00", "2026-03-09T09:00"),
        ("1工作日", "2026-03-06T10:00", "2026-03-09T10:00"),
        ("7工作日", "2026-03-02T08:00", "2026-03-10T18:00"),
        ("1.5工作时", "2026-03-06T17:00", "2026-03-09T08:30"),
    ],
)
def test_a_limit_ends_when_its_time_is_used_up(china, limit, start, due):
    assert china.due(limit, local(start)) == (local(due), False)


def test_a_limit_that_is_used_up_at_the_end_of_a_span_ends_there(china):
    assert china.due("4工作时", local("2026-03-06T08:00")) == (local("2026-03-06T12:00"), False)
    assert china.due("1工作日", local("2026-03-06T08:00")) == (local("2026-03-06T18:00"), False)
    assert china.due("1工作日", local("2026-03-06T18:00")) == (local("2026-03-09T18:00"), False)


def test_no_working_time_passes_on_public_holidays(china):
    assert china.due("2工作时", local("2026-09-30T17:00")) == (local("2026-10-08T09:00"), False)
    assert china.due("1工作时", local("2026-02-14T18:00")) == (local("2026-02-24T09:00"), False)


def test_a_weekend_that_makes_up_for_a_holiday_is_worked(china):
    assert china.due("2工作时", local("2026-10-09T17:00")) == (local("2026-10-10T09:00"), False)
    assert china.due("1工作日", local("2026-02-14T08:00")) == (local("2026-02-14T18:00"), False)


def test_a_staged_limit_is_due_when_its_last_stage_is_and_each_stage_has_its_own_deadline(china):
    limit, start = "停工4工作时/处罚7工作日/拆除20工作日", local("2026-03-02T08:00")
    stages = china.stages(limit, start)
    assert [(stage.label, stage.due_at) for stage in stages] == [
        ("停工", local("2026-03-02T12:00")),
        ("处罚", local("2026-03-10T18:00")),
        ("拆除", local("2026-03-27T18:00")),
    ]
    assert china.due(limit, start) == (local("2026-03-27T18:00"), False)


@pytest.mark.parametrize("text", ["", "按合同约定", "工作日", "0天", "0.0工作时", "立即", "3个月", "9" * 400 + "天"])
def test_a_text_that_names_no_length_is_no_limit(china, text):
    assert china.due(text, local("2026-03-06T09:00")) is None
    assert china.stages(text, local("2026-03-06T09:00")) == ()


def test_deadlines_are_in_utc_and_keep_microseconds(china):
    due, _ = china.due("1工作时", datetime(2026, 3, 6, 1, 0, 0, 123456, tzinfo=UTC))
    assert due == datetime(2026, 3, 6, 2, 0, 0, 123456, tzinfo=UTC)
    assert due.tzinfo is UTC


def test_a_deadline_that_rests_on_a_year_without_a_calendar_is_provisional():
    new_year = local("2026-12-31T17:00")
    assert clock().due("1工作时", new_year) == (local("2026-12-31T18:00"), False)
    assert clock().due("2工作时", new_year) == (local("2027-01-01T09:00"), True)
    assert clock().due("3天", new_year) == (local("2027-01-03T17:00"), False)
    assert clock().due("停工1工作时/拆除20工作日", new_year)[1]
    assert [stage.provisional for stage in clock().stages("停工1工作时/拆除20工作日", new_year)] == [False, True]


def test_a_year_that_the_profile_announces_is_known():
    announced = clock(
        CalendarSettings(
            years=frozenset({2027}), holidays=frozenset({date(2027, 1, 1)}), workdays=frozenset({date(2027, 1, 2)})
        )
    )
    assert announced.due("2工作时", local("2026-12-31T17:00")) == (local("2027-01-02T09:00"), False)
    assert announced.due("2工作日", local("2027-01-02T08:00")) == (local("2027-01-04T18:00"), False)


def test_a_district_may_work_monday_to_friday_in_its_own_zone_through_summer_time():
    hours = WorkingHours(((time(9), time(17)),), "America/Los_Angeles")
    clock_of_la = clock(CalendarSettings(kind="weekdays"), hours)
    friday = datetime(2026, 3, 6, 16, tzinfo=ZoneInfo("America/Los_Angeles"))
    monday_in_summer_time = datetime(2026, 3, 9, 17, 0, tzinfo=UTC)
    assert clock_of_la.due("2工作时", friday) == (monday_in_summer_time, False)


def test_years_may_be_asked_for_in_any_order():
    one = clock()
    for start in ("2019-10-01T00:00", "2026-03-06T09:00", "2005-01-01T00:00", "2019-10-01T00:00"):
        assert one.due("60工作日", local(start)) == clock().due("60工作日", local(start))


def test_threads_may_share_a_clock():
    starts = [local(f"{year}-06-0{day}T10:30") for year in range(2006, 2027) for day in range(1, 8)]
    alone = [clock().due("20工作日", start) for start in starts[:20]]
    shared = clock()
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda start: shared.due("20工作日", start), starts))[:20] == alone


def test_a_start_without_zone_or_in_an_absurd_year_is_refused(china):
    with pytest.raises(InvalidInputError, match="time zone"):
        china.due("1工作时", datetime(2026, 3, 6, 9))  # noqa: DTZ001  # what is tested
    with pytest.raises(InvalidInputError, match="check the time"):
        china.due("1工作时", datetime(1066, 3, 6, 9, tzinfo=UTC))
    with pytest.raises(InvalidInputError, match="ends after the year 2200"):
        china.due("999999天", local("2026-03-06T09:00"))
    with pytest.raises(InvalidInputError, match="limits of the class table"):
        china.due("99999工作日", local("2026-03-06T09:00"))


@pytest.mark.parametrize(
    "spans",
    [
        (),
        ((time(12), time(8)),),
        ((time(8), time(12)), (time(11), time(18))),
        ((time(14), time(18)), (time(8), time(12))),
    ],
)
def test_working_hours_that_make_no_day_are_refused(spans):
    with pytest.raises(ConfigurationError, match="working hours"):
        LimitClock(WorkingHours(spans, "Asia/Shanghai"), make_calendar(CalendarSettings()))


def test_a_calendar_that_does_not_exist_is_refused():
    with pytest.raises(ConfigurationError, match="there is no calendar 'lunar'"):
        make_calendar(CalendarSettings(kind="lunar"))
