"""A feed that has its batches read apart is as exact as one that has not, also where its reader is killed."""

import os
import signal
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ingest.kafka_connection import FeedTopic
from ingest.reading_apart import ReadingApart
from ingest.records import FeedRecord
from jiedao.application.district_profile import find_profile
from jiedao.domain.errors import UnavailableError
from tests.kafka_feeding import FAST, Feeding, SystemClock, numbered, recorded, send, stored_offsets
from tests.waiting import until

LIMITS = replace(FAST, unit_records=100)
COUNT = 40 * LIMITS.unit_records


@pytest.fixture
def apart():
    """A reader that reads already; one that is lost is started anew at once."""
    with ReadingApart(find_profile(Path("config"), "330103"), worth_it=1, large_batch=1) as apart:
        one = [FeedRecord(b"{}", "test", SystemClock().now())]
        until(lambda: (batch := apart.submit("hotline", one)) and batch.take(), "a batch that is read apart")
        apart._worth_it = 0
        yield apart


def test_killed_readers_and_units_that_fail_lose_and_double_nothing(kafka, topic, database_url, apart):
    send(kafka, topic, numbered(COUNT))
    units, killed = Counter(), set()  # one may be killed twice before the feed comes to what it did not answer

    def disturb(_records):
        units["begun"] += 1
        if units["begun"] in {5, 20}:
            raise UnavailableError("the database is away for a moment")
        if units["begun"] in {10, 11, 25} and apart.pid is not None:
            killed.add(apart.pid)
            os.kill(apart.pid, signal.SIGKILL)

    with (
        Feeding(kafka, database_url, [FeedTopic(topic, "hotline")], LIMITS, before=disturb, apart=apart) as feeding,
        capture_logs() as logs,
    ):
        totals = feeding.feed.run(to_end=True)
    assert recorded(database_url) == Counter(numbered(COUNT))
    assert sum(stored_offsets(database_url, topic).values()) == COUNT == totals.records
    assert totals.failures == 2
    assert killed
    assert [line["event"] for line in logs].count("reader_process_lost") == len(killed)
