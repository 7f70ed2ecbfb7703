"""What clocks come to is recorded in the incidents' own streams: once each, on what holds, with what it rests on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta

from jiedao.domain.clock_events import ClockOverdue
from projections.rebuild import rebuild
from tests.clock_samples import RULES
from tests.integration.clocks.conftest import ClockedDistrict, after
from tests.workflow_samples import MORNING

HOUR = timedelta(hours=1)


def test_a_clock_approaches_is_overdue_and_goes_to_the_supervisor_each_at_its_moment(district):
    incident = district.receive()
    assert district.tick(after(minutes=44)).recorded == 0
    assert district.tick(after(minutes=45)).recorded == 1
    assert district.tick(after(minutes=60) - timedelta(microseconds=1)).recorded == 0
    assert district.tick(after(minutes=60)).recorded == 1
    assert district.tick(after(hours=9)).recorded == 1
    assert district.tick(after(days=30)).recorded == 0
    assert district.told(incident) == [
        ("approaching", "admit", "", after(minutes=45)),
        ("overdue", "admit", "", after(minutes=60)),
        ("escalated", "admit", "", after(hours=9)),
    ]


def test_an_event_says_what_it_rests_on(district):
    incident = district.receive()
    district.tick(after(hours=1))
    event = district.stream(incident)[-1]
    assert isinstance(event, ClockOverdue)
    assert (event.since, event.due_at, event.time_limit) == (MORNING, after(hours=1), "1小时")
    assert (event.rules, event.provisional) == (RULES.version, False)
    assert (event.context.actor, event.context.correlation_id) == ("system:clock", incident)


def test_after_a_standstill_what_is_overdue_does_not_approach_any_more(district):
    incident = district.receive()
    ticker = district.ticker()
    assert district.tick(after(hours=10), ticker).recorded == 1
    assert district.tick(after(hours=10), ticker).recorded == 1
    assert district.told(incident) == [
        ("overdue", "admit", "", after(hours=1)),
        ("escalated", "admit", "", after(hours=9)),
    ]


def test_nothing_is_recorded_twice_before_the_views_show_it_nor_by_a_second_ticker(district):
    incident = district.receive()
    first, second = district.ticker(), district.ticker()
    assert district.tick(after(hours=1), first).recorded == 1
    assert first.tick(after(hours=1)).recorded == 0  # the views are as they were
    assert second.tick(after(hours=1)).recorded == 0
    assert district.tick(after(hours=1), first).recorded == 0
    assert [kind for kind, *_rest in district.told(incident)] == ["overdue"]


def test_tickers_at_the_same_time_record_each_step_once(district):
    incidents = [district.receive() for _ in range(40)]
    district.show()
    tickers = [district.ticker(claimed=7) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        recorded = sum(one.recorded for one in threads.map(lambda ticker: ticker.tick(after(hours=1)), tickers))
    recorded += district.tick(after(hours=1)).recorded  # what one skipped since another had claimed it
    assert recorded == len(incidents)
    assert {len(district.told(incident)) for incident in incidents} == {1}


def test_an_incident_that_moved_on_is_looked_at_again(district):
    incident = district.receive()
    district.show()
    district.do(incident, "admit", after(minutes=50))  # the views do not show it yet
    ticked = district.ticker().tick(after(hours=1))
    assert (ticked.recorded, ticked.again) == (0, 1)
    assert district.tick(after(hours=1)).recorded == 0  # there is nothing to admit any more
    district.tick(after(minutes=50) + 4 * HOUR)
    assert district.told(incident) == [("overdue", "file", "", after(minutes=50) + 4 * HOUR)]


def test_one_that_moved_on_does_not_hold_up_those_recorded_with_it(district):
    incidents = [district.receive() for _ in range(9)]
    district.show()
    moved = incidents[4]
    district.do(moved, "admit", after(minutes=50))
    ticker = district.ticker()
    ticked = ticker.tick(after(hours=1))
    assert (ticked.recorded, ticked.again) == (8, 1)
    assert {incident for incident in incidents if district.told(incident)} == set(incidents) - {moved}
    assert district.tick(after(hours=1), ticker).recorded == 0
    assert ticked.position == district.log.max_notification_id()


def test_several_clocks_of_one_incident_are_recorded_one_after_the_other(district):
    incident = district.receive()
    for command, minute in (("admit", 1), ("file", 2), ("dispatch", 3), ("dispatch", 3)):
        district.do(incident, command, after(minutes=minute))
    district.tick(after(minutes=3) + 4 * HOUR)
    told = district.told(incident)
    assert {(kind, clock, task) for kind, clock, task, _at in told} == {
        ("overdue", "accept", "T1"), ("overdue", "accept", "T2"),
        ("overdue", "handle", "T1"), ("overdue", "handle", "T2"),
    }  # fmt: skip
    assert [event.originator_version for event in district.stream(incident)] == list(range(1, 7 + 1 + 4))


def test_a_suspended_incident_is_not_overdue_and_one_that_was_resumed_is_so_later(district):
    incident = district.receive()
    for command, minute in (("admit", 1), ("file", 2), ("suspend", 32)):
        district.do(incident, command, after(minutes=minute))
    assert district.tick(after(days=9)).recorded == 0
    district.do(incident, "resume", after(days=10))
    assert district.tick(after(days=10, minutes=89)).recorded == 1  # approaching
    assert district.tick(after(days=10, minutes=90)).recorded == 1
    assert district.told(incident)[-1] == ("overdue", "dispatch", "", after(days=10, minutes=90))


def test_a_superiors_deadline_that_had_passed_is_overdue_as_it_comes_in(district):
    incident = district.receive(lifecycle="upstream", deadline=after(days=-1))
    district.tick(after(minutes=1))
    assert district.told(incident) == [("overdue", "total", "", MORNING)]  # not before it was known here


def test_before_there_are_views_or_rules_nothing_ticks(database_url):
    with ExitStack() as stack:
        district = ClockedDistrict(database_url, stack)
        district.receive()
        assert district.ticker().tick(after(days=1)).recorded == 0
        assert district.tick(after(days=1)).recorded == 0
        assert district.adopt().tick(after(days=1)).recorded == 1


def test_a_rebuild_gives_the_same_clocks(district):
    district.receive()
    overdue = district.receive(time_limit="停工4工作时/拆除2工作日")
    for command, minute in (("admit", 1), ("file", 2), ("dispatch", 3)):
        district.do(overdue, command, after(minutes=minute))
    district.tick(after(hours=2))
    ended = district.receive()
    district.do(ended, "decline", after(hours=2))
    district.show()
    live = rows_of_clocks(district)
    assert {row[0] for row in live["clock"]} >= {overdue}
    assert ended not in {row[0] for row in live["clock"]}
    rebuild(district.runner)
    assert rows_of_clocks(district) == live


def rows_of_clocks(district):
    schema = f"view_{district.read.status().active.number}"
    with district.database.connection() as connection:
        return {
            table: sorted(connection.execute(f"SELECT * FROM {schema}.{table}".encode()).fetchall(), key=str)
            for table in ("clock", "clock_course", "clock_rules")
        }
