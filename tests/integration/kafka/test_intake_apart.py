"""A feed that has its batches taken in by processes is as exact as one that has not, also where they are killed."""

from __future__ import annotations

import os
import signal
from collections import Counter
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from ingest.intake_apart import IntakeApart
from ingest.kafka_connection import FeedTopic
from tests import keyless_intake_process
from tests.kafka_feeding import FAST, Feeding, numbered, recorded, send, stored_offsets
from tests.waiting import until

LIMITS = replace(FAST, unit_records=100)
COUNT = 60 * LIMITS.unit_records


@pytest.fixture
def apart(database_url):
    """Processes that are there already; one that is lost is started anew at once."""
    module = keyless_intake_process.MODULE
    with IntakeApart(module, database_url.encode(), processes=3, worth_it=1, large_batch=1) as apart:
        until(lambda: apart.takes(1) and len(apart.pids) == apart.at_a_time, "all processes")
        apart._worth_it = 0
        yield apart


def test_killed_processes_lose_and_double_nothing(kafka, topic, database_url, apart):
    """The recorder knows no record again, so one that is read twice would be recorded twice, were it not for offsets."""
    send(kafka, topic, numbered(COUNT))
    killed = []

    def kill(_unit, _tally):
        if (pids := apart.pids) and feeding.feed.totals.units % 7 == 0:
            killed.append(pids[-1])
            os.kill(pids[-1], signal.SIGKILL)

    with (
        Feeding(kafka, database_url, [FeedTopic(topic, "hotline")], LIMITS, apart=apart, on_unit=kill) as feeding,
        capture_logs() as logs,
    ):
        totals = feeding.feed.run(to_end=True)
    assert recorded(database_url) == Counter(numbered(COUNT))
    assert sum(stored_offsets(database_url, topic).values()) == COUNT
    assert len(set(killed)) > 1
    assert [line["event"] for line in logs].count("intake_process_lost") >= 1
    assert totals.records <= COUNT  # one that was killed before it could tell is not counted; its places are asked for
