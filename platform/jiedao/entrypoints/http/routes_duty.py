"""Who is on duty (值班表), and shifts that are handed over and taken over (交接班)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID, uuid4

import msgspec
from fastapi import APIRouter, Depends, Header, Query
from starlette.requests import Request
from starlette.responses import Response

from jiedao.application.duty_desk import Planned
from jiedao.application.roster_file import read_roster
from jiedao.domain.access import Holder
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.handover import HandoverState
from jiedao.domain.terms import Role
from jiedao.entrypoints.duty_answers import (
    HandoverWanted,
    done,
    hand_over,
    handover_detail,
    handover_page,
    handover_sheet,
    roster_page,
)
from jiedao.entrypoints.http.authentication import Allowed
from jiedao.entrypoints.http.bodies import media_type_of, read_body
from jiedao.entrypoints.http.documentation import PROBLEMS, problems
from jiedao.entrypoints.http.duty_models import HandoverDetail, HandoverDone, HandoverPage, PlannedAnswer, RosterPage
from jiedao.entrypoints.http.edge import Edge, edge_of
from jiedao.entrypoints.http.json_bodies import json_body, read_as
from jiedao.entrypoints.http.moments import read_moment
from jiedao.entrypoints.http.parameters import Cursor, Limit, MinPosition, require_known_street
from jiedao.entrypoints.http.permissions import Act, require_all_sources, require_street
from jiedao.entrypoints.http.problems import HttpProblemError
from jiedao.entrypoints.printing import POLICY
from projections.duty import DutyQueries
from projections.handovers import HandoverFilter
from projections.roster_shift import RosterQuestion

router = APIRouter(prefix="/v1", tags=["值班 Duty"], responses=PROBLEMS | problems(422))

Reader = Annotated[Holder, Depends(Allowed(Act.READ_QUEUES))]
Person = Annotated[Holder, Depends(Allowed(Act.COMMAND))]
Street = Annotated[str | None, Query(description="街道代码 Code of the street.")]
Key = Annotated[
    str | None,
    Header(min_length=1, max_length=200, description="同一键同一内容只执行一次 The same key and body are done once."),
]
_MOST_BYTES = 4 * 1024 * 1024
_ROSTER = (
    "date,start,end,person,name,role,street,platform\n"
    "2026-11-25,08:00,20:00,user:zhang,张伟,处置人员,朝晖街道,综合行政执法\n"
)
_ROSTER_BODY = {"required": True, "content": {"text/csv": {"schema": {"type": "string"}, "example": _ROSTER}}}
_OFFER_BODY = json_body("交班说明 Whose shift, to whom, remarks.", {"street_code": "330103006", "remarks": "夜间有雨"})
_SAYS = problems(400, 409, 413, 415)

_Text = Annotated[str, msgspec.Meta(max_length=5_000)]
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class _Offer(msgspec.Struct, forbid_unknown_fields=True):
    street_code: _Name | None = None
    to: _Name | None = None
    remarks: _Text = ""


class _Note(msgspec.Struct, forbid_unknown_fields=True):
    note: _Text = ""


class _Reason(msgspec.Struct, forbid_unknown_fields=True):
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=5_000)]


@router.get("/roster", summary="值班表 Who is on duty")
async def show_roster(  # noqa: PLR0913  # one parameter per filter
    request: Request,
    holder: Reader,
    at: Annotated[
        str | None, Query(description="时点，默认此刻 At which moment; now.", examples=["2026-11-25T09:30:00+08:00"])
    ] = None,
    street: Street = None,
    role: Annotated[Role | None, Query(description="角色 Role.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    min_position: MinPosition = None,
) -> RosterPage:
    """List who is on duty at a moment, in the order of the roster; give `at` when you go through pages."""
    edge = edge_of(request)
    if street is not None:
        require_street(holder, street)
        require_known_street(edge.services.profile, street)
    moment = read_moment(at, "/at") if at is not None else edge.services.clock.now()
    question = RosterQuestion(moment, street, role.value if role else None, holder.streets)
    await edge.reach(min_position)
    found = await edge.read(_queries(edge).roster, question, cursor, limit)
    return roster_page(found, moment, edge.services.profile)


@router.post(
    "/roster",
    summary="导入值班表 Plan days of the roster",
    openapi_extra={"requestBody": _ROSTER_BODY},
    responses=_SAYS,
)
async def plan_roster(
    request: Request,
    holder: Person,
    reason: Annotated[str, Query(max_length=1_000, description="理由 Why a planned day is changed.")] = "",
) -> PlannedAnswer:
    """Plan the days that a CSV names, each whole, all of them or none; a day that stands so already stays.

    Days and times are in the district's zone; an end that is not after the start is of the next day.
    """
    edge = edge_of(request)
    if media_type_of(request) != "text/csv":
        raise HttpProblemError("unsupported_media_type", "a roster is taken as text/csv")
    content = await read_body(request, _MOST_BYTES)
    planned = await edge.read(_plan, edge, content, holder, reason)
    return PlannedAnswer.model_validate(planned)


@router.post(
    "/handovers",
    summary="交班 Hand a shift over",
    openapi_extra=_OFFER_BODY,
    responses=_SAYS,
)
async def offer_handover(request: Request, holder: Person, idempotency_key: Key = None) -> HandoverDone:
    """Hand over what is overdue, approaching, suspended, supervised or urged in the queues now.

    Without `street_code` it is the district's shift, with all streets. Once for each `Idempotency-Key`.
    """
    edge = edge_of(request)
    require_all_sources(holder, "queues")
    said = await read_as(request, _Offer)
    if said.street_code is not None and edge.wording.street(said.street_code) is None:
        raise InvalidInputError(f"this district has no street {said.street_code!r}", "/street_code")
    wanted = HandoverWanted(said.street_code, said.to, said.remarks)
    services = edge.services
    key = idempotency_key or str(uuid4())
    return await edge.read(
        hand_over, wanted, _queries(edge), services.duty, services.clock, services.profile, holder, key
    )


@router.get("/handovers", summary="交接班列表 List handovers")
async def list_handovers(  # noqa: PLR0913  # one parameter per filter
    request: Request,
    holder: Reader,
    street: Street = None,
    state: Annotated[HandoverState | None, Query(description="状态 State.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    min_position: MinPosition = None,
) -> HandoverPage:
    """List shift handovers, the latest first; those of the district's shift only for tokens of all streets."""
    edge = edge_of(request)
    require_all_sources(holder, "handovers")
    if street is not None:
        require_street(holder, street)
        require_known_street(edge.services.profile, street)
    await edge.reach(min_position)
    wanted = HandoverFilter(street, state.value if state else None, holder.streets)
    return handover_page(await edge.read(_queries(edge).handovers, wanted, cursor, limit), edge.services.profile)


@router.get("/handovers/{handover_id}", summary="交接班详情 Show a handover")
async def show_handover(
    handover_id: UUID, request: Request, holder: Reader, min_position: MinPosition = None
) -> HandoverDetail:
    """Show a handover with the matters that it names, as they stood then."""
    edge = edge_of(request)
    require_all_sources(holder, "handovers")
    await edge.reach(min_position)
    row = await edge.read(_queries(edge).handover, handover_id, holder.streets)
    return handover_detail(row, edge.services.profile)


@router.get(
    "/handovers/{handover_id}/sheet",
    summary="打印交接班记录 A handover for paper",
    response_class=Response,
    responses={200: {"content": {"text/html": {}}}},
)
async def print_handover(
    handover_id: UUID, request: Request, holder: Reader, min_position: MinPosition = None
) -> Response:
    """Show a handover as a page for paper, with room for signatures."""
    edge = edge_of(request)
    require_all_sources(holder, "handovers")
    await edge.reach(min_position)
    row = await edge.read(_queries(edge).handover, handover_id, holder.streets)
    return sheet(handover_sheet(row, edge.services.profile))


@router.post(
    "/handovers/{handover_id}/accept",
    summary="接班 Take a shift over",
    openapi_extra=json_body("备注 A remark.", {"note": "已逐件核对"}),
    responses=_SAYS,
)
async def accept_handover(handover_id: UUID, request: Request, holder: Person) -> HandoverDone:
    """Take over what was handed over; not by who handed it over."""
    edge = edge_of(request)
    said = await read_as(request, _Note)
    return done(await edge.read(edge.services.duty.accept, handover_id, said.note, holder))


@router.post(
    "/handovers/{handover_id}/object",
    summary="提出异议 Do not take a shift over as it is",
    openapi_extra=json_body("理由 What is not right.", {"reason": "第三件已办结，未见照片"}),
    responses=_SAYS,
)
async def object_to_handover(handover_id: UUID, request: Request, holder: Person) -> HandoverDone:
    """Object to a handover: it ends, and the leaving shift leader hands over anew."""
    edge = edge_of(request)
    said = await read_as(request, _Reason)
    return done(await edge.read(edge.services.duty.object, handover_id, said.reason, holder))


def sheet(content: str) -> Response:
    """Answer a page for paper: nothing in it runs, and nothing is kept by who passes it on."""
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "private, no-store"}
    return Response(content, media_type="text/html; charset=utf-8", headers=headers)


def _plan(edge: Edge, content: bytes, holder: Holder, reason: str) -> Planned:
    return edge.services.duty.plan(read_roster(content, edge.services.profile), holder, reason)


def _queries(edge: Edge) -> DutyQueries:
    return DutyQueries(edge.services.read)
