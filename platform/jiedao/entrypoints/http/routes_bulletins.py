"""The daily and the weekly bulletin, as a workbook or a text document (日报、周报)."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from jiedao.domain.access import Holder
from jiedao.entrypoints.bulletins.composing import BulletinKind, bulletin_of
from jiedao.entrypoints.bulletins.writing import WRITERS
from jiedao.entrypoints.http.authentication import Allowed
from jiedao.entrypoints.http.documentation import PROBLEMS, problems
from jiedao.entrypoints.http.edge import edge_of
from jiedao.entrypoints.http.parameters import MinPosition
from jiedao.entrypoints.http.permissions import Act, require_all_sources

router = APIRouter(prefix="/v1/reports", tags=["考核评议 Indicators"], responses=PROBLEMS | problems(422))

Reader = Annotated[Holder, Depends(Allowed(Act.READ_QUEUES))]


class BulletinFormat(StrEnum):
    """In which form a bulletin is answered."""

    XLSX = "xlsx"
    DOCX = "docx"


Day = Annotated[
    date | None, Query(alias="date", description="日期 A day of the period; without it today.", examples=["2026-11-24"])
]
Form = Annotated[BulletinFormat, Query(alias="format", description="格式 A workbook, or a text document.")]
_FILES: dict[int | str, dict[str, Any]] = {
    200: {"content": {media_type: {"schema": {"type": "string"}} for _write, media_type in WRITERS.values()}}
}


@router.get("/daily", summary="日报 Write the daily bulletin", response_class=Response, responses=_FILES)
async def write_daily(
    request: Request,
    holder: Reader,
    day: Day = None,
    form: Form = BulletinFormat.XLSX,
    min_position: MinPosition = None,
) -> Response:
    """Write what came in, what was done and what is overdue on one day, beside the day before.

    Of a day that is over it always says the same. A token limited to streets gets their cases alone.
    """
    return await _answer(request, holder, BulletinKind.DAILY, day, form, min_position)


@router.get("/weekly", summary="周报 Write the weekly bulletin", response_class=Response, responses=_FILES)
async def write_weekly(
    request: Request,
    holder: Reader,
    day: Day = None,
    form: Form = BulletinFormat.XLSX,
    min_position: MinPosition = None,
) -> Response:
    """Write the same of the week, from Monday, that holds a day, beside the week before."""
    return await _answer(request, holder, BulletinKind.WEEKLY, day, form, min_position)


async def _answer(  # noqa: PLR0913  # the parts of one question
    request: Request,
    holder: Holder,
    kind: BulletinKind,
    day: date | None,
    form: BulletinFormat,
    min_position: int | None,
) -> Response:
    edge = edge_of(request)
    require_all_sources(holder, "bulletins")
    await edge.reach(min_position)
    bulletin = await edge.read(bulletin_of, edge.services, kind, day, holder.streets)
    write, media_type = WRITERS[form]
    name = quote(f"{bulletin.title}.{form.value}")
    disposition = f"attachment; filename=\"{kind.value}.{form.value}\"; filename*=UTF-8''{name}"
    content = await edge.read(write, bulletin)
    return Response(content, media_type=media_type, headers={"Content-Disposition": disposition})
