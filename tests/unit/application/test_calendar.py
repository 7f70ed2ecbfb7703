"""China's working days are those that the library knows, day by day, and none beyond its years."""

from datetime import date, timedelta

import chinese_calendar

from jiedao.application.calendar import ChineseCalendar


def test_every_day_of_every_announced_year_is_as_the_library_says():
    calendar = ChineseCalendar()
    day, end = date(calendar.first_year, 1, 1), date(calendar.last_year, 12, 31)
    while day <= end:
        assert calendar.is_workday(day) is chinese_calendar.is_workday(day), day
        day += timedelta(days=1)


def test_days_before_and_after_the_announced_years_are_not_known():
    calendar = ChineseCalendar()
    assert calendar.is_workday(date(calendar.first_year, 1, 1) - timedelta(days=1)) is None
    assert calendar.is_workday(date(calendar.last_year, 12, 31) + timedelta(days=1)) is None
