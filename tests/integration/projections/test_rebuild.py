"""A rebuild fills new views beside the live ones, takes their place, and shows the same."""

from __future__ import annotations

from threading import Event, Thread

import psycopg
import pytest

from jiedao.domain.errors import ConflictError
from projections.answers import IncidentFilter
from projections.queries import ReadModel
from projections.rebuild import rebuild
from projections.runner import ProjectionRunner, ProjectionStoppedError
from projections.task_queue import TaskQueue
from projections.views import ALL_VIEWS
from tests.integration.projections.journal import Decoder, classed, dead, placed, queued, received
from tests.integration.projections.test_runner import rows_of


def fill(journal, incidents=12):
    opened = [queued(n) for n in range(incidents)]
    for n, incident in enumerate(opened):
        journal.append(incident)
        if n % 3 == 0:
            journal.append(placed(opened[n // 2], "330103002"))
        if n % 4 == 0:
            journal.append(classed(opened[n // 4], "market", priority=1), dead(n))
    return opened


def test_rebuilt_views_equal_the_live_ones_row_for_row(journal, runner, read):
    fill(journal)
    runner.catch_up()
    heard = []
    rebuilt = rebuild(runner, heard.append)
    assert rebuilt.generation == 2
    assert read.status().active.number == 2
    assert rows_of(journal, "view_2") == rows_of(journal, "view_1")
    assert heard[-1].position == heard[-1].head == journal.position


def test_one_retired_generation_is_kept_and_older_ones_are_dropped(journal, runner, read):
    fill(journal)
    runner.catch_up()
    rebuild(runner)
    assert rebuild(runner).dropped == (1,)
    assert [(one.number, one.state) for one in read.status().generations] == [(2, "retired"), (3, "active")]
    assert journal.connection.execute("SELECT to_regnamespace('view_1')").fetchone() == (None,)


def test_a_rebuild_under_concurrent_appends_never_interrupts_reads_and_ends_equal(
    database, journal, second_reader, third_reader, read
):
    fill(journal)
    live = ProjectionRunner(database, second_reader, Decoder(), batch_events=50)
    live.catch_up()
    stop, failures, sizes = Event(), [], []
    follower = type("Follower", (), {"wait_beyond": lambda _self, position, _timeout: stop.wait(0.002) or position})()

    def follow():
        live.run(follower, stop)

    def append():
        n = 100
        while not stop.wait(0.01):  # a pace that views can follow on a busy machine
            journal.append(queued(n), received(n + 10_000))
            n += 1

    def look():
        while not stop.is_set():
            try:
                sizes.append(sum(count.incidents for count in read.counts()))
                stop.wait(0.005)
            except Exception as error:  # noqa: BLE001  # any failure of a read is what this test looks for
                failures.append(error)

    threads = [Thread(target=work) for work in (follow, append, look)]
    for thread in threads:
        thread.start()
    try:
        other = ProjectionRunner(database, third_reader, Decoder(), batch_events=20)
        flipped_at = [rebuild(other).position for _ in range(2)]
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
    assert failures == []
    assert sizes == sorted(sizes)
    assert flipped_at == sorted(flipped_at)
    live.catch_up()
    assert read.status().active.number == 3
    reference = ProjectionRunner(database, journal, Decoder())
    rebuild(reference)
    assert rows_of(journal, "view_4") == rows_of(journal, "view_3")


def test_a_rebuild_that_meets_a_bad_event_leaves_the_live_views_as_they_were(journal, runner, read):
    fill(journal)
    runner.catch_up()
    before = read.incidents(IncidentFilter()).rows
    journal.write_topic("jiedao.incident.vanished", received(1).id, 9)
    with pytest.raises(ProjectionStoppedError):
        rebuild(runner)
    status = read.status()
    assert status.active.number == 1
    assert [one.fault_reason is not None for one in status.generations] == [False, True]
    assert read.incidents(IncidentFilter()).rows == before


def test_a_rebuild_that_was_broken_off_is_swept_away_by_the_next(journal, runner, read):
    fill(journal)
    runner.catch_up()

    def break_off(_progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(ProjectionRunner(runner.database, journal, Decoder(), batch_events=3), break_off)
    assert [one.state for one in read.status().generations] == ["active", "building"]
    assert rebuild(runner).dropped == (2,)
    assert [(one.number, one.state) for one in read.status().generations] == [(1, "retired"), (3, "active")]


def test_two_rebuilds_at_once_are_refused(database_url, journal, runner):
    fill(journal)
    with psycopg.connect(database_url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [0x4A56_5242])
        with pytest.raises(ConflictError, match="under way"):
            rebuild(runner)


def test_views_defined_otherwise_than_what_filled_them_need_a_rebuild(database, journal, runner, read):
    fill(journal)
    runner.catch_up()
    assert not read.status().rebuild_needed

    class NextTaskQueue(TaskQueue):
        revision = TaskQueue.revision + 1

    views = [NextTaskQueue() if view.name == "task_queue" else view for view in ALL_VIEWS]
    changed = ReadModel(database, views=views)
    assert changed.status().rebuild_needed
    rebuild(ProjectionRunner(database, journal, Decoder(), views=views))
    assert not changed.status().rebuild_needed
