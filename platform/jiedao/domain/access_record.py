"""Who looked: reading personal data, exporting, replaying and verifying are events, as everything else that people do.

Each is a stream of its own, so the ledger protects it with the rest of the log, and it disturbs no incident's version.
What was seen is never in it: only what was looked at, by whom, in which role, when, and why.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from eventsourcing.domain import AggregateCreated

from jiedao.domain.aggregate import RecordedAggregate
from jiedao.domain.context import EventContext
from jiedao.domain.terms import Term


class AccessKind(Term):
    """What somebody did who looked."""

    PERSONAL_DATA = "personal_data", "读取个人信息"
    EXPORT = "export", "导出"
    REPLAY = "replay", "重放"
    VERIFY = "verify", "核验日志"
    PROVE = "prove", "出具证明"
    FILE = "file", "取照片或文件"
    ACCESS_RECORDS = "access_records", "查阅访问记录"


class AccessRecord(RecordedAggregate):
    """One look."""

    TOPIC = "jiedao.access"

    class Event(RecordedAggregate.Event):
        """The base of its events."""

    class Recorded(Event, AggregateCreated):
        """Somebody looked.

        ``kind`` is an :class:`AccessKind` value, ``subject`` what was looked at (``incident:…``, ``dead_letter:…``,
        ``file:<sha256>``, ``log``, ``events``), ``incident_id`` the incident where it is one. ``details`` say how far
        it went, in words and numbers that hold nothing personal (``masked``, ``as_of``, filters, a format, positions).
        Why, where it was said, is the reason in the context.
        """

        TOPIC = "jiedao.access.recorded"
        kind: str
        subject: str
        incident_id: UUID | None
        details: dict[str, str]

    def __init__(self, kind: str, subject: str, incident_id: UUID | None, details: dict[str, str]) -> None:
        """Keep what was looked at."""
        self.kind = kind
        self.subject = subject
        self.incident_id = incident_id
        self.details = details

    @classmethod
    def record(  # noqa: PLR0913  # an event's whole content, by keyword
        cls,
        access_id: UUID,
        *,
        kind: AccessKind,
        subject: str,
        incident_id: UUID | None,
        details: Mapping[str, str],
        context: EventContext,
        at: datetime,
    ) -> AccessRecord:
        """Record a look."""
        record: AccessRecord = cls._create(
            cls.Recorded,
            id=access_id,
            kind=kind.value,
            subject=subject,
            incident_id=incident_id,
            details=dict(details),
            context=context,
            timestamp=at,
        )
        return record
