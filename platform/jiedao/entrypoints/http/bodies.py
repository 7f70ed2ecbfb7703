"""Reads bodies within their limit, and knows the media types that are taken."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.requests import ClientDisconnect, Request

from jiedao.entrypoints.http.problems import HttpProblemError

REPORT_MEDIA_TYPES: Mapping[str, str] = {
    "application/json": "application/json",
    "text/json": "application/json",
    "application/x-ndjson": "application/x-ndjson",
    "application/ndjson": "application/x-ndjson",
    "application/jsonl": "application/x-ndjson",
    "application/xml": "application/xml",
    "text/xml": "application/xml",
    "text/csv": "text/csv",
}
"""The media types in which reports are taken, and the name under which the pipeline knows each."""

BODY_SECONDS = 60.0
"""How long a body may take to come: a slow sender must not hold a place for ever."""

_MANY = frozenset({"application/x-ndjson", "text/csv"})


def report_media_type(request: Request) -> str:
    """Return the media type of a body of reports; raises a 415 problem for others and for compressed ones."""
    given = media_type_of(request)
    known = REPORT_MEDIA_TYPES.get(given) or REPORT_MEDIA_TYPES.get(_built_on(given))
    if known is None:
        taken = ", ".join(dict.fromkeys(REPORT_MEDIA_TYPES.values()))
        said = f"Content-Type {given}" if given else "a body without Content-Type"
        raise HttpProblemError("unsupported_media_type", f"reports are taken as {taken}, not as {said}")
    return known


def _built_on(media_type: str) -> str:
    """What a media type is built on (RFC 6839): ``application/viid+json`` of GA/T 1400 is JSON."""
    return f"application/{media_type.rpartition('+')[2]}" if "+" in media_type else ""


def media_type_of(request: Request) -> str:
    """Return the media type without its parameters, in lower case; raises a 415 problem for a compressed body."""
    encoding = request.headers.get("content-encoding", "identity")
    if encoding.lower() != "identity":
        raise HttpProblemError("unsupported_media_type", f"send the body as it is, without Content-Encoding {encoding}")
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def is_batch(payload: bytes, media_type: str, records: int) -> bool:
    """Whether the sender meant several records, also where it is a list of one."""
    return records != 1 or media_type in _MANY or payload.lstrip(b" \t\r\n\xef\xbb\xbf")[:1] == b"["


async def read_body(request: Request, limit: int) -> bytes:
    """Read the whole body.

    Raises a 413 problem as soon as it is longer than ``limit`` bytes, without reading the rest, a 408 problem when it
    takes longer than :data:`BODY_SECONDS`, and a 400 problem when it is empty or the sender hung up.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise _too_large(limit)
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                size += len(chunk)
                if size > limit:
                    raise _too_large(limit)
                chunks.append(chunk)
    except TimeoutError as error:
        raise HttpProblemError("too_slow", f"the whole body did not come within {BODY_SECONDS:g} s") from error
    except ClientDisconnect as error:
        raise HttpProblemError("invalid_input", "the connection ended before the whole body had come") from error
    if not size:
        raise HttpProblemError("invalid_input", "the body is empty")
    return b"".join(chunks)


def _too_large(limit: int) -> HttpProblemError:
    return HttpProblemError(
        "too_large", f"at most {limit} bytes are taken at once; send several smaller requests", members={"limit": limit}
    )
