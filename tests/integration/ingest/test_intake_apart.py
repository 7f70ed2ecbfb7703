"""A feed whose processes are killed again and again, on a real district: every record is recorded, once."""

from __future__ import annotations

import io
import os
import signal
from functools import partial

import pytest
from structlog.testing import capture_logs

from ingest.file_feed import NDJSON, UNIT_RECORDS, FileFeed
from ingest.overlap import Overlap
from ingest.records import FeedRecord
from jiedao.domain.errors import OffsetConflictError, UnavailableError
from jiedao.domain.ports import OffsetMove
from jiedao.entrypoints import bootstrap
from tests import dying_intake_process
from tests.benchmarks.district import ACTOR, helped, opened_district
from tests.benchmarks.orders import Orders

UNITS = 12


@pytest.fixture
def district(database_url):
    with opened_district(database_url) as district:
        yield district


@pytest.fixture
def apart(district):
    """Processes that are there already, also for small batches; one that is lost is started anew at once."""
    with helped(district) as apart:
        apart._worth_it, apart._large_batch = 0, 1
        yield apart


def of_orders(raws, at, name="test"):
    return [FeedRecord(raw, name, at) for raw in raws]


def received(district):
    """How many reports were received, and how many incidents they are of."""
    query = b"SELECT count(*), count(DISTINCT originator_id) FROM event WHERE topic = %s"
    return district.database.rows(query, ["jiedao.incident.received"])[0]


def test_a_file_is_recorded_whole_and_once_whatever_becomes_of_the_processes(district, apart):
    orders = Orders().batch(UNITS * UNIT_RECORDS)
    bad = b'{"title": "\xe6\xb2\xa1\xe6\x9c\x89\xe7\xbc\x96\xe5\x8f\xb7"}'
    file = b"\n".join([*orders, bad])
    killed = []

    def kill(_totals, _done):
        if (pids := apart.pids) and len(killed) < 4:
            killed.append(pids[0])
            os.kill(pids[0], signal.SIGKILL)

    feed = FileFeed(district.pipeline, ACTOR, district.clock, apart=apart)
    with capture_logs() as logs:
        totals = feed.run("hotline", "orders.jsonl", io.BytesIO(file), NDJSON, on_unit=kill)
    assert [line["event"] for line in logs].count("intake_process_lost") >= 1
    new = len(set(orders))
    assert totals.records == len(orders) + 1
    assert totals.outcomes["dead"] == 1
    assert totals.outcomes["accepted"] <= new  # what was recorded by one that could not tell any more is a duplicate
    again = feed.run("hotline", "orders.jsonl", io.BytesIO(file), NDJSON)
    assert again.outcomes == {"duplicate": len(orders) + 1}
    assert received(district) == (new, new)


def test_what_they_take_in_is_what_the_feed_takes_in(district, apart):
    """The same orders under other numbers: the same outcomes, places, classes, routes and people's pseudonyms."""
    at = district.clock.now()
    orders = Orders(11).batch(300)
    others = [raw.replace(b'"HZ12345-', b'"HZ12346-') for raw in orders]
    done = {}
    for name, raws, by in (("here", orders, None), ("apart", others, apart)):
        with Overlap(district.pipeline, "file", ACTOR, by) as overlap:
            overlap.record("hotline", of_orders(raws, at), partial(done.__setitem__, name))

    assert done["here"] == done["apart"]
    assert done["here"].records == 300
    query = b"""
        SELECT outcome, revision, transport, origin, received_at, incident_id IS NULL FROM inbox ORDER BY entry"""
    rows = district.database.rows(query)
    assert rows[:300] == rows[300:]
    query = b"""
        SELECT regexp_replace(encode(metadata, 'escape'), '[0-9a-f-]{36}', '', 'g'), topic,
            state_json - 'timestamp' - 'raw' - 'reporter' #- '{report,external_id}' #- '{report,upstream,case_number}',
            state_json #>> '{reporter,key_id}'
        FROM (SELECT *, convert_from(state, 'UTF8')::jsonb AS state_json FROM event
              WHERE topic LIKE 'jiedao.incident.%%') AS e ORDER BY position"""
    rows = district.database.rows(query)
    half = len(rows) // 2
    assert half >= 300
    assert rows[:half] == rows[half:]


def test_batches_that_repeat_what_those_before_them_hold_are_decided_on_it(district, apart):
    """Several are decided at a time: what was decided too early is refused by the log, and decided again."""
    at = district.clock.now()
    orders = list(dict.fromkeys(Orders(7).batch(70)))
    spans = [(0, 20), (20, 40), (10, 50), (40, 60), (0, 60)]
    told = []
    with Overlap(district.pipeline, "kafka", ACTOR, apart) as overlap:
        for start, end in spans:
            overlap.record("hotline", of_orders(orders[start:end], at), lambda tally: told.append(tally.outcomes))
    assert told == [
        {"accepted": 20},
        {"accepted": 20},
        {"duplicate": 30, "accepted": 10},
        {"duplicate": 10, "accepted": 10},
        {"duplicate": 60},
    ]
    assert received(district) == (60, 60)


def test_batches_are_told_in_their_order_and_one_that_fails_takes_those_behind_it_along(district, apart):
    told = []
    at = district.clock.now()
    batches = [of_orders(Orders(seed).batch(20), at) for seed in range(1, 6)]
    moves = [(None, 1), (1, 2), (7, 8), (8, 9), (2, 3)]  # the third says it is somewhere else

    def hand(overlap, number):
        before, after = moves[number]
        offsets = [OffsetMove("g", "t", 0, before, after)]
        overlap.record("hotline", batches[number], lambda _tally: told.append(number), offsets=offsets)

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


def test_one_that_nobody_can_take_in_does_not_lose_those_before_it(district, apart, monkeypatch):
    at = district.clock.now()
    batches = [of_orders(Orders(seed).batch(20), at) for seed in range(1, 7)]
    told = []

    def refuse(*_arguments, **_named):
        raise UnavailableError("the database does not answer")

    monkeypatch.setattr(district.pipeline, "begin", refuse)
    overlap = Overlap(district.pipeline, "kafka", ACTOR, apart)

    def feed():
        for number, records in enumerate(batches):
            source = "nowhere" if number == 3 else "hotline"  # which no process can take in either
            overlap.record(source, records, lambda _tally, number=number: told.append(number))
        overlap.settle()

    with pytest.raises(UnavailableError):
        feed()
    overlap.settle()
    assert told == [0, 1, 2]


def test_one_whose_name_no_process_can_be_told_is_taken_in_by_the_feed(district, apart):
    at = district.clock.now()
    told = []
    with Overlap(district.pipeline, "file", ACTOR, apart) as overlap:
        overlap.record("hotline", of_orders(Orders(1).batch(20), at), lambda tally: told.append(tally.outcomes))
        with pytest.raises(UnicodeEncodeError):  # as it does where nobody helps
            overlap.record("hotline", of_orders(Orders(2).batch(20), at, "\udcff.jsonl"), told.append)
    assert [sum(one.values()) for one in told] == [20]


@pytest.fixture(params=[dying_intake_process.RECORDED, dying_intake_process.TOLD])
def dying(request, district, monkeypatch, tmp_path):
    """Processes of which one dies over its first batch, right before or after it told that it is recorded."""
    monkeypatch.setattr(bootstrap, "INTAKE_PROCESS", dying_intake_process.MODULE)
    monkeypatch.setenv(dying_intake_process.WHERE, str(tmp_path))
    monkeypatch.setenv(dying_intake_process.WHEN, request.param)
    with helped(district) as apart:
        apart._large_batch = 1
        apart.dies = request.param
        yield apart


def test_one_that_was_recorded_by_a_process_that_could_not_tell_is_not_recorded_again(district, dying):
    at = district.clock.now()
    told = []
    batches = [of_orders(dict.fromkeys(Orders(seed).batch(20)), at) for seed in (1, 2, 3)]
    with Overlap(district.pipeline, "file", ACTOR, dying) as overlap:
        for records in batches:
            overlap.record("hotline", records, lambda tally: told.append(tally.outcomes))
    sizes = [len(records) for records in batches]
    assert told == [{"duplicate": sizes[0]}, {"accepted": sizes[1]}, {"accepted": sizes[2]}]
    assert received(district) == (sum(sizes), sum(sizes))


def test_what_is_behind_one_that_moved_its_offset_and_could_not_tell_is_told_if_it_was_recorded(district, dying):
    """The feed finds the offset moved, fails, and asks the database where it is: nothing is recorded twice."""
    at = district.clock.now()
    told = []
    batches = [of_orders(dict.fromkeys(Orders(seed).batch(20)), at) for seed in (1, 2)]
    overlap = Overlap(district.pipeline, "kafka", ACTOR, dying)
    for number, records in enumerate(batches):
        offsets = [OffsetMove("g", "t", 0, number or None, number + 1)]
        overlap.record("hotline", records, lambda _tally, number=number: told.append(number), offsets=offsets)
    with pytest.raises(OffsetConflictError):
        overlap.settle()
    went_on = dying.dies == dying_intake_process.TOLD
    assert told == ([1] if went_on else [])
    assert district.database.rows(b"SELECT next_offset FROM feed_offset", []) == [(1 + went_on,)]
    recorded = sum(map(len, batches[: 1 + went_on]))
    assert received(district) == (recorded, recorded)
