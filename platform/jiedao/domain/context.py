"""Who, why and because of what: the context that every event carries.

It is stored beside the event's state, in the event's metadata, and is part of the event's leaf hash.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from jiedao.domain.quickly_made import quickly_made


@quickly_made
@dataclass(frozen=True, slots=True)
class EventContext:
    """The context of one event; there is no way to record an event without it.

    ``actor`` is the holder of the token that asked for the event (``source:hotline``, ``user:zhang``),
    ``role`` the role in which they acted, ``correlation_id`` what ties together all events of one
    conversation (an incident's first report), ``causation_id`` the command, batch or event that
    caused this one, ``reason`` what a person gave as reason where the workflow asks for one.
    """

    actor: str
    role: str
    correlation_id: UUID
    causation_id: str
    reason: str | None = None
    transport: str | None = None
    origin: str | None = None
