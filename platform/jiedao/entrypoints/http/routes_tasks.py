"""One task: whom it could be given to (派办建议), and its sheet for paper (派遣单)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request
from starlette.responses import Response

from jiedao.domain.access import Holder
from jiedao.domain.errors import NotFoundError
from jiedao.entrypoints.dispatch_sheet import SheetFacts, dispatch_sheet
from jiedao.entrypoints.http.advice_models import AdviceAnswer
from jiedao.entrypoints.http.authentication import Allowed
from jiedao.entrypoints.http.boundaries import notice_in_force
from jiedao.entrypoints.http.documentation import PROBLEMS, problems
from jiedao.entrypoints.http.edge import Edge, edge_of
from jiedao.entrypoints.http.parameters import MinPosition
from jiedao.entrypoints.http.permissions import Act
from jiedao.entrypoints.http.routes_duty import sheet
from jiedao.entrypoints.task_advice import advice_answer, find_task, told_task
from projections.answers import IncidentSummary
from projections.duty import DutyQueries

router = APIRouter(
    prefix="/v1/incidents/{incident_id}/tasks/{task_id}", tags=["办理 Commands"], responses=PROBLEMS | problems(422)
)

Reader = Annotated[Holder, Depends(Allowed(Act.READ_INCIDENTS))]
TaskId = Annotated[str, Path(max_length=20, description="任务 Such as T1.", examples=["T1"])]


@router.get("/advice", summary="派办建议 Advise whom a task could be given to")
async def advise_task(
    incident_id: UUID, task_id: TaskId, request: Request, holder: Reader, min_position: MinPosition = None
) -> AdviceAnswer:
    """Rank the handlers of the task's street and platform: on duty, open load, distance, experience, with the reasons.

    Handlers are those of the roster, and those who took its tasks of late. Where somebody stands at this moment nobody
    knows: the distance is from the task that they took last. It advises; people assign.
    """
    edge = edge_of(request)
    await edge.reach(min_position)
    return await edge.read(_advise, edge, incident_id, task_id, holder)


@router.get(
    "/sheet",
    summary="打印派遣单 A task's dispatch sheet for paper",
    response_class=Response,
    responses={200: {"content": {"text/html": {}}}},
)
async def print_dispatch_sheet(
    incident_id: UUID, task_id: TaskId, request: Request, holder: Reader, min_position: MinPosition = None
) -> Response:
    """Show a task's dispatch sheet as a page for paper, A4, with room for signatures; the reporter is not on it."""
    edge = edge_of(request)
    await edge.reach(min_position)
    return sheet(await edge.read(_sheet, edge, incident_id, task_id, holder))


def _advise(edge: Edge, incident_id: UUID, task_id: str, holder: Holder) -> AdviceAnswer:
    services = edge.services
    incident = _incident(edge, incident_id, holder)
    task = find_task(incident, task_id)
    return advice_answer(incident, task, DutyQueries(services.read), services.clock, services.profile)


def _sheet(edge: Edge, incident_id: UUID, task_id: str, holder: Holder) -> str:
    services = edge.services
    incident = _incident(edge, incident_id, holder)
    known = SheetFacts(
        incident=edge.wording.incident(incident),
        task=told_task(incident, task_id),
        history=services.read.history(incident_id, holder.streets),
        boundaries_approximate=notice_in_force(services).approximate,
        printed_at=services.clock.now(),
    )
    return dispatch_sheet(known, services.profile)


def _incident(edge: Edge, incident_id: UUID, holder: Holder) -> IncidentSummary:
    incident = edge.services.read.incident(incident_id, holder.streets)
    if holder.sources is not None and incident.source not in holder.sources:
        raise NotFoundError(f"there is no incident {incident_id}")
    return incident
