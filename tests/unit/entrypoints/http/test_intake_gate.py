"""Reports that are posted one by one are recorded in batches, each request is answered for itself, nothing piles up."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event

import psycopg
import pytest

from ingest.records import FeedRecord
from jiedao.application.outcomes import RecordOutcome
from jiedao.domain.access import Holder
from jiedao.domain.errors import InvalidInputError, UnavailableError
from jiedao.domain.terms import Role
from jiedao.entrypoints.http.intake_gate import IntakeGate
from jiedao.entrypoints.http.metrics import HttpMetrics
from jiedao.entrypoints.services import HttpLimits
from projections.answers import ProjectionStatus

SOURCE = Holder("t1", "source:hotline", Role.INTEGRATOR)
OTHER = Holder("t2", "source:video", Role.INTEGRATOR)
LIMITS = HttpLimits(gather_seconds=0.02, gather_threads=1)


def status():
    return ProjectionStatus(active=None, position=0, head=0, rebuild_needed=False, generations=[])


def records(*numbers):
    return [
        FeedRecord(str(number).encode(), f"http:{number}", datetime(2026, 11, 24, tzinfo=UTC)) for number in numbers
    ]


class Pipeline:
    """Notes what it is given; fails as it is told."""

    def __init__(self, fail=lambda _batch: None):
        self.batches = []
        self.fail = fail
        self.started = Event()

    def run(self, source, records, *, transport, actor, offsets=()):
        batch = [record.raw.decode() for record in records]
        self.batches.append((source, actor.holder, batch))
        self.started.set()
        error = self.fail(batch)
        if error is not None:
            raise error
        return [RecordOutcome(record.origin, "accepted", external_id=record.raw.decode()) for record in records]


def gate_of(pipeline, limits=LIMITS):
    return IntakeGate(pipeline, limits, HttpMetrics(status))


def run(gate, *requests):
    """Ask all at once; an error is an answer too."""

    async def ask():
        return await asyncio.gather(*(gate.record(*request) for request in requests), return_exceptions=True)

    try:
        return asyncio.run(ask())
    finally:
        gate.close()


def numbers_of(answer):
    return [outcome.external_id for outcome in answer]


def test_requests_at_the_same_time_become_one_batch_and_each_gets_its_own_outcomes():
    pipeline = Pipeline()
    answers = run(gate_of(pipeline), *(("hotline", records(number), SOURCE) for number in range(50)))
    assert [numbers_of(answer) for answer in answers] == [[str(number)] for number in range(50)]
    assert [len(batch) for _, _, batch in pipeline.batches] == [50]


def test_a_batch_is_of_one_source_and_one_holder():
    pipeline = Pipeline()
    run(gate_of(pipeline), ("hotline", records(1), SOURCE), ("video", records(2), SOURCE), ("hotline", records(3), OTHER),
        ("hotline", records(4), SOURCE))  # fmt: skip
    assert pipeline.batches == [
        ("hotline", "source:hotline", ["1", "4"]), ("video", "source:hotline", ["2"]), ("hotline", "source:video", ["3"]),
    ]  # fmt: skip


def test_a_batch_never_grows_beyond_its_bound_and_a_crowd_of_one_source_does_not_hold_up_another():
    pipeline = Pipeline()
    requests = [("hotline", records(number), SOURCE) for number in range(10)] + [("video", records(99), OTHER)]
    run(gate_of(pipeline, replace(LIMITS, gather_records=4)), *requests)
    assert [(source, len(batch)) for source, _, batch in pipeline.batches] == [
        ("hotline", 4), ("video", 1), ("hotline", 4), ("hotline", 2),
    ]  # fmt: skip


def test_a_long_request_is_recorded_in_units_and_answered_in_order():
    pipeline = Pipeline()
    (answer,) = run(gate_of(pipeline, replace(LIMITS, unit_records=4)), ("hotline", records(*range(10)), SOURCE))
    assert numbers_of(answer) == [str(number) for number in range(10)]
    assert [len(batch) for _, _, batch in pipeline.batches] == [4, 4, 2]


def test_the_request_that_makes_its_batch_fail_is_the_only_one_that_fails():
    pipeline = Pipeline(lambda batch: InvalidInputError("bad") if "13" in batch else None)
    answers = run(gate_of(pipeline), *(("hotline", records(number), SOURCE) for number in range(20)))
    assert isinstance(answers.pop(13), InvalidInputError)
    assert all(len(answer) == 1 for answer in answers)


@pytest.mark.parametrize("error", [UnavailableError("later"), psycopg.OperationalError("gone")])
def test_what_is_nobodys_fault_is_not_tried_again_for_each(error):
    pipeline = Pipeline(lambda _batch: error)
    answers = run(gate_of(pipeline), *(("hotline", records(number), SOURCE) for number in range(20)))
    assert all(answer is error for answer in answers)
    assert len(pipeline.batches) == 1


def test_a_pipeline_that_loses_an_outcome_is_an_error_and_no_wrong_answer():
    class Losing(Pipeline):
        def run(self, *arguments, **named):
            return super().run(*arguments, **named)[:-1]

    answers = run(gate_of(Losing()), ("hotline", records(1), SOURCE), ("hotline", records(2), SOURCE))
    assert [type(answer) for answer in answers] == [RuntimeError, RuntimeError]


def test_more_than_may_wait_is_refused_at_once():
    release = Event()
    pipeline = Pipeline(lambda _batch: None if release.wait(20) else RuntimeError("never released"))
    gate = gate_of(pipeline, replace(LIMITS, waiting_records=3, gather_records=1, gather_seconds=0))

    async def ask():
        first = asyncio.create_task(gate.record("hotline", records(0), SOURCE))
        assert await asyncio.to_thread(pipeline.started.wait, 20)
        waiting = [asyncio.create_task(gate.record("hotline", records(number), SOURCE)) for number in (1, 2, 3)]
        await asyncio.sleep(0)
        with pytest.raises(UnavailableError, match="too many"):
            await gate.record("hotline", records(4), SOURCE)
        release.set()
        return await asyncio.gather(first, *waiting)

    try:
        answers = asyncio.run(ask())
    finally:
        release.set()
        gate.close()
    assert [numbers_of(answer) for answer in answers] == [["0"], ["1"], ["2"], ["3"]]


def test_an_answer_that_does_not_come_is_not_waited_for_for_ever():
    release = Event()
    pipeline = Pipeline(lambda _batch: None if release.wait(20) else RuntimeError("never released"))
    gate = gate_of(pipeline, replace(LIMITS, answer_seconds=0.05))

    async def ask():
        try:
            with pytest.raises(UnavailableError, match="send it again"):
                await gate.record("hotline", records(1), SOURCE)
        finally:
            release.set()

    asyncio.run(ask())
    gate.close()


def test_after_closing_nothing_is_taken_and_what_waited_was_recorded():
    pipeline = Pipeline()
    gate = gate_of(pipeline, replace(LIMITS, gather_seconds=5))

    async def ask():
        waiting = asyncio.create_task(gate.record("hotline", records(1), SOURCE))
        await asyncio.sleep(0)
        await asyncio.to_thread(gate.close)
        with pytest.raises(UnavailableError, match="stopping"):
            await gate.record("hotline", records(2), SOURCE)
        return await waiting

    assert numbers_of(asyncio.run(ask())) == ["1"]
    assert [batch for _, _, batch in pipeline.batches] == [["1"]]
