"""Photos and other files, by their content hash (文件)."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import Response

from jiedao.domain.access import Holder
from jiedao.domain.access_record import AccessKind
from jiedao.domain.ports import StoredFile
from jiedao.entrypoints.http.authentication import Allowed
from jiedao.entrypoints.http.bodies import media_type_of, read_body
from jiedao.entrypoints.http.documentation import FILE_BODY, PROBLEMS, problems
from jiedao.entrypoints.http.edge import edge_of
from jiedao.entrypoints.http.permissions import Act
from jiedao.entrypoints.http.place_models import FileAnswer
from jiedao.entrypoints.http.problems import HttpProblemError
from jiedao.entrypoints.services import Services

router = APIRouter(prefix="/v1/files", tags=["文件 Files"], responses=PROBLEMS)

ACCEPTED = ("image/jpeg", "image/png", "image/gif", "image/webp", "video/mp4", "application/pdf")
"""The media types that are kept, as the content shows them, whatever the sender calls it."""

_SHOWN = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
_HEADERS = {
    # The content under a hash never changes; only whoever fetched it may keep it, as photos may show people.
    "Cache-Control": "private, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
}

Sha256 = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="内容哈希 SHA-256 of the content, hexadecimal.")]


@router.post(
    "",
    status_code=201,
    summary="上传文件 Store a file",
    openapi_extra={"requestBody": FILE_BODY},
    responses=problems(413, 415),
)
async def store_file(request: Request, _holder: Annotated[Holder, Depends(Allowed(Act.STORE_FILES))]) -> FileAnswer:
    """Store a photo, video or document, as the body itself or as the one file of a multipart form.

    The answer's `sha256` names the content for ever; the same content twice is one file. JPEG, PNG, GIF, WebP, MP4
    and PDF are kept, told by their content.
    """
    edge = edge_of(request)
    given = media_type_of(request)
    content = await read_body(request, edge.services.limits.file_body)
    if given == "multipart/form-data":
        content = await _only_file(request, content)
    stored = await edge.read(_store, edge.services, content)
    return FileAnswer(
        sha256=stored.sha256, size=stored.size, media_type=stored.media_type, address=f"/v1/files/{stored.sha256}"
    )


@router.get(
    "/{sha256}",
    summary="取文件 Fetch a file",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}, 304: {"description": "未变 Unchanged."}},
)
async def fetch_file(
    sha256: Sha256, request: Request, holder: Annotated[Holder, Depends(Allowed(Act.READ_FILES))]
) -> Response:
    """Fetch a file by its hash; it was checked against the hash as it was read.

    Photos may show people, so who fetches one is recorded before it is sent (`/v1/audit/access`).
    """
    edge = edge_of(request)
    found = await edge.read(edge.services.files.describe, sha256)
    tag = {"ETag": f'"{sha256}"', **_HEADERS}
    if request.headers.get("if-none-match") == tag["ETag"]:
        return Response(status_code=304, headers=tag)
    content = await edge.read(edge.services.files.get, sha256)
    record = edge.services.auditing.access.record_access
    await edge.read(record, AccessKind.FILE, holder, f"file:{sha256}", details={"media_type": found.media_type})
    disposition = "inline" if found.media_type in _SHOWN else f'attachment; filename="{sha256[:16]}"'
    return Response(content, media_type=found.media_type, headers={"Content-Disposition": disposition, **tag})


def _store(services: Services, content: bytes) -> StoredFile:
    media_type = services.sniff(content)
    if media_type not in ACCEPTED:
        raise HttpProblemError(
            "unsupported_media_type",
            f"the content looks like {media_type}; kept are {', '.join(ACCEPTED)}",
            members={"accepted": ACCEPTED},
        )
    return services.files.put(content, media_type)


async def _only_file(request: Request, body: bytes) -> bytes:
    """Take the one file out of a multipart form; its name and the other parts are not kept."""

    async def whole() -> AsyncGenerator[bytes, None]:
        yield body

    try:
        form = await MultiPartParser(request.headers, whole(), max_files=1, max_fields=8).parse()
    except MultiPartException as error:
        raise HttpProblemError("invalid_input", f"the form cannot be read: {error.message}") from error
    try:
        for _name, part in form.multi_items():
            if isinstance(part, UploadFile):
                content = await part.read()
                if content:
                    return content
    finally:
        await form.close()
    raise HttpProblemError("invalid_input", "the form holds no file, or an empty one")
