"""What is left of limits after suspensions, and limits laid end to end, agree with counting minutes one by one."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from jiedao.domain.deadlines import Length, Pause
from tests.property.test_deadlines import CLOCKS, DISTRICTS, MINUTE, starts

LENGTHS = st.lists(st.tuples(st.integers(1, 900), st.booleans()), min_size=1, max_size=3)
GAPS = st.lists(st.tuples(st.integers(0, 2_000), st.integers(1, 3_000)), max_size=4)


def pauses_from(start, gaps, lasting):
    """Pauses in order and apart: each begins so many minutes after the one before, and lasts so many."""
    pauses, at = [], start
    for before, long in gaps:
        begin = at + before * MINUTE
        at = begin + long * MINUTE
        pauses.append(Pause(begin, at))
        at += MINUTE
    if lasting and pauses:
        pauses[-1] = Pause(pauses[-1].begin, None)
    return pauses


def walked(start, lengths, pauses, hours, is_workday):
    """Walk minute by minute; a minute counts when it lies in no pause and, for working time, in working hours."""
    zone, moment = ZoneInfo(hours.timezone), start
    for minutes, working in lengths:
        left = minutes
        while left:
            if any(pause.begin <= moment and (pause.end is None or moment < pause.end) for pause in pauses):
                if any(pause.begin <= moment and pause.end is None for pause in pauses):
                    return None
            elif not working:
                left -= 1
            else:
                there = moment.astimezone(zone)
                worked = is_workday(there.date())
                left -= worked and any(opens <= there.time() < closes for opens, closes in hours.spans)
            moment += MINUTE
    return moment


@settings(max_examples=120, deadline=None)
@given(start=starts, lengths=LENGTHS, gaps=GAPS, lasting=st.booleans(), district=st.integers(0, len(DISTRICTS) - 1))
def test_time_stops_in_a_suspension_and_goes_on_after_it(start, lengths, gaps, lasting, district):
    hours, _, is_workday = DISTRICTS[district]
    pauses = pauses_from(start, gaps, lasting)
    found = CLOCKS[district].run([Length(minutes * 60, working) for minutes, working in lengths], start, pauses)
    expected = walked(start, lengths, pauses, hours, is_workday)
    assert found == (None if expected is None else (expected, False))


@settings(max_examples=200, deadline=None)
@given(start=starts, minutes=st.integers(1, 3_000), working=st.booleans(), gaps=GAPS, district=st.integers(0, 2))
def test_a_suspension_never_brings_a_deadline_forward(start, minutes, working, gaps, district):
    lengths = [Length(minutes * 60, working)]
    alone = CLOCKS[district].run(lengths, start)
    assert CLOCKS[district].run(lengths, start, pauses_from(start, gaps, lasting=False)) >= alone


@settings(max_examples=200, deadline=None)
@given(start=starts, first=st.integers(1, 2_000), second=st.integers(1, 2_000), working=st.booleans(), gaps=GAPS)
def test_a_limit_and_its_extension_are_as_one_limit_of_their_sum(start, first, second, working, gaps):
    pauses = pauses_from(start, gaps, lasting=False)
    parted = [Length(first * 60, working), Length(second * 60, working)]
    assert CLOCKS[0].run(parted, start, pauses) == CLOCKS[0].run(
        [Length((first + second) * 60, working)], start, pauses
    )


@settings(max_examples=200, deadline=None)
@given(start=starts, minutes=st.integers(1, 3_000), gaps=GAPS)
def test_continuous_time_is_moved_by_as_long_as_the_suspensions_within_it_last(start, minutes, gaps):
    pauses = pauses_from(start, gaps, lasting=False)
    due, provisional = CLOCKS[0].run([Length(minutes * 60, working=False)], start, pauses)
    within = sum((pause.end - pause.begin for pause in pauses if pause.begin < due), timedelta())
    assert (due, provisional) == (start + minutes * MINUTE + within, False)


def test_the_years_of_the_walk_are_those_whose_calendar_is_known():
    assert CLOCKS[0].run([Length(60, working=True)], datetime(2019, 1, 2, tzinfo=UTC)) == (
        datetime(2019, 1, 2, 0, 1, tzinfo=UTC),
        False,
    )
