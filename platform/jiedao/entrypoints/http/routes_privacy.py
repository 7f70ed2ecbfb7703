"""Forgetting a reporter (删除上报人信息): asked for, approved by two people, carried out or refused.

Who is meant is said in the body and never in an address, so that no number stands in a log of requests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, ParamSpec
from uuid import UUID, uuid4

import msgspec
from fastapi import APIRouter, Depends, Header, Query
from starlette.requests import Request

from jiedao.application.erasing import ErasureRefusedError, Whom
from jiedao.domain.access import Holder
from jiedao.domain.erasure import ErasureRequest
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.identity import incident_id
from jiedao.domain.report import ReporterDetails
from jiedao.domain.terms import HoldGround
from jiedao.entrypoints.http.authentication import Allowed
from jiedao.entrypoints.http.documentation import PROBLEMS, problems
from jiedao.entrypoints.http.edge import Edge, edge_of
from jiedao.entrypoints.http.json_bodies import json_body, read_as
from jiedao.entrypoints.http.parameters import Limit
from jiedao.entrypoints.http.permissions import Act
from jiedao.entrypoints.http.privacy_models import ErasureAnswer, ErasurePage, KnownAnswer, ReporterHoldsAnswer
from jiedao.entrypoints.http.problems import HttpProblemError
from jiedao.entrypoints.privacy_answers import erasure_answer, holds_answer, known_answer, obstacle_answers

P = ParamSpec("P")

router = APIRouter(prefix="/v1/privacy", tags=["个人信息删除 Privacy"], responses=PROBLEMS | problems(422))

Person = Annotated[Holder, Depends(Allowed(Act.COMMAND))]  # who may ask and approve, the domain's own table says
Key = Annotated[
    str | None,
    Header(min_length=1, max_length=200, description="同一键只申请一次 The same key asks once."),
]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]
Short = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_WHOM = {"source": "hotline", "external_id": "H2026-0001"}
_ERRORS = problems(400, 409, 413, 415)


class WhomBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Who is meant, in one way: by an incident, its number, a dead letter, the pseudonym, or what identifies them."""

    incident_id: UUID | None = None
    source: Short | None = None
    external_id: Short | None = None
    dead_letter_id: UUID | None = None
    subject: Short | None = None
    phone: Short | None = None
    identity_number: Short | None = None
    name: Short | None = None
    contact: Short | None = None

    def whom(self, district: str) -> Whom:
        """Return who is meant; raises InvalidInputError where that is said in no way, or in several."""
        details = ReporterDetails(self.name, self.phone, self.contact, self.identity_number)
        number = self.source is not None or self.external_id is not None
        ways = (self.incident_id, number or None, self.dead_letter_id, self.subject, details or None)
        if sum(way is not None for way in ways) != 1:
            raise InvalidInputError(
                "say in one way who is meant: incident_id; source and external_id; dead_letter_id; subject; or phone,"
                " identity_number, name, contact"
            )
        if number:
            if self.source is None or self.external_id is None:
                raise InvalidInputError("source and external_id belong together", "/external_id")
            return Whom(incident_id=incident_id(district, self.source, self.external_id))
        return Whom(self.incident_id, self.dead_letter_id, self.subject, details or None)


class AskBody(WhomBody, forbid_unknown_fields=True, kw_only=True):
    """A request."""

    reason: Text


class HoldBody(WhomBody, forbid_unknown_fields=True, kw_only=True):
    """A hold on a reporter, or the end of one."""

    ground: HoldGround
    reason: Text
    reference: Annotated[str, msgspec.Meta(max_length=200)] = ""


class ApproveBody(msgspec.Struct, forbid_unknown_fields=True):
    """An approval."""

    note: Annotated[str, msgspec.Meta(max_length=2_000)] = ""


class RejectBody(msgspec.Struct, forbid_unknown_fields=True):
    """Why it is not approved."""

    reason: Text


@router.post(
    "/find",
    summary="查找上报人 Find what is a reporter's",
    openapi_extra=json_body("上报人 Who is meant, in one way.", _WHOM),
    responses=_ERRORS,
)
async def find_reporter(request: Request, holder: Person) -> KnownAnswer:
    """Tell what is a reporter's and what stands against erasing it; nothing is opened for that, and nothing changes."""
    edge = edge_of(request)
    whom = (await read_as(request, WhomBody)).whom(edge.services.profile.code)
    return known_answer(await edge.read(edge.services.erasing.find, whom, holder), edge.services.profile)


@router.post(
    "/erasures",
    summary="申请删除 Ask for a reporter to be erased",
    openapi_extra=json_body("上报人和理由 Who is meant, and why.", {**_WHOM, "reason": "本人书面申请"}),
    responses=_ERRORS,
)
async def ask_for_erasure(request: Request, holder: Person, idempotency_key: Key = None) -> ErasureAnswer:
    """Ask for a reporter to be erased. It waits for two approvals by two other people.

    Refused (409, recorded) while an incident of theirs is open, under reconsideration, in litigation, held, or has to
    be kept: `obstacles` names each, `again_at` when it may be asked again.
    """
    edge = edge_of(request)
    body = await read_as(request, AskBody)
    whom = body.whom(edge.services.profile.code)
    return await _answered(edge, edge.services.erasing.ask, whom, body.reason, holder, idempotency_key or str(uuid4()))


@router.get("/erasures", summary="删除申请列表 List requests")
async def list_erasures(
    request: Request,
    holder: Person,
    cursor: Annotated[str | None, Query(max_length=20, pattern=r"^[0-9]+$", description="游标 Where to go on.")] = None,
    limit: Limit = 50,
) -> ErasurePage:
    """List requests, the latest first."""
    edge = edge_of(request)
    before = int(cursor) if cursor else None
    found = await edge.read(edge.services.erasing.list, holder, before, limit + 1)
    following = str(found[limit - 1][0]) if len(found) > limit else None
    return ErasurePage(items=[erasure_answer(one) for _position, one in found[:limit]], next_cursor=following)


@router.get("/erasures/{request_id}", summary="删除申请 Show a request")
async def show_erasure(request_id: UUID, request: Request, holder: Person) -> ErasureAnswer:
    """Show a request: who asked, who approved, what stood against it, what was destroyed."""
    edge = edge_of(request)
    return await _answered(edge, edge.services.erasing.show, request_id, holder)


@router.post(
    "/erasures/{request_id}/approve",
    summary="批准 Approve a request",
    openapi_extra=json_body("备注 A remark, which may be empty.", {"note": "已核对身份"}),
    responses=_ERRORS,
)
async def approve_erasure(request_id: UUID, request: Request, holder: Person) -> ErasureAnswer:
    """Approve a request. The second approval, by another person from the other seat, carries it out.

    What stands against it is looked at again in that moment: then it is refused (409), and recorded.
    """
    edge = edge_of(request)
    body = await read_as(request, ApproveBody)
    return await _answered(edge, edge.services.erasing.approve, request_id, body.note, holder)


@router.post(
    "/erasures/{request_id}/reject",
    summary="不予批准 Do not approve a request",
    openapi_extra=json_body("理由 Why.", {"reason": "身份不符"}),
    responses=_ERRORS,
)
async def reject_erasure(request_id: UUID, request: Request, holder: Person) -> ErasureAnswer:
    """Do not approve a request: it ends, and may be asked anew."""
    edge = edge_of(request)
    body = await read_as(request, RejectBody)
    return await _answered(edge, edge.services.erasing.reject, request_id, body.reason, holder)


_HOLD = {**_WHOM, "ground": "legal_hold", "reason": "纪委调查", "reference": ""}


@router.post(
    "/holds",
    summary="保全上报人 Put a reporter under hold",
    openapi_extra=json_body("上报人、事由和理由 Who, on which ground, why.", _HOLD),
    responses=_ERRORS,
)
async def hold_reporter(request: Request, holder: Person) -> ReporterHoldsAnswer:
    """Put everything of a reporter under hold: it is not erased, whatever becomes of the incidents."""
    return await _change_holds(request, holder, release=False)


@router.post(
    "/holds/release",
    summary="解除保全 End a hold on a reporter",
    openapi_extra=json_body("上报人、事由和理由 Who, on which ground, why.", _HOLD),
    responses=_ERRORS,
)
async def release_reporter(request: Request, holder: Person) -> ReporterHoldsAnswer:
    """End one hold on a reporter; others may go on."""
    return await _change_holds(request, holder, release=True)


async def _change_holds(request: Request, holder: Holder, *, release: bool) -> ReporterHoldsAnswer:
    edge = edge_of(request)
    body = await read_as(request, HoldBody)
    whom = body.whom(edge.services.profile.code)
    subject = await edge.read(edge.services.erasing.subject_of, whom, holder)
    desk = edge.services.reporter_holds
    act = desk.release if release else desk.place
    return holds_answer(subject, await edge.read(act, subject, body.ground, body.reference, body.reason, holder))


async def _answered(edge: Edge, act: Callable[P, ErasureRequest], *args: P.args, **kwargs: P.kwargs) -> ErasureAnswer:
    try:
        return erasure_answer(await edge.read(act, *args, **kwargs))
    except ErasureRefusedError as error:
        found = [one.model_dump(mode="json") for one in obstacle_answers(error.request.obstacles)]
        again = error.again_at.isoformat() if error.again_at else None
        raise HttpProblemError(
            "command_refused",
            str(error),
            members={"request_id": str(error.request.id), "obstacles": found, "again_at": again},
        ) from error
