"""What keeps an incident, or everything of a reporter, from being erased or archived: a hold (保全).

An incident is held while it is under reconsideration (行政复议) or in litigation (诉讼), or because somebody who may
orders it (依法保全). Held, it is neither erased nor archived, whatever else would allow it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from jiedao.domain.ruling import RuledOutError
from jiedao.domain.terms import HoldGround


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold: ``ground`` is a :class:`~jiedao.domain.terms.HoldGround` value, ``reference`` the file number (案号).

    ``since`` is the moment (UTC) at which it was placed.
    """

    ground: str
    reference: str
    placed_by: str
    since: datetime

    @property
    def told(self) -> str:
        """The hold in words: 诉讼（2026浙0103行初12号）."""
        label = HoldGround(self.ground).label
        return f"{label}（{self.reference}）" if self.reference else label


def to_place(holds: Sequence[Hold], ground: HoldGround, reference: str) -> str:
    """Return the reference under which a hold can be placed; raises RuledOutError where it holds already."""
    reference = reference.strip()
    if any((one.ground, one.reference) == (ground.value, reference) for one in holds):
        raise RuledOutError(f"已处于{ground.label}，无须重复 it is held already on this ground ({ground.value})")
    return reference


def to_release(holds: Sequence[Hold], ground: HoldGround, reference: str) -> Hold:
    """Find the hold that is meant: without a reference the only one of its ground.

    Raises RuledOutError where there is none, or where several could be meant.
    """
    reference = reference.strip()
    of_ground = [one for one in holds if one.ground == ground]
    found = [one for one in of_ground if one.reference == reference] if reference else of_ground
    if not found:
        raise RuledOutError(f"未处于{ground.label} it is not held on this ground ({ground.value})")
    if len(found) > 1:
        named = "、".join(one.reference or "—" for one in found)
        raise RuledOutError(f"有多项{ground.label}，请写明案号 say in reference which of them ends: {named}")
    return found[0]
