"""Lets one batch be committed while the next are read and decided, for whoever feeds one batch after the other.

The database works while the interpreter does, and nothing else changes: batches are recorded in their order, a batch
is handed in only once the one before it is recorded, and one that fails is known before the next is handed in.

Where large batches are read in a process of their own, up to two more are read there meanwhile, and two are decided at
a time: what is known of a batch's records and the keys of its reporters are asked of the database while the other one
is decided. ``docs/adr/0026`` says what that is worth.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import Protocol, Self

from ingest.normalising import Found
from ingest.reading_apart import BatchApart, ReadingApart
from ingest.records import FeedRecord
from jiedao.application.intake import BatchUnderWay
from jiedao.application.outcomes import RecordOutcome
from jiedao.domain.access import Holder
from jiedao.domain.ports import OffsetMove

Then = Callable[[Sequence[RecordOutcome]], None]

READ_AHEAD = 2
"""How many batches may be with the process that reads."""

AT_WORK = 3
"""How many large batches are worked at: one is being committed, two are being decided."""

HANDING_OVER_SECONDS = 0.0005
"""After so long the interpreter goes to the next thread that wants it, while large batches are worked at.

By itself it takes ten times as long, also for a thread that only hands on what others wait for: the next piece of a
unit to the database, the next batch to the process that reads.
"""

AHEAD = AT_WORK + 1
"""How many large batches are read and not recorded yet, at most: whoever is done with one finds the next."""


class BatchPipeline(Protocol):
    """What it needs of the pipeline."""

    def begin(  # noqa: PLR0913  # a batch, whose it is, and what came before it
        self,
        source: str,
        records: Sequence[FeedRecord],
        *,
        transport: str,
        actor: Holder,
        offsets: Sequence[OffsetMove] = (),
        after: BatchUnderWay | None = None,
        found: Sequence[Found | None] | None = None,
    ) -> BatchUnderWay:
        """Read a batch that is to be decided and recorded, with its offsets, whole or not at all.

        ``found`` is what was read of it already.
        """


@dataclass(frozen=True, slots=True)
class _Batch:
    """A batch to be recorded, and who is told."""

    source: str
    records: Sequence[FeedRecord]
    then: Then
    offsets: Sequence[OffsetMove]


class Overlap:
    """Batches of one actor by one transport, one of them under way at most; none any more once its block has ended.

    ``apart`` reads large batches elsewhere; then up to :data:`READ_AHEAD` more are being read and :data:`AHEAD` are
    under way. It belongs to one thread, which is also told of what was recorded.
    """

    def __init__(
        self, pipeline: BatchPipeline, transport: str, actor: Holder, apart: ReadingApart | None = None
    ) -> None:
        self._pipeline = pipeline
        self._transport = transport
        self._actor = actor
        self._apart = apart
        self._reading: deque[tuple[_Batch, BatchApart]] = deque()
        self._working: deque[_Working] = deque()
        self._workers: _Workers | None = None
        self._under_way: tuple[BatchUnderWay, Then] | None = None

    def record(
        self, source: str, records: Sequence[FeedRecord], then: Then, *, offsets: Sequence[OffsetMove] = ()
    ) -> None:
        """Take a batch, and see to it that it is read, decided and handed in once the one before it is recorded.

        ``then`` is called with its outcomes once it is recorded: by a later call of this or of :meth:`settle`. Raises
        what any of the batches raises that were taken before; those that were handed in before that one are settled in
        any case, and those after it, this one included, then are not handed in.
        """
        batch = _Batch(source, records, then, offsets)
        apart = self._apart.submit(source, records) if self._apart else None
        if apart is None:
            self._settle_large()
            self._hand_in(batch)
        else:
            self._reading.append((batch, apart))
            self._go_on(READ_AHEAD, AHEAD)

    def settle(self) -> None:
        """Record what is being read or decided and wait for what is under way, if any; raises what they raise."""
        self._settle_large()
        self._finish()()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.settle()

    def _settle_large(self) -> None:
        if self._workers is not None or self._reading:
            self._go_on(0, 0)
            self._end_workers()

    def _go_on(self, reading: int, working: int) -> None:
        """Let at most so many large batches be read, and so many be worked at; tell of those that are recorded."""
        try:
            while len(self._reading) > reading:
                self._work_at(*self._reading.popleft())
                self._tell(AHEAD)
            self._tell(working)
        except BaseException:
            self._reading.clear()
            self._end_workers()
            raise

    def _work_at(self, batch: _Batch, apart: BatchApart) -> None:
        """Let a batch be decided, and handed in behind the one before it."""
        found = apart.take()
        self._finish()()
        before = self._working[-1] if self._working else None
        under_way = self._begin(batch, before.batch if before else None, found)
        self._workers = self._workers or _Workers()
        recorded = self._workers.submit(_carry_out, under_way, before.recorded if before else None)
        self._working.append(_Working(under_way, recorded, batch.then))

    def _tell(self, left: int) -> None:
        """Wait until at most so many batches are worked at, and tell of all that are recorded."""
        while self._working and (len(self._working) > left or self._working[0].recorded.done()):
            outcomes = self._working[0].recorded.result()
            self._working.popleft().then(outcomes)

    def _end_workers(self) -> None:
        """Wait until nobody works at a batch any more, and tell of those that are recorded."""
        workers, self._workers = self._workers, None
        if workers is not None:
            workers.end()
        working, self._working = self._working, deque()
        for one in working:
            if one.recorded.exception() is not None:
                break
            one.then(one.recorded.result())

    def _begin(
        self, batch: _Batch, after: BatchUnderWay | None, found: Sequence[Found | None] | None = None
    ) -> BatchUnderWay:
        return self._pipeline.begin(
            batch.source,
            batch.records,
            transport=self._transport,
            actor=self._actor,
            offsets=batch.offsets,
            after=after,
            found=found,
        )

    def _hand_in(self, batch: _Batch) -> None:
        """Read and decide a batch in this thread, see the one before it recorded, and hand this one in."""
        try:
            deciding = self._begin(batch, self._under_way and self._under_way[0])
            deciding.decide()
        except Exception:
            self._finish()()
            raise
        tell = self._finish()
        try:
            deciding.hand_in()
            self._under_way = deciding, batch.then
        finally:
            tell()

    def _finish(self) -> Callable[[], None]:
        """Wait for what is under way; what is returned tells whoever handed it in."""
        if self._under_way is None:
            return _nothing
        batch, then = self._under_way
        self._under_way = None
        outcomes = batch.finish()
        return lambda: then(outcomes)


@dataclass(frozen=True, slots=True)
class _Working:
    """A batch that is worked at, and who is told."""

    batch: BatchUnderWay
    recorded: Future[Sequence[RecordOutcome]]
    then: Then


class HandingOver:
    """How soon the interpreter goes from thread to thread: the process's own, so all feeds in it are counted."""

    def __init__(self) -> None:
        self._counting = Lock()
        self._feeds = 0
        self._before = 0.0

    def begin(self) -> None:
        """Let it go soon, until as many have ended as have begun."""
        with self._counting:
            if not self._feeds:
                self._before = sys.getswitchinterval()
                sys.setswitchinterval(min(self._before, HANDING_OVER_SECONDS))
            self._feeds += 1

    def end(self) -> None:
        """The last one to end leaves it as the first one found it."""
        with self._counting:
            self._feeds -= 1
            if not self._feeds:
                sys.setswitchinterval(self._before)


_handing_over = HandingOver()


class _Workers(ThreadPoolExecutor):
    """Threads that carry out large batches, and get the interpreter soon."""

    def __init__(self) -> None:
        super().__init__(AT_WORK, "jiedao-deciding")
        _handing_over.begin()

    def end(self) -> None:
        """Wait until nobody works any more."""
        self.shutdown()
        _handing_over.end()


def _carry_out(batch: BatchUnderWay, before: Future[Sequence[RecordOutcome]] | None) -> Sequence[RecordOutcome]:
    """Decide a batch, and record it once the one before it is recorded; raises what that one raised."""
    batch.decide()
    if before is not None:
        before.result()
    batch.hand_in()
    return batch.finish()


def _nothing() -> None:
    """Nobody is to be told."""
