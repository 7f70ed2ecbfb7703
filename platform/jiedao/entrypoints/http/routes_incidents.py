"""Incidents as they stand, and the whole story of each (事件)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request

from jiedao.domain.access import Holder
from jiedao.domain.errors import InvalidInputError, NotFoundError
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.terms import IncidentState, Platform
from jiedao.entrypoints.audit_answers import reporter_answer
from jiedao.entrypoints.http.audit_models import ReporterAnswer
from jiedao.entrypoints.http.authentication import Allowed
from jiedao.entrypoints.http.documentation import PROBLEMS, problems
from jiedao.entrypoints.http.edge import edge_of
from jiedao.entrypoints.http.models import HistoryAnswer, IncidentAnswer, IncidentPage
from jiedao.entrypoints.http.moments import read_as_of, read_moment
from jiedao.entrypoints.http.parameters import (
    AsOf,
    Cursor,
    Limit,
    MinPosition,
    require_known_source,
    require_known_street,
)
from jiedao.entrypoints.http.permissions import Act, may, require_source, require_street
from projections.answers import IncidentFilter, IncidentSummary

router = APIRouter(prefix="/v1/incidents", tags=["事件 Incidents"], responses=PROBLEMS)

Reader = Annotated[Holder, Depends(Allowed(Act.READ_INCIDENTS))]


@router.get("", summary="查询事件 List incidents", responses=problems(422))
async def list_incidents(  # noqa: PLR0913  # one parameter per filter
    request: Request,
    holder: Reader,
    street: Annotated[str | None, Query(description="街道代码 Code of the street.")] = None,
    platform: Annotated[Platform | None, Query(description="平台 Work platform.")] = None,
    source: Annotated[str | None, Query(description="来源 Source.")] = None,
    state: Annotated[IncidentState | None, Query(description="状态 State.")] = None,
    class_code: Annotated[str | None, Query(alias="class", description="分类编码 Code of the class.")] = None,
    external_id: Annotated[str | None, Query(description="来源编号 The source's own number.")] = None,
    reported_from: Annotated[
        str | None,
        Query(
            alias="from", description="上报时间起（含） Reported at or after.", examples=["2026-11-24T00:00:00+08:00"]
        ),
    ] = None,
    reported_before: Annotated[str | None, Query(alias="to", description="上报时间止（不含） Reported before.")] = None,
    text: Annotated[
        str | None,
        Query(max_length=200, description="标题、描述、地址、编号中的文字 Found in title, text, address, numbers."),
    ] = None,
    as_of: AsOf = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    min_position: MinPosition = None,
) -> IncidentPage:
    """List incidents, the latest received first; filters narrow, a cursor goes on where the page before ended.

    With `as_of` the list is what it was then: filters, and which street sees what, are about how things stood.
    """
    edge = edge_of(request)
    position, moment = read_as_of(as_of)
    if street is not None:
        require_street(holder, street)
        require_known_street(edge.services.profile, street)
    wanted = IncidentFilter(
        street=street,
        platform=platform.value if platform else None,
        source=_source_within(holder, source, edge.services.profile),
        state=state.value if state else None,
        class_code=class_code,
        external_id=external_id,
        reported_from=None if reported_from is None else read_moment(reported_from, "/from"),
        reported_before=None if reported_before is None else read_moment(reported_before, "/to"),
        text=text or None,
        streets=holder.streets,
    )
    await edge.reach(min_position)
    as_of_queries = edge.services.auditing.as_of
    page = await edge.read(as_of_queries.incidents, wanted, cursor, limit, as_of_position=position, as_of_time=moment)
    return IncidentPage(
        items=[edge.wording.incident(row) for row in page.rows], next_cursor=page.after, position=page.position
    )


@router.get("/{incident_id}", summary="事件详情 Show an incident")
async def show_incident(
    incident_id: UUID, request: Request, holder: Reader, as_of: AsOf = None, min_position: MinPosition = None
) -> IncidentAnswer:
    """Show an incident as it stands, or as it stood at any past moment."""
    edge = edge_of(request)
    position, moment = read_as_of(as_of)
    await edge.reach(min_position)
    row, _position = await edge.read(
        edge.services.auditing.as_of.incident,
        incident_id,
        as_of_position=position,
        as_of_time=moment,
        streets=holder.streets,
    )
    _require_own(holder, row)
    return edge.wording.incident(row)


@router.get("/{incident_id}/reporter", summary="上报人 Show who reported an incident", responses=problems(400, 422))
async def show_reporter(
    incident_id: UUID,
    request: Request,
    holder: Reader,
    reason: Annotated[
        str, Query(max_length=500, description="理由 Why it has to be known; stands in the log with who asked.")
    ],
) -> ReporterAnswer:
    """Show the reporter's name and how to reach them; recorded before it is answered (`/v1/audit/access`).

    Roles that may not see personal data get it masked. Who was erased reads null, with `erased`.
    """
    edge = edge_of(request)
    whole = may(holder, Act.READ_PERSONAL_DATA)
    shown = await edge.read(edge.services.auditing.personal.reporter, incident_id, holder, reason, whole=whole)
    return reporter_answer(shown)


@router.get("/{incident_id}/history", summary="事件全过程 Tell an incident's whole story")
async def tell_history(
    incident_id: UUID, request: Request, holder: Reader, as_of: AsOf = None, min_position: MinPosition = None
) -> HistoryAnswer:
    """Tell what came in and what happened to it, in order: who did what, when, why, and on which inputs.

    What is encrypted stays so: it is shown as «已加密» with the id of its key. Interventions (干预留痕) are shown to
    supervisor, auditor and administrator only. With `as_of` the story ends there, as it was told then.
    """
    edge = edge_of(request)
    position, moment = read_as_of(as_of)
    await edge.reach(min_position)
    told = await edge.read(
        edge.services.auditing.as_of.history,
        incident_id,
        as_of_position=position,
        as_of_time=moment,
        streets=holder.streets,
        interventions=may(holder, Act.READ_INTERVENTIONS),
    )
    found = told.incident
    _require_own(holder, found)
    deliveries = await edge.read(edge.services.reconciliation.find_record, found.source, found.external_id)
    return edge.wording.history(found, told.known(deliveries), told.rows)


def _source_within(holder: Holder, source: str | None, profile: DistrictProfile) -> str | None:
    """Return the source to ask for: the one asked, which has to be one of the district's, or the token's only one."""
    if source is not None:
        require_source(holder, source)
        require_known_source(profile, source)
        return source
    if holder.sources is None:
        return None
    if len(holder.sources) == 1:
        return next(iter(holder.sources))
    names = ", ".join(sorted(holder.sources)) or "none at all"
    raise InvalidInputError(f"this token is limited to sources: ask for one of them ({names})", "/source")


def _require_own(holder: Holder, row: IncidentSummary) -> None:
    """Outside the token's sources an incident is not there, in the words of one that does not exist."""
    if holder.sources is not None and row.source not in holder.sources:
        raise NotFoundError(f"there is no incident {row.incident_id}")
