"""Killed, frozen and cut-off consumers, rebalances, a broker that dies: every message is recorded exactly once.

The recorder of these tests knows no keys, so nothing but the offsets in the units keeps a message from being doubled.
"""

import signal
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from itertools import count as counting
from threading import Thread

import psycopg
import pytest

from ingest.kafka_connection import FeedTopic
from jiedao.domain.errors import UnavailableError
from tests.kafka_feeding import BOUND, FAST, Feeding, numbered, read_to_end, recorded, send, stored_offsets
from tests.kafka_process import LIMITS, FeedProcess
from tests.waiting import until

HOLD_LOG = "SELECT pg_advisory_lock(x'4A4C4F47'::bigint)"
CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = ANY(%s) AND datname = current_database()"
WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'jiedao-writer-feed' AND datname = current_database()"


@pytest.fixture
def admin(database_url):
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def count(database_url):
    return sum(recorded(database_url).values())


@contextmanager
def feeding_thread(kafka, database_url, topic, limits=FAST, before=None):
    """A feed that runs in a thread of this process."""
    failed = []
    with Feeding(kafka, database_url, [FeedTopic(topic, "hotline")], limits, before) as feeding:

        def run():
            try:
                feeding.feed.run()
            except Exception as error:  # noqa: BLE001  # the test's own thread shows it
                failed.append(error)

        thread = Thread(target=run)
        thread.start()
        try:
            yield feeding.feed
        finally:
            feeding.feed.stop()
            thread.join(BOUND)
    assert failed == []


def test_a_consumer_killed_before_in_and_after_a_commit_again_and_again_records_everything_once(
    real_kafka, topic, database_url, admin
):
    send(real_kafka, topic, numbered(3000))
    for when in ("before", "after", "before", "after"):
        doomed = FeedProcess(real_kafka, database_url, topic, at_unit=3, when=when, signal_itself=signal.SIGKILL)
        assert doomed.wait() == -signal.SIGKILL
    for _ in range(2):
        with FeedProcess(real_kafka, database_url, topic) as doomed:
            admin.execute(HOLD_LOG)
            until(lambda: admin.execute(WAITING).fetchone(), "an append that waits for the log")
            doomed.kill()
        admin.execute("SELECT pg_advisory_unlock_all()")
        until(lambda: admin.execute(WAITING).fetchone() is None, "the orphaned append to end")
    assert 0 < count(database_url) < 3000
    read_to_end(real_kafka, database_url, topic)
    assert recorded(database_url) == Counter(numbered(3000))


def test_a_consumer_frozen_in_mid_batch_past_its_session_doubles_nothing_when_it_comes_back(
    real_kafka, topic, database_url
):
    send(real_kafka, topic, numbered(1000))
    with FeedProcess(real_kafka, database_url, topic, at_unit=3, signal_itself=signal.SIGSTOP) as zombie:
        until(lambda: zombie.state == "T", "the consumer's freezing")
        read_to_end(real_kafka, database_url, topic, limits=LIMITS)
        assert recorded(database_url) == Counter(numbered(1000))
        zombie.resume()
        send(real_kafka, topic, numbered(500, start=1000))
        until(lambda: count(database_url) >= 1500)
        totals = zombie.end()
    assert totals["conflicts"] >= 1
    assert recorded(database_url) == Counter(numbered(1500))
    assert sum(stored_offsets(database_url, topic).values()) == 1500


def test_consumers_that_come_and_go_under_load_share_the_work_and_double_nothing(real_kafka, topic, database_url):
    load = Thread(target=lambda: [send(real_kafka, topic, numbered(200, start=200 * part)) for part in range(20)])
    with FeedProcess(real_kafka, database_url, topic) as first:
        load.start()
        until(lambda: count(database_url) > 200)
        with FeedProcess(real_kafka, database_url, topic) as second:
            until(lambda: count(database_url) > 1000)
            with FeedProcess(real_kafka, database_url, topic) as third:
                until(lambda: count(database_url) > 1500)
                shares = [first.end()["records"]]
                until(lambda: count(database_url) > 2000)
                second.kill()
                load.join(BOUND)
                until(lambda: count(database_url) >= 4000)
                shares.append(third.end()["records"])
    assert all(shares)
    assert recorded(database_url) == Counter(numbered(4000))


def test_database_connections_cut_again_and_again_lose_and_double_nothing(kafka, topic, database_url, admin):
    send(kafka, topic, numbered(3000))
    cut = []
    units = counting(1)

    def cut_at_each_tenth(_records):
        """Cut while this unit is begun and the one before it may be under way."""
        if next(units) % 10 == 0:
            cut.extend(admin.execute(CUT, [["jiedao-writer-feed", "jiedao-feed"]]).fetchall())

    limits = replace(FAST, poll_messages=50, unit_records=50)
    with feeding_thread(kafka, database_url, topic, limits, before=cut_at_each_tenth):
        until(lambda: count(database_url) >= 3000)
    assert len(cut) >= 6
    assert recorded(database_url) == Counter(numbered(3000))


def test_a_broker_that_dies_and_comes_back_loses_and_doubles_nothing(real_kafka, topic, database_url):
    send(real_kafka, topic, numbered(500))
    with feeding_thread(real_kafka, database_url, topic, LIMITS):
        until(lambda: count(database_url) > 0)
        real_kafka.stop(signal.SIGKILL)
        real_kafka.start()
        send(real_kafka, topic, numbered(500, start=500))
        until(lambda: count(database_url) >= 1000)
    assert recorded(database_url) == Counter(numbered(1000))


def test_a_database_that_stays_away_ends_the_feed_with_a_sentence_and_moves_nothing(kafka, topic, database_url):
    class Away:
        def read(self, _group, _topic, _partitions):
            raise UnavailableError("the database does not answer")

    send(kafka, topic, numbered(10))
    limits = replace(FAST, failures=3, longest_pause=0.1)
    with Feeding(kafka, database_url, [FeedTopic(topic, "hotline")], limits) as feeding:
        feeding.feed._offsets = Away()
        with pytest.raises(UnavailableError, match=r"3 times in a row.*nothing is lost.*does not answer"):
            feeding.feed.run()
    read_to_end(kafka, database_url, topic)
    assert recorded(database_url) == Counter(numbered(10))
