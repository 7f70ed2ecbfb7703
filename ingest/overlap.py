"""Lets one batch be committed while the next is read and decided, for whoever feeds one batch after the other.

The database works while the interpreter does, and nothing else changes: batches are recorded in their order, a batch
is handed in only once the one before it is recorded, and one that fails is known before the next is handed in. Where
large batches are read in a process of their own, a third one is read there meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from ingest.normalising import Found
from ingest.reading_apart import BatchApart, ReadingApart
from ingest.records import FeedRecord
from jiedao.application.intake import BatchUnderWay
from jiedao.application.outcomes import RecordOutcome
from jiedao.domain.access import Holder
from jiedao.domain.ports import OffsetMove

Then = Callable[[Sequence[RecordOutcome]], None]


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
        """Read and decide a batch that is to be recorded, with its offsets, whole or not at all.

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

    ``apart`` reads large batches elsewhere; then one more is being read. Belongs to one thread.
    """

    def __init__(
        self, pipeline: BatchPipeline, transport: str, actor: Holder, apart: ReadingApart | None = None
    ) -> None:
        self._pipeline = pipeline
        self._transport = transport
        self._actor = actor
        self._apart = apart
        self._reading: tuple[_Batch, BatchApart] | None = None
        self._under_way: tuple[BatchUnderWay, Then] | None = None

    def record(
        self, source: str, records: Sequence[FeedRecord], then: Then, *, offsets: Sequence[OffsetMove] = ()
    ) -> None:
        """Read and decide a batch, see the one before it recorded, and hand this one in; or that before it, see above.

        ``then`` is called with its outcomes once it is recorded: by a later call of this or of :meth:`settle`. Raises
        what any of these batches raises; the one that was handed in before is settled in any case, and those after it
        then are not handed in.
        """
        batch = _Batch(source, records, then, offsets)
        before, self._reading = self._reading, None
        found = before[1].take() if before else None
        apart = self._apart.submit(source, records) if self._apart else None
        if before:
            self._hand_in(before[0], found)
        if apart is None:
            self._hand_in(batch, None)
        else:
            self._reading = batch, apart

    def settle(self) -> None:
        """Record what is being read and wait for what is under way, if any; raises what they raise."""
        before, self._reading = self._reading, None
        if before:
            self._hand_in(before[0], before[1].take())
        self._finish()()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.settle()

    def _hand_in(self, batch: _Batch, found: Sequence[Found | None] | None) -> None:
        """Decide a batch, see the one before it recorded, and hand this one in."""
        under_way = self._under_way and self._under_way[0]
        try:
            deciding = self._pipeline.begin(
                batch.source,
                batch.records,
                transport=self._transport,
                actor=self._actor,
                offsets=batch.offsets,
                after=under_way,
                found=found,
            )
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


def _nothing() -> None:
    """Nobody is to be told."""
