"""Records who looked, before they see anything: a look that cannot be recorded is refused.

Looks of the same moment are appended together by the log's group commit, so recording costs what a command costs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID, uuid4

from jiedao.domain.access import Holder
from jiedao.domain.access_record import AccessKind, AccessRecord
from jiedao.domain.aggregate import RecordedAggregate
from jiedao.domain.context import EventContext
from jiedao.domain.ports import Clock
from jiedao.store.recorder import UnitContext


class Recording(Protocol):
    """Records aggregates as one unit."""

    def record(self, aggregates: Sequence[RecordedAggregate], unit: UnitContext) -> range:
        """Record their pending events; returns the positions."""


class AccessDesk:
    """The one door through which looking goes. Threads may share it."""

    def __init__(self, recording: Recording, clock: Clock) -> None:
        self._recording = recording
        self._clock = clock

    def record_finding(self, actor: Holder, subject: str, named_by: str) -> int:
        """Record that somebody asks what is a reporter's (``subject``, a pseudonym), and by what they named them."""
        return self.record_access(
            AccessKind.PERSONAL_DATA, actor, subject, details={"fields": "reports", "by": named_by}
        )

    def record_access(  # noqa: PLR0913  # what is recorded of a look, by name
        self,
        kind: AccessKind,
        actor: Holder,
        subject: str,
        *,
        incident_id: UUID | None = None,
        reason: str | None = None,
        details: Mapping[str, str] | None = None,
    ) -> int:
        """Record that somebody looks, and return the position of it; call it before anything is shown.

        ``subject``, ``incident_id`` and ``details`` are those of :class:`AccessRecord.Recorded`; nothing personal
        goes into them. Raises UnavailableError where it cannot be recorded: then nothing may be shown.
        """
        access_id = uuid4()
        context = EventContext(
            actor.holder,
            actor.role.value,
            correlation_id=incident_id or access_id,
            causation_id=f"access:{kind.value}:{access_id}",
            reason=reason or None,
        )
        record = AccessRecord.record(
            access_id,
            kind=kind,
            subject=subject,
            incident_id=incident_id,
            details=details or {},
            context=context,
            at=self._clock.now(),
        )
        unit = UnitContext("access", str(access_id), b"", lane="people")
        return self._recording.record([record], unit)[-1]
