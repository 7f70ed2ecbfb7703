"""A feed whose reader is killed again and again, on a real district: every record is recorded, once."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections import Counter

import pytest
from structlog.testing import capture_logs

from ingest.file_feed import NDJSON, UNIT_RECORDS, FileFeed
from ingest.overlap import HANDING_OVER_SECONDS, Overlap
from ingest.reading_apart import ReadingApart
from ingest.records import FeedRecord
from jiedao.domain.errors import OffsetConflictError, UnavailableError
from jiedao.domain.ports import OffsetMove
from tests.benchmarks.district import ACTOR, opened_district
from tests.benchmarks.orders import Orders
from tests.waiting import until

UNITS = 10


@pytest.fixture
def district(database_url):
    with opened_district(database_url) as district:
        yield district


@pytest.fixture
def apart(district):
    """A reader that reads already."""
    with ReadingApart(district.profile, worth_it=1, large_batch=1) as apart:
        record = FeedRecord(b"{}", "test", district.clock.now())
        until(lambda: (batch := apart.submit("hotline", [record])) and batch.take(), "a batch that is read apart")
        apart._worth_it = 0  # one that is lost is started anew at once
        yield apart


def test_a_file_is_recorded_whole_and_once_whatever_becomes_of_its_reader(district, apart):
    orders = Orders().batch(UNITS * UNIT_RECORDS)
    bad = b'{"title": "\xe6\xb2\xa1\xe6\x9c\x89\xe7\xbc\x96\xe5\x8f\xb7"}'
    file = b"\n".join([*orders, bad])
    apart_at = Counter()

    def kill(_totals, _done):
        apart_at[apart.pid] += 1
        if apart.pid is not None and apart_at[apart.pid] == 1:
            os.kill(apart.pid, signal.SIGKILL)

    feed = FileFeed(district.pipeline, ACTOR, district.clock, apart=apart)
    with capture_logs() as logs:
        totals = feed.run("hotline", "orders.jsonl", io.BytesIO(file), NDJSON, on_unit=kill)
    assert [line["event"] for line in logs].count("reader_process_lost") >= 1
    new = len(set(orders))
    assert totals.outcomes == {"accepted": new, "duplicate": len(orders) - new, "dead": 1}
    again = feed.run("hotline", "orders.jsonl", io.BytesIO(file), NDJSON)
    assert again.outcomes == {"duplicate": len(orders) + 1}
    rows = district.database.rows(b"SELECT count(*), count(DISTINCT originator_id) FROM event WHERE topic = %s",
                                  ["jiedao.incident.received"])  # fmt: skip
    assert rows == [(new, new)]


def test_batches_that_repeat_what_those_before_them_hold_are_decided_on_it(district, apart):
    """Several are decided at a time: one that holds a record of another waits for that one to be recorded."""
    at = district.clock.now()
    orders = list(dict.fromkeys(Orders(7).batch(70)))
    spans = [(0, 20), (20, 40), (10, 50), (40, 60), (0, 60)]
    told = []
    with Overlap(district.pipeline, "kafka", ACTOR, apart) as overlap:
        for start, end in spans:
            records = [FeedRecord(raw, "test", at) for raw in orders[start:end]]
            overlap.record("hotline", records, lambda outcomes: told.append(Counter(one.outcome for one in outcomes)))
        assert sys.getswitchinterval() == pytest.approx(HANDING_OVER_SECONDS)
    assert told == [
        {"accepted": 20},
        {"accepted": 20},
        {"duplicate": 30, "accepted": 10},
        {"duplicate": 10, "accepted": 10},
        {"duplicate": 60},
    ]
    assert sys.getswitchinterval() > HANDING_OVER_SECONDS
    rows = district.database.rows(b"SELECT count(*), count(DISTINCT originator_id) FROM event WHERE topic = %s",
                                  ["jiedao.incident.received"])  # fmt: skip
    assert rows == [(60, 60)]


def test_one_that_cannot_be_begun_does_not_lose_those_before_it(district, apart, monkeypatch):
    at = district.clock.now()
    batches = [[FeedRecord(raw, "test", at) for raw in Orders(seed).batch(20)] for seed in range(1, 7)]
    told, begin = [], district.pipeline.begin

    def refuse(source, records, **named):
        if records is batches[3]:
            raise UnavailableError("the database does not answer")
        return begin(source, records, **named)

    monkeypatch.setattr(district.pipeline, "begin", refuse)
    overlap = Overlap(district.pipeline, "kafka", ACTOR, apart)

    def feed():
        for number, records in enumerate(batches):
            overlap.record("hotline", records, lambda _outcomes, number=number: told.append(number))

    with pytest.raises(UnavailableError):
        feed()
    overlap.settle()
    assert told == [0, 1, 2]


def test_batches_are_told_in_their_order_and_one_that_fails_takes_those_behind_it_along(district, apart):
    told = []
    at = district.clock.now()
    batches = [[FeedRecord(raw, "test", at) for raw in Orders(seed).batch(20)] for seed in range(1, 6)]
    moves = [(None, 1), (1, 2), (7, 8), (8, 9), (2, 3)]  # the third says it is somewhere else

    def hand(overlap, number):
        before, after = moves[number]
        offsets = [OffsetMove("g", "t", 0, before, after)]
        overlap.record("hotline", batches[number], lambda _outcomes: told.append(number), offsets=offsets)

    with Overlap(district.pipeline, "kafka", ACTOR, apart) as overlap:
        hand(overlap, 0)
        hand(overlap, 1)
        hand(overlap, 2)
        hand(overlap, 3)
        with pytest.raises(OffsetConflictError):
            overlap.settle()
        hand(overlap, 4)
    assert told == [0, 1, 4]
    assert district.database.rows(b"SELECT next_offset FROM feed_offset", []) == [(3,)]
