"""A decided batch, record by record: what each turned out to be, what it leaves in the inbox, what is answered for it.

The decider fills a :class:`BatchDecision`; recording it and answering needs nothing else.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

import msgspec

from jiedao.application.outcomes import BatchTally, ReadableRecord, RecordOutcome, UnreadableRecord
from jiedao.domain.aggregate import WithEvents
from jiedao.domain.dead_letter import DeadLetter
from jiedao.domain.incident import Incident
from jiedao.domain.opening import OpenedIncident
from jiedao.domain.ports import InboxEntry, InboxKey
from jiedao.domain.record_fault import RecordFault
from jiedao.domain.terms import IntakeOutcome

RECORDED = frozenset({IntakeOutcome.ACCEPTED, IntakeOutcome.REVISED, IntakeOutcome.LATE})
"""The outcomes whose report is recorded in an incident's stream."""


class Step(msgspec.Struct, gc=False):
    """What one record turned out to be; its events come later.

    ``target`` is the stream of its incident, or of its dead letter where it is ``set_aside``: because it could not be
    read, or because it contradicts what was recorded.
    """

    record: ReadableRecord | UnreadableRecord
    outcome: IntakeOutcome
    mac: bytes
    target: UUID
    set_aside: bool = False
    reason: str | None = None
    detail: str | None = None
    pointer: str | None = None
    further_faults: tuple[RecordFault, ...] = ()
    event_index: int | None = None


@dataclass(slots=True)
class BatchDecision:
    """A decided batch: what has pending events, inbox entries, and what to answer for each record.

    ``destructions`` is how often keys had been destroyed before anything in it was sealed.
    """

    steps: list[Step] = field(default_factory=list)
    touched: dict[UUID, Incident | OpenedIncident | DeadLetter] = field(default_factory=dict)
    inbox: list[InboxEntry] = field(default_factory=list)
    destructions: int | None = None

    def aggregates(self) -> list[WithEvents]:
        """What has events to record, in the order in which it was first touched."""
        return [aggregate for aggregate in self.touched.values() if aggregate.pending_events]

    def outcomes(self, positions: range) -> list[RecordOutcome]:
        """Say what became of each record; ``positions`` are those of the batch's events."""
        return [_outcome_of(step, self.touched.get(step.target), positions) for step in self.steps]

    def tally(self, positions: range) -> BatchTally:
        """Count what became of the records, without an outcome for each: of most, a feed only counts them."""
        counted = Counter(step.outcome for step in self.steps)
        explained = [step for step in self.steps if step.reason is not None]
        return BatchTally(
            {outcome.value: count for outcome, count in counted.items()},
            tuple(_outcome_of(step, self.touched.get(step.target), positions) for step in explained),
        )

    def finish(self, transport: str) -> None:
        """Number the events of the whole batch and write what the inbox keeps, once all records are decided."""
        _number_events(self)
        self.inbox = [_inbox_entry(step, transport) for step in self.steps]


def key_of(record: ReadableRecord) -> InboxKey:
    """The key under which the inbox knows a record."""
    return InboxKey(record.report.source, record.report.external_id)


def source_of(record: ReadableRecord | UnreadableRecord) -> str:
    """The source that a record came from, readable or not."""
    return record.report.source if isinstance(record, ReadableRecord) else record.source


def external_id_of(record: ReadableRecord | UnreadableRecord) -> str | None:
    """The source's own number of a record, where it could be read."""
    return record.report.external_id if isinstance(record, ReadableRecord) else record.external_id


def _key_and_revision(record: ReadableRecord | UnreadableRecord) -> tuple[str, str | None, int | None]:
    """A record's source, number and revision, as far as they could be read."""
    if isinstance(record, ReadableRecord):
        report = record.report
        return report.source, report.external_id, report.revision
    return record.source, record.external_id, None


def _number_events(decided: BatchDecision) -> None:
    """Turn each step's place within its aggregate's events into a place within the batch's events."""
    offset: dict[UUID, int] = {}
    total = 0
    for target, aggregate in decided.touched.items():
        offset[target] = total
        total += len(aggregate.pending_events)
    for step in decided.steps:
        if step.event_index is not None:
            step.event_index += offset[step.target] - 1


def _inbox_entry(step: Step, transport: str) -> InboxEntry:
    record = step.record
    source, external_id, revision = _key_and_revision(record)
    incident, letter = (None, step.target) if step.set_aside else (step.target, None)
    return InboxEntry(
        source,
        external_id,
        revision,
        step.outcome.value,
        step.mac,
        transport,
        record.origin,
        record.received_at,
        incident,
        letter,
    )


def _outcome_of(step: Step, touched: Incident | OpenedIncident | DeadLetter | None, positions: range) -> RecordOutcome:
    street_code = platform = state = position = None
    flags: tuple[str, ...] = ()
    if step.event_index is not None:
        if step.event_index < len(positions):
            position = positions[step.event_index]
        if touched is not None and not isinstance(touched, DeadLetter):
            street_code, platform, state = touched.street_code, touched.route.platform, touched.state.value
            flags = touched.report.flags
    _source, external_id, revision = _key_and_revision(step.record)
    incident, letter = (None, step.target) if step.set_aside else (step.target, None)
    return RecordOutcome(
        step.record.origin,
        step.outcome.value,
        external_id,
        revision,
        incident,
        letter,
        street_code,
        platform,
        state,
        flags,
        step.reason,
        step.detail,
        step.pointer,
        position,
        step.further_faults,
    )
