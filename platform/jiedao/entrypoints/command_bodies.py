"""Reads what a command says, from JSON or from a terminal's options, into the command's own class.

Nothing is guessed: an unknown field, a value of another kind or an over-long text is an error that points to it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import TypeVar, get_args, get_type_hints

import msgspec

from jiedao.domain.commands import DETAILS
from jiedao.domain.errors import InvalidInputError, NotFoundError
from jiedao.domain.ports import FileStore
from jiedao.domain.terms import Command, Term

T = TypeVar("T")

MOST_CHARACTERS = 5_000
MOST_ENTRIES = 50
PHOTOS = ("photos", "before", "after")
"""The fields of commands that name photos by the SHA-256 of what is stored."""
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PLACE = re.compile(r" - at `\$(?P<path>[^`]*)`$")
_MISSING = re.compile(r"Object missing required field `(?P<name>\w+)`")
_NO_SUCH_WORD = "Invalid enum value"
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


def check_photos(details: object, files: FileStore) -> None:
    """Raise InvalidInputError, pointing to it, for a photo that nobody stored: a hash alone shows nothing."""
    for name in PHOTOS:
        for index, photo in enumerate(getattr(details, name, ())):
            try:
                files.describe(photo)
            except NotFoundError as error:
                raise InvalidInputError(
                    f"照片未入库 no photo {photo} is stored: store it first (POST /v1/files)", f"/{name}/{index}"
                ) from error


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
        raise InvalidInputError(*_fault(kind, str(error))) from error


def _fault(kind: type, text: str) -> tuple[str, str]:
    """Say what is wrong and where; a field that is missing is pointed to, and a word that is none names all words."""
    place = _PLACE.search(text)
    steps = [name or index for name, index in _STEP.findall(place["path"])] if place else []
    sentence = _PLACE.sub("", text)
    if missing := _MISSING.fullmatch(sentence):
        steps.append(missing["name"])
        sentence = f"{missing['name']} is required"
    elif sentence.startswith(_NO_SUCH_WORD) and (words := _words(kind, steps)):
        sentence = f"{sentence}; it is one of {words}"
    return sentence, "".join(f"/{step}" for step in steps)


def _words(kind: object, steps: Sequence[str]) -> str:
    """Name the words that a field may have, however deep it lies; empty where it is no field of words."""
    for step in steps:
        hints = get_type_hints(kind) if is_dataclass(kind) and isinstance(kind, type) else {}
        kind = get_args(kind)[0] if step.isdecimal() and get_args(kind) else hints.get(step)
    if isinstance(kind, type) and issubclass(kind, Term):
        return ", ".join(f"{word.value} {word.label}" for word in kind)
    return ""


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
