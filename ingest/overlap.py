"""Lets one batch be committed while the next is read and decided, for whoever feeds one batch after the other.

The database works while the interpreter does, and nothing else changes: batches are recorded in their order, a batch
is handed in only once the one before it is recorded, and one that fails is known before the next is handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, Self

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
    ) -> BatchUnderWay:
        """Read and decide a batch that is to be recorded, with its offsets, whole or not at all."""


class Overlap:
    """Batches of one actor by one transport, one of them under way at most; none any more once its block has ended.

    Belongs to one thread.
    """

    def __init__(self, pipeline: BatchPipeline, transport: str, actor: Holder) -> None:
        self._pipeline = pipeline
        self._transport = transport
        self._actor = actor
        self._under_way: tuple[BatchUnderWay, Then] | None = None

    def record(
        self, source: str, records: Sequence[FeedRecord], then: Then, *, offsets: Sequence[OffsetMove] = ()
    ) -> None:
        """Decide a batch, see the one before it recorded, and hand this one in.

        ``then`` is called with its outcomes once it is recorded: by a later call of this or of :meth:`settle`. Raises
        what either batch raises; the one that was handed in before is settled in any case, and this one then is not
        handed in.
        """
        under_way = self._under_way and self._under_way[0]
        try:
            batch = self._pipeline.begin(
                source,
                records,
                transport=self._transport,
                actor=self._actor,
                offsets=offsets,
                after=under_way,
            )
        except Exception:
            self.settle()
            raise
        tell = self._finish()
        try:
            batch.hand_in()
            self._under_way = batch, then
        finally:
            tell()

    def settle(self) -> None:
        """Wait for the batch that is under way, if any; raises what it raises."""
        self._finish()()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.settle()

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
