"""Reads on in a record some of whose values are in doubt, so that each of them is named, and whatever else is bad.

In doubt is a name that stands twice in one object, and a number that nothing can be computed with.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from ingest.sources.reading.decoding import decode_fields, decode_object
from ingest.sources.reading.faults import UNREAD, UnreadableError
from ingest.sources.reading.json_fields import Found, pointer_of
from ingest.sources.reading.notes import Notes

_DUPLICATE, _NO_NUMBER = "duplicate_key", "number_invalid"
_INFINITE = frozenset({float("inf"), float("-inf")})


class _Doubt(str):
    """Stands in the content for a value in doubt, with the reason."""

    __slots__ = ("reason",)
    reason: str


def _doubt(reason: str) -> _Doubt:
    doubt = _Doubt(UNREAD)
    doubt.reason = reason
    return doubt


def read_fields(text: str, notes: Notes) -> Mapping[str, object]:
    """Return what ``decode_fields`` does; values in doubt are noted instead of raised."""
    return _read(text, decode_fields, notes)


def read_object(text: str, notes: Notes) -> Mapping[str, object]:
    """Return what ``decode_object`` does; values in doubt are noted instead of raised."""
    return _read(text, decode_object, notes)


def _read(text: str, decode: Callable[[str], Mapping[str, object]], notes: Notes) -> Mapping[str, object]:
    try:
        content = decode(text)
    except UnreadableError as error:
        if error.reason not in {_DUPLICATE, _NO_NUMBER}:
            raise
        content = _with_doubts(text, error)
        for doubt, pointer in _doubts(content):
            notes.fault(UnreadableError(doubt.reason, pointer))
    notes.content = content
    return content


def _with_doubts(text: str, error: UnreadableError) -> Mapping[str, object]:
    """Read JSON anew, with marks in the place of what is in doubt; a table's header is in doubt as a whole."""
    try:
        content = _MARKING.decode(text.strip())
    except json.JSONDecodeError:
        raise error from None
    if not isinstance(content, dict):
        raise error
    return content


def _whole(digits: str) -> int | _Doubt:
    try:
        return int(digits)
    except ValueError:  # more digits than Python reads
        return _doubt(_NO_NUMBER)


def _finite(digits: str) -> float | _Doubt:
    number = float(digits)
    return _doubt(_NO_NUMBER) if number in _INFINITE else number


def _object(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    counts = Counter(name for name, _ in pairs)
    return {name: value if counts[name] == 1 else _doubt(_DUPLICATE) for name, value in pairs}


_MARKING = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_whole,
    parse_float=_finite,
    parse_constant=lambda _word: _doubt(_NO_NUMBER),
)


def _doubts(content: object) -> Iterator[tuple[_Doubt, str]]:
    """Yield what is in doubt, each with the pointer to it; level by level, because nobody knows how deep it goes."""
    waiting = [Found(content, "")]
    for found in waiting:
        if isinstance(found.value, _Doubt):
            yield found.value, found.pointer
        elif isinstance(found.value, dict):
            waiting += [Found(value, pointer_of(name, found.pointer)) for name, value in found.value.items()]
        elif isinstance(found.value, list):
            waiting += [Found(value, f"{found.pointer}/{index}") for index, value in enumerate(found.value)]
