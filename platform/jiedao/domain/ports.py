"""What the platform needs from outside, as Protocols; the store, the geography and the sources implement them.

Everything here works on batches: one call for many, because a batch is how the platform thinks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from eventsourcing.persistence import StoredEvent, Tracking

from jiedao.domain.decisions import JurisdictionDecision
from jiedao.domain.quickly_made import quickly_made
from jiedao.domain.report import ReportedPlace, ReporterDetails, Sealed


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""


# ---------------------------------------------------------------------------------------------- the log


@dataclass(frozen=True, init=False)
class RecordedEvent(StoredEvent):
    """A stored event with its metadata: the canonical JSON bytes of its :class:`EventContext`."""

    metadata: bytes

    def __init__(
        self, originator_id: UUID | str, originator_version: int, topic: str, state: bytes, metadata: bytes
    ) -> None:
        """Make it in a third of the time that the standard library's frozen way takes; every event is made so."""
        fields = self.__dict__
        fields["originator_id"] = originator_id
        fields["originator_version"] = originator_version
        fields["topic"] = topic
        fields["state"] = state
        fields["metadata"] = metadata


@quickly_made
@dataclass(frozen=True, slots=True)
class LogEntry:
    """An event as it stands in the log.

    ``position`` is 1..N without a hole; ``recorded_at`` never goes back; ``leaf_hash`` is SHA-256 over the
    canonical form of everything else.
    """

    position: int
    originator_id: UUID
    originator_version: int
    topic: str
    state: bytes
    metadata: bytes
    recorded_at: datetime
    leaf_hash: bytes


@quickly_made
@dataclass(frozen=True, slots=True)
class InboxEntry:
    """One delivered record and what became of it; written in the unit of the events that it caused.

    ``outcome`` is an :class:`~jiedao.domain.terms.IntakeOutcome` value. Among the outcomes accepted, revised
    and late, (source, external_id, revision) is unique; among dead ones, (source, content_mac) is.
    ``content_mac`` is the keyed hash of the record's bytes as they came in.
    """

    source: str
    external_id: str | None
    revision: int | None
    outcome: str
    content_mac: bytes
    transport: str
    origin: str
    received_at: datetime
    incident_id: UUID | None = None
    dead_letter_id: UUID | None = None


@quickly_made
@dataclass(frozen=True, slots=True)
class OffsetMove:
    """Moves a consumer's stored offset by compare-and-set; ``expected`` is ``None`` where none is stored yet."""

    consumer_group: str
    topic: str
    partition: int
    expected: int | None
    next: int


@quickly_made
@dataclass(frozen=True, slots=True)
class Unit:
    """What is written whole or not at all.

    ``scope`` and ``key`` are the idempotency key; ``request_mac`` identifies the body it came with, and
    ``answer`` is what a repetition is answered with. ``lane`` is ``people`` for commands or ``feed`` for reports.
    ``destructions`` is how often keys had been destroyed before anything in it was sealed, where something was.
    """

    scope: str
    key: str
    request_mac: bytes
    events: Sequence[RecordedEvent]
    inbox: Sequence[InboxEntry] = ()
    offsets: Sequence[OffsetMove] = ()
    tracking: Tracking | None = None
    answer: bytes | None = None
    lane: str = "feed"
    destructions: int | None = None


@quickly_made
@dataclass(frozen=True, slots=True)
class Appended:
    """The answer to a unit: the positions of its events, in order.

    ``replayed`` is true when the same key with the same body had been appended before; positions, time and
    answer are then those of the first time. A unit without events has no positions.
    """

    positions: range
    recorded_at: datetime
    replayed: bool
    answer: bytes | None


class UnitWriter(Protocol):
    """The door to the log."""

    def submit(self, unit: Unit) -> Future[Appended]:
        """Hand a unit in; the future is done after the commit, or fails with one of the conflict errors.

        Raises :class:`~jiedao.domain.errors.UnavailableError` at once when the queue is full.
        """

    def append(self, unit: Unit, timeout: float = 30.0) -> Appended:
        """Hand a unit in and wait for it."""


@quickly_made
@dataclass(frozen=True, slots=True)
class InboxKey:
    """The key of a source's record, whatever its revision."""

    source: str
    external_id: str


@quickly_made
@dataclass(frozen=True, slots=True)
class KnownRecord:
    """What the inbox holds of a key: revision → content_mac of each recorded revision, and the incident."""

    incident_id: UUID
    revisions: Mapping[int, bytes]


class Inbox(Protocol):
    """What was delivered before."""

    def known(self, keys: Sequence[InboxKey]) -> Mapping[InboxKey, KnownRecord]:
        """Look up which of the keys were recorded, and in which revisions."""

    def known_dead(self, source: str, content_macs: Sequence[bytes]) -> frozenset[bytes]:
        """Look up which of the records (by keyed hash of their raw bytes) were already set aside."""


# ------------------------------------------------------------------------------------------ personal data


class Vault(Protocol):
    """Keeps a key per subject (a reporter, or one unreadable record) and encrypts under it."""

    def subject_of(self, district: str, reporter: ReporterDetails) -> str:
        """Return the stable, keyed pseudonym of a reporter: the same person gets the same key."""

    def destructions(self) -> int:
        """How often keys were destroyed so far; asked before sealing, and handed in with the unit that holds it."""

    def seal(self, plaintexts: Sequence[tuple[str, bytes]]) -> Sequence[Sealed]:
        """Encrypt each (subject, plaintext) under the subject's key, making keys as needed, in one call."""

    def open(self, sealed: Sequence[Sealed]) -> Sequence[bytes | None]:
        """Decrypt each; ``None`` where the subject's key was destroyed."""

    def mac(self, content: bytes) -> bytes:
        """Keyed hash (HMAC-SHA-256) of content: tells same from other without being guessable."""


# ------------------------------------------------------------------------------------------------ places


class Jurisdiction(Protocol):
    """Gives places to streets, a batch at a time, under the boundary set that is in force."""

    @property
    def boundary_set(self) -> str:
        """The version of the boundary set in use."""

    def decide(self, places: Sequence[ReportedPlace]) -> Sequence[JurisdictionDecision]:
        """Decide for each place: by polygon or edge, then gazetteer, then the asserted street, else none."""


# ------------------------------------------------------------------------------------------------- files


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in the store: content hash (hex SHA-256), size in bytes, media type as sniffed from the content."""

    sha256: str
    size: int
    media_type: str


class FileStore(Protocol):
    """Files by content hash, beside the log."""

    def put(self, content: bytes, media_type: str | None = None) -> StoredFile:
        """Store content; the same content twice is one file."""

    def get(self, sha256: str) -> bytes:
        """Return the content; raises NotFoundError, and JiedaoError when it no longer has its hash."""

    def describe(self, sha256: str) -> StoredFile:
        """Return size and media type; raises NotFoundError."""


# ---------------------------------------------------------------------------------------------- calendar


class Deadlines(Protocol):
    """Turns a class's time limit into a deadline in the district's working time."""

    def due(self, time_limit: str, start: datetime) -> tuple[datetime, bool] | None:
        """Return the deadline in UTC and whether it is provisional; ``None`` when the limit names no duration."""


@dataclass(frozen=True, slots=True)
class EffectiveVersion:
    """A version of a reference table and the day from which it holds."""

    version: str
    effective_from: date
    content_sha256: str
