"""A source's reports come in, and what became of them can be asked (接入与对账)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from ingest.records import FeedRecord
from ingest.rejections import label_of_reason
from jiedao.application.outcomes import RecordOutcome
from jiedao.domain.access import Holder
from jiedao.domain.errors import InvalidInputError, NotFoundError
from jiedao.domain.terms import IntakeOutcome, Transport
from jiedao.entrypoints.http.authentication import Allowed
from jiedao.entrypoints.http.bodies import is_batch, read_body, report_media_type
from jiedao.entrypoints.http.documentation import PROBLEMS, REPORTS_BODY, REPORTS_EXAMPLE, problems
from jiedao.entrypoints.http.edge import Edge, edge_of
from jiedao.entrypoints.http.exchange import exchange_of
from jiedao.entrypoints.http.models import DeliveriesAnswer, Delivery, ReconciliationAnswer, ReportsAnswer
from jiedao.entrypoints.http.parameters import Cursor
from jiedao.entrypoints.http.permissions import Act, require_all_streets, require_source
from jiedao.entrypoints.http.problems import FieldError, HttpProblemError
from jiedao.entrypoints.http.wording import Wording, label_of
from projections.cursor import read_cursor, write_cursor

router = APIRouter(prefix="/v1/sources/{source}", tags=["上报 Reports"], responses=PROBLEMS)

_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)  # beyond them a day has no beginning or end in every zone
_INLINE_BYTES = 32 * 1024
"""Parting a smaller body takes less time than handing it to a thread."""

_encode = msgspec.json.Encoder().encode


@router.post(
    "/reports",
    summary="推送上报 Push reports",
    openapi_extra={"requestBody": REPORTS_BODY},
    responses={
        200: {"model": ReportsAnswer, "description": "What became of each record.", **REPORTS_EXAMPLE},
        **problems(413, 415, 422),
    },
)
async def push_reports(
    source: str,
    request: Request,
    holder: Annotated[Holder, Depends(Allowed(Act.PUSH_REPORTS))],
    validate: Annotated[
        Literal["only"] | None, Query(description="`only`：只校验，不入库。 Say what would happen; record nothing.")
    ] = None,
) -> Response:
    """Push one record or a batch in the source's own shape.

    Every record is recorded once, whatever is sent twice: it is known by the source's own number and revision, so a
    push can be repeated safely after any failure (an `Idempotency-Key` header is not needed and changes nothing).

    A batch is answered with 200 and one result a record; what could not be read is among them as `dead` and stays for
    repair as a dead letter, with everything that is wrong with it. A single record that could not be read is answered
    with a 422 problem that points to each bad field and names the dead letter; NDJSON and CSV are always batches, also
    with one record in them. Batches of more than 1,000 records are
    recorded in several steps; after a 503 send all of it again.
    """
    edge = edge_of(request)
    require_source(holder, source)
    media_type = report_media_type(request)
    payload = await read_body(request, edge.services.limits.report_body)
    records = await _part(edge, source, payload, media_type, exchange_of(request).request_id)
    if validate is None:
        outcomes = await edge.gate.record(source, records, holder)
    else:
        outcomes = await edge.read(edge.services.pipeline.validate, source, records)
    if not is_batch(payload, media_type, len(records)) and _is_unreadable(outcomes[0]):
        raise _unreadable(outcomes[0], recorded=validate is None)
    return _answer(source, outcomes, edge.wording, recorded=validate is None)


@router.get(
    "/reconciliation", summary="对账 Reconcile a day's deliveries", responses={200: {"model": ReconciliationAnswer}}
)
async def reconcile(  # noqa: PLR0913  # one parameter per part of the question
    source: str,
    day: Annotated[
        date,
        Query(
            alias="date",
            ge=_FIRST_DAY,
            le=_LAST_DAY,
            description="日期（区所在时区） The day, in the district's own time zone.",
        ),
    ],
    request: Request,
    holder: Annotated[Holder, Depends(Allowed(Act.RECONCILE))],
    outcome: Annotated[IntakeOutcome | None, Query(description="结果 List only what became of this kind.")] = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=100_000, description="How many deliveries to list by id.")] = 10_000,
) -> Response:
    """Say what a source delivered on a day and what became of each record, with ids, a page at a time.

    The counts are of the whole day on every page. Entries keep the order in which they were recorded, so reading on
    from a cursor also finds what came in meanwhile.
    """
    edge = edge_of(request)
    _require_known(edge, holder, source)
    answer = await edge.read(_reconcile, edge, source, day, outcome, cursor, limit)
    return Response(answer, media_type="application/json")


@router.get("/reports/{external_id:path}", summary="按来源编号查询 Look a report up by the source's own number")
async def find_report(
    source: str,
    external_id: str,
    request: Request,
    holder: Annotated[Holder, Depends(Allowed(Act.RECONCILE))],
) -> DeliveriesAnswer:
    """List every delivery of one record, oldest first, with the incident that it opened."""
    edge = edge_of(request)
    _require_known(edge, holder, source)
    found = await edge.read(edge.services.reconciliation.find_record, source, external_id)
    if not found:
        raise NotFoundError("this source has delivered no record of this number")
    return DeliveriesAnswer(
        source=source,
        external_id=external_id,
        incident_id=next((one.incident_id for one in found if one.incident_id), None),
        deliveries=[Delivery.model_validate(one) for one in found],
    )


def _reconcile(  # noqa: PLR0913  # the parts of one question
    edge: Edge, source: str, day: date, outcome: IntakeOutcome | None, cursor: str | None, limit: int
) -> str:
    """Ask and write the answer, both off the event loop: a busy day has very many deliveries."""
    zone = ZoneInfo(edge.services.profile.timezone)
    since, until = (datetime.combine(start, time(), zone) for start in (day, day + timedelta(days=1)))
    question = ["reconciliation", source, day, outcome]
    after = 0 if cursor is None else read_cursor(question, cursor, int)
    found = edge.services.reconciliation.reconcile(source, since, until, outcome=outcome, after=after, limit=limit)
    return ReconciliationAnswer(
        source=source,
        date=day,
        timezone=zone.key,
        since=found.since,
        until=found.until,
        received=found.received,
        accepted=found.accepted,
        revised=found.revised,
        late=found.late,
        duplicate=found.duplicate,
        dead=found.dead,
        records={name: [Delivery.model_validate(one) for one in many] for name, many in found.records.items()},
        next_cursor=None if found.next_entry is None else write_cursor(question, found.next_entry),
    ).model_dump_json()


def _require_known(edge: Edge, holder: Holder, source: str) -> None:
    """Deliveries are of one source, and of all streets together."""
    require_source(holder, source)
    require_all_streets(holder, "deliveries")
    if source not in edge.services.profile.sources:
        raise NotFoundError(f"this district has no source {source!r}")


async def _part(edge: Edge, source: str, payload: bytes, media_type: str, request_id: str) -> list[FeedRecord]:
    """Part a body into records; one that cannot be parted is a record of its own, to be set aside whole."""
    pipeline = edge.services.pipeline
    try:
        if len(payload) <= _INLINE_BYTES:
            parts = pipeline.split(source, payload, media_type)
        else:
            parts = await edge.read(pipeline.split, source, payload, media_type)
    except InvalidInputError:
        parts = [payload]
    most = edge.services.limits.report_records
    if not parts:
        raise HttpProblemError("invalid_input", "the body holds no record")
    if len(parts) > most:
        raise HttpProblemError(
            "too_large", f"at most {most} records are taken at once, not {len(parts)}", members={"limit": most}
        )
    received_at = edge.services.clock.now()
    return [
        FeedRecord(raw, f"{Transport.HTTP.value}:{request_id}#{index}", received_at) for index, raw in enumerate(parts)
    ]


def _is_unreadable(outcome: RecordOutcome) -> bool:
    """Whether it was set aside, now or when the same bytes came before: the same push gets the same answer."""
    return outcome.dead_letter_id is not None and outcome.incident_id is None


def _unreadable(outcome: RecordOutcome, *, recorded: bool) -> HttpProblemError:
    detail = outcome.detail or "the same bytes were set aside before; the dead letter says why"
    errors = [FieldError(fault.pointer or "", fault.detail) for fault in outcome.faults]
    members: dict[str, object] = {"reason": outcome.reason, "outcome": outcome.outcome, "recorded": recorded}
    if outcome.reason is not None:
        members["reason_label"] = label_of_reason(outcome.reason)
    if outcome.external_id is not None:
        members["external_id"] = outcome.external_id
    if recorded:
        members["dead_letter_id"] = outcome.dead_letter_id
    return HttpProblemError("unreadable_record", detail, errors=errors, members=members)


def _answer(source: str, outcomes: Sequence[RecordOutcome], wording: Wording, *, recorded: bool) -> Response:
    """Write the answer; its shape is :class:`ReportsAnswer`, written straight because this is the busiest route."""
    document = {
        "source": source,
        "recorded": recorded,
        "received": len(outcomes),
        "counts": Counter(outcome.outcome for outcome in outcomes),
        "position": max((one.position for one in outcomes if one.position is not None), default=None),
        "results": [_result(index, outcome, wording, recorded=recorded) for index, outcome in enumerate(outcomes)],
    }
    return Response(_encode(document), media_type="application/json")


def _result(index: int, outcome: RecordOutcome, wording: Wording, *, recorded: bool) -> dict[str, object]:
    return {
        "index": index,
        "outcome": outcome.outcome,
        "outcome_label": label_of(IntakeOutcome, outcome.outcome),
        "external_id": outcome.external_id,
        "revision": outcome.revision,
        "incident_id": outcome.incident_id,
        "dead_letter_id": outcome.dead_letter_id if recorded else None,
        "street_code": outcome.street_code,
        "street_name": wording.street_of(outcome),
        "platform": outcome.platform,
        "state": outcome.state,
        "flags": outcome.flags,
        "reason": outcome.reason,
        "reason_label": label_of_reason(outcome.reason) if outcome.reason else None,
        "detail": outcome.detail,
        "pointer": outcome.pointer,
        "faults": outcome.faults,
        "position": outcome.position,
    }
