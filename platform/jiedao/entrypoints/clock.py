"""The one clock of the platform; whatever needs the time is handed it."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """Tells the system's time; implements :class:`~jiedao.domain.ports.Clock`."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        return datetime.now(UTC)
