"""The pipeline between transports and intake, with an adapter of the test's own."""

import hashlib
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from ingest.normalising import MAX_RECORD_BYTES
from ingest.pipeline import Pipeline
from ingest.records import EmbeddedFile, FeedRecord, Normalised, Rejection
from jiedao.application.outcomes import ReadableRecord, RecordOutcome
from jiedao.domain.access import Holder
from jiedao.domain.errors import NotFoundError
from jiedao.domain.ports import StoredFile
from jiedao.domain.report import Attachment, IncidentReport, ReporterDetails
from jiedao.domain.terms import Role

AT = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
ACTOR = Holder("t", "source:hotline", Role.INTEGRATOR)
PHOTO = b"\x89PNG photo"


class WordAdapter:
    """Reads a word as a report's number; some words are special."""

    def split(self, payload, media_type):
        return payload.split()

    def normalise(self, raw, received_at):
        word = raw.decode()
        if word == "bad":
            return Rejection("id_missing", "the number is missing", "/id", external_id=None)
        if word == "breaks":
            raise KeyError("13900001111")
        report = IncidentReport("hotline", word, 1, "own", "12345", "标题", "", received_at)
        embedded = (EmbeddedFile("photo", PHOTO, "image/png"),) if word == "photo" else ()
        return Normalised(report, ReporterDetails(phone="1"), embedded, b"lifted" if embedded else None)


class ListeningIntake:
    """Keeps what it was handed."""

    def __init__(self):
        self.received, self.previewed, self.offsets = [], [], None

    def begin(self, records, *, transport, actor, offsets, after):
        self.received += records
        self.offsets = offsets
        return Recorded([RecordOutcome(record.origin, "accepted") for record in records])

    def preview(self, records, *, transport, actor):
        self.previewed += records
        return [RecordOutcome(record.origin, "accepted") for record in records]


class Recorded:
    def __init__(self, outcomes):
        self._outcomes = outcomes

    def finish(self):
        return self._outcomes


class MemoryFiles:
    def __init__(self):
        self.contents = {}

    def put(self, content, media_type=None):
        digest = hashlib.sha256(content).hexdigest()
        self.contents[digest] = content
        return StoredFile(digest, len(content), "image/png")


@pytest.fixture
def intake():
    return ListeningIntake()


@pytest.fixture
def files():
    return MemoryFiles()


@pytest.fixture
def pipeline(intake, files):
    return Pipeline({"hotline": WordAdapter()}, intake, files)


def delivered(*words):
    return [FeedRecord(word.encode(), f"test#{number}", AT) for number, word in enumerate(words)]


def test_readable_and_unreadable_records_go_on_together_in_order(pipeline, intake):
    outcomes = pipeline.run("hotline", delivered("A", "bad", "B"), transport="http", actor=ACTOR, offsets=["moved"])
    assert [outcome.origin for outcome in outcomes] == ["test#0", "test#1", "test#2"]
    one, dead, other = intake.received
    assert (one.report.external_id, other.report.external_id) == ("A", "B")
    assert (dead.source, dead.reason, dead.pointer, dead.raw) == ("hotline", "id_missing", "/id", b"bad")
    assert intake.offsets == ["moved"]


def test_a_record_that_its_adapter_fails_at_is_set_aside_and_its_neighbours_go_through(pipeline, intake):
    with capture_logs() as logs:
        pipeline.run("hotline", delivered("A", "breaks", "B"), transport="http", actor=ACTOR)
    assert [isinstance(one, ReadableRecord) for one in intake.received] == [True, False, True]
    assert intake.received[1].reason == "adapter_failed"
    assert [line["event"] for line in logs] == ["adapter_failed"]
    assert "13900001111" not in str(logs)


def test_a_record_beyond_the_limit_is_set_aside_unread(pipeline, intake):
    pipeline.run("hotline", [FeedRecord(b"x" * (MAX_RECORD_BYTES + 1), "big", AT)], transport="http", actor=ACTOR)
    assert intake.received[0].reason == "too_large"


def test_a_photo_that_the_record_carries_is_stored_by_its_hash_and_lifted_out(pipeline, intake, files):
    pipeline.run("hotline", delivered("photo"), transport="http", actor=ACTOR)
    (record,) = intake.received
    digest = hashlib.sha256(PHOTO).hexdigest()
    assert record.report.attachments == (Attachment("photo", sha256=digest, media_type="image/png", size=len(PHOTO)),)
    assert record.raw == b"lifted"
    assert files.contents == {digest: PHOTO}


def test_validating_stores_nothing_and_sees_the_same(pipeline, intake, files):
    pipeline.run("hotline", delivered("photo", "bad"), transport="http", actor=ACTOR)
    files.contents.clear()
    pipeline.validate("hotline", delivered("photo", "bad"))
    assert intake.previewed == intake.received
    assert not files.contents


@pytest.mark.parametrize(
    "use",
    [
        lambda pipeline: pipeline.split("weather", b"", "application/json"),
        lambda pipeline: pipeline.run("weather", delivered("A"), transport="http", actor=ACTOR),
    ],
)
def test_an_unknown_source_is_named_with_the_known_ones(pipeline, use):
    with pytest.raises(NotFoundError, match="'weather'; it has hotline"):
        use(pipeline)
