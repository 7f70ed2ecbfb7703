import psycopg
import pytest

from jiedao.store.database import connect_alone
from jiedao.store.notifier import CHANNEL, CommitNotifier


@pytest.fixture
def listening(database_url):
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"LISTEN {CHANNEL}")
        yield connection


def test_a_burst_of_commits_is_told_few_times_and_the_last_is_told(database_url, listening):
    notifier = CommitNotifier(database_url, per_second=20)
    for _ in range(10_000):
        notifier.committed()
    notifier.close()
    told = list(listening.notifies(timeout=0.2))
    assert 1 <= len(told) <= 10


def test_commits_are_told_again_after_the_connection_was_cut(database_url, listening):
    notifier = CommitNotifier(database_url)
    try:
        notifier.committed()
        assert list(listening.notifies(timeout=20, stop_after=1))
        listening.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'jiedao-notifier' AND datname = current_database()"
        )
        told = []
        for _attempt in range(20):  # one may be lost with the connection: followers have a poll floor
            notifier.committed()
            told = list(listening.notifies(timeout=1, stop_after=1))
            if told:
                break
        assert told
    finally:
        notifier.close()


def test_a_notifier_that_was_never_needed_closes_without_connecting():
    CommitNotifier("host=/nowhere dbname=none").close()


def test_a_connection_of_ones_own_has_limits(database_url):
    with connect_alone(database_url, "test") as connection:
        assert connection.execute("SHOW lock_timeout").fetchone() == ("10s",)
        assert connection.execute("SHOW timezone").fetchone() == ("UTC",)
