"""Working days: China's public holidays with their make-up workdays (调休), or plain Monday to Friday.

The years of ``chinesecalendar`` end with what the State Council has announced; a later year can be given in the
district's profile as soon as it is published, and until then its days are not known.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import chinese_calendar

from jiedao.domain.deadlines import WorkCalendar
from jiedao.domain.errors import ConfigurationError
from jiedao.domain.profile import CalendarSettings

_SATURDAY = 5


class WeekdayCalendar:
    """Monday to Friday are working days, every year."""

    def is_workday(self, day: date) -> bool:
        """Return whether a day is one of Monday to Friday."""
        return day.weekday() < _SATURDAY


class ChineseCalendar:
    """China's working days as ``chinesecalendar`` knows them (2004 to the last announced year).

    Its tables are read directly: its own question goes through all its days each time to see whether a year is known,
    which was two thirds of the processor time of opening a district.
    """

    def __init__(self) -> None:
        years = [day.year for day in chinese_calendar.holidays]
        self.first_year, self.last_year = min(years), max(years)

    def is_workday(self, day: date) -> bool | None:
        """Return whether people work on a day; ``None`` outside the announced years."""
        if not self.first_year <= day.year <= self.last_year:
            return None
        return day in chinese_calendar.workdays or (day.weekday() < _SATURDAY and day not in chinese_calendar.holidays)


class ProfileCalendar:
    """A calendar with the years that the district's profile adds or corrects."""

    def __init__(self, underlying: WorkCalendar, settings: CalendarSettings) -> None:
        self._underlying = underlying
        self._holidays = settings.holidays
        self._workdays = settings.workdays
        self._years = settings.years

    def is_workday(self, day: date) -> bool | None:
        """Return what the profile says of a day; in its years Monday to Friday where it says nothing."""
        if day in self._workdays:
            return True
        if day in self._holidays:
            return False
        return day.weekday() < _SATURDAY if day.year in self._years else self._underlying.is_workday(day)


CALENDARS: dict[str, Callable[[], WorkCalendar]] = {"china": ChineseCalendar, "weekdays": WeekdayCalendar}
"""The kinds of calendar that a profile can name."""


def make_calendar(settings: CalendarSettings) -> WorkCalendar:
    """Make the calendar that a profile asks for; raises ConfigurationError for a kind that does not exist."""
    kind = CALENDARS.get(settings.kind)
    if kind is None:
        raise ConfigurationError(f"there is no calendar {settings.kind!r}; choose one of {', '.join(CALENDARS)}")
    underlying = kind()
    if not (settings.holidays or settings.workdays or settings.years):
        return underlying
    return ProfileCalendar(underlying, settings)
