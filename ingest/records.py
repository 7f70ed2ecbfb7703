"""What an adapter is given and what it answers: the contract between sources, transports and the pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from jiedao.domain.quickly_made import quickly_made
from jiedao.domain.record_fault import RecordFault
from jiedao.domain.report import IncidentReport, ReporterDetails


@quickly_made
@dataclass(frozen=True, slots=True)
class FeedRecord:
    """One native record as it came in: its exact bytes, and where from.

    ``origin`` is readable and unique within its transport: ``file:reports.csv#12``,
    ``kafka:jiedao.hotline/3@1234``, ``http:<request id>#0``.
    """

    raw: bytes
    origin: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class EmbeddedFile:
    """A file that the record itself carried (a base64 photo); the pipeline stores it by its hash."""

    kind: str
    content: bytes
    media_type: str | None = None


@quickly_made
@dataclass(frozen=True, slots=True)
class Normalised:
    """A record that could be read: the report without personal data, the reporter apart.

    ``raw`` replaces the record's bytes where embedded files were lifted out of it; ``None`` keeps them.
    """

    report: IncidentReport
    reporter: ReporterDetails | None = None
    embedded: tuple[EmbeddedFile, ...] = ()
    raw: bytes | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """A record that could not be read.

    ``reason`` is a stable code from :data:`ingest.rejections.REASONS`, ``detail`` a sentence that a person can
    act on and that never quotes the record's personal content, ``pointer`` a JSON pointer to the bad field.
    ``further_faults`` is what else is wrong with it, in the order of the record.
    """

    reason: str
    detail: str
    pointer: str | None = None
    external_id: str | None = None
    further_faults: tuple[RecordFault, ...] = ()


class SourceAdapter(Protocol):
    """Reads one source's native shape. Pure: no I/O, no clock; a bad record is a Rejection, never an exception."""

    def split(self, payload: bytes, media_type: str) -> Sequence[bytes]:
        """Part a payload (an array, a batch message, one XML document) into single native records.

        ``media_type`` is ``application/json``, ``application/x-ndjson``, ``application/xml`` or ``text/csv``.
        Raises InvalidInputError when the payload as a whole cannot be parted.
        """

    def normalise(self, raw: bytes, received_at: datetime) -> Normalised | Rejection:
        """Read one native record."""
