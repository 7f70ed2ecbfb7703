"""Lifts photos that a record carries as base64 out of it: the file is stored by its hash, the record keeps the hash.

A record whose photos were lifted is otherwise as it came, to the character; in the place of each photo stands
``sha256:`` and the hash of the file.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from dataclasses import dataclass, field

from ingest.records import EmbeddedFile
from ingest.sources.reading.decoding import UTF8, decode_text
from ingest.sources.reading.json_fields import Found
from ingest.sources.reading.links import MAX_LINK
from ingest.sources.reading.notes import Notes
from jiedao.domain.terms import ReportFlag

PHOTO = "photo"
MIN_BASE64 = 64
"""A shorter text is no photo, whatever field it stands in."""

_DATA_LINK = re.compile(r"data:([a-z]+/[a-z0-9.+\-]+)?(?:;[^;,]*)*;base64,", re.IGNORECASE)
_JSON_TEXT = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_BLANKS = re.compile(r"\s+")
_BEGINNINGS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
)


@dataclass(slots=True)
class Lifted:
    """The files lifted out of one record so far, and by which text each is to be replaced in it."""

    files: list[EmbeddedFile] = field(default_factory=list)
    _replacements: dict[str, str] = field(default_factory=dict)

    def lift(self, found: Found, notes: Notes) -> bool:
        """Take a photo; one that cannot be read is flagged as missing. Returns whether it was taken."""
        content = _decode(found.value)
        if content is None:
            notes.flag(ReportFlag.ATTACHMENT_MISSING)
            return False
        written = str(found.value)
        if written not in self._replacements:  # the same photo twice in a record is one file
            self._replacements[written] = f"sha256:{hashlib.sha256(content).hexdigest()}"
            self.files.append(EmbeddedFile(PHOTO, content, _media_type(written, content)))
        return True

    def without_files(self, raw: bytes, encoding: str = UTF8) -> bytes | None:
        """Return a JSON record's bytes with the hashes in the files' places; ``None`` where none was lifted."""
        if not self._replacements:
            return None
        decoded = decode_text(raw, encoding)
        return _JSON_TEXT.sub(self._replaced, decoded.text).encode(decoded.encoding)

    def _replaced(self, match: re.Match[str]) -> str:
        literal = match[0]
        if len(literal) < MIN_BASE64:
            return literal
        replacement = self._replacements.get(json.loads(literal))
        return literal if replacement is None else f'"{replacement}"'


def is_photo(value: object) -> bool:
    """Tell a photo in base64 from a link, where a field may hold either: by how it begins, or by its length."""
    if not isinstance(value, str) or len(value) < MIN_BASE64:
        return False
    if _DATA_LINK.match(value):
        return True
    content = _decode(value)
    return content is not None and (len(value) > MAX_LINK or _media_type("", content) is not None)


def _decode(value: object) -> bytes | None:
    if not isinstance(value, str) or len(value) < MIN_BASE64:
        return None
    link = _DATA_LINK.match(value)
    text = _BLANKS.sub("", value[link.end() :] if link else value).rstrip("=")
    try:
        content = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return content or None


def _media_type(written: str, content: bytes) -> str | None:
    """By what the content begins with, else as the record says."""
    for beginning, media_type in _BEGINNINGS:
        if content.startswith(beginning):
            return media_type
    link = _DATA_LINK.match(written)
    return link[1].lower() if link is not None and link[1] else None
