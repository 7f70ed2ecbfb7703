"""Whether this process lives and works, and what it measures (运行状态)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from jiedao import __version__
from jiedao.domain.access import Holder
from jiedao.entrypoints.http.authentication import Allowed
from jiedao.entrypoints.http.documentation import problems
from jiedao.entrypoints.http.edge import edge_of
from jiedao.entrypoints.http.permissions import Act
from jiedao.entrypoints.http.place_models import LivenessAnswer, PartHealth, ReadinessAnswer

router = APIRouter(tags=["运行状态 Service"])


# What watches a service often asks with HEAD; the description of the interface names GET alone.
@router.head("/health/live", include_in_schema=False)
@router.get("/health/live", summary="存活检查 Is it alive?")
async def live() -> LivenessAnswer:
    """Answer as long as the process runs; needs no token and asks nothing else."""
    return LivenessAnswer(alive=True, version=__version__)


@router.head("/health/ready", include_in_schema=False)
@router.get(
    "/health/ready",
    summary="就绪检查 Is it ready?",
    response_model=ReadinessAnswer,
    responses={503: {"model": ReadinessAnswer, "description": "未就绪 A part cannot do its work."}},
)
async def ready(request: Request) -> Response:
    """Say how each part stands: database, views, feeds; 503 when one cannot do its work. Needs no token."""
    parts = await edge_of(request).readiness.ask()
    answer = ReadinessAnswer(
        ready=all(part.ok for part in parts.values()),
        parts={name: PartHealth(ok=part.ok, sentence=part.sentence) for name, part in parts.items()},
    )
    return Response(answer.model_dump_json(), 200 if answer.ready else 503, media_type="application/json")


@router.get(
    "/metrics",
    summary="运行指标 Metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}, **problems(401, 403)},
)
async def metrics(request: Request, _holder: Annotated[Holder, Depends(Allowed(Act.READ_METRICS))]) -> Response:
    """Show what this process counts and measures, for Prometheus; needs a token of an auditor or administrator."""
    edge = edge_of(request)
    return Response(await edge.read(edge.metrics.render), headers={"Content-Type": CONTENT_TYPE_LATEST})
