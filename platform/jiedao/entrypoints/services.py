"""Everything that an entrypoint needs, in one place; wired once, by the bootstrap, and handed in.

Nothing here is global: two districts in one process are two of these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from prometheus_client.registry import Collector

from ingest.records import FeedRecord
from jiedao.application.command_desk import CommandDesk
from jiedao.application.duplicate_desk import DuplicateDesk
from jiedao.application.duty_desk import DutyDesk
from jiedao.application.erasing import ErasureDesk
from jiedao.application.outbox_desk import OutboxDesk
from jiedao.application.outcomes import RecordOutcome
from jiedao.application.reporter_holds import ReporterHoldDesk
from jiedao.application.routing_desk import RoutingDesk
from jiedao.domain.access import Holder
from jiedao.domain.ports import Clock, FileStore, Jurisdiction, OffsetMove
from jiedao.domain.profile import DistrictProfile
from jiedao.entrypoints.auditing import Auditing
from jiedao.entrypoints.ledger import Ledger
from jiedao.store.reconciliation import ReconciliationTable
from jiedao.store.refusals import RefusalLog
from jiedao.store.tokens import FormerToken
from projections.indicator_formulas import Formulas
from projections.outbox import OutboxPages
from projections.queries import ReadModel


class ReportPipeline(Protocol):
    """The one way by which reports of every source and transport come in."""

    def split(self, source: str, payload: bytes, media_type: str) -> Sequence[bytes]:
        """Part a payload into single records.

        Raises NotFoundError for an unknown source, InvalidInputError when the payload cannot be parted.
        """

    def run(
        self,
        source: str,
        records: Sequence[FeedRecord],
        *,
        transport: str,
        actor: Holder,
        offsets: Sequence[OffsetMove] = (),
    ) -> list[RecordOutcome]:
        """Record a batch whole or not at all; one outcome for each record, in order."""

    def validate(self, source: str, records: Sequence[FeedRecord]) -> list[RecordOutcome]:
        """Say what would become of the records; nothing is recorded."""


class TokenAuthentication(Protocol):
    """Knows the holders of tokens."""

    def authenticate(self, plain: str) -> Holder | None:
        """Return the holder; ``None`` for a token that is unknown, expired or revoked, as of now."""

    def former(self, plain: str) -> FormerToken | None:
        """Return whose token it was that is valid no more; ``None`` for one that never was, or still is."""


@dataclass(frozen=True, slots=True)
class Health:
    """How one part stands: whether it can do its work, and a sentence that names no secret and no content."""

    ok: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """What one process takes on over HTTP; sizes in bytes, times in seconds.

    ``gather_records`` and ``gather_seconds`` bound how many single posts become one batch and how long the first of
    them waits for company. ``waiting_records`` and ``waiting_bytes`` bound what may wait altogether.
    """

    report_body: int = 16 * 1024 * 1024
    report_records: int = 10_000
    file_body: int = 32 * 1024 * 1024
    unit_records: int = 1_000
    gather_records: int = 200
    gather_seconds: float = 0.002
    gather_threads: int = 2
    waiting_records: int = 20_000
    waiting_bytes: int = 64 * 1024 * 1024
    answer_seconds: float = 30.0
    concurrent_reads: int = 6
    concurrent_waits: int = 16
    projection_lag_events: int = 50_000


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of one district's platform that entrypoints speak to.

    ``sniff`` tells a media type from content. ``checks`` are further parts that readiness depends on, by name (the
    Kafka feed, where one is configured); database and projections are always checked. ``collectors`` are what further
    parts measure.
    """

    profile: DistrictProfile
    pipeline: ReportPipeline
    read: ReadModel
    reconciliation: ReconciliationTable
    tokens: TokenAuthentication
    refusals: RefusalLog
    files: FileStore
    sniff: Callable[[bytes], str]
    jurisdiction: Jurisdiction
    commands: CommandDesk
    routing: RoutingDesk
    duplicates: DuplicateDesk
    duty: DutyDesk
    clock: Clock
    outbox: OutboxPages
    outbox_desk: OutboxDesk
    formulas: Formulas
    auditing: Auditing
    erasing: ErasureDesk
    reporter_holds: ReporterHoldDesk
    ledger: Ledger
    checks: Mapping[str, Callable[[], Health]] = field(default_factory=dict)
    limits: HttpLimits = field(default_factory=HttpLimits)
    collectors: Sequence[Collector] = ()
