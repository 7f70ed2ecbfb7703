"""How the views move along the log: batches, faults, several processes."""

from __future__ import annotations

from threading import Event, Thread

import psycopg
import pytest

from jiedao.domain.errors import UnavailableError
from projections import runner as running
from projections.answers import IncidentFilter, QueueQuestion
from projections.generations import ensure_active
from projections.runner import ProjectionRunner, ProjectionStoppedError
from projections.views import ALL_VIEWS
from tests.integration.projections.journal import Decoder, done, placed, queued, received
from tests.tampering import unguard

VIEWS = (
    "incident_view",
    "incident_count",
    "task_queue",
    "incident_history",
    "dead_letters",
    "reference_versions",
    "case_facts",
    "case_facts_past",
    "duplicate_judgements",
    "roster_shift",
    "handovers",
    "handler_task",
)


def rows_of(journal, schema):
    return {
        view: journal.connection.execute(f"SELECT row::text FROM {schema}.{view} AS row ORDER BY 1").fetchall()
        for view in VIEWS
    }


def test_the_size_of_batches_does_not_change_the_rows(database, journal):
    incidents = [queued(n) for n in range(6)]
    journal.append(*incidents[:4])
    for n in (0, 1, 0, 5):
        journal.append(placed(incidents[n], f"33010300{n + 2}"))
    for command in ("admit", "file", "dispatch", "accept", "intervene", "report_handled"):
        journal.append(done(incidents[2], command))
    results = []
    for batch_events in (1, 2, 1000):
        runner = ProjectionRunner(database, journal, Decoder(), batch_events=batch_events)
        runner.catch_up()
        results.append(rows_of(journal, "view_1"))
        journal.connection.execute("DROP SCHEMA view_1 CASCADE")
        journal.connection.execute("DELETE FROM projection_generation")
        journal.connection.execute("DELETE FROM tracking")
        journal.connection.execute("ALTER SEQUENCE projection_generation_number RESTART")
    assert results[0] == results[1] == results[2]
    assert len(results[0]["task_queue"]) == 7 + 3  # admitted, filed, dispatched; then nothing that a queue shows


def test_an_unknown_event_of_an_incident_stops_the_views_there_and_says_so(journal, runner, read):
    journal.append(queued(1))
    journal.append(queued(2))
    bad = journal.write_topic("jiedao.incident.vanished", received(1).id, 4)
    journal.append(queued(3))
    with pytest.raises(ProjectionStoppedError, match=r"position 7.*vanished"):
        runner.catch_up()
    status = read.status()
    assert (status.position, status.head, status.lag, status.active.fault_position) == (6, 10, 4, bad)
    assert "jiedao.incident.vanished" in status.fault
    assert len(read.incidents(IncidentFilter()).rows) == 2
    with pytest.raises(UnavailableError, match="position 7"):
        read.wait_for(10)


def test_a_mended_log_is_taken_up_where_the_views_stopped(journal, runner, read):
    journal.append(queued(1))
    bad = journal.write_topic("jiedao.incident.vanished", received(1).id, 4)
    with pytest.raises(ProjectionStoppedError):
        runner.catch_up()
    unguard(journal.connection, "event")
    journal.connection.execute("UPDATE event SET topic = 'elsewhere.thing' WHERE position = %s", [bad])
    assert runner.catch_up() == bad
    assert read.status().fault is None


@pytest.mark.parametrize(
    "statement", ["DELETE FROM event WHERE position = 2", "UPDATE event SET state = '[' WHERE position = 2"]
)
def test_a_log_with_a_hole_or_unreadable_bytes_stops_the_views(statement, journal, runner, read):
    journal.append(queued(1))
    unguard(journal.connection, "event")
    journal.connection.execute(statement)
    with pytest.raises(ProjectionStoppedError, match="position 2"):
        runner.catch_up()
    assert read.status().position == 0
    assert read.incidents(IncidentFilter()).rows == []


def test_events_that_no_view_reads_are_passed_by(journal, runner, read):
    journal.write_topic("jiedao.something_else.happened")
    assert runner.catch_up() == 1
    assert read.status().lag == 0


def test_a_view_that_cannot_be_written_stops_the_views_before_anything_is_shown(journal, runner, database, read):
    ensure_active(database, ALL_VIEWS)
    journal.connection.execute("ALTER TABLE view_1.task_queue ADD CHECK (external_id <> 'H2')")
    journal.append(queued(1))
    journal.append(queued(2))
    with pytest.raises(ProjectionStoppedError, match=r"position 4.*task_queue"):
        runner.catch_up()
    assert [row.external_id for row in read.incidents(IncidentFilter()).rows] == ["H1"]


def test_two_processes_apply_each_event_once(database, journal, second_reader, read):
    for n in range(60):
        journal.append(queued(n))
    runners = [ProjectionRunner(database, reader, Decoder(), batch_events=9) for reader in (journal, second_reader)]
    threads = [Thread(target=runner.catch_up) for runner in runners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert read.status().lag == 0
    assert read.counts()[0].incidents == 60
    assert len(read.queue(QueueQuestion("330103001", "enforcement"), limit=100).rows) == 60


def test_a_running_runner_follows_the_log_until_it_is_told_to_stop(journal, runner, read):
    stop, seen = Event(), []
    follower = type("Follower", (), {"wait_beyond": lambda _self, position, _timeout: stop.wait(0.01) or position})()
    thread = Thread(target=runner.run, args=(follower, stop, seen.append))
    thread.start()
    try:
        ensure_active(runner.database, ALL_VIEWS)
        journal.append(queued(1))
        assert read.wait_for(3, timeout=20)
        journal.append(queued(2))
        assert read.wait_for(6, timeout=20)
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()
    assert [applied.position for applied in seen] == [3, 6]


def test_a_cut_connection_is_no_fault(journal, runner, read):
    stop = Event()
    follower = type("Follower", (), {"wait_beyond": lambda _self, position, _timeout: stop.wait(0.01) or position})()
    ensure_active(runner.database, ALL_VIEWS)
    thread = Thread(target=runner.run, args=(follower, stop))
    thread.start()
    try:
        journal.append(queued(1))
        assert read.wait_for(3, timeout=20)
        journal.connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'jiedao'"
            " AND datname = current_database()"
        )
        journal.append(queued(2))
        assert wait_stubbornly(read, 6)
    finally:
        stop.set()
        thread.join(20)
    assert read.status().fault is None


def wait_stubbornly(read, position):
    for _ in range(10):
        try:
            return read.wait_for(position, timeout=20)
        except psycopg.OperationalError:
            continue
    return False


def test_waiting_for_what_is_not_recorded_ends_in_time(journal, runner, read):
    journal.append(queued(1))
    runner.catch_up()
    assert read.wait_for(3, timeout=0)
    assert not read.wait_for(4, timeout=0.02)


def test_questions_before_there_are_views_are_answered_plainly(read):
    with pytest.raises(UnavailableError, match="start the projections"):
        read.counts()
    status = read.status()
    assert (status.active, status.lag, status.rebuild_needed) == (None, 0, False)


def test_the_first_event_after_a_rest_is_applied_at_once_and_more_of_them_gather(journal, runner, monkeypatch):
    monkeypatch.setattr(running, "GATHER_SECONDS", 600.0)
    stop, first, applied = Event(), Event(), []
    follower = type("Follower", (), {"wait_beyond": lambda _self, position, _timeout: stop.wait(0.01) or position})()

    def note(one):
        applied.append(one.events)
        first.set()

    following = Thread(target=runner.run, args=(follower, stop, note))
    following.start()
    try:
        journal.append(queued(1))
        assert first.wait(60)
        journal.append(queued(2))
        journal.append(queued(3))
    finally:
        stop.set()
        following.join(60)
    assert not following.is_alive()  # it does not sit its time out
    assert sum(applied) == 3  # the first incident's events, and nothing of those that gather
    assert runner.catch_up() == 9
