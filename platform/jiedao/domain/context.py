"""Who, why and because of what: the context that every event carries.

It is stored beside the event's state, in the event's metadata, and is part of the event's leaf hash.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from msgspec import UNSET, UnsetType

from jiedao.domain.quickly_made import quickly_made


@quickly_made
@dataclass(frozen=True, slots=True)
class EventContext:
    """The context of one event; there is no way to record an event without it.

    ``actor`` is the holder of the token that asked for the event (``source:hotline``, ``user:zhang``),
    ``role`` the role in which they acted, ``correlation_id`` what ties together all events of one
    conversation (an incident's first report), ``causation_id`` the command, batch or event that
    caused this one, ``reason`` what a person gave as reason where the workflow asks for one.
    ``corrects`` is the version of the earlier event of the same stream that this one puts right or takes the place of
    (更正); where it corrects none, nothing is stored of it.
    """

    actor: str
    role: str
    correlation_id: UUID
    causation_id: str
    reason: str | None = None
    transport: str | None = None
    origin: str | None = None
    corrects: int | UnsetType = UNSET

    @property
    def corrected_version(self) -> int | None:
        """The version of the event that is corrected, if one is."""
        return None if self.corrects is UNSET else self.corrects

    def correcting(self, version: int | None) -> EventContext:
        """The same context, of an event that corrects another."""
        return self if version is None else replace(self, corrects=version)

    def following(self) -> EventContext:
        """The context of what follows from the event elsewhere: that corrects nothing itself."""
        return self if self.corrects is UNSET else replace(self, corrects=UNSET)
