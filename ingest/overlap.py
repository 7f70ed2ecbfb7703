"""Lets one batch be committed while the next are read and decided, for whoever feeds one batch after the other.

The database works while the interpreter does, and nothing else changes: batches are recorded in their order, a batch
is handed in only once the one before it is recorded, and one that fails is known before the next is handed in.

Large batches may be taken in by processes of their own (:mod:`ingest.intake_apart`), several at a time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import wait
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, Self

from ingest.intake_apart import HandedOver, IntakeApart
from ingest.intake_frames import batch_frame
from ingest.records import FeedRecord
from jiedao.application.intake import BatchUnderWay
from jiedao.application.outcomes import BatchTally
from jiedao.domain.access import Holder
from jiedao.domain.ports import OffsetMove

Then = Callable[[BatchTally], None]


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
    ) -> BatchUnderWay:
        """Read a batch that is to be decided and recorded, with its offsets, whole or not at all."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """A batch to be recorded, and who is told."""

    source: str
    records: Sequence[FeedRecord]
    then: Then
    offsets: Sequence[OffsetMove]


class Overlap:
    """Batches of one actor by one transport, one of them under way at most; none any more once its block has ended.

    ``apart`` takes large batches in elsewhere: then as many as it works at are under way, and one more, which the next
    to be done finds. It belongs to one thread, which is also told of what was recorded.
    """

    def __init__(
        self, pipeline: BatchPipeline, transport: str, actor: Holder, apart: IntakeApart | None = None
    ) -> None:
        self._pipeline = pipeline
        self._transport = transport
        self._actor = actor
        self._apart = apart
        self._handed_over: deque[tuple[HandedOver, Then]] = deque()
        self._under_way: tuple[BatchUnderWay, Then] | None = None

    def record(
        self, source: str, records: Sequence[FeedRecord], then: Then, *, offsets: Sequence[OffsetMove] = ()
    ) -> None:
        """Take a batch, and see to it that it is read, decided and handed in once the one before it is recorded.

        ``then`` is told what became of its records once it is recorded: by a later call of this or of :meth:`settle`.
        Raises what any of the batches raises that were taken before; those that were handed in before that one are
        settled in any case, and those after it, this one included, then are not handed in.
        """
        batch = _Batch(source, records, then, offsets)
        frame = self._frame(batch)
        if frame is None or self._apart is None:
            self._tell(0)
            self._hand_in(batch)
        else:
            self._finish()()
            self._hand_over(batch, frame, self._apart)
            self._tell(self._apart.at_a_time + 1)

    def settle(self) -> None:
        """Record what is being read or decided and wait for what is under way, if any; raises what they raise."""
        self._tell(0)
        self._finish()()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.settle()

    def _frame(self, batch: _Batch) -> bytes | None:
        """The batch as it is told to another process; ``None`` where it is to be taken in here."""
        if self._apart is None or not self._apart.takes(len(batch.records)):
            return None
        with suppress(ValueError):  # half a character, as the name of a file may have it
            return batch_frame(
                batch.source, batch.records, transport=self._transport, actor=self._actor, offsets=batch.offsets
            )
        return None

    def _hand_over(self, batch: _Batch, frame: bytes, apart: IntakeApart) -> None:
        """Let a large batch be taken in elsewhere, behind the one before it."""
        before = self._handed_over[-1][0] if self._handed_over else None
        handed_over = apart.submit(frame, before, lambda: _recorded(self._begin(batch)))
        self._handed_over.append((handed_over, batch.then))

    def _tell(self, left: int) -> None:
        """Wait until at most so many large batches are under way, and tell of all that are recorded."""
        try:
            while self._handed_over and (len(self._handed_over) > left or self._handed_over[0][0].tally.done()):
                first, then = self._handed_over[0]
                tally = first.tally.result()
                self._handed_over.popleft()
                then(tally)
        except BaseException:
            self._give_up()
            raise

    def _give_up(self) -> None:
        """Wait until nobody works at a large batch any more, and tell of those that are recorded.

        Those behind one that was not recorded were not either; behind one that was, and of which nobody could say
        what became of its records, they were.
        """
        handed_over, self._handed_over = self._handed_over, deque()
        wait([one.tally for one, _then in handed_over])
        for one, then in handed_over:
            if one.tally.exception() is None:
                then(one.tally.result())

    def _begin(self, batch: _Batch, after: BatchUnderWay | None = None) -> BatchUnderWay:
        return self._pipeline.begin(
            batch.source,
            batch.records,
            transport=self._transport,
            actor=self._actor,
            offsets=batch.offsets,
            after=after,
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
        tally = _recorded(batch)
        return lambda: then(tally)


def _recorded(batch: BatchUnderWay) -> BatchTally:
    """Wait until a batch is recorded; what became of its records."""
    batch.record()
    return batch.tally()


def _nothing() -> None:
    """Nobody is to be told."""
