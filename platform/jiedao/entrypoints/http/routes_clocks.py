"""What is due next: the clocks of incidents and their tasks (时限)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request

from jiedao.domain.access import Holder
from jiedao.domain.terms import ClockKind, Platform
from jiedao.entrypoints.clock_wording import clock_page
from jiedao.entrypoints.http.authentication import Allowed
from jiedao.entrypoints.http.clock_models import ClockPage
from jiedao.entrypoints.http.documentation import PROBLEMS, problems
from jiedao.entrypoints.http.edge import edge_of
from jiedao.entrypoints.http.moments import read_as_of, read_moment
from jiedao.entrypoints.http.parameters import AsOf, Cursor, Limit, MinPosition, require_known_street
from jiedao.entrypoints.http.permissions import Act, require_all_sources, require_street
from projections.clock_questions import ClockFilter

router = APIRouter(prefix="/v1/clocks", tags=["任务队列 Queues"], responses=PROBLEMS | problems(422))

_ONESELF = "me"


@router.get("", summary="时限一览 List what is due next")
async def list_clocks(  # noqa: PLR0913  # one parameter per filter
    request: Request,
    holder: Annotated[Holder, Depends(Allowed(Act.READ_QUEUES))],
    due_before: Annotated[
        str | None,
        Query(description="到期时间早于（不含） Due before.", examples=["2026-11-26T18:00:00+08:00"]),
    ] = None,
    street: Annotated[str | None, Query(description="街道代码 Code of the street.")] = None,
    platform: Annotated[Platform | None, Query(description="平台 Work platform.")] = None,
    clock: Annotated[ClockKind | None, Query(description="时限种类 Kind of clock.")] = None,
    incident: Annotated[UUID | None, Query(description="事件 Of one incident.")] = None,
    offered: Annotated[
        bool | None, Query(description="只看顺延派办 `true`: only offers of tasks that nobody accepted in time.")
    ] = None,
    offered_to: Annotated[
        str | None,
        Query(max_length=200, description="顺延派办给 Offered to whom; `me`: whose token this is.", examples=["me"]),
    ] = None,
    as_of: AsOf = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    min_position: MinPosition = None,
) -> ClockPage:
    """List the clocks that run, the soonest due first, those that are overdue before them all.

    With `as_of`: those that ran then, by the rules that held, and what was overdue then.
    """
    edge = edge_of(request)
    position, moment = read_as_of(as_of)
    require_all_sources(holder, "clocks")
    if street is not None:
        require_street(holder, street)
        require_known_street(edge.services.profile, street)
    wanted = ClockFilter(
        due_before=None if due_before is None else read_moment(due_before, "/due_before"),
        street=street,
        platform=platform.value if platform else None,
        clock=clock.value if clock else None,
        incident_id=incident,
        offered=bool(offered),
        offered_to=holder.holder if offered_to == _ONESELF else offered_to,
        streets=holder.streets,
    )
    await edge.reach(min_position)
    as_of_queries = edge.services.auditing.as_of
    page, then = await edge.read(
        as_of_queries.clocks, wanted, cursor, limit, as_of_position=position, as_of_time=moment
    )
    return clock_page(page, edge.wording, then or edge.services.clock.now())
