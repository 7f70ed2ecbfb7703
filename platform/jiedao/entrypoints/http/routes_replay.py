"""An incident replayed from the log, compared between two moments, and with what today's rules would decide (重放)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request

from jiedao.domain.access import Holder
from jiedao.domain.access_record import AccessKind
from jiedao.domain.errors import NotFoundError
from jiedao.entrypoints.http.authentication import Allowed
from jiedao.entrypoints.http.documentation import PROBLEMS, problems
from jiedao.entrypoints.http.edge import Edge, edge_of
from jiedao.entrypoints.http.moments import read_as_of
from jiedao.entrypoints.http.parameters import AsOf, MinPosition
from jiedao.entrypoints.http.permissions import Act, may
from jiedao.entrypoints.http.replay_models import CurrentRulesAnswer, DifferenceAnswer, ReplayAnswer
from jiedao.entrypoints.replay_answers import current_rules_answer, difference_answer, load_incident, replay_answer

router = APIRouter(prefix="/v1/audit/incidents", tags=["审计 Audit"], responses=PROBLEMS | problems(422))

Replayer = Annotated[Holder, Depends(Allowed(Act.REPLAY))]
_MOMENT = "日志位置或带时区的时间 A position in the log, or a time with its zone."


@router.get("/{incident_id}/replay", summary="重放事件 Replay an incident from the log")
async def replay_incident(
    incident_id: UUID, request: Request, holder: Replayer, as_of: AsOf = None, min_position: MinPosition = None
) -> ReplayAnswer:
    """Replay an incident event by event: how it stood after each, what changed, who, why, on which versions.

    It is read from the log and from no view. That it was replayed is recorded before it is answered.
    """
    edge = edge_of(request)
    await edge.reach(min_position)
    await _require_seen(edge, holder, incident_id)
    position = await _position(edge, as_of)
    steps = await edge.read(edge.services.auditing.replay.steps, incident_id, position)
    await _record(edge, holder, incident_id, {} if position is None else {"as_of": str(position)})
    return replay_answer(
        incident_id, steps, edge.wording, as_of=position, interventions=may(holder, Act.READ_INTERVENTIONS)
    )


@router.get("/{incident_id}/diff", summary="比较两个时点 Compare an incident between two moments")
async def compare_moments(  # noqa: PLR0913  # one parameter per moment and what every route has
    incident_id: UUID,
    request: Request,
    holder: Replayer,
    start: Annotated[str, Query(alias="from", max_length=40, description=_MOMENT)],
    end: Annotated[str | None, Query(alias="to", max_length=40, description=f"{_MOMENT} Now without it.")] = None,
    min_position: MinPosition = None,
) -> DifferenceAnswer:
    """Say what differs in an incident between two moments, and what was recorded between them."""
    edge = edge_of(request)
    await edge.reach(min_position)
    await _require_seen(edge, holder, incident_id)
    first = await edge.read(edge.services.read.position_as_of, *read_as_of(start))
    second = await edge.read(edge.services.read.position_as_of, *read_as_of(end))
    found = await edge.read(edge.services.auditing.replay.difference, incident_id, first, second)
    await _record(edge, holder, incident_id, {"from": str(first), "to": str(second)})
    interventions = may(holder, Act.READ_INTERVENTIONS)
    return difference_answer(incident_id, found, first, second, edge.wording, interventions=interventions)


@router.get("/{incident_id}/current-rules", summary="按现行规则比较 Compare with what today's rules would decide")
async def compare_with_current_rules(
    incident_id: UUID, request: Request, holder: Replayer, min_position: MinPosition = None
) -> CurrentRulesAnswer:
    """Lay what was decided beside what today's boundary set, class table and routing rules would decide."""
    edge = edge_of(request)
    await edge.reach(min_position)
    await _require_seen(edge, holder, incident_id)
    incident = await edge.read(load_incident, edge.services, incident_id)
    await _record(edge, holder, incident_id, {"under_current_rules": "yes"})
    return await edge.read(current_rules_answer, edge.services, incident)


async def _require_seen(edge: Edge, holder: Holder, incident_id: UUID) -> None:
    """Raise NotFoundError for an incident that the holder may not see, in the words of one that there is not."""
    row = await edge.read(edge.services.read.incident, incident_id, holder.streets)
    if holder.sources is not None and row.source not in holder.sources:
        raise NotFoundError(f"there is no incident {incident_id}")


async def _position(edge: Edge, as_of: str | None) -> int | None:
    if as_of is None:
        return None
    return await edge.read(edge.services.read.position_as_of, *read_as_of(as_of))


async def _record(edge: Edge, holder: Holder, incident_id: UUID, details: dict[str, str]) -> None:
    """Record the replay; raises UnavailableError where that fails, and then nothing is answered."""
    await edge.read(
        edge.services.auditing.access.record_access,
        AccessKind.REPLAY,
        holder,
        f"incident:{incident_id}",
        incident_id=incident_id,
        details=details,
    )
