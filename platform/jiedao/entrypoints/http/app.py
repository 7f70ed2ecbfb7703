"""Makes the HTTP application of one district: routes, errors, and what goes around every request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

import structlog
from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from psycopg import Error as DatabaseError
from starlette.exceptions import HTTPException

from jiedao import __version__
from jiedao.domain.errors import JiedaoError
from jiedao.entrypoints.http import (
    routes_audit,
    routes_bulletins,
    routes_clocks,
    routes_commands,
    routes_dead_letters,
    routes_duplicates,
    routes_duty,
    routes_files,
    routes_incidents,
    routes_indicators,
    routes_ledger,
    routes_outbox,
    routes_pages,
    routes_places,
    routes_privacy,
    routes_queues,
    routes_replay,
    routes_reports,
    routes_routing,
    routes_service,
    routes_tasks,
)
from jiedao.entrypoints.http.authentication import all_at_once
from jiedao.entrypoints.http.documentation import DESCRIPTION, TAGS
from jiedao.entrypoints.http.edge import Edge
from jiedao.entrypoints.http.exchange import ExchangeMiddleware
from jiedao.entrypoints.http.gathering import Gathering
from jiedao.entrypoints.http.health import Readiness
from jiedao.entrypoints.http.intake_gate import IntakeGate
from jiedao.entrypoints.http.metrics import HttpMetrics
from jiedao.entrypoints.http.openapi import DescribedApplication
from jiedao.entrypoints.http.outbox_metrics import OutboxMetrics
from jiedao.entrypoints.http.refusing import answer_error, answer_framework_error, answer_invalid_parameters
from jiedao.entrypoints.http.wording import Wording
from jiedao.entrypoints.services import Services
from jiedao.store.refusals import Refusal

SETTLE_SECONDS = 20.0
"""Between two looks for refusals that were repeated and are not in the log yet."""

_log = structlog.get_logger("jiedao.http")

ROUTERS = (
    routes_reports.router,
    routes_incidents.router,
    routes_commands.router,
    routes_duplicates.router,
    routes_duty.router,
    routes_tasks.router,
    routes_queues.router,
    routes_indicators.router,
    routes_bulletins.router,
    routes_clocks.router,
    routes_dead_letters.router,
    routes_outbox.router,
    routes_places.router,
    routes_privacy.router,
    routes_routing.router,
    routes_audit.router,
    routes_replay.router,
    routes_files.router,
    routes_ledger.router,
    routes_service.router,
    routes_pages.router,
)


def create_app(services: Services) -> FastAPI:
    """Make the application; nothing connects and no thread starts before the first request.

    When the server shuts it down it records the reports that still wait. The services stay open: they belong to
    whoever made them.
    """
    edge = _edge(services)
    app = DescribedApplication(
        title=f"街道 Jiedao · {services.profile.name}",
        summary="街道综合指挥平台 Command platform of a city district's streets",
        description=DESCRIPTION,
        version=__version__,
        openapi_url="/v1/openapi.json",
        openapi_tags=TAGS,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan(edge),
    )
    app.state.edge = edge
    app.add_middleware(ExchangeMiddleware, metrics=edge.metrics)
    app.add_exception_handler(JiedaoError, answer_error)
    app.add_exception_handler(DatabaseError, answer_error)
    app.add_exception_handler(HTTPException, answer_framework_error)
    app.add_exception_handler(RequestValidationError, answer_invalid_parameters)
    for router in ROUTERS:
        app.include_router(router)
    return app


def _edge(services: Services) -> Edge:
    metrics = HttpMetrics(services.read.status)
    metrics.registry.register(OutboxMetrics(services.outbox.standing, services.clock))
    for collector in services.collectors:
        metrics.register(collector)
    return Edge(
        services=services,
        metrics=metrics,
        gate=IntakeGate(services.pipeline, services.limits, metrics),
        tokens=Gathering(all_at_once(services.tokens.authenticate)),
        former=Gathering(all_at_once(services.tokens.former)),
        refusals=Gathering(_record_with(services)),
        readiness=Readiness(services.read.status, services.checks, services.limits),
        reads=CapacityLimiter(services.limits.concurrent_reads),
        waits=CapacityLimiter(services.limits.concurrent_waits),
        wording=Wording(services.profile),
    )


def _record_with(services: Services) -> Callable[[Sequence[Refusal]], Sequence[None]]:
    def record(refusals: Sequence[Refusal]) -> Sequence[None]:
        services.auditing.refusals.record(refusals)
        return [None] * len(refusals)

    return record


def _lifespan(edge: Edge) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        settling = asyncio.create_task(_settle_refusals(edge))
        try:
            yield
        finally:
            settling.cancel()
            await asyncio.gather(settling, return_exceptions=True)
            await to_thread.run_sync(edge.gate.close)
            await to_thread.run_sync(partial(_settle, edge, everything=True))

    return lifespan


async def _settle_refusals(edge: Edge) -> None:
    """Record every now and then how often refusals were repeated in minutes that are over."""
    while True:
        await to_thread.run_sync(partial(_settle, edge, everything=False), limiter=edge.reads)
        await asyncio.sleep(SETTLE_SECONDS)


def _settle(edge: Edge, *, everything: bool) -> None:
    try:
        edge.services.auditing.refusals.settle(everything=everything)
    except (JiedaoError, DatabaseError) as error:  # they are counted beside the log, and told the next time
        _log.warning("refusals_not_settled", error=type(error).__name__)
