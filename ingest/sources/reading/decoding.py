"""Makes text of a record's bytes, and named fields of the text.

UTF-8 is tried first whatever is declared, because text that is valid UTF-8 is hardly ever anything else; then GB18030,
which holds GB2312 and GBK. JSON is read strictly: what other readers would take in different ways is refused.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from ingest.sources.reading.faults import UnreadableError
from jiedao.domain.quickly_made import quickly_made

UTF8 = "utf-8"
GB18030 = "gb18030"
_ENCODINGS = {
    **dict.fromkeys(("utf8", "utf8sig", "unicode11utf8", "ascii", "usascii"), UTF8),
    **dict.fromkeys(("gb18030", "gbk", "gb2312", "cp936", "xgbk", "euccn"), GB18030),
}
_BOM = b"\xef\xbb\xbf"
_REPLACEMENT = "\ufffd"
_FIRST_OF_THREE_BYTES = "\u0800"
_DELIMITERS = ",\t;|"


@quickly_made
@dataclass(frozen=True, slots=True)
class Decoded:
    """A record's text, the encoding that it was in, and whether that is another one than was declared."""

    text: str
    encoding: str
    repaired: bool


def known_encoding(name: str) -> str | None:
    """Return ``utf-8`` or ``gb18030`` for the names that these two go by, ``None`` for any other."""
    return _ENCODINGS.get(name.lower().replace("-", "").replace("_", "").replace(" ", ""))


def decode_text(raw: bytes, declared: str = UTF8) -> Decoded:
    """Make text of bytes; ``declared`` is ``utf-8`` or ``gb18030``. A byte order mark is left out.

    Raises UnreadableError for bytes that are neither, also for UTF-8 that was damaged on its way: read as GB18030 it
    would be nonsense.
    """
    raw = raw.removeprefix(_BOM)
    try:
        text = raw.decode(UTF8)
    except UnicodeDecodeError:
        return Decoded(_decode_gb18030(raw), GB18030, repaired=declared != GB18030)
    return Decoded(text, UTF8, repaired=declared != UTF8 and not text.isascii())


def _decode_gb18030(raw: bytes) -> str:
    try:
        text = raw.decode(GB18030)
    except UnicodeDecodeError:
        raise UnreadableError("encoding") from None
    as_utf8 = raw.decode(UTF8, errors="replace")
    whole = sum(letter >= _FIRST_OF_THREE_BYTES and letter != _REPLACEMENT for letter in as_utf8)
    if 2 * whole > as_utf8.count(_REPLACEMENT):
        # Three-byte sequences are all but absent where GB18030 is read as UTF-8.
        raise UnreadableError("encoding", detail="the text is UTF-8 that was damaged on its way; send it again")
    return text


def decode_fields(text: str) -> Mapping[str, object]:
    """Return the fields of a record: of a JSON object, or of a table row that stands below its header."""
    text = text.strip()
    is_table = "\n" in text and not text.startswith(("{", "["))
    return decode_row(text) if is_table else decode_object(text)


def decode_object(text: str) -> Mapping[str, object]:
    """Return the fields of a JSON object; raises UnreadableError for what is not one, or can be read in two ways."""
    try:
        content = _read_json(text)
    except RecursionError:
        raise UnreadableError("nested_too_deep") from None
    except json.JSONDecodeError as error:
        detail = f"the record is not JSON from its line {error.lineno}, column {error.colno}; send it again whole"
        raise UnreadableError("not_json", detail=detail) from None
    except ValueError:  # a whole number of more digits than Python reads
        raise UnreadableError("number_invalid") from None
    if not isinstance(content, dict):
        raise UnreadableError("not_an_object")
    return content


def decode_row(text: str, delimiter: str | None = None) -> Mapping[str, object]:
    """Return the cells of a table's row by the names of its columns; ``text`` is the header and that row.

    The delimiter is told by the header where it is not given. Cells of columns without a name are left out.
    """
    try:
        rows = [row for row in csv.reader(_lines(text), delimiter=delimiter or delimiter_of(text), strict=True) if row]
    except csv.Error:
        raise UnreadableError("not_csv") from None
    if len(rows) != len(("header", "row")):
        raise UnreadableError("not_csv")
    header, cells = [name.strip() for name in rows[0]], rows[1]
    if len(header) != len(cells):
        detail = f"the row has {len(cells)} cells, the header {len(header)} columns"
        raise UnreadableError("column_count", detail=detail)
    named = [(name, cell) for name, cell in zip(header, cells, strict=True) if name]
    return _without_repetition(named)


def delimiter_of(text: str) -> str:
    """Tell a table's delimiter: of comma, tab, semicolon and bar the one that parts the header most often."""
    header = text.lstrip("\r\n").split("\n", 1)[0]
    return max(_DELIMITERS, key=header.count)


def _lines(text: str) -> io.StringIO:
    return io.StringIO(text, newline="")


def _read_json(text: str) -> object:
    if text.startswith("{"):
        content, end = _STRICT.raw_decode(text)
        if end == len(text):
            return content
    return _STRICT.decode(text)  # with white space around it, or with something behind it that it complains of


def _without_repetition(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise UnreadableError("duplicate_key")
    return content


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise UnreadableError("number_invalid")
    return number


def _refuse_constant(_word: str) -> NoReturn:
    raise UnreadableError("number_invalid")


_STRICT = json.JSONDecoder(object_pairs_hook=_without_repetition, parse_float=_finite, parse_constant=_refuse_constant)
