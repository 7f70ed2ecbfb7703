"""A clock that is moved by hand, so that a month passes in a minute."""

from __future__ import annotations

from datetime import datetime


class VirtualClock:
    """Implements :class:`~jiedao.domain.ports.Clock`; stands still until it is moved, and never goes back."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        """Return the virtual moment, in UTC."""
        return self._now

    def move_to(self, moment: datetime) -> None:
        """Move on to a moment; one that is past already leaves the clock where it is."""
        self._now = max(self._now, moment)
