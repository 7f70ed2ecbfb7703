"""What may be the same happening, what a person says of that, and one matter told by several (重复、一事多诉)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Depends, Query
from starlette.requests import Request

from jiedao.domain.access import Holder
from jiedao.domain.errors import NotFoundError
from jiedao.entrypoints.duplicate_answers import repeated_page, suggestions_answer, usual_span
from jiedao.entrypoints.http.authentication import Allowed
from jiedao.entrypoints.http.documentation import PROBLEMS, problems
from jiedao.entrypoints.http.duplicate_models import JudgedAnswer, RepeatedPage, SuggestionsAnswer
from jiedao.entrypoints.http.edge import edge_of
from jiedao.entrypoints.http.json_bodies import json_body, read_as
from jiedao.entrypoints.http.moments import read_moment
from jiedao.entrypoints.http.parameters import Cursor, Limit, MinPosition, require_known_street
from jiedao.entrypoints.http.permissions import Act, require_street
from projections.duplicates import RepeatedQuestion

router = APIRouter(prefix="/v1", tags=["重复与一事多诉 Duplicates"], responses=PROBLEMS | problems(422))

Reader = Annotated[Holder, Depends(Allowed(Act.READ_INCIDENTS))]
Person = Annotated[Holder, Depends(Allowed(Act.COMMAND))]
_BODY = json_body("理由 Why.", {"reason": "两处店铺，非同一事"})


class JudgementBody(msgspec.Struct, forbid_unknown_fields=True):
    """What somebody says of a pair."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=5_000)]


@router.get("/incidents/{incident_id}/duplicates", summary="疑似重复 Suggest what may be the same happening")
async def suggest_duplicates(
    incident_id: UUID,
    request: Request,
    holder: Reader,
    limit: Annotated[int, Query(ge=1, le=100, description="条数 At most so many.")] = 20,
    min_position: MinPosition = None,
) -> SuggestionsAnswer:
    """Suggest incidents that may be the same happening, each with a score, its parts and a sentence.

    Compared are those of the same major class, near in space and time; how near is the district's profile's. What is
    void, was merged, or was said by a person to be another is not suggested. Nothing is decided by it.
    """
    edge = edge_of(request)
    await edge.reach(min_position)
    profile = edge.services.profile
    found = await edge.read(
        edge.services.read.duplicates,
        incident_id,
        profile.duplicates,
        streets=holder.streets,
        sources=holder.sources,
        limit=limit,
    )
    if holder.sources is not None and found.incident.source not in holder.sources:
        raise NotFoundError(f"there is no incident {incident_id}")
    return suggestions_answer(found, profile)


@router.post(
    "/incidents/{incident_id}/duplicates/{other_id}/dismiss",
    summary="排除重复 Say that two are two",
    openapi_extra=_BODY,
    responses=problems(400, 413, 415),
)
async def dismiss_duplicate(incident_id: UUID, other_id: UUID, request: Request, holder: Person) -> JudgedAnswer:
    """Say that two incidents are two happenings: neither is suggested for the other any more."""
    return await _say(incident_id, other_id, request, holder, distinct=True)


@router.post(
    "/incidents/{incident_id}/duplicates/{other_id}/withdraw",
    summary="撤回排除 Take that back",
    openapi_extra=_BODY,
    responses=problems(400, 413, 415),
)
async def withdraw_dismissal(incident_id: UUID, other_id: UUID, request: Request, holder: Person) -> JudgedAnswer:
    """Take back that two incidents are two happenings; both sayings stay in the log."""
    return await _say(incident_id, other_id, request, holder, distinct=False)


@router.get("/repeated-complaints", summary="一事多诉 List matters that several reports tell")
async def list_repeated_complaints(  # noqa: PLR0913  # one parameter per filter
    request: Request,
    holder: Reader,
    since: Annotated[
        str | None,
        Query(
            description="起（含），默认近七日 Happened at or after; without it the last seven days.",
            examples=["2026-11-24T00:00:00+08:00"],
        ),
    ] = None,
    until: Annotated[
        str | None, Query(description="止（不含），默认为今日末 Happened before; without it the end of today.")
    ] = None,
    street: Annotated[str | None, Query(description="街道代码 Code of the street.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    min_position: MinPosition = None,
) -> RepeatedPage:
    """List the matters that several people or sources report, the one with the latest report first; 31 days at most.

    Reports belong to one matter when they are alike enough and come from different people or sources, or were merged.
    """
    edge = edge_of(request)
    if street is not None:
        require_street(holder, street)
        require_known_street(edge.services.profile, street)
    usual_since, usual_before = usual_span(edge.services.clock.now(), ZoneInfo(edge.services.profile.timezone))
    question = RepeatedQuestion(
        since=read_moment(since, "/since") if since is not None else usual_since,
        before=read_moment(until, "/until") if until is not None else usual_before,
        street=street,
        streets=holder.streets,
        sources=holder.sources,
    )
    await edge.reach(min_position)
    profile = edge.services.profile
    page = await edge.read(edge.services.read.repeated_complaints, question, profile.duplicates, cursor, limit)
    return repeated_page(page, question, profile)


async def _say(incident_id: UUID, other_id: UUID, request: Request, holder: Holder, *, distinct: bool) -> JudgedAnswer:
    edge = edge_of(request)
    body = await read_as(request, JudgementBody)
    said = await edge.read(
        edge.services.duplicates.say, incident_id, other_id, holder, distinct=distinct, reason=body.reason
    )
    return JudgedAnswer(incident_id=incident_id, other_id=other_id, are_two=said.distinct, position=said.position)
