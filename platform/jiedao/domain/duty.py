"""A district's rules of duty: what a handover names, and how handlers are advised for a task. All are assumed data."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class AdviceWeights:
    """How much each part of an advice counts; only their proportions matter."""

    duty: float = 35.0
    load: float = 30.0
    distance: float = 20.0
    experience: float = 15.0

    @property
    def total(self) -> float:
        """Their sum."""
        return self.duty + self.load + self.distance + self.experience


@dataclass(frozen=True, slots=True)
class OnwardRules:
    """How a task that nobody accepts in time is offered onward (顺延派办).

    It is offered to at most ``at_most`` handlers, each once; then to whoever is on duty in the first of the roles
    ``then`` (:class:`~jiedao.domain.terms.Role` values) in which anybody is.
    """

    at_most: int = 3
    then: tuple[str, ...] = ("shift_leader", "supervisor")


@dataclass(frozen=True, slots=True)
class DutyRules:
    """What is particular to a district's duty.

    A deadline within ``approaching`` is named in a handover. ``full_load`` open tasks are as many as one handler can
    have, ``far_m`` metres as far as one goes, ``experienced`` handled tasks of a class as much as one needs to know it;
    what a handler did is counted for ``remembered``.
    """

    approaching: timedelta = timedelta(hours=4)
    weights: AdviceWeights = field(default_factory=AdviceWeights)
    full_load: int = 8
    far_m: float = 2_000.0
    experienced: int = 10
    remembered: timedelta = timedelta(days=180)
    onward: OnwardRules = field(default_factory=OnwardRules)
    assumed: bool = True
