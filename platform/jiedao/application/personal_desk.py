"""Opens what reporters said of themselves, for those who may see it, and only after that was recorded.

Nothing else in the platform decrypts a reporter: history, sheets and exports show «已加密».
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import msgspec

from jiedao.application.deciding import Incidents
from jiedao.application.seeing import may_know
from jiedao.domain.access import Holder
from jiedao.domain.errors import InvalidInputError, NotFoundError
from jiedao.domain.masking import mask
from jiedao.domain.ports import Vault
from jiedao.domain.report import ReporterDetails

RecordReading = Callable[[Holder, UUID, str, bool], int]
"""Records that somebody reads the reporter of an incident, why, and whether masked; returns the position."""

MIN_REASON, MAX_REASON = 2, 500
"""How long a reason is, in characters."""

_decode = msgspec.json.Decoder(ReporterDetails).decode


@dataclass(frozen=True, slots=True)
class ReporterShown:
    """What is shown of an incident's reporter.

    ``details`` is ``None`` where nobody is known, or where the key was destroyed (``erased``); ``position`` is where
    the log says that this was read.
    """

    incident_id: UUID
    details: ReporterDetails | None
    masked: bool
    erased: bool
    position: int


class PersonalDesk:
    """The one door to reporters. Threads may share it."""

    def __init__(self, incidents: Incidents, vault: Vault, record: RecordReading) -> None:
        self._incidents = incidents
        self._vault = vault
        self._record = record

    def reporter(self, incident_id: UUID, actor: Holder, reason: str, *, whole: bool) -> ReporterShown:
        """Show the reporter of an incident as its latest report names them; masked unless ``whole``.

        Raises InvalidInputError without a reason, NotFoundError for an incident that the actor may not know of, and
        UnavailableError where the reading cannot be recorded: then nothing is shown.
        """
        why = reason.strip()
        if not MIN_REASON <= len(why) <= MAX_REASON:
            raise InvalidInputError(
                f"say in reason why it has to be known, in {MIN_REASON} to {MAX_REASON} characters", "/reason"
            )
        incident = self._incidents.load([incident_id]).get(incident_id)
        if incident is None or not may_know(actor, incident):
            raise NotFoundError(f"there is no incident {incident_id}")
        position = self._record(actor, incident_id, why, not whole)
        if incident.reporter is None:
            return ReporterShown(incident_id, None, masked=not whole, erased=False, position=position)
        (opened,) = self._vault.open([incident.reporter])
        if opened is None:
            return ReporterShown(incident_id, None, masked=not whole, erased=True, position=position)
        details = _decode(opened)
        return ReporterShown(
            incident_id, details if whole else mask(details), masked=not whole, erased=False, position=position
        )
