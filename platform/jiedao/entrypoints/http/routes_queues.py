"""What waits where: the queues of the streets' four platforms, what is undecided, and the counts of all (任务队列)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request

from jiedao.domain.access import Holder
from jiedao.domain.errors import NotFoundError
from jiedao.domain.terms import IncidentState, Platform
from jiedao.domain.workflow import OPEN
from jiedao.entrypoints.http.authentication import Allowed
from jiedao.entrypoints.http.counting import count_queues
from jiedao.entrypoints.http.documentation import PROBLEMS, problems
from jiedao.entrypoints.http.edge import Edge, edge_of
from jiedao.entrypoints.http.models import QueuePage
from jiedao.entrypoints.http.moments import read_as_of
from jiedao.entrypoints.http.parameters import AsOf, Cursor, Limit, MinPosition
from jiedao.entrypoints.http.permissions import Act, require_all_sources, require_all_streets, require_street
from jiedao.entrypoints.http.place_models import QueueCountsAnswer
from jiedao.entrypoints.http.wording import label_of
from projections.answers import QueueQuestion

router = APIRouter(prefix="/v1", tags=["任务队列 Queues"], responses=PROBLEMS | problems(422))

Reader = Annotated[Holder, Depends(Allowed(Act.READ_QUEUES))]
State = Annotated[
    IncidentState | None,
    Query(
        description="状态 Narrow to one open state; without it every one but triage 待判定.",
        json_schema_extra={"enum": [state.value for state in OPEN]},
    ),
]


@router.get("/queues", summary="各队列在办数量 Count what is open in every queue")
async def count_all(
    request: Request, holder: Reader, as_of: AsOf = None, min_position: MinPosition = None
) -> QueueCountsAnswer:
    """Count what has not ended, per street × platform, empty queues included; now, or as of the past."""
    edge = edge_of(request)
    require_all_sources(holder, "counts")
    position, moment = read_as_of(as_of)
    await edge.reach(min_position)
    return await edge.read(count_queues, edge.services, holder, position, moment)


@router.get("/streets/{code}/queues/{platform}", summary="街道平台任务队列 List a street platform's queue")
async def list_queue(  # noqa: PLR0913  # one parameter per filter
    code: str,
    platform: Platform,
    request: Request,
    holder: Reader,
    state: State = None,
    as_of: AsOf = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    min_position: MinPosition = None,
) -> QueuePage:
    """List what there is to do in one platform of one street: by priority, then deadline; now, or as of the past."""
    edge = edge_of(request)
    _require_known_street(edge, holder, code)
    position, moment = read_as_of(as_of)
    question = QueueQuestion(
        street=code,
        platform=platform.value,
        state=state.value if state else None,
        as_of_position=position,
        as_of_time=moment,
        streets=holder.streets,
    )
    return await _page(edge, holder, question, cursor, limit, min_position)


@router.get("/district/queues/{platform}", summary="区级任务队列 List the district's own queue of a platform")
async def list_district_queue(  # noqa: PLR0913  # one parameter per filter
    platform: Platform,
    request: Request,
    holder: Reader,
    state: State = None,
    as_of: AsOf = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    min_position: MinPosition = None,
) -> QueuePage:
    """List what no street holds and needs none, such as consultations; in state `triage`, as `/v1/triage` does."""
    edge = edge_of(request)
    require_all_streets(holder, "the district's own queues")
    position, moment = read_as_of(as_of)
    question = QueueQuestion(
        platform=platform.value,
        state=state.value if state else None,
        as_of_position=position,
        as_of_time=moment,
    )
    return await _page(edge, holder, question, cursor, limit, min_position)


@router.get("/triage", summary="待判定队列 List what a person must decide")
async def list_triage(  # noqa: PLR0913  # one parameter per filter
    request: Request,
    holder: Reader,
    street: Annotated[str | None, Query(description="街道代码 Narrow to a street that is already known.")] = None,
    platform: Annotated[Platform | None, Query(description="平台 Narrow to a platform that is already known.")] = None,
    as_of: AsOf = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    min_position: MinPosition = None,
) -> QueuePage:
    """List incidents whose street or class nobody could tell yet."""
    edge = edge_of(request)
    if street is not None:
        _require_known_street(edge, holder, street)
    position, moment = read_as_of(as_of)
    question = QueueQuestion(
        street=street,
        platform=platform.value if platform else None,
        state=IncidentState.TRIAGE.value,
        as_of_position=position,
        as_of_time=moment,
        streets=holder.streets,
    )
    return await _page(edge, holder, question, cursor, limit, min_position)


def _require_known_street(edge: Edge, holder: Holder, code: str) -> None:
    require_street(holder, code)
    if edge.wording.street(code) is None:
        raise NotFoundError(f"this district has no street {code!r}; /v1/streets lists them")


async def _page(  # noqa: PLR0913  # the parts of one question
    edge: Edge, holder: Holder, question: QueueQuestion, cursor: str | None, limit: int, min_position: int | None
) -> QueuePage:
    require_all_sources(holder, "queues")
    await edge.reach(min_position)
    page = await edge.read(edge.services.read.queue, question, cursor, limit)
    return QueuePage(
        street_code=question.street,
        street_name=edge.wording.street(question.street),
        platform=question.platform,
        platform_label=label_of(Platform, question.platform),
        state=question.state,
        items=[edge.wording.queue_entry(row) for row in page.rows],
        next_cursor=page.after,
        position=page.position,
    )
