"""The ledger: checkpoints, what witnesses signed, proofs, and the tree's tiles (日志账本)."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from jiedao.audit.proofs import InclusionProofs, tlog_proof
from jiedao.audit.tiles import read_path
from jiedao.domain.access import Holder
from jiedao.domain.access_record import AccessKind
from jiedao.domain.errors import InvalidInputError, NotFoundError
from jiedao.entrypoints.http.authentication import Allowed
from jiedao.entrypoints.http.bodies import media_type_of, read_body
from jiedao.entrypoints.http.documentation import PROBLEMS, problems
from jiedao.entrypoints.http.edge import edge_of
from jiedao.entrypoints.http.ledger_models import (
    NOTE_BODY,
    NOTE_EXAMPLE,
    CheckpointAnswer,
    CheckpointPage,
    ConsistencyAnswer,
    CosignatureAnswer,
    CosignaturesAnswer,
    InclusionAnswer,
)
from jiedao.entrypoints.http.parameters import Cursor, Limit
from jiedao.entrypoints.http.permissions import Act, require_all_sources, require_all_streets
from jiedao.entrypoints.http.problems import HttpProblemError
from jiedao.entrypoints.ledger import Ledger

router = APIRouter(prefix="/v1/audit", tags=["审计 Audit"], responses=PROBLEMS | problems(422))

MOST_NOTE_BYTES = 64 * 1024
_TEXT = "text/plain; charset=utf-8"
_FRESH = {"Cache-Control": "no-store"}
_FOR_EVER = {"Cache-Control": "private, max-age=31536000, immutable"}

Reader = Annotated[Holder, Depends(Allowed(Act.READ_LEDGER))]
Bringer = Annotated[Holder, Depends(Allowed(Act.BRING_COSIGNATURES))]
Size = Annotated[int, Path(ge=1, le=10**18, description="事件数 Size of the checkpoint.")]
TreeSize = Annotated[
    int | None, Query(ge=1, le=10**18, description="检查点 In the tree of so many events; without it the latest one.")
]


class ProofForm(StrEnum):
    """In which form a proof is answered."""

    JSON = "json"
    TLOG = "tlog"


_PROOF_FORMS: dict[int | str, dict[str, Any]] = {
    200: {"model": InclusionAnswer, "content": {"text/plain": {"schema": {"type": "string"}}}}
}
_TILE: dict[int | str, dict[str, Any]] = {200: {"content": {"application/octet-stream": {}}}}


@router.get("/checkpoints", summary="检查点列表 List checkpoints")
async def list_checkpoints(
    request: Request, holder: Reader, cursor: Cursor = None, limit: Limit = 50
) -> CheckpointPage:
    """List the checkpoints that were made, the latest first, with who cosigned them."""
    edge = edge_of(request)
    _unlimited(holder)
    return await edge.read(_checkpoints, edge.services.ledger, cursor, limit)


@router.get(
    "/checkpoints/latest", summary="最新检查点 The latest checkpoint", response_class=Response, responses=NOTE_EXAMPLE
)
async def latest_checkpoint(request: Request, holder: Reader) -> Response:
    """Show the latest published checkpoint: the signed note itself, as C2SP tlog-checkpoint writes it."""
    return await _latest(request, holder)


@router.get("/checkpoints/{size}", summary="某检查点 One checkpoint", response_class=Response, responses=NOTE_EXAMPLE)
async def one_checkpoint(size: Size, request: Request, holder: Reader) -> Response:
    """Show the checkpoint of a size, with its cosignatures."""
    edge = edge_of(request)
    _unlimited(holder)
    note = await edge.read(edge.services.ledger.prover.note_of, size)
    if note is None:
        raise NotFoundError(f"no checkpoint of {size} events was made")
    return Response(str(note), media_type=_TEXT, headers=_FRESH)


@router.post(
    "/checkpoints/cosignatures",
    summary="提交见证签名 Bring cosignatures",
    openapi_extra={"requestBody": NOTE_BODY},
    responses=problems(400, 413, 415),
)
async def bring_cosignatures(request: Request, holder: Bringer) -> CosignaturesAnswer:
    """Keep what witnesses signed (C2SP tlog-cosignature, Ed25519) of a checkpoint of this log.

    The same line twice is kept once. Witnesses are known by their verifier keys, which the administrator configures.
    """
    edge = edge_of(request)
    _unlimited(holder)
    if media_type_of(request) != "text/plain":
        raise HttpProblemError("unsupported_media_type", "a cosigned checkpoint is taken as text/plain")
    body = await read_body(request, MOST_NOTE_BYTES)
    try:
        written = body.decode()
    except UnicodeDecodeError as error:
        raise InvalidInputError("the note must be UTF-8") from error
    rows = await edge.read(edge.services.ledger.cosign, written, holder.holder)
    items = [CosignatureAnswer(size=one.size, witness=one.witness, cosigned_at=one.cosigned_at) for one in rows]
    return CosignaturesAnswer(items=items)


@router.get("/key", summary="验证公钥 The verifier key", response_class=Response)
async def verifier_keys(request: Request, holder: Reader) -> Response:
    """Show the keys that ever signed checkpoints of this log, one a line, the latest last.

    Have the key from elsewhere too: one that comes with what it verifies proves little.
    """
    edge = edge_of(request)
    _unlimited(holder)
    keys = await edge.read(edge.services.ledger.published.keys)
    if not keys:
        raise NotFoundError("nothing was published yet, so no key has signed")
    return Response("".join(f"{one}\n" for one in keys), media_type=_TEXT, headers=_FRESH)


@router.get("/proofs/inclusion", summary="存在证明 Prove that events are in the log", responses=_PROOF_FORMS)
async def prove_inclusion(  # noqa: PLR0913  # one parameter per question
    request: Request,
    holder: Reader,
    position: Annotated[int | None, Query(ge=1, le=10**18, description="日志位置 Of the event there.")] = None,
    incident: Annotated[UUID | None, Query(description="事件 Of all events of an incident.")] = None,
    size: TreeSize = None,
    form: Annotated[
        ProofForm, Query(alias="format", description="格式 `tlog`: C2SP tlog-proof, of one position.")
    ] = ProofForm.JSON,
) -> Any:
    """Prove that the event at a position, or every event of an incident, is in the log as it is stored now.

    Each proof leads from the event's leaf hash to the root of the tree of `size` events; `checkpoint` signs that root.
    That an incident was proved is recorded before it is answered (`/v1/audit/access`).
    """
    edge = edge_of(request)
    _unlimited(holder)
    if (position is None) == (incident is None):
        raise HttpProblemError("invalid_parameter", "name a position or an incident, and not both")
    if form == ProofForm.TLOG and position is None:
        raise HttpProblemError("invalid_parameter", "a tlog-proof is of one event: name its position")
    proofs = await edge.read(_inclusion, edge.services.ledger, position, incident, size)
    if incident is not None:
        record = edge.services.auditing.access.record_access
        await edge.read(record, AccessKind.PROVE, holder, f"incident:{incident}", incident_id=incident)
    if form == ProofForm.TLOG:
        return Response(tlog_proof(proofs), media_type=_TEXT, headers=_FRESH)
    return InclusionAnswer.model_validate(proofs)


@router.get("/proofs/consistency", summary="一致证明 Prove that the log only grew", responses=problems(400))
async def prove_consistency(
    request: Request,
    holder: Reader,
    first: Annotated[int, Query(alias="from", ge=1, le=10**18, description="较早 Size of the older tree.")],
    second: Annotated[int, Query(alias="to", ge=1, le=10**18, description="较晚 Size of the later tree.")],
) -> ConsistencyAnswer:
    """Prove that the first `from` of `to` events are those that they were when the older checkpoint was made."""
    edge = edge_of(request)
    _unlimited(holder)
    proof = await edge.read(edge.services.ledger.prover.consistency, first, second)
    return ConsistencyAnswer.model_validate(proof)


@router.get(
    "/tiles/checkpoint", summary="最新检查点（tlog-tiles） The latest", response_class=Response, responses=NOTE_EXAMPLE
)
async def tiled_checkpoint(request: Request, holder: Reader) -> Response:
    """Show the latest published checkpoint where a C2SP tlog-tiles client looks for it, below `/v1/audit/tiles`."""
    return await _latest(request, holder)


@router.get("/tiles/tile/{path:path}", summary="哈希块 A tile of the tree", response_class=Response, responses=_TILE)
async def tile(
    path: Annotated[str, Path(description="`<L>/<N>[.p/<W>]` as C2SP tlog-tiles has it.", examples=["0/x001/234"])],
    request: Request,
    holder: Reader,
) -> Response:
    """Fetch a tile: up to 256 hashes of one level, 32 bytes each, from which every proof can be worked out."""
    edge = edge_of(request)
    _unlimited(holder)
    wanted = read_path(path)
    if wanted is None:
        raise NotFoundError("this names no tile: <L>/<N>, or <L>/<N>.p/<W> for a partial one")
    try:
        content = await edge.read(edge.services.ledger.published.tile, wanted)
    except NotFoundError as error:
        raise NotFoundError(f"the tile {path} is not published") from error
    return Response(content, media_type="application/octet-stream", headers=_FOR_EVER)


async def _latest(request: Request, holder: Holder) -> Response:
    edge = edge_of(request)
    _unlimited(holder)
    told = await edge.read(edge.services.ledger.published.latest)
    if told is None:
        raise NotFoundError("no checkpoint is published yet: the log is sealed every few seconds while it is served")
    return Response(str(told.note), media_type=_TEXT, headers=_FRESH)


def _unlimited(holder: Holder) -> None:
    """The ledger is over everything: who may see some streets or sources only may not read it."""
    require_all_streets(holder, "checkpoints and proofs")
    require_all_sources(holder, "checkpoints and proofs")


def _checkpoints(ledger: Ledger, cursor: str | None, limit: int) -> CheckpointPage:
    if cursor is not None and not cursor.isdecimal():
        raise InvalidInputError("the cursor is not one that this list gave", "/cursor")
    rows = ledger.table.page(ledger.origin, int(cursor) if cursor else None, limit + 1)
    shown = rows[:limit]
    cosigned: dict[int, list[str]] = {}
    for one in ledger.table.cosignatures(ledger.origin, [row.size for row in shown]):
        cosigned.setdefault(one.size, []).append(one.witness)
    items: Sequence[CheckpointAnswer] = [
        CheckpointAnswer(
            size=row.size,
            root=base64.b64encode(row.root).decode(),
            sealed_at=row.sealed_at,
            note=row.note,
            cosigned_by=cosigned.get(row.size, []),
        )
        for row in shown
    ]
    return CheckpointPage(items=items, next_cursor=str(shown[-1].size) if len(rows) > limit else None)


def _inclusion(ledger: Ledger, position: int | None, incident: UUID | None, size: int | None) -> InclusionProofs:
    if incident is not None:
        try:
            return ledger.prover.of_stream(incident, size)[0]
        except NotFoundError as error:
            raise NotFoundError(str(error).replace("stream", "incident")) from error
    return ledger.prover.of_position(position or 0, size)
