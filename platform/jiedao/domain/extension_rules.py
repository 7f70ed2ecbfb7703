"""How often, how long and by whom a deadline may be extended (延期): a table of the district, by class.

The table is data of the district's profile: one row for all classes, and rows for single ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from jiedao.domain.terms import Role

APPROVERS = (Role.SHIFT_LEADER, Role.SUPERVISOR)
"""Who can be named to decide about an extension, the lower first; whoever stands above the one named may, too."""


@dataclass(frozen=True, slots=True)
class ExtensionRule:
    """One row: at most ``most`` extensions, each at most ``longest`` (as limits are written), decided by ``approver``.

    ``assumed`` is true where it was not taken from a published rule of this district.
    """

    most: int
    longest: str
    approver: Role
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class ExtensionRules:
    """The table. ``default`` is the row for classes without one of their own; without it those are not extended."""

    default: ExtensionRule | None = None
    by_class: Mapping[str, ExtensionRule] = field(default_factory=dict)

    def of(self, class_code: str | None) -> ExtensionRule | None:
        """Return the row for a class; ``None`` where its deadline cannot be extended."""
        return self.by_class.get(class_code or "", self.default)
