"""Records that could not be read and wait for a person (死信)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request

from jiedao.domain.access import Holder
from jiedao.entrypoints.http.authentication import Allowed
from jiedao.entrypoints.http.documentation import PROBLEMS, problems
from jiedao.entrypoints.http.edge import edge_of
from jiedao.entrypoints.http.models import DeadLetterAnswer, DeadLetterPage
from jiedao.entrypoints.http.parameters import Cursor, Limit, MinPosition
from jiedao.entrypoints.http.permissions import Act, require_all_streets, require_source
from projections.answers import DeadLetterFilter

router = APIRouter(prefix="/v1/dead-letters", tags=["死信 Dead letters"], responses=PROBLEMS)

Reader = Annotated[Holder, Depends(Allowed(Act.READ_DEAD_LETTERS))]


@router.get("", summary="查询死信 List dead letters", responses=problems(422))
async def list_dead_letters(  # noqa: PLR0913  # one parameter per filter
    request: Request,
    holder: Reader,
    source: Annotated[str | None, Query(description="来源 Source.")] = None,
    reason: Annotated[str | None, Query(description="原因代码 Code of the reason.")] = None,
    resolved: Annotated[bool | None, Query(description="是否已解决 Whether it was dealt with.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    min_position: MinPosition = None,
) -> DeadLetterPage:
    """List records that were set aside, the latest first."""
    edge = edge_of(request)
    require_all_streets(holder, "dead letters")
    if source is not None:
        require_source(holder, source)
    wanted = DeadLetterFilter(source=source, reason=reason, resolved=resolved, sources=holder.sources)
    await edge.reach(min_position)
    page = await edge.read(edge.services.read.dead_letters, wanted, cursor, limit)
    return DeadLetterPage(
        items=[DeadLetterAnswer.model_validate(row) for row in page.rows],
        next_cursor=page.after,
        position=page.position,
    )


@router.get("/{dead_letter_id}", summary="死信详情 Show a dead letter")
async def show_dead_letter(
    dead_letter_id: UUID, request: Request, holder: Reader, min_position: MinPosition = None
) -> DeadLetterAnswer:
    """Show why a record was set aside, where it came from, and what was done about it."""
    edge = edge_of(request)
    require_all_streets(holder, "dead letters")
    await edge.reach(min_position)
    return DeadLetterAnswer.model_validate(
        await edge.read(edge.services.read.dead_letter, dead_letter_id, holder.sources)
    )
