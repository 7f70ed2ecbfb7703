"""Turns a time limit into a deadline in the district's working time (工作时限).

Working time is laid out once as a line of spans on the axis of UTC, so that a deadline is two binary searches; days
whose calendar is not known yet are counted as Monday to Friday, and a deadline that rests on one is provisional.
Pauses (挂账) stop the time that a limit needs, and lengths that are laid end to end (延期) run one after the other.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from threading import Lock
from typing import Protocol
from zoneinfo import ZoneInfo

from jiedao.domain.errors import ConfigurationError, InvalidInputError
from jiedao.domain.profile import WorkingHours
from jiedao.domain.time_limits import Stage, parse_time_limit

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SECOND_US = 1_000_000
_SATURDAY = 5
FIRST_YEAR, LAST_YEAR = 1950, 2200
"""Years for which deadlines are worked out; what lies outside is a wrong time, not a report."""

_BEYOND_US = (datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND


class WorkCalendar(Protocol):
    """Knows working days: weekends, public holidays, and the workdays that make up for them (调休)."""

    def is_workday(self, day: date) -> bool | None:
        """Return whether people work on a day; ``None`` when the calendar of its year is not known yet."""


@dataclass(frozen=True, slots=True)
class StageDeadline:
    """When one stage of a limit ends: ``due_at`` in UTC; ``provisional`` while it may move."""

    label: str
    due_at: datetime
    provisional: bool


@dataclass(frozen=True, slots=True)
class Length:
    """So much time: ``seconds`` of working time where ``working`` is true, of continuous time otherwise."""

    seconds: float
    working: bool


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch in which no time of a limit passes: [``begin``, ``end``); ``end`` is ``None`` while it lasts."""

    begin: datetime
    end: datetime | None


class LimitClock:
    """Works out deadlines for one district; implements :class:`~jiedao.domain.ports.Deadlines`.

    A limit runs from its start. Working time passes only within the district's working hours on its working days; a
    limit that is used up exactly at the end of a span ends there, not at the beginning of the next one. Safe to be
    shared between threads: the line of spans is replaced whole when it has to grow.
    """

    def __init__(self, working_hours: WorkingHours, calendar: WorkCalendar) -> None:
        _check(working_hours)
        self._hours = working_hours
        self._calendar = calendar
        self._line = _WorkingTime(LAST_YEAR, FIRST_YEAR)
        self._growing = Lock()

    def due(self, time_limit: str, start: datetime) -> tuple[datetime, bool] | None:
        """Return the deadline in UTC and whether it is provisional; ``None`` when the limit names no length.

        All stages of a limit count from ``start``; the deadline is that of the last one to end.
        Raises InvalidInputError when ``start`` has no time zone or lies outside the years 1950 to 2200.
        """
        limit = parse_time_limit(time_limit)
        if limit is None:
            return None
        start_us = _microseconds(start)
        if len(limit.stages) == 1:
            due_us, provisional = self._stage_end(limit.stages[0], start_us)
        else:
            ends = [self._stage_end(stage, start_us) for stage in limit.stages]
            due_us, provisional = max(end for end, _ in ends), any(open_end for _, open_end in ends)
        return _EPOCH + timedelta(microseconds=due_us), provisional

    def stages(self, time_limit: str, start: datetime) -> tuple[StageDeadline, ...]:
        """Return the deadline of each stage of a limit, in the order of its text; empty when it names no length."""
        limit = parse_time_limit(time_limit)
        if limit is None:
            return ()
        start_us = _microseconds(start)
        ends = [(stage, *self._stage_end(stage, start_us)) for stage in limit.stages]
        return tuple(
            StageDeadline(stage.label, _EPOCH + timedelta(microseconds=due_us), provisional)
            for stage, due_us, provisional in ends
        )

    def _stage_end(self, stage: Stage, start_us: int) -> tuple[int, bool]:
        return self._end(stage.working, stage.seconds * _SECOND_US, start_us)

    def run(
        self, lengths: Sequence[Length], start: datetime, pauses: Sequence[Pause] = ()
    ) -> tuple[datetime, bool] | None:
        """Return when lengths that run one after the other are used up, and whether that is provisional.

        ``pauses`` are in order and apart. What is used up at the very moment at which a pause begins ends there; what
        would go on from that moment goes on when the pause ends. ``None`` where a pause lasts in which time is left.
        Raises InvalidInputError as :meth:`due` does.
        """
        at, provisional = _microseconds(start), False
        stretches = [(_microseconds(one.begin), None if one.end is None else _microseconds(one.end)) for one in pauses]
        for length in lengths:
            end = self._run_one(length, at, stretches)
            if end is None:
                return None
            at, open_end = end
            provisional = provisional or open_end
        return _EPOCH + timedelta(microseconds=at), provisional

    def _run_one(self, length: Length, at: int, pauses: Sequence[tuple[int, int | None]]) -> tuple[int, bool] | None:
        left, provisional = round(length.seconds * _SECOND_US), False
        for begin, end in pauses:
            if end is not None and end <= at:
                continue
            if begin > at:
                due_us, open_end = self._end(length.working, left, at)
                if due_us <= begin:
                    return due_us, provisional or open_end
                left -= self._passed(length.working, at, begin)
                provisional = provisional or (length.working and self._line.touches_unknown(at, begin))
            if end is None:
                return None
            at = end
        due_us, open_end = self._end(length.working, left, at)
        return due_us, provisional or open_end

    def _passed(self, working: bool, start_us: int, end_us: int) -> int:  # noqa: FBT001  # a kind of time
        """Return the time that passes between two moments, of which the line is known to hold both."""
        line = self._line  # another thread may put a longer one in its place, which counts from another year
        return line.before(end_us) - line.before(start_us) if working else end_us - start_us

    def _end(self, working: bool, length_us: int, start_us: int) -> tuple[int, bool]:  # noqa: FBT001  # a kind of time
        if not working:
            if start_us + length_us >= _BEYOND_US:
                raise InvalidInputError(
                    f"a limit of {length_us // _SECOND_US} s ends after the year {LAST_YEAR}; check the limit"
                )
            return start_us + length_us, False
        line = self._line
        due_us = line.end(start_us, length_us)
        while due_us is None:
            line = self._longer_than(line, start_us)
            due_us = line.end(start_us, length_us)
        return due_us, line.touches_unknown(start_us, due_us)

    def _longer_than(self, line: _WorkingTime, start_us: int) -> _WorkingTime:
        """Lay out a line that reaches further than one that was too short, unless another thread already has."""
        with self._growing:
            if self._line is line:
                first, last = _further_years(line, (_EPOCH + timedelta(microseconds=start_us)).year)
                self._line = _lay_out(first, last, self._hours, self._calendar)
            return self._line


@dataclass(frozen=True, slots=True)
class _WorkingTime:
    """Working time from the first to the last year, both whole; none at all from a later year to an earlier one.

    All numbers are microseconds: since 1970 in UTC, or of working time. ``starts[i]`` is when the i-th span starts,
    ``worked[i]`` the working time before it, with one more entry at the end for the whole; ``unknown_starts`` and
    ``unknown_ends`` are the days whose calendar is not known.
    """

    first_year: int
    last_year: int
    starts: list[int] = field(default_factory=list)
    worked: list[int] = field(default_factory=lambda: [0])
    unknown_starts: list[int] = field(default_factory=list)
    unknown_ends: list[int] = field(default_factory=list)

    def end(self, start: int, length: int) -> int | None:
        """Return when ``length`` of working time after ``start`` is used up; ``None`` where the line is too short."""
        span = bisect_right(self.starts, start) - 1
        if span < 0:
            return None
        before = self.worked[span]
        target = min(before + start - self.starts[span], self.worked[span + 1]) + length
        if target > self.worked[-1]:
            return None
        last = bisect_left(self.worked, target) - 1
        return self.starts[last] + target - self.worked[last]

    def before(self, moment: int) -> int:
        """Return the working time before a moment that the line reaches."""
        span = bisect_right(self.starts, moment) - 1
        return min(self.worked[span] + moment - self.starts[span], self.worked[span + 1]) if span >= 0 else 0

    def touches_unknown(self, start: int, end: int) -> bool:
        """Whether any day between two moments is one whose calendar is not known."""
        first = bisect_right(self.unknown_ends, start)
        return first < len(self.unknown_starts) and self.unknown_starts[first] < end


def _further_years(line: _WorkingTime, year: int) -> tuple[int, int]:
    """Return first and last year of a longer line: around a year where it does not reach that, else twice as long."""
    first, last = min(line.first_year, year - 1), max(line.last_year, year + 1)
    if (first, last) == (line.first_year, line.last_year) and last < LAST_YEAR:
        last = min(LAST_YEAR, last + (last - first) + 1)
    elif not FIRST_YEAR <= year < LAST_YEAR or (first, last) == (line.first_year, line.last_year):
        raise InvalidInputError(
            f"a limit that starts in {year} cannot be worked out within the years {FIRST_YEAR} to {LAST_YEAR}; "
            "check the time of the report and the limits of the class table"
        )
    return first, last


def _lay_out(first_year: int, last_year: int, hours: WorkingHours, calendar: WorkCalendar) -> _WorkingTime:
    zone = ZoneInfo(hours.timezone)
    line = _WorkingTime(first_year, last_year)
    for day in _days(first_year, last_year):
        known = calendar.is_workday(day)
        if known is None:
            line.unknown_starts.append(_moment(day, time.min, zone))
            line.unknown_ends.append(_moment(day + timedelta(days=1), time.min, zone))
        if known if known is not None else day.weekday() < _SATURDAY:
            for opens, closes in hours.spans:
                start, end = _moment(day, opens, zone), _moment(day, closes, zone)
                line.starts.append(start)
                line.worked.append(line.worked[-1] + end - start)
    return line


def _days(first_year: int, last_year: int) -> Iterator[date]:
    first = date(first_year, 1, 1)
    return (first + timedelta(days=n) for n in range((date(last_year + 1, 1, 1) - first).days))


def _moment(day: date, at: time, zone: ZoneInfo) -> int:
    return (datetime.combine(day, at, zone) - _EPOCH) // _MICROSECOND


def _microseconds(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise InvalidInputError("a limit needs a start with a time zone; this one has none")
    return (moment - _EPOCH) // _MICROSECOND


def _check(hours: WorkingHours) -> None:
    edges = [edge for span in hours.spans for edge in span]
    if not edges or edges != sorted(set(edges)):
        raise ConfigurationError(
            "working hours must be one or more spans of the day, in order and apart, "
            'like [["08:00", "12:00"], ["14:00", "18:00"]]'
        )
