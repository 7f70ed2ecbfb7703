"""Processes take batches in for a feed, and whatever becomes of them, nothing is lost but their help."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from ingest import intake_apart
from ingest.intake_apart import HandedOver, IntakeApart
from ingest.intake_frames import batch_frame, decode_batch, decode_tally, tally_frame
from ingest.records import FeedRecord
from jiedao.application.outcomes import BatchTally, RecordOutcome
from jiedao.domain.access import Holder
from jiedao.domain.ports import OffsetMove
from jiedao.domain.record_fault import RecordFault
from jiedao.domain.terms import Role
from tests import fake_intake_process as fake
from tests.waiting import is_alive, until

AT = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
ACTOR = Holder("t", "source:hotline", Role.INTEGRATOR, sources=frozenset({"hotline"}))
INCIDENT = UUID(int=7)
HERE = BatchTally({"accepted": 1})


@pytest.fixture
def apart():
    with opened(processes=3) as apart:
        yield apart


def opened(processes=2, setup=b"", **named):
    named = {"worth_it": 1, "large_batch": 1} | named
    return IntakeApart(fake.MODULE, setup, processes=processes, **named)


def started(apart):
    until(lambda: apart.takes(1) and len(apart.pids) == apart.at_a_time, "all processes")
    return apart.pids


def impatient(apart):
    """All of them are there, and are given up after a second of silence."""
    pids = started(apart)
    for one in apart._open:
        one.be_patient(1)
    return pids


def frame(*raws, origin="test"):
    records = [FeedRecord(raw, origin, AT) for raw in raws]
    return batch_frame("hotline", records, transport="file", actor=ACTOR, offsets=[])


def submitted(apart, *raws, before=None):
    return apart.submit(frame(*raws), before, lambda: HERE)


def told(handed_over):
    return handed_over.tally.result()


def by(tally):
    """The process that took a batch in."""
    (pid,) = tally.outcomes
    return int(pid)


def events(logs):
    return [line["event"] for line in logs]


def test_a_batch_and_its_tally_are_told_as_they_are():
    offsets = [OffsetMove("g", "t", 3, None, 7), OffsetMove("g", "t", 4, 1, 2)]
    records = [FeedRecord(b"\xff\x00", "文件.jsonl#1", AT), FeedRecord(b"", "x", AT)]
    asked = decode_batch(batch_frame("video", records, transport="kafka", actor=ACTOR, offsets=offsets))
    assert (asked.source, asked.transport, asked.actor, asked.offsets) == ("video", "kafka", ACTOR, offsets)
    assert asked.feed_records() == records
    faults = (RecordFault("unknown_class", "没有此类", "/class"),)
    explained = (
        RecordOutcome("x", "accepted", "HZ-1", 1, INCIDENT, street_code="330103003", flags=("a", "b"), position=9),
        RecordOutcome(
            "x", "dead", dead_letter_id=INCIDENT, reason="r", detail="d", pointer="/p", further_faults=faults
        ),
    )
    tally = BatchTally({"accepted": 6, "dead": 1}, explained)
    assert decode_tally(tally_frame(tally)) == tally


def test_half_a_character_in_a_tally_is_told_as_a_question_mark_and_not_at_all_in_a_batch():
    outcome = RecordOutcome("x", "dead", dead_letter_id=INCIDENT, detail="\ud800!", further_faults=(RecordFault("r", "\ud800", None),))  # fmt: skip
    told = decode_tally(tally_frame(BatchTally({"dead": 1}, (outcome,))))
    assert (told.records, told.outcomes) == (1, {"dead": 1})
    (one,) = told.explained
    assert (one.detail, one.further_faults[0].detail, one.dead_letter_id) == ("?!", "?", INCIDENT)
    with pytest.raises(ValueError, match="surrogates"):
        frame(fake.GOOD, origin="orders-\udcff.jsonl")


def test_batches_are_taken_in_by_all_of_them_each_behind_the_one_before_it(apart):
    pids = started(apart)
    handed_over, before = [], None
    for _ in range(30):
        before = submitted(apart, fake.GOOD, before=before)
        handed_over.append(before)
    done = [by(told(one)) for one in handed_over]
    assert set(done) == set(pids)
    assert len(pids) == 3


def test_what_fails_apart_is_taken_in_here_and_the_process_goes_on(apart):
    pids = started(apart)
    assert told(submitted(apart, fake.NOT_DECIDED)) == HERE
    assert told(submitted(apart, fake.NOT_RECORDED)) == HERE
    assert by(told(submitted(apart, fake.GOOD))) in pids
    assert apart.pids == pids


def test_what_fails_takes_along_what_is_behind_it_and_nothing_else(apart):
    pids = started(apart)
    failed = HandedOver(Future(), Future())
    failed.recorded.set_exception(ValueError("the one before"))
    first = submitted(apart, fake.GOOD, before=failed)
    second = submitted(apart, fake.NOT_DECIDED, before=first)
    third = submitted(apart, fake.GOOD, before=second)
    for one in (first, second, third):
        with pytest.raises(ValueError, match="the one before"):
            told(one)
    assert [by(told(submitted(apart, fake.GOOD))) in pids for _ in range(4)] == [True] * 4


def test_one_that_dies_over_a_batch_is_missed_by_nobody_and_started_anew_later():
    with opened(processes=1) as apart:
        (pid,) = started(apart)
        with capture_logs() as logs:
            assert told(submitted(apart, fake.DIES_RECORDING)) == HERE
        assert [(line["event"], line["exit_code"]) for line in logs] == [("intake_process_lost", 3)]
        assert not apart.pids
        assert [apart.takes(1) for _ in range(9)] == [False] * 9
        assert started(apart) != [pid]


def test_a_batch_that_is_recorded_lets_the_next_go_on_even_where_nobody_can_tell_what_became_of_it(apart):
    """The feed takes it in again then, and finds it recorded; that it cannot does not stop what is behind it."""
    pids = started(apart)

    def refuse():
        raise ValueError("offsets were moved")

    first = apart.submit(frame(fake.DIES_TELLING), None, refuse)
    second = submitted(apart, fake.GOOD, before=first)
    assert by(told(second)) in pids
    first.recorded.result()
    with pytest.raises(ValueError, match="offsets were moved"):
        told(first)


def test_one_that_is_killed_while_it_works_is_missed_by_nobody_and_the_others_go_on(apart):
    pids = started(apart)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    handed_over = [submitted(apart, fake.GOOD) for _ in range(6)]
    os.kill(pids[0], signal.SIGKILL)
    for pid in pids[1:]:
        os.kill(pid, signal.SIGCONT)
    with capture_logs() as logs:
        tallies = [told(one) for one in handed_over]
    assert events(logs).count("intake_process_lost") <= 1
    assert sum(one == HERE for one in tallies) >= 1
    assert {by(one) for one in tallies if one != HERE} <= set(pids[1:])
    assert apart.pids == pids[1:]


def test_one_that_is_silent_is_given_up(monkeypatch):
    monkeypatch.setattr(intake_apart, "_ENDING_SECONDS", 0.1)
    with opened(processes=1) as apart:
        (pid,) = impatient(apart)
        os.kill(pid, signal.SIGSTOP)
        with capture_logs() as logs:
            assert told(submitted(apart, fake.GOOD)) == HERE
    assert [(line["event"], line["how"], line["exit_code"]) for line in logs] == [
        ("intake_process_lost", "silent", -signal.SIGKILL)
    ]


def test_those_that_the_first_forked_are_given_up_and_killed_too(monkeypatch):
    """Nobody waits for them as for a child, and they are ended all the same; the first goes on."""
    monkeypatch.setattr(intake_apart, "_ENDING_SECONDS", 0.2)
    with opened(processes=3) as apart:
        first, *forked = impatient(apart)
        for pid in forked:
            os.kill(pid, signal.SIGSTOP)
        with capture_logs() as logs:
            outcomes = [submitted(apart, fake.GOOD) for _ in range(3)]
            assert [told(one) for one in outcomes].count(HERE) == 2
        assert [(line["event"], line["started_anew_after_records"]) for line in logs] == [
            ("intake_process_lost", 10)
        ] * 2
        assert sorted(line["pid"] for line in logs) == sorted(forked)
        assert [is_alive(pid) for pid in forked] == [False] * 2
        assert apart.pids == [first]


def test_the_first_that_is_killed_does_not_take_those_along_that_it_forked(apart):
    first, *others = started(apart)
    os.kill(first, signal.SIGKILL)
    tallies = [told(submitted(apart, fake.GOOD)) for _ in range(9)]
    assert {by(one) for one in tallies if one != HERE} == set(others)
    assert sum(one == HERE for one in tallies) >= 1
    assert apart.pids == others


@pytest.mark.parametrize("how", ["ends at once", "says nonsense", "cannot be run"])
def test_one_that_does_not_start_is_said_to(how, monkeypatch):
    if how != "says nonsense":
        monkeypatch.setattr(sys, "executable", "/bin/false" if how == "ends at once" else "/nowhere")
    with opened(processes=1, setup=fake.NONSENSE) as apart, capture_logs() as logs:
        until(lambda: apart.takes(1) or logs, "word of what did not start")
        assert not apart.pids
    assert events(logs) == ["intake_process_not_started" if how == "cannot be run" else "intake_process_lost"]


def test_what_asks_the_whole_service_to_end_does_not_end_them_before_the_feed(apart):
    pids = started(apart)
    for pid in pids:
        assert os.getpgid(pid) != os.getpgid(0)
        for asked in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(pid, asked)
    assert by(told(submitted(apart, fake.GOOD))) in pids
    assert apart.pids == pids


def test_they_end_with_the_feed_once_what_was_handed_over_is_done():
    with opened(processes=2) as apart:
        pids = started(apart)
        handed_over = submitted(apart, *[fake.GOOD] * 20_000)
    assert told(handed_over).records == 20_000
    assert [is_alive(pid) for pid in pids] == [False, False]


def test_one_that_is_being_started_ends_with_the_feed_too():
    with opened(processes=2) as apart, capture_logs() as logs:
        apart.takes(1)
    assert logs == []


def test_they_end_when_the_feed_is_killed():
    feed = """
import sys
from tests.unit.ingest.test_intake_apart import opened, started
print(*started(opened()), flush=True)
sys.stdin.read()
"""
    command = [sys.executable, "-c", feed]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]) as one:
        pids = next(line.split() for line in one.stdout if line.split()[:1] and line.split()[0].isdigit())
        one.kill()
    assert len(pids) == 2
    until(lambda: not any(is_alive(int(pid)) for pid in pids), "the end of the processes")


def test_little_is_taken_in_here_and_so_is_all_where_nothing_else_is_wanted(monkeypatch):
    with opened(worth_it=5_000, large_batch=100) as apart:
        assert [apart.takes(99) for _ in range(200)] == [False] * 200, "small batches"
        assert not apart.takes(4_999)
        assert apart._open == []
    with opened(processes=0) as apart:
        assert not apart.takes(10_000)
    monkeypatch.setattr(intake_apart, "processors", lambda: 1)
    with opened() as apart:
        assert not apart.takes(10_000)
        assert apart.at_a_time == 0
