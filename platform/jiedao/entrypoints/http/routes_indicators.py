"""How well the work is done (考核评议): indicators per street, platform, department, class and source."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse
from starlette.requests import Request
from starlette.responses import Response

from jiedao.domain.access import Holder
from jiedao.domain.terms import Platform
from jiedao.entrypoints.http.assessing import assess, describe, write_csv
from jiedao.entrypoints.http.authentication import Allowed
from jiedao.entrypoints.http.documentation import PROBLEMS, problems
from jiedao.entrypoints.http.edge import edge_of
from jiedao.entrypoints.http.indicator_models import FormulasAnswer, IndicatorsAnswer
from jiedao.entrypoints.http.moments import read_as_of, read_moment
from jiedao.entrypoints.http.parameters import AsOf, MinPosition, require_known_street
from jiedao.entrypoints.http.permissions import Act, require_all_sources, require_street
from projections.indicator_terms import GROUPINGS
from projections.indicators import IndicatorQuestion

router = APIRouter(prefix="/v1/indicators", tags=["考核评议 Indicators"], responses=PROBLEMS | problems(422))

Reader = Annotated[Holder, Depends(Allowed(Act.READ_QUEUES))]
_CSV = "text/csv"


class AnswerFormat(StrEnum):
    """In which form the figures are answered."""

    JSON = "json"
    CSV = "csv"


def _period_end(alias: str, description: str) -> object:
    return Query(
        alias=alias, max_length=40, description=description, examples=["2026-11-01", "2026-11-01T00:00:00+08:00"]
    )


@router.get(
    "",
    summary="考核评议指标 Work out the indicators",
    responses={200: {"model": IndicatorsAnswer, "content": {_CSV: {"schema": {"type": "string"}}}}},
)
async def show_indicators(  # noqa: PLR0913  # one parameter per filter
    request: Request,
    holder: Reader,
    by: Annotated[
        str,
        Query(description="分组 By what the figures are told apart.", json_schema_extra={"enum": list(GROUPINGS)}),
    ] = "street",
    since: Annotated[str | None, _period_end("from", "时段起（含） From: a day of the district, or a time.")] = None,
    until: Annotated[str | None, _period_end("to", "时段止（不含） To, which itself is not part of it.")] = None,
    as_of: AsOf = None,
    street: Annotated[str | None, Query(description="街道代码 Only this street.")] = None,
    platform: Annotated[Platform | None, Query(description="平台 Only this platform.")] = None,
    source: Annotated[str | None, Query(description="来源 Only this source.")] = None,
    form: Annotated[
        AnswerFormat | None, Query(alias="format", description="格式 Without it, as `Accept` says; else JSON.")
    ] = None,
    min_position: MinPosition = None,
) -> Response:
    """Work all indicators out, each with its numerator, denominator and formula; now, or as of the past.

    By which moment a case falls into the period, each formula says. A figure is null where there is nothing to divide
    by. `format=csv`, or `Accept: text/csv`, answers with one figure a row, for a spreadsheet.
    """
    edge = edge_of(request)
    require_all_sources(holder, "indicators")
    if street is not None:
        require_street(holder, street)
        require_known_street(edge.services.profile, street)
    position, moment = read_as_of(as_of)
    zone = ZoneInfo(edge.services.profile.timezone)
    question = IndicatorQuestion(
        by=by,
        since=_read_edge(since, "/from", zone),
        until=_read_edge(until, "/to", zone),
        as_of_position=position,
        as_of_time=moment,
        street=street,
        platform=platform.value if platform else None,
        source=source,
        streets=holder.streets,
    )
    await edge.reach(min_position)
    answer = await edge.read(assess, edge.services, question)
    if form is AnswerFormat.CSV or (form is None and _wants_csv(request)):
        written = write_csv(answer, edge.services.formulas, zone)
        name = {"Content-Disposition": f'attachment; filename="indicators-{answer.by}-{answer.position}.csv"'}
        return Response(written, media_type=_CSV, headers=name)
    return JSONResponse(answer.model_dump(mode="json"))


@router.get("/formulas", summary="指标公式 Tell the formulas")
async def tell_formulas(request: Request, _holder: Reader) -> FormulasAnswer:
    """Tell how each indicator is worked out, where its formula is from, and the words that formulas are made of."""
    return describe(edge_of(request).services.formulas)


def _read_edge(text: str | None, pointer: str, zone: ZoneInfo) -> datetime | None:
    """Read an end of the period: a day begins at the district's midnight."""
    if text is None:
        return None
    try:
        return datetime.combine(date.fromisoformat(text.strip()), time.min, zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return read_moment(text, pointer)


def _wants_csv(request: Request) -> bool:
    accepted = [one.split(";")[0].strip().lower() for one in request.headers.get("accept", "").split(",")]
    return _CSV in accepted and "application/json" not in accepted
