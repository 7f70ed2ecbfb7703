"""Feeding one batch while the one before it commits, on a real database: nothing doubled, lost, or out of order."""

from datetime import UTC, datetime

import msgspec
import pytest

from ingest.overlap import Overlap
from ingest.records import FeedRecord
from jiedao.application.outcomes import tally_of
from jiedao.domain.access import Holder
from jiedao.domain.errors import OffsetConflictError, UnavailableError
from jiedao.domain.ports import OffsetMove
from jiedao.domain.terms import Role
from tests.e2e.http.district import open_district, order

AT = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
ACTOR = Holder("", "feed:test", Role.INTEGRATOR)


class Told:
    """What the overlap told of each batch, in order, by the batch's name."""

    def __init__(self):
        self.tallies = []

    def of(self, name):
        return lambda tally: self.tallies.append((name, tally.outcomes))


@pytest.fixture
def pipeline(database_url, tmp_path):
    with open_district(database_url, tmp_path, live=False) as services:
        yield services.pipeline


@pytest.fixture
def told():
    return Told()


def records(*orders):
    return [FeedRecord(msgspec.json.encode(one), "test", AT) for one in orders]


def moved(before, after):
    return [OffsetMove("g", "t", 0, before, after)]


def test_a_batch_that_repeats_and_revises_what_is_being_committed_is_decided_on_it(pipeline, told):
    with Overlap(pipeline, "kafka", ACTOR) as overlap:
        overlap.record("hotline", records(order(1), order(2)), told.of("first"))
        overlap.record("hotline", records(order(2), order(1, revision=2), order(3)), told.of("second"))
        overlap.record("hotline", records(order(1)), told.of("third"))
    assert told.tallies == [
        ("first", {"accepted": 2}),
        ("second", {"duplicate": 1, "revised": 1, "accepted": 1}),
        ("third", {"duplicate": 1}),
    ]


def test_a_bad_record_that_is_being_set_aside_is_no_second_dead_letter(pipeline, told):
    bad = {"title": "没有编号"}
    with Overlap(pipeline, "kafka", ACTOR) as overlap:
        overlap.record("hotline", records(bad), told.of("first"))
        overlap.record("hotline", records(bad, order(1)), told.of("second"))
    assert told.tallies == [("first", {"dead": 1}), ("second", {"duplicate": 1, "accepted": 1})]


def test_a_feed_is_told_in_numbers_what_others_are_told_one_by_one(pipeline):
    """Those with a reason are told whole, repeated ones included, which nothing else lists."""
    bad, worse = {"title": "没有编号"}, {"title": "也没有编号"}
    for dead, duplicates in ((2, 1), (0, 4)):
        batch = pipeline.begin("hotline", records(bad, order(1), worse, order(1)), transport="file", actor=ACTOR)
        outcomes = batch.finish()
        assert batch.tally() == tally_of(outcomes)
        assert batch.tally().outcomes.get("dead", 0) == dead
        assert batch.tally().outcomes["duplicate"] == duplicates
        assert [one.reason for one in batch.tally().explained] == ["id_missing", "id_missing"]


def test_what_somebody_else_recorded_meanwhile_is_decided_again(pipeline, told):
    with Overlap(pipeline, "kafka", ACTOR) as overlap:
        overlap.record("hotline", records(order(1)), told.of("first"))
        batch = pipeline.begin("hotline", records(order(2), order(3)), transport="kafka", actor=ACTOR)
        batch.decide()
        overlap.record("hotline", records(order(2)), told.of("second"))
        overlap.settle()
        assert [one.outcome for one in batch.finish()] == ["duplicate", "accepted"]
    assert told.tallies == [("first", {"accepted": 1}), ("second", {"accepted": 1})]


def test_offsets_move_batch_by_batch_and_a_zombie_records_nothing_more(pipeline, told):
    overlap = Overlap(pipeline, "kafka", ACTOR)
    overlap.record("hotline", records(order(1)), told.of("first"), offsets=moved(None, 1))
    overlap.record("hotline", records(order(2)), told.of("second"), offsets=moved(1, 2))
    overlap.settle()
    overlap.record("hotline", records(order(3)), told.of("zombie"), offsets=moved(1, 2))
    with pytest.raises(OffsetConflictError):
        overlap.record("hotline", records(order(4)), told.of("after it"), offsets=moved(2, 3))
    overlap.settle()
    outcomes = pipeline.run("hotline", records(order(3), order(4)), transport="kafka", actor=ACTOR)
    assert [one.outcome for one in outcomes] == ["accepted", "accepted"]  # neither was recorded
    assert told.tallies == [("first", {"accepted": 1}), ("second", {"accepted": 1})]


def test_a_batch_that_cannot_be_begun_does_not_lose_the_one_under_way(pipeline, told, monkeypatch):
    overlap = Overlap(pipeline, "kafka", ACTOR)
    overlap.record("hotline", records(order(1)), told.of("first"))
    with monkeypatch.context() as broken:
        broken.setattr(pipeline, "begin", refuse)
        with pytest.raises(UnavailableError):
            overlap.record("hotline", records(order(2)), told.of("second"))
    assert told.tallies == [("first", {"accepted": 1})]


def refuse(*_arguments, **_named):
    raise UnavailableError("the database does not answer")
