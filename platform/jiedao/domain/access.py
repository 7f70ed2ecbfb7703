"""Who asks: the holder of a token, in which role, for which streets and sources."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from jiedao.domain.terms import Role


@dataclass(frozen=True, slots=True)
class Holder:
    """The holder of a token.

    ``holder`` is the actor written into events (``source:hotline``, ``user:zhang``). ``streets`` and ``sources``
    limit what they may see and push; ``None`` means all of the district.
    """

    token_id: str
    holder: str
    role: Role
    streets: frozenset[str] | None = None
    sources: frozenset[str] | None = None
    expires_at: datetime | None = None

    def may_see_street(self, street_code: str | None) -> bool:
        """Whether this holder may see what a street holds; what no street holds yet, only the unlimited see."""
        return self.streets is None or street_code in self.streets

    def may_push(self, source: str) -> bool:
        """Whether this holder may push reports of a source."""
        return self.role in {Role.INTEGRATOR, Role.ADMINISTRATOR} and (self.sources is None or source in self.sources)
