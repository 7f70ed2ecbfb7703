"""The routing rules in force, and what they would do with an incident (派单规则)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Query
from starlette.requests import Request

from jiedao.application.routing_desk import RoutingTrial, TriedReport
from jiedao.domain.access import Holder
from jiedao.domain.errors import InvalidInputError
from jiedao.entrypoints.command_bodies import read_fields
from jiedao.entrypoints.http.authentication import Allowed
from jiedao.entrypoints.http.bodies import media_type_of, read_body
from jiedao.entrypoints.http.documentation import PROBLEMS, problems
from jiedao.entrypoints.http.edge import Edge, edge_of
from jiedao.entrypoints.http.moments import read_moment
from jiedao.entrypoints.http.permissions import Act
from jiedao.entrypoints.http.problems import HttpProblemError
from jiedao.entrypoints.http.routing_models import RoutingRulesAnswer, RoutingTrialAnswer, rules_answer, trial_answer
from jiedao.entrypoints.routing_words import RoutingWords

router = APIRouter(prefix="/v1/routing", tags=["派单规则 Routing"], responses=PROBLEMS)

Reader = Annotated[Holder, Depends(Allowed(Act.READ_INCIDENTS))]
_MOST_BYTES = 64 * 1024
_INCIDENT = "incident_id"

_BODY: Mapping[str, Any] = {
    "required": True,
    "description": "事件编号，或假设的上报 An incident by its id, or a report that nobody made.",
    "content": {
        "application/json": {
            "schema": {"type": "object"},
            "examples": {
                "report": {
                    "summary": "假设的上报 A made-up report",
                    "value": {
                        "source": "hotline",
                        "class_code": "E0128",
                        "street_code": "330103006",
                        "reported_at": "2026-11-24T23:10:00+08:00",
                        "title": "商铺音响扰民",
                    },
                },
                "incident": {
                    "summary": "已有事件 An incident",
                    "value": {"incident_id": "5a4c6a34-2f0f-5f0a-9c0e-6d0a0c1f9b11"},
                },
            },
        }
    },
}


@router.get("/rules", summary="现行派单规则 Show the routing rules", responses=problems(422))
async def show_rules(
    request: Request,
    _holder: Reader,
    as_of: Annotated[
        str | None,
        Query(
            max_length=40,
            description="回看时点（带时区） The rules that held then; without it: now.",
            examples=["2026-11-24T09:30:00+08:00"],
        ),
    ] = None,
) -> RoutingRulesAnswer:
    """Show the rules in force, in their order: the first that fits applies. 404 where there are none."""
    edge = edge_of(request)
    return await edge.read(_rules, edge, None if as_of is None else read_moment(as_of, "/as_of"))


@router.post(
    "/try",
    summary="派单规则试算 Try the rules",
    openapi_extra={"requestBody": _BODY},
    responses=problems(400, 413, 415, 422),
)
async def try_rules(request: Request, holder: Reader) -> RoutingTrialAnswer:
    """Say which rule would apply to an incident (`incident_id`) or a made-up report, and of every rule why or why not.

    A made-up report says `source`, and what else matters: `class_code`, `street_code`, `channel`, `lifecycle`,
    `reported_at` (with its zone; else now), `title`, `description`, `address`, `priority`, `urgent`, `flags`,
    `by_person`. Nothing is recorded.
    """
    edge = edge_of(request)
    return trial_answer(await edge.read(_try, edge, await _read(request), holder))


def _rules(edge: Edge, as_of: datetime | None) -> RoutingRulesAnswer:
    return rules_answer(edge.services.routing.rules(as_of), RoutingWords(edge.services.profile))


def _try(edge: Edge, content: Mapping[str, object], holder: Holder) -> RoutingTrial:
    desk = edge.services.routing
    if _INCIDENT not in content:
        return desk.try_report(read_fields(TriedReport, content, "a report"))
    if len(content) > 1:
        raise InvalidInputError("name an incident, or describe a report: not both", f"/{_INCIDENT}")
    try:
        incident_id = UUID(str(content[_INCIDENT]))
    except ValueError as error:
        raise InvalidInputError("an incident is named by its id, a UUID", f"/{_INCIDENT}") from error
    return desk.try_incident(incident_id, holder)


async def _read(request: Request) -> dict[str, object]:
    if media_type_of(request) != "application/json":
        raise HttpProblemError("unsupported_media_type", "what is to be tried is taken as application/json")
    body = await read_body(request, _MOST_BYTES)
    try:
        return msgspec.json.decode(body, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInputError("the body must be a JSON object in UTF-8") from error
