"""What the routes of one application share: the services, and what this edge adds around them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request

from jiedao.domain.access import Holder
from jiedao.domain.errors import UnavailableError
from jiedao.entrypoints.http.gathering import Gathering
from jiedao.entrypoints.http.health import Readiness
from jiedao.entrypoints.http.intake_gate import IntakeGate
from jiedao.entrypoints.http.metrics import HttpMetrics
from jiedao.entrypoints.http.wording import Wording
from jiedao.entrypoints.services import Services
from jiedao.store.refusals import Refusal
from jiedao.store.tokens import FormerToken

P = ParamSpec("P")
T = TypeVar("T")

WAIT_SECONDS = 5.0
"""The longest that a query waits for the views to reach a position."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One application's parts. ``reads`` and ``waits`` bound how many threads ask the database at a time."""

    services: Services
    metrics: HttpMetrics
    gate: IntakeGate
    tokens: Gathering[str, Holder | None]
    former: Gathering[str, FormerToken | None]
    refusals: Gathering[Refusal, None]
    readiness: Readiness
    wording: Wording
    reads: CapacityLimiter
    waits: CapacityLimiter

    async def read(self, ask: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Ask something that blocks, off the event loop."""
        return await to_thread.run_sync(lambda: ask(*args, **kwargs), limiter=self.reads)

    async def reach(self, position: int | None) -> None:
        """Wait until the views show everything up to a position.

        Raises UnavailableError when they do not get there in :data:`WAIT_SECONDS`, or too many wait already.
        """
        await self._reach(self.services.read.wait_for, "the views", position)

    async def reach_outbox(self, position: int | None) -> None:
        """Wait until the outbox holds what is owed up to a position. Raises UnavailableError as :meth:`reach` does."""
        await self._reach(self.services.outbox.wait_for, "the outbox", position)

    async def _reach(self, wait_for: Callable[[int, float], bool], what: str, position: int | None) -> None:
        if position is None:
            return
        if self.waits.available_tokens < 1:
            raise UnavailableError(f"too many requests wait for {what}; ask again in a moment")
        if not await to_thread.run_sync(wait_for, position, WAIT_SECONDS, limiter=self.waits):
            raise UnavailableError(
                f"{what} did not reach position {position} within {WAIT_SECONDS:g} s; ask again in a moment"
            )


def edge_of(request: Request) -> Edge:
    """Return the parts of the application that a request came to."""
    edge = request.app.state.edge
    if not isinstance(edge, Edge):
        raise TypeError("the application was not made by create_app")
    return edge
