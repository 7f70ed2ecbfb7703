"""The one way by which reports of every source and transport come in: decode, normalise, and hand to the intake.

A batch is recorded whole or not at all. A record that cannot be read never stops its neighbours, not even when its
adapter fails at it: it is set aside whole, with its reason.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import structlog

from ingest.normalising import AdapterFailure, normalise
from ingest.records import EmbeddedFile, FeedRecord, Normalised, Rejection, SourceAdapter
from jiedao.application.collector import collection_paused
from jiedao.application.intake import BatchUnderWay, Intake
from jiedao.application.outcomes import ReadableRecord, RecordOutcome, UnreadableRecord
from jiedao.domain.access import Holder
from jiedao.domain.errors import NotFoundError
from jiedao.domain.ports import FileStore, OffsetMove
from jiedao.domain.quickly_made import replaced
from jiedao.domain.report import Attachment
from jiedao.domain.terms import Role, Transport

_NOBODY = Holder("", "validate", Role.INTEGRATOR)
_log = structlog.get_logger(__name__)


class Pipeline:
    """Reads records by the adapter of their source. Threads may share it."""

    def __init__(self, adapters: Mapping[str, SourceAdapter], intake: Intake, files: FileStore) -> None:
        self._adapters = adapters
        self._intake = intake
        self._files = files

    def split(self, source: str, payload: bytes, media_type: str) -> Sequence[bytes]:
        """Part a payload into single records.

        Raises NotFoundError for an unknown source, InvalidInputError when the payload cannot be parted.
        """
        return self._adapter(source).split(payload, media_type)

    def run(
        self,
        source: str,
        records: Sequence[FeedRecord],
        *,
        transport: str,
        actor: Holder,
        offsets: Sequence[OffsetMove] = (),
    ) -> list[RecordOutcome]:
        """Record a batch whole or not at all; one outcome for each record, in order.

        Files that records carry are stored before the batch commits: one that does not commit leaves at most a file
        that nothing names.
        """
        return self.begin(source, records, transport=transport, actor=actor, offsets=offsets).finish()

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
        """Read a batch that is to be decided, while the one before it may be under way; see :meth:`Intake.begin`."""
        with collection_paused():
            read = [self._read(source, record, keep=True) for record in records]
        return self._intake.begin(read, transport=transport, actor=actor, offsets=offsets, after=after)

    def validate(self, source: str, records: Sequence[FeedRecord]) -> list[RecordOutcome]:
        """Say what would become of the records; nothing is recorded, no file stored, no key made."""
        read = [self._read(source, record, keep=False) for record in records]
        return self._intake.preview(read, transport=Transport.HTTP.value, actor=_NOBODY)

    def read(self, source: str, record: FeedRecord) -> ReadableRecord | UnreadableRecord:
        """Read one record and keep the files that it carries; what follows is up to the caller."""
        return self._read(source, record, keep=True)

    def _adapter(self, source: str) -> SourceAdapter:
        adapter = self._adapters.get(source)
        if adapter is None:
            raise NotFoundError(f"this district has no source {source!r}; it has {', '.join(self._adapters)}")
        return adapter

    def _read(self, source: str, record: FeedRecord, *, keep: bool) -> ReadableRecord | UnreadableRecord:
        found = normalise(self._adapter(source), record.raw, record.received_at)
        if isinstance(found, Normalised) and not found.embedded:  # as nearly all are
            raw = record.raw if found.raw is None else found.raw
            return ReadableRecord(found.report, found.reporter, raw, record.origin, record.received_at)
        if isinstance(found, AdapterFailure):
            _log.error("adapter_failed", source=source, origin=record.origin, error=found.error, where=found.where)
            found = found.rejection()
        if isinstance(found, Rejection):
            return UnreadableRecord(
                source=source,
                external_id=found.external_id,
                reason=found.reason,
                detail=found.detail,
                pointer=found.pointer,
                raw=record.raw,
                origin=record.origin,
                received_at=record.received_at,
                further_faults=found.further_faults,
            )
        kept = tuple(self._attach(file, keep=keep) for file in found.embedded)
        report = replaced(found.report, attachments=found.report.attachments + kept)
        raw = record.raw if found.raw is None else found.raw
        return ReadableRecord(report, found.reporter, raw, record.origin, record.received_at)

    def _attach(self, file: EmbeddedFile, *, keep: bool) -> Attachment:
        if keep:
            stored = self._files.put(file.content, file.media_type)
            return Attachment(file.kind, sha256=stored.sha256, media_type=stored.media_type, size=stored.size)
        digest = hashlib.sha256(file.content).hexdigest()
        return Attachment(file.kind, sha256=digest, media_type=file.media_type, size=len(file.content))
