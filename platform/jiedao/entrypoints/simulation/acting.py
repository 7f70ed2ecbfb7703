"""Lets people act on incidents through the command desk, all of a moment together, and says what came of each act."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from jiedao.application.command_answers import CommandAnswer, CommandRequest
from jiedao.application.command_desk import CommandDesk
from jiedao.domain.carrying_out import CommandRefusedError
from jiedao.domain.errors import ConflictError, InvalidInputError, JiedaoError
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


_REFUSALS: Sequence[tuple[type[JiedaoError], Acted]] = (
    (CommandRefusedError, Acted.REFUSED),
    (InvalidInputError, Acted.UNCHANGED),
    (ConflictError, Acted.OUTRUN),
)


def act_on_all(desk: CommandDesk, acts: Sequence[tuple[Incident, Act, str]]) -> list[tuple[Acted, IncidentState]]:
    """Carry acts out, each on an incident as its person saw it, under a key of its own.

    Says of each what came of it, and how its incident stands then as far as that person knows. Raises what an act
    comes to that nobody expects.
    """
    seen = [incident.state for incident, _, _ in acts]
    requests = [
        (CommandRequest(incident.id, act.command, act.details, key, incident.version, act.corrects), act.actor)
        for incident, act, key in acts
    ]
    outcomes = desk.carry_out_all(requests)
    return [_came_of(outcome, stands) for outcome, stands in zip(outcomes, seen, strict=True)]


def _came_of(outcome: CommandAnswer | JiedaoError, stands: IncidentState) -> tuple[Acted, IncidentState]:
    if isinstance(outcome, CommandAnswer):
        return Acted.DONE, IncidentState(outcome.state)
    for kind, acted in _REFUSALS:
        if isinstance(outcome, kind):
            return acted, stands
    raise outcome
