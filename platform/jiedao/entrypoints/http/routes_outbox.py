"""Messages to superior platforms (上级报文): what they are owed, what became of it, and dealing with what is stuck."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request

from jiedao.domain.access import Holder
from jiedao.domain.terms import OutboxState, UpstreamMessageKind
from jiedao.entrypoints.http.authentication import Allowed
from jiedao.entrypoints.http.documentation import PROBLEMS, problems
from jiedao.entrypoints.http.edge import edge_of
from jiedao.entrypoints.http.outbox_models import OutboxMessage, OutboxPage, SetAsideBody, message_answer
from jiedao.entrypoints.http.parameters import Cursor, Limit, MinPosition, require_known_source
from jiedao.entrypoints.http.permissions import Act, require_source
from projections.outbox import OutboxFilter

router = APIRouter(prefix="/v1/outbox", tags=["上级报文 Outbox"], responses=PROBLEMS)

Reader = Annotated[Holder, Depends(Allowed(Act.READ_OUTBOX))]
Tender = Annotated[Holder, Depends(Allowed(Act.TEND_OUTBOX))]
MessagePosition = Annotated[int, Path(ge=1, le=2**63 - 1, description="报文 Position of the event that owes it.")]


@router.get("", summary="查询上级报文 List messages to superior platforms", responses=problems(422))
async def list_messages(  # noqa: PLR0913  # one parameter per filter
    request: Request,
    holder: Reader,
    source: Annotated[str | None, Query(description="来源 Source.")] = None,
    state: Annotated[OutboxState | None, Query(description="状态 Where it stands.")] = None,
    kind: Annotated[UpstreamMessageKind | None, Query(description="类别 What it tells.")] = None,
    incident: Annotated[UUID | None, Query(description="事件 Of this incident.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    min_position: MinPosition = None,
) -> OutboxPage:
    """List what superior platforms are owed, the latest first; `position` is how far the log has been read for it."""
    edge = edge_of(request)
    if source is not None:
        require_source(holder, source)
        require_known_source(edge.services.profile, source)
    wanted = OutboxFilter(
        source=source,
        state=state.value if state else None,
        kind=kind.value if kind else None,
        incident_id=incident,
        streets=holder.streets,
        sources=holder.sources,
    )
    await edge.reach_outbox(min_position)
    page = await edge.read(edge.services.outbox.messages, wanted, cursor, limit)
    return OutboxPage(items=[message_answer(row) for row in page.rows], next_cursor=page.after, position=page.position)


@router.get("/{position}", summary="上级报文详情 Show a message", responses=problems(422))
async def show_message(position: MessagePosition, request: Request, holder: Reader) -> OutboxMessage:
    """Show a message, how often it was tried, and what was answered."""
    edge = edge_of(request)
    return message_answer(await edge.read(edge.services.outbox.message, position, _visible(holder)))


@router.post("/{position}/retry", summary="重新上报 Have a message sent again", responses=problems(409, 422))
async def retry(position: MessagePosition, request: Request, holder: Tender) -> OutboxMessage:
    """Have a message tried at once, or one that was refused sent anew as it was (recorded in the incident)."""
    edge = edge_of(request)
    await edge.read(edge.services.outbox.message, position, _visible(holder))
    return message_answer(await edge.read(edge.services.outbox_desk.retry, position, holder))


@router.post("/{position}/set-aside", summary="搁置上报 Give a message up", responses=problems(409, 422))
async def set_aside(position: MessagePosition, body: SetAsideBody, request: Request, holder: Tender) -> OutboxMessage:
    """Give a message up, with the reason (recorded in the incident); those behind it may go."""
    edge = edge_of(request)
    await edge.read(edge.services.outbox.message, position, _visible(holder))
    return message_answer(await edge.read(edge.services.outbox_desk.set_aside, position, body.reason, holder))


def _visible(holder: Holder) -> OutboxFilter:
    """What the holder may see at all; the rest is not found, whether it exists or not."""
    return OutboxFilter(streets=holder.streets, sources=holder.sources)
