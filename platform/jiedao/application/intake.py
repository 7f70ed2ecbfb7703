"""Takes reports in, a batch at a time: tell new from known, match, classify, and record everything in one unit.

A batch commits whole, with the offsets it came from, or not at all; when somebody else was faster with one
of its records, the whole batch is decided again on what holds now. While one batch is being committed the one behind it
may be decided already: see :meth:`Intake.begin`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Protocol
from uuid import uuid4

from jiedao.application.batch_decision import BatchDecision, key_of
from jiedao.application.collector import collection_paused
from jiedao.application.deciding import Decider
from jiedao.application.outcomes import BatchTally, ReadableRecord, RecordOutcome, UnreadableRecord
from jiedao.domain.access import Holder
from jiedao.domain.aggregate import WithEvents
from jiedao.domain.errors import InboxConflictError, KeysDestroyedError, UnavailableError, VersionConflictError
from jiedao.domain.ports import InboxEntry, InboxKey, OffsetMove

MAX_ATTEMPTS = 8

Records = Sequence[ReadableRecord | UnreadableRecord]
Waiting = Callable[[], range]
"""Waits until a batch is recorded, and returns its events' positions."""

HandingIn = Callable[[], Waiting]
"""Hands in a batch that is laid out."""


class IntakeLog(Protocol):
    """What the intake needs of the log: one call that lays out aggregates, inbox entries and offsets as one unit."""

    def prepare_batch(
        self,
        aggregates: Sequence[WithEvents],
        *,
        key: str,
        inbox: Sequence[InboxEntry],
        offsets: Sequence[OffsetMove],
        destructions: int | None = None,
    ) -> HandingIn:
        """Lay a feed batch out; what is returned hands it in, and gives what waits until it is recorded.

        ``destructions`` is how often keys had been destroyed before anything in it was sealed. The waiting raises the
        conflict errors of :mod:`jiedao.domain.errors`.
        """


class BatchUnderWay:
    """A batch on its way into the log: decided, handed in, finished. One thread at a time does that with it."""

    def __init__(
        self,
        log: IntakeLog,
        decide: Callable[[str], BatchDecision],
        records: Records,
        offsets: Sequence[OffsetMove],
        after: BatchUnderWay | None,
    ) -> None:
        """Make it ready to be decided, behind the batch ``after``."""
        self._log = log
        self._decide = decide
        self._records = records
        self._offsets = offsets
        self._after = after
        self._decided: tuple[BatchDecision, HandingIn] | None = None
        self._handed_in: tuple[BatchDecision, Waiting] | None = None
        self._recorded = BatchDecision(), range(0)
        self._finished = False

    @cached_property
    def _keys(self) -> set[InboxKey]:
        """The keys of its records; nobody asks for them where batches do not overlap."""
        return {key_of(record) for record in self._records if isinstance(record, ReadableRecord)}

    def holds_one_of(self, keys: set[InboxKey]) -> bool:
        """Whether it, or one before it, is still under way and holds one of these records."""
        if self._finished:
            return False
        after = self._after
        return not self._keys.isdisjoint(keys) or (after is not None and after.holds_one_of(keys))

    def decide(self) -> None:
        """Decide it, unless one before it is under way and holds one of its records: then when it is handed in."""
        if self._after is None or not self._after.holds_one_of(self._keys):
            self._decided = self._decide_now()

    def hand_in(self) -> None:
        """Hand it to the log and do not wait; the batch before it must be finished by now."""
        if self._handed_in is None:
            decided, hand_in = self._decided or self._decide_now()
            self._decided, self._handed_in = None, (decided, hand_in())

    def finish(self) -> list[RecordOutcome]:
        """Wait until it is recorded; one outcome for each record, in order. Raises what :meth:`Intake.receive` does."""
        self.record()
        return self.outcomes()

    def record(self) -> None:
        """Wait until it is recorded, and hand it in if it was not. Raises what :meth:`Intake.receive` does."""
        try:
            for _attempt in range(MAX_ATTEMPTS):
                self.hand_in()
                decided, wait = self._handed_in or (BatchDecision(), _nothing)
                try:
                    positions = wait()
                except (VersionConflictError, InboxConflictError, KeysDestroyedError):
                    # Somebody else recorded one of these, or a key was destroyed: decide again on what holds now.
                    self._handed_in = None
                    continue
                self._recorded = decided, positions
                return
        finally:
            self._finished, self._after = True, None
        raise UnavailableError(
            f"a batch of {len(self._records)} records collided with other writers {MAX_ATTEMPTS} times; send it again"
        )

    def outcomes(self) -> list[RecordOutcome]:
        """What became of each of its records, in order, once it is recorded."""
        with collection_paused():
            decided, positions = self._recorded
            return decided.outcomes(positions)

    def tally(self) -> BatchTally:
        """What became of its records, counted, once it is recorded."""
        decided, positions = self._recorded
        return decided.tally(positions)

    def _decide_now(self) -> tuple[BatchDecision, HandingIn]:
        key = str(uuid4())
        with collection_paused():
            decided = self._decide(key)
            if not (decided.inbox or self._offsets):
                return decided, lambda: _nothing
            return decided, self._log.prepare_batch(
                decided.aggregates(),
                key=key,
                inbox=decided.inbox,
                offsets=self._offsets,
                destructions=decided.destructions,
            )


def _nothing() -> range:
    """No record and no offset: there is nothing to wait for."""
    return range(0)


class Intake:
    """The one door by which reports of every source and transport enter the log."""

    def __init__(self, log: IntakeLog, decider: Decider) -> None:
        self._log = log
        self._decider = decider

    def receive(
        self,
        records: Records,
        *,
        transport: str,
        actor: Holder,
        offsets: Sequence[OffsetMove] = (),
    ) -> list[RecordOutcome]:
        """Decide and record a batch; returns one outcome for each record, in order.

        Raises OffsetConflictError when another consumer moved one of the offsets (nothing is then recorded), and
        UnavailableError when the batch kept colliding with others.
        """
        return self.begin(records, transport=transport, actor=actor, offsets=offsets).finish()

    def begin(
        self,
        records: Records,
        *,
        transport: str,
        actor: Holder,
        offsets: Sequence[OffsetMove] = (),
        after: BatchUnderWay | None = None,
    ) -> BatchUnderWay:
        """Make a batch ready to be decided and handed in; ``after`` is the one before it, which may still be under way.

        What is decided on what held before ``after`` committed is right unless both touch the same incident: then the
        log refuses the unit, and it is decided again. A batch that shares a record with it is therefore decided later.
        """

        def decide(key: str) -> BatchDecision:
            return self._decider.decide(records, transport=transport, actor=actor, batch=key)

        return BatchUnderWay(self._log, decide, records, offsets, after)

    def preview(self, records: Records, *, transport: str, actor: Holder) -> list[RecordOutcome]:
        """Say what would become of the records; nothing is recorded and no key is made."""
        decided: BatchDecision = self._decider.decide(
            records, transport=transport, actor=actor, batch="preview", keep=False
        )
        return decided.outcomes(range(0))
