"""Lets one person act on an incident through the command desk, and says what came of it."""

from __future__ import annotations

from enum import Enum

from jiedao.application.command_desk import CommandDesk, CommandRequest
from jiedao.domain.carrying_out import CommandRefusedError
from jiedao.domain.errors import ConflictError, InvalidInputError
from jiedao.domain.incident import Incident
from jiedao.domain.terms import IncidentState
from jiedao.entrypoints.simulation.people import Act


class Acted(Enum):
    """What came of an act."""

    DONE = "done"
    REFUSED = "refused"
    UNCHANGED = "unchanged"
    """What was decided already was decided again."""
    OUTRUN = "outrun"
    """The incident changed since this person looked: they look again later."""


def act_on(desk: CommandDesk, incident: Incident, act: Act, key: str) -> tuple[Acted, IncidentState]:
    """Carry an act out on an incident as this person saw it; says what came of it, and how the incident stands then."""
    request = CommandRequest(incident.id, act.command, act.details, key, incident.version)
    stands = incident.state
    try:
        return Acted.DONE, IncidentState(desk.carry_out(request, act.actor).state)
    except CommandRefusedError:
        return Acted.REFUSED, stands
    except InvalidInputError:
        return Acted.UNCHANGED, stands
    except ConflictError:
        return Acted.OUTRUN, stands
