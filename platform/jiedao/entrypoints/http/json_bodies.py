"""Reads what a request says as JSON into a small dataclass: nothing is guessed, and an error points to its field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request

from jiedao.domain.errors import InvalidInputError
from jiedao.entrypoints.http.bodies import media_type_of, read_body
from jiedao.entrypoints.http.problems import HttpProblemError

T = TypeVar("T")

MOST_BYTES = 256 * 1024
_PLACE = re.compile(r" - at `\$(?P<path>[^`]*)`$")
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""An escape whose backslash is not itself escaped; unescaped, JSON does not allow the character."""


async def read_as(request: Request, kind: type[T]) -> T:
    """Return the body as a ``msgspec.Struct`` that forbids unknown fields.

    Raises InvalidInputError with a pointer to the first bad field, and the 400, 408, 413 and 415 problems of a body.
    """
    if media_type_of(request) != "application/json":
        raise HttpProblemError("unsupported_media_type", "what is said here is taken as application/json")
    body = await read_body(request, MOST_BYTES)
    if _NUL.search(body):
        raise InvalidInputError("a text cannot hold the character NUL: leave it out")
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        text = str(error)
        place = _PLACE.search(text)
        pointer = "".join(f"/{name or index}" for name, index in _STEP.findall(place["path"])) if place else ""
        raise InvalidInputError(_PLACE.sub("", text), pointer) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInputError("the body must be a JSON object in UTF-8") from error


def json_body(description: str, example: Mapping[str, object]) -> dict[str, Any]:
    """Document such a body: what it is for, and one as it is sent."""
    content = {"application/json": {"schema": {"type": "object"}, "example": dict(example)}}
    return {"requestBody": {"required": True, "description": description, "content": content}}
