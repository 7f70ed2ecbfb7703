"""Says whether this process can do its work: the database answers, the views keep up, the feeds run.

Asking is cheap for whoever asks often: one look serves all who ask within a second, and a look that hangs is reported
as such instead of hanging the asker.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from time import monotonic

import structlog
from anyio import CapacityLimiter, to_thread
from psycopg import Error as DatabaseError

from jiedao.domain.errors import JiedaoError
from jiedao.entrypoints.services import Health, HttpLimits
from projections.answers import ProjectionStatus

LOOK_SECONDS = 3.0
KEPT_SECONDS = 1.0

_log = structlog.get_logger(__name__)


class Readiness:
    """Looks at each part; ``status`` asks the database how the read side stands, ``checks`` are further parts."""

    def __init__(
        self,
        status: Callable[[], ProjectionStatus],
        checks: Mapping[str, Callable[[], Health]],
        limits: HttpLimits,
    ) -> None:
        self._status = status
        self._checks = checks
        self._limits = limits
        self._kept: tuple[float, Mapping[str, Health]] | None = None
        self._look: asyncio.Task[Mapping[str, Health]] | None = None
        self._thread = CapacityLimiter(1)

    async def ask(self) -> Mapping[str, Health]:
        """Return how each part stands, at most a second old."""
        if self._kept is not None and monotonic() - self._kept[0] < KEPT_SECONDS:
            return self._kept[1]
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(to_thread.run_sync(self._look_at_all, limiter=self._thread))
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                found = await asyncio.shield(self._look)
        except TimeoutError:
            found = {"database": Health(ok=False, sentence=f"no answer within {LOOK_SECONDS:g} s")}
        self._kept = (monotonic(), found)
        return found

    def _look_at_all(self) -> Mapping[str, Health]:
        found = dict(self._look_at_views())
        for name, check in self._checks.items():
            try:
                found[name] = check()
            except Exception as error:  # noqa: BLE001  # a check that fails is a part that does not work, whatever the reason
                _log.exception("health_check_failed", part=name)
                found[name] = Health(ok=False, sentence=f"the check failed with {type(error).__name__}; see the log")
        return found

    def _look_at_views(self) -> Mapping[str, Health]:
        try:
            status = self._status()
        except (JiedaoError, DatabaseError) as error:
            _log.warning("database_not_ready", error=type(error).__name__)
            return {"database": Health(ok=False, sentence="the database does not answer")}
        return {"database": Health(ok=True, sentence="answers"), "projections": self._views(status)}

    def _views(self, status: ProjectionStatus) -> Health:
        active = status.active
        lag = status.head - status.position
        if active is None:
            return Health(ok=False, sentence="no views have been made yet: start the projections")
        if active.fault_position is not None:
            sentence = f"stopped at position {active.fault_position}: run `jiedao projections status`"
            return Health(ok=False, sentence=sentence)
        if lag > self._limits.projection_lag_events:
            return Health(ok=False, sentence=f"{lag} events behind the log")
        if status.rebuild_needed:
            return Health(ok=True, sentence="filled by another version: run `jiedao projections rebuild`")
        return Health(ok=True, sentence=f"at position {status.position} of {status.head}")
