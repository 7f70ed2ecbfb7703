"""Parts a payload into single records, each of which can be read, kept and sent again on its own.

The same element always gives the same bytes, alone or among others, because the bytes of a record tell a repetition
from a change: JSON elements are cut out as they stand, without the white space round them; a table's row is written
anew below its header. A record that is broken inside is still cut out, and is set aside alone.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType

import msgspec

from ingest.sources.reading.decoding import UTF8, Decoded, decode_text, delimiter_of
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
_list_of_raw = msgspec.json.Decoder(list[msgspec.Raw])
_object_of_raw = msgspec.json.Decoder(dict[str, msgspec.Raw])
_text_of = msgspec.json.Decoder(str)
_REFUSALS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


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
    kind = media_type.partition(";")[0].strip().lower()
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
        listed = _enveloped(text, envelopes)
        return [encode(element) for element in ([text] if listed is None else _elements(listed))]
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

    A row of too few or too many cells is a record like the others, for the adapter to set aside.
    """
    decoded = _decoded(payload, encoding)
    delimiter = delimiter or delimiter_of(decoded.text)
    rows = csv.reader(io.StringIO(decoded.text, newline=""), delimiter=delimiter, strict=True)
    try:
        header, *records = [row for row in rows if any(cell.strip() for cell in row)] or [[]]
    except csv.Error as error:
        raise InvalidInputError(f"the table cannot be read from its line {rows.line_num} on: {error}") from None
    if not header:
        raise InvalidInputError("the table is empty; its first line must name the columns")
    return [_written([header, record], delimiter).encode(decoded.encoding) for record in records]


_SPLITTERS: Mapping[str, Callable[[bytes, str], list[bytes]]] = MappingProxyType(
    {NDJSON: split_ndjson, XML: split_xml, CSV: split_csv}
)


def _as_utf8(payload: bytes, encoding: str) -> tuple[bytes, Callable[[bytes], bytes]]:
    """Return the payload as UTF-8, and how a part of it gets its own encoding back.

    One with damaged text somewhere is parted all the same: the marks of JSON are the same bytes, and only the record
    that holds the damage is set aside.
    """
    payload = payload.removeprefix(_BOM).strip(_BLANK)
    if not payload:
        raise InvalidInputError("the payload is empty")
    try:
        decoded = decode_text(payload, encoding)
    except UnreadableError:
        return payload, bytes
    if decoded.encoding == UTF8:
        return payload, bytes
    return decoded.text.encode(), lambda part: part.decode().encode(decoded.encoding)


def _decoded(payload: bytes, encoding: str) -> Decoded:
    try:
        return decode_text(payload, encoding)
    except UnreadableError as error:
        raise InvalidInputError(error.detail) from None


def _written(rows: Sequence[Sequence[str]], delimiter: str) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _enveloped(text: bytes, envelopes: Sequence[str]) -> bytes | None:
    """Return the array under the first of the paths that leads to one."""
    for path in envelopes:
        inner: bytes | None = text
        for name in path.split("."):
            inner = _members(inner).get(name) if inner is not None and inner.startswith(b"{") else None
        if inner is not None and inner.startswith(b"["):
            return inner
    return None


def _elements(array: bytes) -> list[bytes]:
    """Cut an array's elements out; by the quick reader, or by marks alone where that one refuses what is in it."""
    try:
        return [bytes(element) for element in _list_of_raw.decode(array)]
    except _REFUSALS:
        return _parts(array)


def _members(obj: bytes) -> Mapping[str, bytes]:
    try:
        return {name: bytes(value) for name, value in _object_of_raw.decode(obj).items()}
    except _REFUSALS:
        return dict(filter(None, map(_member, _parts(obj))))


def _member(part: bytes) -> tuple[str, bytes] | None:
    """Part ``"name": value``; what has a name that cannot be read is no envelope."""
    key = _KEY.match(part)
    if key is None:
        return None
    try:
        return _text_of.decode(key[1]), part[key.end() :].strip(_BLANK)
    except _REFUSALS:
        return None


def _parts(container: bytes) -> list[bytes]:
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
    if depth != 0 or container[begin:].strip(_BLANK):
        raise InvalidInputError(
            f"the JSON is broken in its part number {len(parts) + 1}; nothing can be told apart there"
        )
    return parts if any(parts) else []
