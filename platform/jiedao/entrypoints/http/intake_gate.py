"""Gathers reports that are posted one by one into batches, because a batch is what the pipeline is fast with.

Requests wait a few milliseconds for company of the same source and holder, go through the pipeline as one unit, and
are answered each with its own outcomes. A request that makes its batch fail is found by running each alone.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Condition, Thread
from time import monotonic

import structlog
from psycopg import InterfaceError, OperationalError

from ingest.records import FeedRecord
from jiedao.application.outcomes import RecordOutcome
from jiedao.domain.access import Holder
from jiedao.domain.errors import UnavailableError
from jiedao.domain.terms import Transport
from jiedao.entrypoints.http.metrics import HttpMetrics
from jiedao.entrypoints.services import HttpLimits, ReportPipeline

_log = structlog.get_logger(__name__)

_NOBODYS_FAULT = (UnavailableError, OperationalError, InterfaceError)
"""What no single request of a batch can be the cause of: running each alone would only take longer to fail."""


@dataclass(slots=True)
class _Waiting:
    """Records of one request, and where their outcomes go."""

    records: Sequence[FeedRecord]
    size: int
    since: float
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[list[RecordOutcome]]


_Key = tuple[str, Holder]
_Settled = tuple[_Waiting, list[RecordOutcome] | Exception]


class IntakeGate:
    """The way of posted reports into the pipeline. Threads start with the first report and end with :meth:`close`."""

    def __init__(self, pipeline: ReportPipeline, limits: HttpLimits, metrics: HttpMetrics) -> None:
        self._pipeline = pipeline
        self._limits = limits
        self._metrics = metrics
        self._changed = Condition()
        self._queues: dict[_Key, deque[_Waiting]] = {}  # in the order of their oldest request
        self._records = 0
        self._bytes = 0
        self._closing = False
        self._threads: list[Thread] = []
        metrics.show_waiting(lambda: self._records)

    async def record(self, source: str, records: Sequence[FeedRecord], actor: Holder) -> list[RecordOutcome]:
        """Record a request's records, in units of at most ``unit_records``; returns their outcomes in order.

        Raises UnavailableError when too much waits already, or the database does not answer in time: what was
        recorded by then is recorded, and sending everything again does no harm.
        """
        outcomes: list[RecordOutcome] = []
        for start in range(0, len(records), self._limits.unit_records):
            outcomes += await self._record_unit(source, records[start : start + self._limits.unit_records], actor)
        return outcomes

    async def _record_unit(self, source: str, records: Sequence[FeedRecord], actor: Holder) -> list[RecordOutcome]:
        loop = asyncio.get_running_loop()
        waiting = _Waiting(records, sum(len(record.raw) for record in records), monotonic(), loop, loop.create_future())
        self._enqueue((source, actor), waiting)
        try:
            async with asyncio.timeout(self._limits.answer_seconds):
                return await waiting.future
        except TimeoutError as error:
            raise UnavailableError(
                f"not recorded within {self._limits.answer_seconds:g} s; whether it still will be is not known:"
                " send it again, a record that was recorded is told apart by its number"
            ) from error

    def close(self) -> None:
        """Record what waits, refuse what comes later, and end the threads."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _enqueue(self, key: _Key, waiting: _Waiting) -> None:
        with self._changed:
            if self._closing:
                raise UnavailableError("the server is stopping; send the report again in a moment")
            fits = (
                self._records + len(waiting.records) <= self._limits.waiting_records
                and self._bytes + waiting.size <= self._limits.waiting_bytes
            )
            if self._records and not fits:
                raise UnavailableError("too many reports wait to be recorded; send it again in a moment")
            self._queues.setdefault(key, deque()).append(waiting)
            self._records += len(waiting.records)
            self._bytes += waiting.size
            while len(self._threads) < self._limits.gather_threads:
                thread = Thread(target=self._work, name=f"jiedao-intake-{len(self._threads)}", daemon=True)
                self._threads.append(thread)
                thread.start()
            self._changed.notify()

    def _work(self) -> None:
        while (taken := self._take()) is not None:
            (source, actor), batch = taken
            if batch:
                _settle(self._run(source, actor, batch))

    def _take(self) -> tuple[_Key, list[_Waiting]] | None:
        """Wait for work and take a batch of the longest waiting source and holder; ``None`` at the end."""
        with self._changed:
            while not self._queues:
                if self._closing:
                    return None
                self._changed.wait()
            key = next(iter(self._queues))
            self._await_company(self._queues[key][0].since)
            if not self._queues:  # another thread took it meanwhile
                return key, []
            key = next(iter(self._queues))
            queue = self._queues.pop(key)
            batch = self._draw(queue)
            if queue:
                self._queues[key] = queue  # to the end: nobody holds up the others
                self._changed.notify()
            return key, [waiting for waiting in batch if not waiting.future.cancelled()]

    def _await_company(self, since: float) -> None:
        until = since + self._limits.gather_seconds
        while (
            self._queues
            and self._records < self._limits.gather_records
            and not self._closing
            and (left := until - monotonic()) > 0
        ):
            self._changed.wait(left)

    def _draw(self, queue: deque[_Waiting]) -> list[_Waiting]:
        batch = [queue.popleft()]
        records = len(batch[0].records)
        while queue and records + len(queue[0].records) <= self._limits.gather_records:
            batch.append(queue.popleft())
            records += len(batch[-1].records)
        self._records -= records
        self._bytes -= sum(waiting.size for waiting in batch)
        return batch

    def _run(self, source: str, actor: Holder, batch: Sequence[_Waiting]) -> list[_Settled]:
        records = [record for waiting in batch for record in waiting.records]
        try:
            outcomes = self._pipeline.run(source, records, transport=Transport.HTTP.value, actor=actor)
            if len(outcomes) != len(records):
                raise RuntimeError(f"the pipeline gave {len(outcomes)} outcomes for {len(records)} records")  # noqa: TRY301  # it fails as any other error does
        except Exception as error:  # noqa: BLE001  # whatever it is, it belongs to those who sent the batch, and the thread goes on
            if len(batch) == 1 or isinstance(error, _NOBODYS_FAULT):
                return [(waiting, error) for waiting in batch]
            _log.warning("batch_run_singly", source=source, requests=len(batch), error=type(error).__name__)
            return [settled for waiting in batch for settled in self._run(source, actor, [waiting])]
        self._metrics.recorded(source, outcomes)
        settled: list[_Settled] = []
        start = 0
        for waiting in batch:
            settled.append((waiting, outcomes[start : start + len(waiting.records)]))
            start += len(waiting.records)
        return settled


def _settle(settled: Sequence[_Settled]) -> None:
    """Answer the requests: one call into each event loop, as waking it costs more than the answers."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Settled]] = {}
    for waiting, answer in settled:
        by_loop.setdefault(waiting.loop, []).append((waiting, answer))
    for loop, answers in by_loop.items():
        try:
            loop.call_soon_threadsafe(_answer, answers)
        except RuntimeError:  # the loop was closed: nobody is there to be answered
            _log.warning("intake_without_listener", requests=len(answers))


def _answer(settled: Sequence[_Settled]) -> None:
    for waiting, answer in settled:
        if waiting.future.done():
            continue
        if isinstance(answer, Exception):
            waiting.future.set_exception(answer)
        else:
            waiting.future.set_result(answer)
