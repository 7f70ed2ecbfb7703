"""A process of its own reads as this one does, and whatever becomes of it, nothing is lost but its help."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ingest import reader_process
from ingest.normalising import MAX_RECORD_BYTES, AdapterFailure, normalise
from ingest.reading_apart import ReadingApart
from ingest.records import FeedRecord, Normalised, Rejection
from ingest.sources.registry import make_adapters
from jiedao.application.district_profile import find_profile
from jiedao.domain.report import IncidentReport
from tests.unit.ingest.sources.golden_samples import RECEIVED_AT, SAMPLES, samples_of
from tests.unit.ingest.sources.mutations import HOSTILE, leaves, removed, replaced
from tests.waiting import until

SOURCES = sorted(path.name for path in SAMPLES.iterdir() if path.is_dir())
ORDER = b'{"order_no": "HZ-1", "title": "x", "case_content": "y", "call_time": "2026-11-24 08:00:00"}'
RECORDS = [FeedRecord(ORDER, "test", RECEIVED_AT)]


@pytest.fixture(scope="module")
def profile():
    return find_profile(Path(__file__).parents[3] / "config", "330103")


@pytest.fixture
def apart(profile):
    with ReadingApart(profile, worth_it=1, large_batch=1) as apart:
        yield apart


def started(apart):
    """Read batches until they are read apart; the number of the process."""
    until(lambda: taken(apart, "hotline", RECORDS) is not None, "a batch that is read apart")
    return apart.pid


def taken(apart, source, records):
    batch = apart.submit(source, records)
    return batch and batch.take()


def spoiled(raw):
    """Records like this one, of which one place or the other is gone or hostile."""
    try:
        content = json.loads(raw)
    except ValueError:
        return [raw[: len(raw) // 2], b"\xff\xfe" + raw]
    paths = list(leaves(content))
    made = [removed(content, path) for path in paths[1:]]
    made += [replaced(content, path, HOSTILE[number % len(HOSTILE)]) for number, path in enumerate(paths)]
    return [json.dumps(one).encode() for one in made]


def test_every_sample_whole_and_spoiled_is_read_apart_as_it_is_here(apart, profile):
    started(apart)
    adapters = make_adapters(profile)
    kinds = set()
    for source in SOURCES:
        raws = [path.read_bytes() for _, path in samples_of(source)]
        raws += [worse for raw in raws for worse in spoiled(raw)] + [b"", b"x" * (MAX_RECORD_BYTES + 1)]
        read = taken(apart, source, [FeedRecord(raw, "test", RECEIVED_AT) for raw in raws])
        here = [normalise(adapters[source], raw, RECEIVED_AT) for raw in raws]
        assert read == here
        kinds |= {type(one) for one in read}
    assert kinds == {Normalised, Rejection}


def test_one_that_is_killed_while_it_reads_is_missed_by_nobody_and_started_anew_later(apart):
    pid = started(apart)
    os.kill(pid, signal.SIGSTOP)
    batch = apart.submit("hotline", RECORDS)
    os.kill(pid, signal.SIGKILL)
    with capture_logs() as logs:
        assert batch.take() is None
    assert [(line["event"], line["exit_code"]) for line in logs] == [("reader_process_lost", -signal.SIGKILL)]
    assert apart.pid is None
    assert [apart.submit("hotline", RECORDS) for _ in range(9)] == [None] * 9
    assert started(apart) != pid


def test_one_that_is_gone_before_it_is_asked_is_not_asked(apart):
    pid = started(apart)
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    with capture_logs() as logs:
        assert taken(apart, "hotline", RECORDS) is None
    assert [line["event"] for line in logs] == ["reader_process_lost"]


def test_one_that_cannot_start_is_said_to(apart, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with capture_logs() as logs:
        until(lambda: apart.submit("hotline", RECORDS) or logs, "word of what did not start")
    assert logs[0]["event"] == "reader_process_lost"


def test_a_batch_that_nobody_took_is_not_the_answer_to_the_next(apart):
    started(apart)
    apart.submit("hotline", RECORDS)
    (read,) = taken(apart, "hotline", [FeedRecord(ORDER.replace(b"HZ-1", b"HZ-2"), "test", RECEIVED_AT)])
    assert read.report.external_id == "HZ-2"


def test_batches_that_wait_for_it_are_answered_in_their_order_and_all_are_given_up_with_it(apart):
    pid = started(apart)
    numbered = [[FeedRecord(ORDER.replace(b"HZ-1", b"HZ-%d" % number), "test", RECEIVED_AT)] for number in range(5)]
    handed_over = [apart.submit("hotline", records) for records in numbered[:3]]
    assert [batch.take()[0].report.external_id for batch in handed_over] == ["HZ-0", "HZ-1", "HZ-2"]
    os.kill(pid, signal.SIGSTOP)
    handed_over = [apart.submit("hotline", records) for records in numbered]
    os.kill(pid, signal.SIGKILL)
    with capture_logs() as logs:
        assert [batch.take() for batch in handed_over] == [None] * 5
    assert [line["event"] for line in logs] == ["reader_process_lost"]


def test_an_interrupt_of_everything_in_the_terminal_does_not_end_it(apart):
    pid = started(apart)
    assert os.getpgid(pid) != os.getpgid(0)
    os.kill(pid, signal.SIGINT)
    assert len(taken(apart, "hotline", RECORDS)) == 1


def test_it_ends_with_its_feed_also_in_the_middle_of_an_answer(profile):
    with ReadingApart(profile, worth_it=1, large_batch=1) as apart:
        pid = started(apart)
        apart.submit("hotline", RECORDS * 5_000)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_it_ends_when_the_feed_is_killed():
    feed = """
import os, sys
from pathlib import Path
from tests.unit.ingest.test_reading_apart import ReadingApart, find_profile, started
apart = ReadingApart(find_profile(Path("config"), "330103"), worth_it=1, large_batch=1)
print(started(apart), flush=True)
sys.stdin.read()
"""
    command = [sys.executable, "-c", feed]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]) as one:
        pid = int(next(line for line in one.stdout if line.strip().isdigit()))
        one.kill()
    until(lambda: not is_alive(pid), "the end of the reader")


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except FileNotFoundError:
        return False


def test_little_is_read_here_and_so_is_all_where_nothing_else_is_wanted(profile):
    many = RECORDS * 99
    with ReadingApart(profile) as apart:
        assert [apart.submit("hotline", many) for _ in range(100)] == [None] * 100, "small batches"
    with ReadingApart(profile, allowed=False, worth_it=1, large_batch=1) as apart:
        assert [apart.submit("hotline", many) for _ in range(9)] == [None] * 9
        assert apart._process is None


class Failing:
    """An adapter that fails at some records, and reads of others what cannot be told between processes."""

    def normalise(self, raw, received_at):
        if raw == b"fail":
            raise KeyError(raw)
        title = "\ud800" if raw == b"untold" else "x"
        return Normalised(IncidentReport("s", "1", 1, "own", "c", title, "", received_at))


def test_a_failure_of_the_adapter_is_told_and_what_cannot_be_told_is_left_to_the_feed():
    at = datetime(2026, 11, 24, tzinfo=UTC)
    asked = reader_process.batch_frame("s", [FeedRecord(raw, "o", at) for raw in (b"fail", b"untold", b"good")])
    answer = reader_process._answer({"s": Failing()}, reader_process._decode_batch(asked))
    failure, untold, good = reader_process.read_answer(answer)
    assert isinstance(failure, AdapterFailure)
    assert (failure.error, failure.where.partition(":")[0]) == ("KeyError", "normalise")
    assert untold is None
    assert good == Failing().normalise(b"good", at)
