"""Deadlines agree with counting minutes one by one, whatever the district's hours, zone and calendar."""

from datetime import UTC, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import chinese_calendar
from hypothesis import given, settings
from hypothesis import strategies as st

from jiedao.application.calendar import ChineseCalendar, WeekdayCalendar
from jiedao.domain.deadlines import LimitClock
from jiedao.domain.profile import WorkingHours

MINUTE = timedelta(minutes=1)
FIRST, LAST = datetime(2019, 1, 1), datetime(2026, 11, 30)  # noqa: DTZ001  # bounds of naive draws


@cache
def works_in_china(day):
    return chinese_calendar.is_workday(day)


@cache
def works_on_weekdays(day):
    return day.isoweekday() <= 5


DISTRICTS = [
    (WorkingHours(((time(8), time(12)), (time(14), time(18))), "Asia/Shanghai"), ChineseCalendar(), works_in_china),
    (WorkingHours(((time(9), time(17)),), "Asia/Shanghai"), ChineseCalendar(), works_in_china),
    (
        WorkingHours(
            ((time(7, 45), time(11, 50)), (time(13, 5), time(17)), (time(19), time(20))), "America/Los_Angeles"
        ),
        WeekdayCalendar(),
        works_on_weekdays,
    ),
]
CLOCKS = [LimitClock(hours, calendar) for hours, calendar, _ in DISTRICTS]

starts = st.datetimes(FIRST, LAST).map(lambda moment: moment.replace(second=0, microsecond=0, tzinfo=UTC))
limits = st.one_of(
    st.integers(1, 24).map(lambda n: (f"{n}工作时", n * 60)), st.integers(1, 3).map(lambda n: (f"{n}工作日", n * 480))
)


def counted(start, minutes, hours, is_workday):
    """The moment at which that many working minutes have passed since start, found by walking there."""
    zone, moment = ZoneInfo(hours.timezone), start
    while minutes:
        there = moment.astimezone(zone)
        if is_workday(there.date()) and any(opens <= there.time() < closes for opens, closes in hours.spans):
            minutes -= 1
        moment += MINUTE
    return moment


@settings(max_examples=60, deadline=None)
@given(start=starts, limit=limits, district=st.integers(0, len(DISTRICTS) - 1))
def test_a_deadline_is_where_counting_minutes_arrives(start, limit, district):
    text, minutes = limit
    hours, _, is_workday = DISTRICTS[district]
    assert CLOCKS[district].due(text, start) == (counted(start, minutes, hours, is_workday), False)


@settings(max_examples=300, deadline=None)
@given(start=starts, later=st.integers(0, 20_000), length=st.integers(1, 200), district=st.integers(0, 2))
def test_a_report_that_came_later_is_never_due_earlier(start, later, length, district):
    clock, limit = CLOCKS[district], f"{length}工作时"
    assert clock.due(limit, start)[0] <= clock.due(limit, start + later * MINUTE)[0]


@settings(max_examples=300, deadline=None)
@given(start=starts, first=st.integers(1, 100), second=st.integers(1, 100), district=st.integers(0, 2))
def test_two_limits_one_after_the_other_end_with_their_sum(start, first, second, district):
    clock = CLOCKS[district]
    between = clock.due(f"{first}工作时", start)[0]
    assert clock.due(f"{second}工作时", between)[0] == clock.due(f"{first + second}工作时", start)[0]


@settings(max_examples=100, deadline=None)
@given(start=starts, length=st.integers(1, 500))
def test_continuous_limits_know_no_calendar(start, length):
    assert CLOCKS[0].due(f"{length}小时", start) == (start + timedelta(hours=length), False)
    assert CLOCKS[0].due(f"{length}紧急工作时", start) == (start + timedelta(hours=length), False)
    assert CLOCKS[0].due(f"{length}天", start) == (start + timedelta(days=length), False)
