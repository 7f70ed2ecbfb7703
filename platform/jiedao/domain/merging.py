"""A duplicate joins another incident (并案), and can be taken out again (拆分). Both streams tell it, by name.

No chains and no circles: what joined another cannot be joined; what others joined takes them along, if that is said.
Only our own cases join, since a superior platform closes its own itself; they may join any that is open.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from jiedao.domain import commands as said
from jiedao.domain.context import EventContext
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.incident import Incident
from jiedao.domain.links import OtherIncident
from jiedao.domain.progress import Progress
from jiedao.domain.ruling import RuledOutError
from jiedao.domain.terms import Role
from jiedao.domain.workflow import ENDED


def merge(  # noqa: PLR0913  # a command's whole content
    incident: Incident,
    details: said.Merge,
    target: Incident,
    joined: Sequence[Incident],
    *,
    context: EventContext,
    at: datetime,
) -> None:
    """Let an incident join a target; ``joined`` are those that had joined it, which go along."""
    _check_target(incident, target)
    if joined and not details.with_merged:
        numbers = "、".join(one.number for one in joined)
        raise RuledOutError(
            f"已有事件并入本事件 others joined it ({numbers}): say with_merged to take them along, or unmerge them"
        )
    into, elsewhere = named(target), context.following()
    incident.trigger_event(Incident.Merged, into=into, context=context, timestamp=at)
    target.trigger_event(Incident.DuplicateJoined, duplicate=named(incident), context=elsewhere, timestamp=at)
    for one in joined:
        one.trigger_event(Incident.MergeMoved, into=into, context=elsewhere, timestamp=at)
        target.trigger_event(Incident.DuplicateJoined, duplicate=named(one), context=elsewhere, timestamp=at)


def unmerge(incident: Incident, target: Incident, *, context: EventContext, at: datetime) -> None:
    """Take an incident out of the one that it had joined."""
    incident.trigger_event(Incident.Unmerged, left=named(target), context=context, timestamp=at)
    target.trigger_event(Incident.DuplicateLeft, duplicate=named(incident), context=context.following(), timestamp=at)


def named(incident: Incident) -> OtherIncident:
    """Name an incident in the stream of another."""
    return OtherIncident(incident.id, incident.number)


def others_joined(progress: Progress, _role: Role, _actor: str | None) -> str:
    """Say that others joined it, if so: they would be lost with it."""
    if not progress.duplicates:
        return ""
    numbers = "、".join(one.number for one in progress.duplicates)
    return f"有事件并入，须先拆分 others joined it ({numbers}): unmerge them first"


def _check_target(incident: Incident, target: Incident) -> None:
    if target.id == incident.id:
        raise InvalidInputError("an incident cannot join itself", "/into")
    into = target.progress.merged_into
    if into is not None and into.incident_id == incident.id:
        raise InvalidInputError(f"{target.number} joined this one already", "/into")
    if into is not None:
        raise InvalidInputError(f"{target.number} joined {into.number} itself: join that one", "/into")
    if target.state in ENDED:
        raise InvalidInputError(
            f"{target.number} is {target.state.label} {target.state.value}: reopen it, or handle this one by itself",
            "/into",
        )
