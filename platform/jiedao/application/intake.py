"""Takes reports in, a batch at a time: tell new from known, match, classify, and record everything in one unit.

A batch commits whole, with the offsets it came from, or not at all; when somebody else was faster with one
of its records, the whole batch is decided again on what holds now.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import uuid4

from jiedao.application.batch_decision import BatchDecision
from jiedao.application.deciding import Decider
from jiedao.application.outcomes import ReadableRecord, RecordOutcome, UnreadableRecord
from jiedao.domain.access import Holder
from jiedao.domain.aggregate import RecordedAggregate
from jiedao.domain.errors import InboxConflictError, KeysDestroyedError, UnavailableError, VersionConflictError
from jiedao.domain.ports import InboxEntry, OffsetMove

MAX_ATTEMPTS = 8


class IntakeLog(Protocol):
    """What the intake needs of the log: one call that records aggregates, inbox entries and offsets as one unit."""

    def record_batch(
        self,
        aggregates: Sequence[RecordedAggregate],
        *,
        key: str,
        inbox: Sequence[InboxEntry],
        offsets: Sequence[OffsetMove],
        destructions: int | None = None,
    ) -> range:
        """Record a feed batch and return its events' positions.

        ``destructions`` is how often keys had been destroyed before anything in it was sealed.

        Raises the conflict errors of :mod:`jiedao.domain.errors`.
        """


class Intake:
    """The one door by which reports of every source and transport enter the log."""

    def __init__(self, log: IntakeLog, decider: Decider) -> None:
        self._log = log
        self._decider = decider

    def receive(
        self,
        records: Sequence[ReadableRecord | UnreadableRecord],
        *,
        transport: str,
        actor: Holder,
        offsets: Sequence[OffsetMove] = (),
    ) -> list[RecordOutcome]:
        """Decide and record a batch; returns one outcome for each record, in order.

        Raises OffsetConflictError when another consumer moved one of the offsets (nothing is then recorded), and
        UnavailableError when the batch kept colliding with others.
        """
        for _attempt in range(MAX_ATTEMPTS):
            batch = str(uuid4())
            decided = self._decider.decide(records, transport=transport, actor=actor, batch=batch)
            if not (decided.inbox or offsets):
                return []
            try:
                positions = self._log.record_batch(
                    decided.aggregates(),
                    key=batch,
                    inbox=decided.inbox,
                    offsets=offsets,
                    destructions=decided.destructions,
                )
            except (VersionConflictError, InboxConflictError, KeysDestroyedError):
                continue  # somebody else recorded one of these, or a key was destroyed: decide again on what holds now
            return decided.outcomes(positions)
        raise UnavailableError(
            f"a batch of {len(records)} records collided with other writers {MAX_ATTEMPTS} times; send it again"
        )

    def preview(
        self, records: Sequence[ReadableRecord | UnreadableRecord], *, transport: str, actor: Holder
    ) -> list[RecordOutcome]:
        """Say what would become of the records; nothing is recorded and no key is made."""
        decided: BatchDecision = self._decider.decide(
            records, transport=transport, actor=actor, batch="preview", keep=False
        )
        return decided.outcomes(range(0))
