"""What is known of a reporter: their incidents as they stand and since when those have ended, and the holds on them.

Everything is read from the log itself; which incidents are theirs is asked of a view that knows pseudonyms alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, cast
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError
from eventsourcing.domain import CanMutateProtocol

from jiedao.application.district_application import DistrictApplication
from jiedao.domain.aggregate import RecordedEvent
from jiedao.domain.erasure_rules import TheirCase, TheirLetter
from jiedao.domain.errors import NotFoundError
from jiedao.domain.holds import Hold
from jiedao.domain.identity import reporter_hold_id
from jiedao.domain.incident import Incident
from jiedao.domain.reporter_hold import ReporterHold
from jiedao.domain.terms import IncidentState
from jiedao.domain.workflow import OPEN

_OPEN = frozenset(OPEN)


@dataclass(frozen=True, slots=True)
class Theirs:
    """What is a subject's, as of a position of the log: incidents, and records that could not be read."""

    incidents: tuple[UUID, ...]
    letters: tuple[TheirLetter, ...]
    position: int


class Reporters(Protocol):
    """Knows which incidents are whose, by pseudonyms; nothing is opened for it."""

    def theirs(self, subject: str) -> Theirs:
        """Return what is a subject's (``reporter:…``, ``dead-letter:…``)."""

    def reach(self, position: int) -> bool:
        """Wait a little until everything up to a position is known; false where it is not."""


@dataclass(frozen=True, slots=True)
class Look:
    """All that a decision about a subject rests on, and the streams it rests on."""

    theirs: Theirs
    cases: Sequence[TheirCase]
    holds: Sequence[Hold]
    streams: tuple[UUID, ...]


class CaseBook:
    """Reads what is a reporter's."""

    def __init__(self, district: str, application: DistrictApplication, reporters: Reporters) -> None:
        self._district = district
        self._application = application
        self._reporters = reporters

    def look(self, subject: str) -> Look:
        """Read everything of a subject, as it stands."""
        theirs = self._reporters.theirs(subject)
        lives = ended_lives(self._application, theirs.incidents)
        joined = {
            incident.id: incident.progress.merged_into.incident_id
            for incident, _ended in lives.values()
            if incident.state is IncidentState.MERGED and incident.progress.merged_into is not None
        }
        others = self._application.load(list(joined.values())) if joined else {}
        cases = [
            TheirCase(incident, ended_at, others.get(joined[incident.id]) if incident.id in joined else None)
            for incident, ended_at in lives.values()
        ]
        stream = reporter_hold_id(self._district, subject)
        held = self.hold(subject)
        streams = (*theirs.incidents, *(one.letter_id for one in theirs.letters), *others, stream)
        return Look(theirs, cases, held.holds if held is not None else (), streams)

    def hold(self, subject: str) -> ReporterHold | None:
        """Return the holds on a reporter; ``None`` where there never was any."""
        try:
            found: object = self._application.repository.get(reporter_hold_id(self._district, subject))
        except AggregateNotFoundError:
            return None
        if not isinstance(found, ReporterHold):
            raise NotFoundError(f"{subject} is not a reporter's")
        return found

    def reach(self, position: int) -> bool:
        """Wait a little until everything up to a position is known."""
        return self._reporters.reach(position)


def ended_lives(
    application: DistrictApplication, ids: Sequence[UUID]
) -> Mapping[UUID, tuple[Incident, datetime | None]]:
    """Rebuild incidents, each with the moment (UTC) since which it has ended; ``None`` while it is open."""
    lives: dict[UUID, tuple[Incident, datetime | None]] = {}
    for stream, stored in application.district_log.select_streams(ids).items():
        incident: Incident | None = None
        ended_at: datetime | None = None
        for one in stored:
            event = application.mapper.to_domain_event(one)
            incident = cast("CanMutateProtocol[Incident]", event).mutate(incident)
            if incident is None or incident.state in _OPEN:
                ended_at = None
            elif ended_at is None:
                ended_at = cast("RecordedEvent", event).timestamp
        if isinstance(incident, Incident):
            lives[stream] = (incident, ended_at)
    return lives
