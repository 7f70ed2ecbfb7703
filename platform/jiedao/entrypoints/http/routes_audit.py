"""What an auditor asks of the log: events by who, what, where, when; who looked; what was refused; samples (审计)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query
from starlette.concurrency import iterate_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from jiedao.audit.sampling import SampleWanted
from jiedao.domain.access import Holder
from jiedao.domain.access_record import AccessKind
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.terms import Command, Role
from jiedao.entrypoints.audit_answers import (
    MEDIA_TYPES,
    WRITERS,
    access_answer,
    event_answer,
    questions_answer,
    sample_answer,
    told_filter,
)
from jiedao.entrypoints.http.audit_models import (
    AccessPage,
    AuditEventPage,
    AuditQuestionsAnswer,
    RefusalAnswer,
    RefusalPage,
    SampleAnswer,
    SampleBody,
)
from jiedao.entrypoints.http.authentication import Allowed
from jiedao.entrypoints.http.documentation import PROBLEMS, problems
from jiedao.entrypoints.http.edge import Edge, edge_of
from jiedao.entrypoints.http.moments import read_moment
from jiedao.entrypoints.http.parameters import Cursor, Limit, MinPosition
from jiedao.entrypoints.http.permissions import (
    Act,
    may,
    require,
    require_all_sources,
    require_all_streets,
    require_street,
)
from projections.access_record import AccessFilter
from projections.audit_kinds import AuditKind
from projections.audit_questions import AuditFilter, asked
from projections.cursor import read_cursor, write_cursor

router = APIRouter(prefix="/v1/audit", tags=["审计 Audit"], responses=PROBLEMS | problems(422))

Actor = Annotated[str | None, Query(max_length=200, description="人员 Who, as in events.", examples=["user:zhang"])]
Since = Annotated[
    str | None,
    Query(alias="from", max_length=40, description="记录时间起（含） Recorded at or after: a day, or a time."),
]
Until = Annotated[
    str | None, Query(alias="to", max_length=40, description="记录时间止（不含） Recorded before: a day, or a time.")
]
_LAST = 2**63 - 1
_HIDDEN: tuple[tuple[AuditKind, Act], ...] = (
    (AuditKind.INTERVENTION, Act.READ_INTERVENTIONS),
    (AuditKind.REFUSAL, Act.READ_REFUSALS),
    (AuditKind.ACCESS, Act.READ_ACCESS_RECORDS),
)
"""Kinds of events that only some roles see, and the act that lets them."""


class EventsFormat(StrEnum):
    """In which form events are answered: a page, or all of them as a file."""

    JSON = "json"
    CSV = "csv"
    JSONL = "jsonl"


def hidden_from(holder: Holder) -> tuple[str, ...]:
    """Return the kinds of events that a holder may not see."""
    return tuple(kind.value for kind, act in _HIDDEN if not may(holder, act))


@router.get(
    "/events",
    summary="检索审计轨迹 Ask for events",
    responses={200: {"model": AuditEventPage, "content": {"text/csv": {}, "application/x-ndjson": {}}}},
)
async def list_events(  # noqa: PLR0913  # one parameter per filter
    request: Request,
    holder: Annotated[Holder, Depends(Allowed(Act.READ_EVENTS))],
    question: Annotated[str | None, Query(description="审计问题 A named question: /v1/audit/questions.")] = None,
    actor: Actor = None,
    role: Annotated[Role | None, Query(description="角色 In which role.")] = None,
    kind: Annotated[list[AuditKind] | None, Query(description="类别 Of these kinds; may be repeated.")] = None,
    topic: Annotated[str | None, Query(max_length=100, description="事件名 By its stored name.")] = None,
    incident: Annotated[UUID | None, Query(description="事件 That speak of one incident.")] = None,
    street: Annotated[str | None, Query(description="街道代码 Of incidents that this street held then.")] = None,
    command: Annotated[Command | None, Query(description="办理 By this command, refused or not.")] = None,
    since: Since = None,
    until: Until = None,
    from_position: Annotated[int | None, Query(ge=1, le=_LAST, description="日志位置起（含）")] = None,
    to_position: Annotated[int | None, Query(ge=1, le=_LAST, description="日志位置止（含）")] = None,
    has_reason: Annotated[bool | None, Query(description="有无理由 With, or without, a reason.")] = None,
    correlation_id: Annotated[UUID | None, Query(description="关联编号 What belongs together.")] = None,
    newest_first: Annotated[bool, Query(description="最新在前 Else in the order of the log.")] = False,  # noqa: FBT002  # a parameter of the address
    form: Annotated[
        EventsFormat, Query(alias="format", description="格式 csv, jsonl: everything.")
    ] = EventsFormat.JSON,
    cursor: Cursor = None,
    limit: Limit = 50,
    min_position: MinPosition = None,
) -> Response:
    """List events that all filters let through, or download every one of them.

    A download (`format=csv`, `format=jsonl`) is of the moment at which it began and may be of any size; that it was
    made is recorded before its first byte (`/v1/audit/access`).
    """
    edge = edge_of(request)
    require_all_sources(holder, "events")
    if street is not None:
        require_street(holder, street)
    zone = ZoneInfo(edge.services.profile.timezone)
    wanted = AuditFilter(
        actor=actor,
        role=role.value if role else None,
        kinds=tuple(dict.fromkeys(one.value for one in kind)) if kind else None,
        topic=topic,
        incident_id=incident,
        street=street,
        command=command.value if command else None,
        since=_read_edge(since, "/from", zone),
        until=_read_edge(until, "/to", zone),
        from_position=from_position,
        to_position=to_position,
        has_reason=has_reason,
        correlation_id=correlation_id,
        newest_first=newest_first,
        streets=holder.streets,
        hidden=hidden_from(holder),
    )
    if question is not None:
        wanted = asked(question, wanted)
    await edge.reach(min_position)
    if form is not EventsFormat.JSON:
        if cursor is not None:
            raise InvalidInputError("a download holds every event: leave cursor out", "/cursor")
        return await _download(edge, holder, wanted, form)
    page = await edge.read(edge.services.auditing.events.events, wanted, cursor, limit)
    answer = AuditEventPage(
        items=[event_answer(row, edge.wording) for row in page.rows], next_cursor=page.after, position=page.position
    )
    return JSONResponse(answer.model_dump(mode="json"))


async def _download(edge: Edge, holder: Holder, wanted: AuditFilter, form: EventsFormat) -> Response:
    """Record the export, then stream it; nothing is sent before it is recorded."""
    require(holder, Act.EXPORT_EVENTS)
    if wanted.newest_first:
        raise InvalidInputError("a download goes in the order of the log: leave newest_first out", "/newest_first")
    auditing = edge.services.auditing
    position = await edge.read(
        auditing.access.record_access,
        AccessKind.EXPORT,
        holder,
        "events",
        incident_id=wanted.incident_id,
        details=told_filter(wanted, format=form.value),
    )
    written = WRITERS[form.value](auditing.events.export(wanted), edge.wording)
    return StreamingResponse(
        _stream(written),
        media_type=MEDIA_TYPES[form.value],
        headers={"Content-Disposition": f'attachment; filename="events-{position}.{form.value}"'},
    )


async def _stream(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    async for piece in iterate_in_threadpool(pieces):
        yield piece


@router.get("/questions", summary="审计问题 Tell the named questions")
async def list_questions(
    _holder: Annotated[Holder, Depends(Allowed(Act.READ_EVENTS))],
) -> AuditQuestionsAnswer:
    """Tell the questions that auditors ask, each by the name that `question` takes."""
    return questions_answer()


@router.get("/access", summary="访问记录 List who looked")
async def list_accesses(  # noqa: PLR0913  # one parameter per filter
    request: Request,
    holder: Annotated[Holder, Depends(Allowed(Act.READ_ACCESS_RECORDS))],
    actor: Actor = None,
    access: Annotated[AccessKind | None, Query(description="种类 What they did.")] = None,
    incident: Annotated[UUID | None, Query(description="事件 At one incident.")] = None,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    min_position: MinPosition = None,
) -> AccessPage:
    """List who looked at what, the latest first. That this list was read is recorded, too."""
    edge = edge_of(request)
    require_all_sources(holder, "access records")
    require_all_streets(holder, "access records")
    zone = ZoneInfo(edge.services.profile.timezone)
    wanted = AccessFilter(
        actor=actor,
        access=access.value if access else None,
        incident_id=incident,
        since=_read_edge(since, "/from", zone),
        until=_read_edge(until, "/to", zone),
    )
    await edge.reach(min_position)
    auditing = edge.services.auditing
    page = await edge.read(auditing.events.accesses, wanted, cursor, limit)
    await edge.read(auditing.access.record_access, AccessKind.ACCESS_RECORDS, holder, "access", incident_id=incident)
    return AccessPage(items=[access_answer(row) for row in page.rows], next_cursor=page.after, position=page.position)


@router.get("/refusals", summary="拒绝记录 List requests that were refused at the door")
async def list_refusals(  # noqa: PLR0913  # one parameter per filter
    request: Request,
    holder: Annotated[Holder, Depends(Allowed(Act.READ_REFUSALS))],
    actor: Actor = None,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> RefusalPage:
    """List requests that were refused (401, 403), the latest first; refused commands are events of kind `refusal`."""
    edge = edge_of(request)
    require_all_sources(holder, "refusals")
    require_all_streets(holder, "refusals")
    zone = ZoneInfo(edge.services.profile.timezone)
    start, end = _read_edge(since, "/from", zone), _read_edge(until, "/to", zone)
    question = ("refusals", actor, start, end)
    after = None if cursor is None else read_cursor(question, cursor, tuple[datetime, str])
    rows = await edge.read(
        edge.services.refusals.page, holder=actor, since=start, until=end, after=after, limit=limit + 1
    )
    shown = rows[:limit]
    following = write_cursor(question, (shown[-1].last_at, shown[-1].request_id)) if len(rows) > limit else None
    return RefusalPage(items=[RefusalAnswer.model_validate(row) for row in shown], next_cursor=following)


@router.post("/samples", summary="抽样 Draw a random sample of closed cases")
async def draw_sample(
    body: SampleBody, request: Request, holder: Annotated[Holder, Depends(Allowed(Act.DRAW_SAMPLES))]
) -> SampleAnswer:
    """Draw a sample of the cases that were closed in a period, and record the draw with its seed."""
    edge = edge_of(request)
    require_all_sources(holder, "samples")
    require_all_streets(holder, "samples")
    zone = ZoneInfo(edge.services.profile.timezone)
    wanted = SampleWanted(
        body.size, body.seed, _read_edge(body.since, "/from", zone), _read_edge(body.until, "/to", zone), body.as_of
    )
    return sample_answer(await edge.read(edge.services.auditing.samples.draw, wanted, holder, body.reason))


def _read_edge(text: str | None, pointer: str, zone: ZoneInfo) -> datetime | None:
    """Read an end of a span: a day begins at the district's midnight."""
    if text is None:
        return None
    try:
        return datetime.combine(date.fromisoformat(text.strip()), time.min, zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return read_moment(text, pointer)
