"""What ties an incident to others outside it: a merge, a transfer that waits for its answer, an appeal under review."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from jiedao.domain.terms import IncidentState

REVIEWERS = 2
"""How many different people have to grant an appeal."""


@dataclass(frozen=True, slots=True)
class OtherIncident:
    """Another incident, by its id and by the number that people know it by: ``hotline:2026-0001``."""

    incident_id: UUID
    number: str


@dataclass(frozen=True, slots=True)
class Receiver:
    """To whom a case is transferred.

    ``kind`` is a :class:`~jiedao.domain.terms.ReceiverKind` value, ``name`` what people call it. ``street_code`` is
    the street that is to hold it, where it is one.
    """

    kind: str
    name: str
    street_code: str | None = None


@dataclass(frozen=True, slots=True)
class OfferedTransfer:
    """A transfer that waits for its answer until ``answer_by`` (UTC); ``stage`` is where the incident stood before."""

    receiver: Receiver
    offered_by: str
    answer_by: datetime
    stage: IncidentState


@dataclass(frozen=True, slots=True)
class Appeal:
    """An appeal against one assessment: who asked, who granted it so far, and who did not."""

    asked_by: str
    granted_by: tuple[str, ...] = ()
    denied_by: str | None = None

    @property
    def granted(self) -> bool:
        """Whether enough people granted it: the assessment counts no more, its fact stays."""
        return self.denied_by is None and len(self.granted_by) >= REVIEWERS

    @property
    def pending(self) -> bool:
        """Whether it still waits for a reviewer."""
        return self.denied_by is None and not self.granted
