"""What is asked of the command desk, and what it answers: a command, what came of it, that it came too late."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from jiedao.domain.errors import ConflictError
from jiedao.domain.incident import Incident
from jiedao.domain.terms import Command


@dataclass(frozen=True, slots=True)
class CommandRequest:
    """What somebody wants done; ``version`` is the incident's version that they saw, ``None`` where they do not say.

    ``details`` is an instance of the command's class in :data:`jiedao.domain.commands.DETAILS`, ``key`` the
    idempotency key: the same key with the same body is answered as the first time. ``corrects`` is the version of the
    event of the same incident that it puts right (更正), if any.
    """

    incident_id: UUID
    command: Command
    details: object
    key: str
    version: int | None = None
    corrects: int | None = None


@dataclass(frozen=True, slots=True)
class CommandAnswer:
    """What came of it: how the incident stands, and the position of the event, to ask the views for.

    ``allowed`` is what the same role may do next. ``replayed`` says that it had been done before, under this key.
    """

    incident_id: UUID
    version: int
    state: str
    position: int
    allowed: tuple[str, ...]
    replayed: bool = False


class StaleVersionError(ConflictError):
    """The incident moved on since the version that the command saw; ``allowed`` is what the same role may do now."""

    def __init__(self, incident: Incident, seen: int | None, allowed: tuple[Command, ...] = ()) -> None:
        """Say how it stands now."""
        self.version = incident.version
        self.allowed = allowed
        self.state = incident.state.value
        before = f"version {seen}, which you saw" if seen is not None else "you looked"
        super().__init__(
            f"the incident changed since {before}: it is at version {incident.version},"
            f" {incident.state.label} {incident.state.value}; look at it again and decide anew"
        )
