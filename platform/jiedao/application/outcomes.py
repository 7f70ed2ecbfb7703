"""What becomes of delivered records: what goes into the intake, and what comes out of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from jiedao.domain.quickly_made import quickly_made
from jiedao.domain.record_fault import RecordFault
from jiedao.domain.report import IncidentReport, ReporterDetails


@quickly_made
@dataclass(frozen=True, slots=True)
class ReadableRecord:
    """A record whose adapter could read it; ``raw`` are its bytes as they are to be kept."""

    report: IncidentReport
    reporter: ReporterDetails | None
    raw: bytes
    origin: str
    received_at: datetime


@quickly_made
@dataclass(frozen=True, slots=True)
class UnreadableRecord:
    """A record that could not be read, with the reason and what else is wrong (see ``ingest.records.Rejection``)."""

    source: str
    external_id: str | None
    reason: str
    detail: str
    pointer: str | None
    raw: bytes
    origin: str
    received_at: datetime
    further_faults: tuple[RecordFault, ...] = ()


@quickly_made
@dataclass(frozen=True, slots=True)
class RecordOutcome:
    """What became of one delivered record.

    ``outcome`` is an :class:`~jiedao.domain.terms.IntakeOutcome` value, ``state`` an
    :class:`~jiedao.domain.terms.IncidentState` value; ``street_code`` and ``platform`` are where it stands.
    ``reason``, ``detail`` and ``pointer`` say why a dead one is dead, ``further_faults`` what else is wrong with it
    (:attr:`faults` are both). ``position`` is that of its last event in the log, ``None`` where it caused none.
    """

    origin: str
    outcome: str
    external_id: str | None = None
    revision: int | None = None
    incident_id: UUID | None = None
    dead_letter_id: UUID | None = None
    street_code: str | None = None
    platform: str | None = None
    state: str | None = None
    flags: tuple[str, ...] = ()
    reason: str | None = None
    detail: str | None = None
    pointer: str | None = None
    position: int | None = None
    further_faults: tuple[RecordFault, ...] = ()

    @property
    def faults(self) -> tuple[RecordFault, ...]:
        """All that is wrong with it, in the order of the record; empty for one that could be read."""
        if self.reason is None:
            return ()
        return (RecordFault(self.reason, self.detail or "", self.pointer), *self.further_faults)


@quickly_made
@dataclass(frozen=True, slots=True)
class BatchTally:
    """What became of a batch, as a feed is told it: how many of its records came to each outcome.

    ``explained`` are those outcomes that come with a reason, in the order of the records: what could not be read, be it
    now or once before.
    """

    outcomes: Mapping[str, int]
    explained: tuple[RecordOutcome, ...] = ()

    @property
    def records(self) -> int:
        """How many records the batch has."""
        return sum(self.outcomes.values())


def tally_of(outcomes: Sequence[RecordOutcome]) -> BatchTally:
    """Count outcomes that are known one by one."""
    explained = tuple(one for one in outcomes if one.reason is not None)
    return BatchTally(Counter(one.outcome for one in outcomes), explained)
