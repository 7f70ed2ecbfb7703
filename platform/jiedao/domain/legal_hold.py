"""An incident's holds begin and end (保全), by people's commands in any state."""

from __future__ import annotations

from typing import Any

from jiedao.domain import commands as said
from jiedao.domain.holds import Hold, to_place, to_release
from jiedao.domain.progress import Progress
from jiedao.domain.terms import Role
from jiedao.domain.workflow_events import WorkflowEvent


class HoldPlaced(WorkflowEvent):
    """It must neither be erased nor archived from now on; the reason stands in the context."""

    TOPIC = "jiedao.incident.hold_placed"
    ground: str
    reference: str

    def advance(self, progress: Progress) -> None:
        """It is held."""
        hold = Hold(self.ground, self.reference, self.context.actor, self.timestamp)
        progress.holds = (*progress.holds, hold)


class HoldReleased(WorkflowEvent):
    """One hold ended; others may go on."""

    TOPIC = "jiedao.incident.hold_released"
    ground: str
    reference: str

    def advance(self, progress: Progress) -> None:
        """It is not held on this ground any more."""
        ended = (self.ground, self.reference)
        progress.holds = tuple(one for one in progress.holds if (one.ground, one.reference) != ended)


def place(progress: Progress, details: said.HoldOrder) -> dict[str, Any]:
    """Return the event that places a hold; raises RuledOutError where it holds already."""
    reference = to_place(progress.holds, details.ground, details.reference)
    return {"kind": HoldPlaced, "ground": details.ground.value, "reference": reference}


def release(progress: Progress, details: said.HoldRelease) -> dict[str, Any]:
    """Return the event that ends a hold; raises RuledOutError where there is none that could be meant."""
    hold = to_release(progress.holds, details.ground, details.reference)
    return {"kind": HoldReleased, "ground": hold.ground, "reference": hold.reference}


def not_held(progress: Progress, _role: Role, _actor: str | None) -> str:
    """Say that there is no hold to end, whatever its ground."""
    return "" if progress.holds else "该事件未被保全，无可解除 it is not held on any ground"
