"""Connections cut in mid-append, a server that does not answer, a lock that is held: nothing lost, nothing doubled."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread
from time import monotonic
from uuid import uuid4

import psycopg
import pytest

from jiedao.domain.errors import UnavailableError
from jiedao.store.follow import LogFollower
from jiedao.store.lane import LaneLimits
from jiedao.store.writer import GroupCommitWriter
from tests.log_samples import stored, unit
from tests.waiting import until

BOUND = 30.0
HOLD_LOG = "SELECT pg_advisory_lock(x'4A4C4F47'::bigint)"
WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = %s"


@pytest.fixture
def admin(database_url):
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def cut(admin, application_name):
    query = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = %s AND datname = current_database()"
    )
    return len(admin.execute(query, [application_name]).fetchall())


def test_a_unit_whose_connection_is_cut_in_mid_append_is_appended_once(recorder, admin):
    recorder.writer.append(unit(stored()))
    admin.execute(HOLD_LOG)
    future = recorder.writer.submit(unit(stored(), stored()))
    until(lambda: admin.execute(WAITING, ["jiedao-writer-feed"]).fetchone())
    assert cut(admin, "jiedao-writer-feed") == 1
    admin.execute("SELECT pg_advisory_unlock_all()")
    assert future.result(BOUND).positions == range(2, 4)
    assert recorder.max_notification_id() == 3


def test_units_under_a_hail_of_cuts_are_each_recorded_exactly_once(recorder, admin):
    done, cuts = Event(), []

    def keep_cutting():
        seen = 0
        while not done.is_set():
            head = admin.execute("SELECT coalesce(max(position), 0) FROM event").fetchone()[0]
            if head >= seen + 20:  # so that work gets done between the cuts
                seen = head
                cuts.append(cut(admin, "jiedao-writer-feed"))

    cutter = Thread(target=keep_cutting)
    cutter.start()
    try:
        units = [unit(stored(), stored()) for _ in range(600)]
        with ThreadPoolExecutor(8) as threads:
            appended = list(threads.map(recorder.writer.append, units))
    finally:
        done.set()
        cutter.join()
    assert sum(cuts) >= 5
    entries = recorder.select_log(0, 2000)
    assert [entry.position for entry in entries] == list(range(1, 1201))
    by_position = {entry.position: entry.originator_id for entry in entries}
    for one, answer in zip(units, appended, strict=True):
        assert [by_position[position] for position in answer.positions] == [e.originator_id for e in one.events]


def test_nobody_waits_for_ever_while_the_log_is_locked(recorder, admin):
    recorder.writer.append(unit(stored()))
    admin.execute(HOLD_LOG)
    request = unit(stored(), key="again")
    with pytest.raises(UnavailableError, match="send it again under its key"):
        recorder.writer.append(request, timeout=0.2)
    admin.execute("SELECT pg_advisory_unlock_all()")
    assert recorder.writer.append(request).positions == range(2, 3)
    assert recorder.max_notification_id() == 2


def test_people_are_served_while_the_feed_lane_is_full(database_url, admin):
    with GroupCommitWriter(database_url, limits=LaneLimits(waiting_units=3, group_units=1)) as writer:
        writer.append(unit(stored()))
        admin.execute(HOLD_LOG)
        first = writer.submit(unit(stored()))
        until(lambda: admin.execute(WAITING, ["jiedao-writer-feed"]).fetchone())
        waiting = [writer.submit(unit(stored())) for _ in range(3)]
        with pytest.raises(UnavailableError, match="too much waits"):
            writer.submit(unit(stored()))
        command = writer.submit(unit(stored(), lane="people"))
        assert writer.depths()["feed"] == 3
        until(lambda: admin.execute(WAITING, ["jiedao-writer-people"]).fetchone())
        admin.execute("SELECT pg_advisory_unlock_all()")
        # The lock is given in the order in which it was asked for: one feed unit goes before, the others behind.
        assert command.result(BOUND).positions.start <= 3 + 1
        assert all(future.result(BOUND) for future in (first, *waiting))


def test_a_server_that_is_not_there_is_said_so_in_time(tmp_path):
    with GroupCommitWriter(f"host={tmp_path} dbname=none", limits=LaneLimits(patience=0.3)) as writer:
        future = writer.submit(unit(stored()))
        with pytest.raises(UnavailableError, match="does not answer"):
            future.result(BOUND)


def test_a_closed_writer_has_appended_what_waited_and_takes_nothing_more(database_url, recorder):
    writer = GroupCommitWriter(database_url)
    futures = [writer.submit(unit(stored())) for _ in range(50)]
    writer.close()
    assert all(future.done() for future in futures)
    assert recorder.max_notification_id() == 50
    with pytest.raises(UnavailableError, match="closed"):
        writer.submit(unit(stored()))


def test_a_follower_whose_connection_is_cut_misses_nothing(recorder, admin):
    recorder.insert_events([stored()])
    with recorder.subscribe() as subscription:
        assert next(subscription).id == 1
        for position in range(2, 6):
            until(lambda: cut(admin, "jiedao-follower"))
            recorder.insert_events([stored()])  # and nobody appends afterwards
            assert next(subscription).id == position


def test_growth_is_seen_without_any_notification(database_url, admin):
    with LogFollower(database_url, poll_floor=0.05) as follower:
        assert follower.wait_beyond(0, 0.01) == 0
        admin.execute(
            "INSERT INTO event VALUES (1, %s, 1, 't', now(), '', '', '')", [uuid4()]
        )  # as if the notifier had died
        assert follower.wait_beyond(0, BOUND) == 1


def test_a_notification_brings_growth_long_before_the_poll_floor(database_url, recorder):
    with LogFollower(database_url, poll_floor=20.0) as follower:
        recorder.insert_events([stored()])
        assert follower.wait_beyond(0, BOUND) == 1
        recorder.insert_events([stored()])
        started = monotonic()
        assert follower.wait_beyond(1, BOUND) == 2
        assert monotonic() - started < 5
        follower_closed_at = monotonic()
    assert monotonic() - follower_closed_at < 5


def test_a_closed_follower_lets_nobody_wait(database_url):
    follower = LogFollower(database_url)
    follower.wait_beyond(0, 0.01)
    follower.close()
    with pytest.raises(UnavailableError, match="closed"):
        follower.wait_beyond(0, BOUND)


def test_reading_survives_cut_connections(recorder, admin):
    recorder.insert_events([stored()])
    assert recorder.max_notification_id() == 1
    assert cut(admin, "jiedao") >= 1
    assert recorder.max_notification_id() == 1
