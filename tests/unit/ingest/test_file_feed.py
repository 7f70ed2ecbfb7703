"""Feeding files, with a pipeline that takes lines."""

import io
from datetime import UTC, datetime
from threading import Event

import pytest

from ingest import file_feed
from ingest.file_feed import FileFeed, media_type_of
from jiedao.application.outcomes import RecordOutcome, tally_of
from jiedao.domain.access import Holder
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.terms import Role

NDJSON = "application/x-ndjson"


class FixedClock:
    def now(self):
        return datetime(2026, 11, 24, tzinfo=UTC)


class LinePipeline:
    """Every line is a record; ``!`` is one that cannot be read, and ``?`` is none that can be told from others."""

    def __init__(self):
        self.units, self.validated, self.begun = [], [], 0

    def split(self, source, payload, media_type):
        if payload.startswith(b"?"):
            raise InvalidInputError("nothing can be told apart")
        return payload.splitlines()

    def begin(self, source, records, *, transport, actor, offsets, after):
        self.begun += 1
        return LineBatch(self, (source, transport, actor.holder, records))

    def validate(self, source, records):
        self.validated.append(records)
        return self.outcomes(records)

    def outcomes(self, records):
        return [
            RecordOutcome(record.origin, "dead", reason="id_missing")
            if record.raw.startswith((b"!", b"?"))
            else RecordOutcome(record.origin, "accepted")
            for record in records
        ]

    def lines(self):
        return [record.raw for *_, records in self.units for record in records]


class LineBatch:
    """A unit that is recorded when it is handed in."""

    def __init__(self, pipeline, unit):
        self._pipeline, self._unit = pipeline, unit

    def decide(self):
        """Nothing has to be known of lines."""

    def hand_in(self):
        self._pipeline.units.append(self._unit)

    def record(self):
        """It is, once it is handed in."""

    def tally(self):
        return tally_of(self._pipeline.outcomes(self._unit[-1]))


@pytest.fixture
def pipeline():
    return LinePipeline()


@pytest.fixture
def feed(pipeline):
    return FileFeed(pipeline, Holder("", "console:li", Role.ADMINISTRATOR), FixedClock())


def test_every_record_is_fed_once_in_order_with_its_number_in_the_file(feed, pipeline, monkeypatch):
    monkeypatch.setattr(file_feed, "UNIT_RECORDS", 4)
    monkeypatch.setattr(file_feed, "_CHUNK_BYTES", 37)  # cuts lines in the middle
    lines = [b'{"number": %d}' % number for number in range(23)]
    totals = feed.run("hotline", "orders.jsonl", io.BytesIO(b"\n".join(lines)), NDJSON)
    assert pipeline.lines() == lines
    origins = [record.origin for *_, records in pipeline.units for record in records]
    assert origins == [f"file:orders.jsonl#{number}" for number in range(1, 24)]
    assert {unit[:3] for unit in pipeline.units} == {("hotline", "file", "console:li")}
    assert (totals.records, dict(totals.outcomes), totals.stopped) == (23, {"accepted": 23}, False)


def test_what_is_dead_is_listed_and_does_not_stop_the_rest(feed):
    totals = feed.run("hotline", "x.jsonl", io.BytesIO(b"a\n!\nb\n"), NDJSON)
    assert dict(totals.outcomes) == {"accepted": 2, "dead": 1}
    assert [outcome.origin for outcome in totals.dead] == ["file:x.jsonl#2"]


def test_a_stop_ends_after_the_unit_that_was_begun(feed, pipeline, monkeypatch):
    monkeypatch.setattr(file_feed, "UNIT_RECORDS", 2)
    stop = Event()
    content = io.BytesIO(b"a\nb\nc\nd\ne\nf\n")
    totals = feed.run("hotline", "x.jsonl", content, NDJSON, stop=stop, on_unit=lambda *_: stop.set())
    assert (totals.records, totals.stopped) == (4, True)  # the second was under way when the first was told
    assert pipeline.lines() == [b"a", b"b", b"c", b"d"]
    assert pipeline.begun == 2


def test_progress_is_told_in_bytes_and_ends_with_the_whole(feed):
    told = []
    content = b"a\nb\n"
    feed.run(
        "hotline",
        "x.jsonl",
        io.BytesIO(content),
        NDJSON,
        on_unit=lambda totals, read: told.append((totals.records, read)),
    )
    assert told == [(2, len(content))]


def test_progress_moves_on_with_the_units_of_a_file_that_is_read_whole(feed, monkeypatch):
    monkeypatch.setattr(file_feed, "UNIT_RECORDS", 2)
    told = []
    feed.run("hotline", "x.csv", io.BytesIO(b"a\nb\nc\nd\ne\n"), "text/csv", on_unit=lambda _, done: told.append(done))
    assert told == [4, 8, 10]


def test_a_file_in_which_nothing_can_be_told_apart_is_one_dead_record(feed, pipeline):
    totals = feed.run("hotline", "x.json", io.BytesIO(b"?\n?"), "application/json")
    assert pipeline.lines() == [b"?\n?"]
    assert (totals.records, dict(totals.outcomes), totals.unparted) == (1, {"dead": 1}, "nothing can be told apart")


@pytest.mark.parametrize("content", [b"?" * 101, b" \n"])
def test_one_that_is_too_large_for_a_dead_letter_or_empty_is_refused(feed, pipeline, monkeypatch, content):
    monkeypatch.setattr(file_feed, "MAX_RECORD_BYTES", 100)
    monkeypatch.setattr(pipeline, "split", lambda *_: _refuse())
    with pytest.raises(InvalidInputError, match="told apart"):
        feed.run("hotline", "x.json", io.BytesIO(content), "application/json")
    assert not pipeline.units


def _refuse():
    raise InvalidInputError("nothing can be told apart")


def test_validating_records_nothing(pipeline):
    feed = FileFeed(pipeline, Holder("", "console:li", Role.ADMINISTRATOR), FixedClock(), validate_only=True)
    totals = feed.run("hotline", "x.jsonl", io.BytesIO(b"a\n!\n"), NDJSON)
    assert totals.records == 2
    assert not pipeline.units
    assert len(pipeline.validated) == 1


def test_a_file_that_must_be_read_whole_has_a_limit(feed, monkeypatch):
    monkeypatch.setattr(file_feed, "MAX_WHOLE_BYTES", 3)
    with pytest.raises(InvalidInputError, match="larger than 3 bytes"):
        feed.run("hotline", "x.json", io.BytesIO(b"[{}]"), "application/json")


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.JSON", "application/json"),
        ("a.jsonl", NDJSON),
        ("b/a.ndjson", NDJSON),
        ("a.xml", "application/xml"),
        ("a.csv", "text/csv"),
    ],
)
def test_the_name_tells_the_format(name, media_type):
    assert media_type_of(name) == media_type


def test_an_unknown_ending_asks_for_the_format():
    with pytest.raises(InvalidInputError, match=r"orders\.xls does not end in one of \.json"):
        media_type_of("orders.xls")
