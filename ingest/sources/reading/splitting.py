"""Parts a payload into single records, each of which can be read, kept and sent again on its own.

The same element always gives the same bytes, alone or among others, because the bytes of a record tell a repetition
from a change: JSON elements are cut out as they stand, without the white space round them; a table's row is written
anew below its header. A record that is broken inside is still cut out, and is set aside alone.

A list or table that breaks somewhere gives the records before the break, and all that is left as one part more. No
adapter can read that, so it is set aside, and tells that something is missing.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache, lru_cache
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from ingest.sources.reading.decoding import GB18030, UTF8, decode_object, decode_text, delimiter_of
from ingest.sources.reading.faults import UnreadableError
from jiedao.domain.errors import InvalidInputError

JSON = "application/json"
NDJSON = "application/x-ndjson"
XML = "application/xml"
CSV = "text/csv"

_BOM = b"\xef\xbb\xbf"
_BLANK = b" \t\r\n"
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},"]', re.DOTALL)
_KEY = re.compile(rb'\s*("[^"\\]*(?:\\.[^"\\]*)*")\s*:')
_KEPT = "surrogateescape"
"""How bytes that are no text are kept until they are bytes again."""

_list_of_raw = msgspec.json.Decoder(list[msgspec.Raw])
_object_of_raw = msgspec.json.Decoder(dict[str, msgspec.Raw])
_text_of_json = msgspec.json.Decoder(str)
_REFUSALS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def media_type_by_content(payload: bytes) -> str:
    """What a payload without a media type is: JSON and XML begin as nothing else does; anything else is a table."""
    first = payload.removeprefix(_BOM).lstrip(_BLANK)[:1]
    return {b"{": JSON, b"[": JSON, b"<": XML}.get(first, CSV)


def plain_media_type(media_type: str) -> str:
    """Return a media type without parameters; one that is built on JSON or XML (``application/VIID+JSON``) is that."""
    kind = media_type.partition(";")[0].strip().lower()
    return {"json": JSON, "xml": XML}.get(kind.rpartition("+")[2], kind) if "+" in kind else kind


def split_payload(
    payload: bytes,
    media_type: str,
    *,
    accepts: Collection[str] = (JSON, NDJSON, CSV),
    envelopes: Sequence[str] = (),
    encoding: str = UTF8,
) -> list[bytes]:
    """Part a payload of one of the media types that a source accepts.

    ``envelopes`` are paths (``data.rows``) under which an object holds a list of records; the first that does counts,
    and an object with none of them is one record. ``encoding`` is the one declared.
    Raises InvalidInputError when it cannot be parted, which says where it failed.
    """
    kind = plain_media_type(media_type)
    if kind not in accepts:
        raise InvalidInputError(
            f"this source does not read {kind or 'a payload without media type'}; send {' or '.join(sorted(accepts))}"
        )
    if kind == JSON:
        return split_json(payload, envelopes, encoding)
    return _SPLITTERS[kind](payload, encoding)


def split_json(payload: bytes, envelopes: Sequence[str] = (), encoding: str = UTF8) -> list[bytes]:
    """Part JSON: an array, an object that holds an array under an envelope path, or one object."""
    text, encode = _as_utf8(payload, encoding)
    if text.startswith(b"["):
        return [encode(element) for element in _elements(text)]
    if text.startswith(b"{"):
        return [encode(element) for element in _listed(text, envelopes)]
    raise InvalidInputError("the payload is no JSON: its first character must be { or [")


def split_ndjson(payload: bytes, _encoding: str = UTF8) -> list[bytes]:
    """Part JSON Lines: each line that is not blank is one record, whatever it holds."""
    lines = (line.strip(_BLANK) for line in payload.removeprefix(_BOM).split(b"\n"))
    return [line for line in lines if line]


def split_xml(payload: bytes, _encoding: str = UTF8) -> list[bytes]:
    """One XML document is one record."""
    document = payload.removeprefix(_BOM).strip(_BLANK)
    if not document.startswith(b"<"):
        raise InvalidInputError("the payload is no XML: its first character must be <")
    return [document]


def split_csv(payload: bytes, encoding: str = UTF8, delimiter: str | None = None) -> list[bytes]:
    """Part a table: each row becomes its header and itself, in the table's own encoding.

    A row of too few or too many cells, or of damaged text, is a record like the others, for the adapter to set aside.
    """
    text, encoding = text_of(payload, encoding)
    delimiter = delimiter or delimiter_of(text)
    lines = io.StringIO(text, newline="")
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    found: list[str] = []
    header, whole = "", 0
    try:
        for row in rows:
            if any(cell.strip() for cell in row):
                written = _written(row, delimiter)
                found += [header + written] if header else []
                header = header or written
            whole = lines.tell()
    except csv.Error as error:
        if not found:
            raise InvalidInputError(f"the table cannot be read from its line {rows.line_num} on: {error}") from None
        found.append(header + text[whole:])
    if not header:
        raise InvalidInputError("the table is empty; its first line must name the columns")
    return [part.encode(encoding, _KEPT) for part in found]


def text_of(payload: bytes, encoding: str) -> tuple[str, str]:
    """Return a payload's text and its encoding; of damaged text the encoding in which less of it is damaged."""
    try:
        decoded = decode_text(payload, encoding)
    except UnreadableError:
        damaged = {name: payload.decode(name, "replace").count("\ufffd") for name in (UTF8, GB18030)}
        likely = min(damaged, key=damaged.__getitem__)
        return payload.removeprefix(_BOM).decode(likely, _KEPT), likely
    return decoded.text, decoded.encoding


_SPLITTERS: Mapping[str, Callable[[bytes, str], list[bytes]]] = MappingProxyType(
    {NDJSON: split_ndjson, XML: split_xml, CSV: split_csv}
)


def _as_utf8(payload: bytes, encoding: str) -> tuple[bytes, Callable[[bytes], bytes]]:
    """Return the payload as UTF-8, and how a part of it gets its own encoding back.

    One with damaged text somewhere is parted all the same: only the record that holds the damage is set aside.
    """
    payload = payload.removeprefix(_BOM).strip(_BLANK)
    if not payload:
        raise InvalidInputError("the payload is empty")
    text, own = text_of(payload, encoding)
    if own == UTF8:
        return payload, bytes
    return text.encode(UTF8, _KEPT), lambda part: part.decode(UTF8, _KEPT).encode(own, _KEPT)


def _written(row: Sequence[str], delimiter: str) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerow(row)
    return text.getvalue()


def _listed(text: bytes, envelopes: Sequence[str]) -> list[bytes]:
    """Return the elements of the array under the first of the paths that leads to one, else the object itself.

    What stands behind a break outside the array is one part more.
    """
    if _is_single(text, envelopes):
        return [text]
    members_of = cache(_members)  # the paths begin alike
    for path in envelopes:
        inner, rests = text, list[bytes]()
        for name in path.split("."):
            if not inner.startswith(b"{"):
                inner = b""
                break
            members = members_of(inner)
            inner = members.values.get(name, b"")
            rests += [members.rest] if members.rest and members.cut_off != name else []
        if inner.startswith(b"["):
            return _elements(inner) + rests
    if not members_of(text).whole:
        raise InvalidInputError("the JSON object is broken, and no list of records can be told in it")
    return [text]


def _is_single(text: bytes, envelopes: Sequence[str]) -> bool:
    """Tell at one look the object that most messages are: a whole one, in which none of the paths even begins."""
    try:
        members = _object_of_raw.decode(text)
    except _REFUSALS:
        return False
    return members.keys().isdisjoint(_beginnings(tuple(envelopes)))


@lru_cache(maxsize=64)
def _beginnings(envelopes: tuple[str, ...]) -> frozenset[str]:
    return frozenset(path.partition(".")[0] for path in envelopes)


def _elements(array: bytes) -> list[bytes]:
    """Cut an array's elements out; by the quick reader, or by marks alone where that one refuses what is in it.

    Of one that is never closed the last element may be whole, as far as can be seen: it is a part, and the same behind
    the open bracket is the one that tells of the break.
    """
    try:
        return [bytes(element) for element in _list_of_raw.decode(array)]
    except _REFUSALS:
        cut = _cut(array)
    if cut.closed and not cut.rest:
        return cut.parts
    whole = not cut.closed and _is_record(cut.rest)
    if not any(cut.parts) and not whole:
        raise InvalidInputError("the JSON is broken in its part number 1; nothing can be told apart there")
    if whole:
        return [*cut.parts, cut.rest, b"[" + cut.rest]
    return [*cut.parts, cut.rest or b"[" + cut.parts[-1] + b","]


class _Members(NamedTuple):
    """An object's values by name; of a broken one also the rest, and which value it is the beginning of, if any."""

    values: Mapping[str, bytes]
    rest: bytes = b""
    cut_off: str | None = None
    whole: bool = True


def _members(obj: bytes) -> _Members:
    try:
        return _Members({name: bytes(value) for name, value in _object_of_raw.decode(obj).items()})
    except _REFUSALS:
        cut = _cut(obj)
    values = dict(filter(None, map(_member, cut.parts)))
    last = None if cut.closed else _member(cut.rest)
    cut_off = None
    if last is not None:
        cut_off = last[0]
        values[cut_off] = last[1]
    return _Members(values, cut.rest, cut_off, whole=cut.closed and not cut.rest)


def _member(part: bytes) -> tuple[str, bytes] | None:
    """Part ``"name": value``; what has a name that cannot be read is no envelope."""
    key = _KEY.match(part)
    if key is None:
        return None
    try:
        return _text_of_json.decode(key[1]), part[key.end() :].strip(_BLANK)
    except _REFUSALS:
        return None


class _Cut(NamedTuple):
    """The parts between the commas of an array or object, what is left behind them, and whether it was closed."""

    parts: list[bytes]
    rest: bytes
    closed: bool


def _cut(container: bytes) -> _Cut:
    """Cut at the commas of the outermost array or object, looking only at strings, brackets and commas."""
    depth, begin, parts = 0, 1, []
    for token in _TOKEN.finditer(container):
        mark = token[0]
        if mark in b"[{":
            depth += 1
        elif mark in b"]}":
            depth -= 1
        elif mark == b'"':
            break
        if (mark == b"," and depth == 1) or depth == 0:
            parts.append(container[begin : token.start()].strip(_BLANK))
            begin = token.end()
        if depth == 0:
            break
    return _Cut(parts if any(parts) else [], container[begin:].strip(_BLANK), closed=depth == 0)


def _is_record(element: bytes) -> bool:
    try:
        decode_object(element.decode())
    except (UnreadableError, UnicodeDecodeError):
        return False
    return True
