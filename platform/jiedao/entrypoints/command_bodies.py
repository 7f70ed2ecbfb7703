"""Reads what a command says, from JSON or from a terminal's options, into the command's own class.

Nothing is guessed: an unknown field, a value of another kind or an over-long text is an error that points to it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import TypeVar

import msgspec

from jiedao.domain.commands import DETAILS
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.terms import Command

T = TypeVar("T")

MOST_CHARACTERS = 5_000
MOST_ENTRIES = 50
PHOTOS = ("photos", "before", "after")
"""The fields of commands that name photos by the SHA-256 of what is stored."""
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PLACE = re.compile(r" - at `\$(?P<path>[^`]*)`$")
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")


def read_details(command: Command, content: Mapping[str, object]) -> object:
    """Return what a command says; raises InvalidInputError with a pointer to the first bad field."""
    details: object = read_fields(DETAILS[command], content, command.value)
    for name in PHOTOS:
        for index, photo in enumerate(getattr(details, name, ())):
            if not _SHA256.fullmatch(photo):
                raise InvalidInputError(
                    "a photo is named by its SHA-256, 64 hexadecimal digits in lower case, as storing it answers",
                    f"/{name}/{index}",
                )
    return details


def read_fields(kind: type[T], content: Mapping[str, object], what: str) -> T:
    """Return a dataclass made of a JSON object; raises InvalidInputError with a pointer to the first bad field."""
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]  # every kind that is read is a dataclass
    for name in content:
        if name not in known:
            taken = ", ".join(known)
            raise InvalidInputError(f"{what} takes {taken}; it knows no {name!r}", f"/{name}")
    _check_sizes(content, "")
    try:
        return msgspec.convert(dict(content), kind, strict=True)
    except msgspec.ValidationError as error:
        text = str(error)
        place = _PLACE.search(text)
        pointer = "".join(f"/{name or index}" for name, index in _STEP.findall(place["path"])) if place else ""
        raise InvalidInputError(_PLACE.sub("", text), pointer) from error


def _check_sizes(content: object, pointer: str) -> None:
    match content:
        case str() if len(content) > MOST_CHARACTERS:
            raise InvalidInputError(f"a text may have {MOST_CHARACTERS} characters at most", pointer)
        case str() if "\x00" in content:
            raise InvalidInputError("a text cannot hold the character NUL", pointer)
        case list() if len(content) > MOST_ENTRIES:
            raise InvalidInputError(f"a list may have {MOST_ENTRIES} entries at most", pointer)
        case list():
            for index, one in enumerate(content):
                _check_sizes(one, f"{pointer}/{index}")
        case dict():
            for name, one in content.items():
                _check_sizes(one, f"{pointer}/{name}")
