"""Suspensions and extensions on real calendars, counted by hand; the moments at which something ends are exact."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from jiedao.application.calendar import make_calendar
from jiedao.domain.deadlines import Length, LimitClock, Pause
from jiedao.domain.profile import CalendarSettings, WorkingHours

SHANGHAI = ZoneInfo("Asia/Shanghai")
MICROSECOND = timedelta(microseconds=1)
HOUR, WORKED = Length(3_600, working=False), Length(3_600, working=True)
CLOCK = LimitClock(
    WorkingHours(((time(8), time(12)), (time(14), time(18))), "Asia/Shanghai"), make_calendar(CalendarSettings())
)


def local(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def pause(begin, end):
    return Pause(local(begin), local(end) if end else None)


def due(lengths, start, *pauses):
    found = CLOCK.run(lengths, local(start), pauses)
    return None if found is None else found[0].astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M")


@pytest.mark.parametrize(
    ("lengths", "pauses", "expected"),
    [
        ([HOUR] * 2, [], "2026-03-06T11:00"),
        ([HOUR] * 2, [("2026-03-06T10:00", "2026-03-06T15:00")], "2026-03-06T16:00"),
        ([WORKED] * 2, [("2026-03-06T10:00", "2026-03-06T15:00")], "2026-03-06T16:00"),
        ([WORKED] * 8, [("2026-03-06T10:00", "2026-03-06T11:00")], "2026-03-09T10:00"),
        # from Friday 10:00 to Tuesday 15:00: one hour was used, seven are left
        ([WORKED] * 8, [("2026-03-06T10:00", "2026-03-10T15:00")], "2026-03-11T12:00"),
        # a suspension over noon or over a weekend takes no working time away
        ([WORKED] * 8, [("2026-03-06T12:00", "2026-03-06T14:00")], "2026-03-09T09:00"),
        ([WORKED] * 8, [("2026-03-06T18:00", "2026-03-09T08:00")], "2026-03-09T09:00"),
        # two suspensions
        ([HOUR] * 2, [("2026-03-06T09:30", "2026-03-06T10:00"), ("2026-03-06T10:30", "2026-03-06T11:00")],
         "2026-03-06T12:00"),
        # one that lasts, with time left
        ([HOUR] * 2, [("2026-03-06T10:00", None)], None),
        # over National Day, which is eight days long in 2026 with the make-up days around it
        ([WORKED] * 2, [("2026-03-06T09:00", "2026-09-30T17:00")], "2026-10-08T09:00"),
    ],
)  # fmt: skip
def test_what_is_left_of_a_limit_runs_after_the_suspension(lengths, pauses, expected):
    assert due(lengths, "2026-03-06T09:00", *(pause(*one) for one in pauses)) == expected


def test_a_limit_that_is_used_up_as_the_suspension_begins_has_ended():
    start, begin = local("2026-03-06T09:00"), local("2026-03-06T11:00")
    assert CLOCK.run([HOUR] * 2, start, [Pause(begin, None)]) == (begin, False)
    assert CLOCK.run([HOUR] * 2, start, [Pause(begin - MICROSECOND, None)]) is None
    late = Pause(begin - MICROSECOND, begin + timedelta(hours=1))
    assert CLOCK.run([HOUR] * 2, start, [late]) == (late.end + MICROSECOND, False)
    assert CLOCK.run([HOUR] * 2, start, [Pause(begin + MICROSECOND, None)]) == (begin, False)


def test_a_clock_that_begins_within_a_suspension_starts_as_it_ends():
    start = local("2026-03-06T09:00")
    for begin in (start, start - timedelta(hours=1)):
        assert CLOCK.run([HOUR], start, [Pause(begin, local("2026-03-06T15:00"))])[0] == local("2026-03-06T16:00")
    assert CLOCK.run([HOUR], start, [Pause(start - timedelta(hours=2), start)])[0] == local("2026-03-06T10:00")


def test_an_extension_runs_in_its_own_kind_of_time_after_the_limit():
    assert due([WORKED, Length(86_400, working=False)], "2026-03-06T17:00") == "2026-03-07T18:00"
    assert due([HOUR, WORKED], "2026-03-06T18:00") == "2026-03-09T09:00"


def test_an_extension_that_would_begin_in_a_suspension_waits_for_its_end():
    assert due([HOUR, HOUR], "2026-03-06T09:00", pause("2026-03-06T10:00", "2026-03-06T12:00")) == "2026-03-06T13:00"
    assert due([HOUR, HOUR], "2026-03-06T09:00", pause("2026-03-06T10:00", None)) is None


def test_what_rests_on_a_year_that_is_not_known_is_provisional_also_by_way_of_a_suspension():
    start = local("2026-12-31T17:00")
    assert CLOCK.run([WORKED] * 2, start) == (local("2027-01-01T09:00"), True)
    assert CLOCK.run([HOUR] * 2, start, [Pause(start, local("2027-01-02T17:00"))]) == (local("2027-01-02T19:00"), False)
    assert CLOCK.run([WORKED], start, [Pause(start, local("2027-01-04T08:00"))])[1]
    assert CLOCK.run([Length(7_200, working=True)], start, [pause("2027-01-01T08:30", None)]) is None
