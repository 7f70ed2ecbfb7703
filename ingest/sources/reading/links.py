"""Reads the photos and files of a report: links, hashes of files stored before, or objects that hold either.

Kept are links that a page may show: of ``http`` or ``https``, and paths on the source's own server. Anything else
(``javascript:``, ``file:``, ``ftp:``, words) is left out, and the report says that an attachment is missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from ingest.sources.reading.aliases import Aliases
from ingest.sources.reading.faults import UnreadableError
from ingest.sources.reading.json_fields import Fields, Found, as_text
from ingest.sources.reading.notes import Notes
from ingest.sources.reading.texts import at_most, clean
from jiedao.domain.report import Attachment
from jiedao.domain.terms import ReportFlag

MAX_LINK = 2_000

ENTRY: Aliases = Aliases(
    {
        "url": ("url", "link", "href", "path", "file_url", "photo_url", "pic_url", "地址", "链接"),
        "sha256": ("sha256", "hash"),
        "kind": ("kind",),
        "media_type": ("media_type", "content_type", "mime"),
        "size": ("size", "file_size"),
    }
)
"""The fields of an entry that is an object."""

KINDS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("jpg", "jpeg", "png", "gif", "bmp", "webp", "heic"), "photo"),
        **dict.fromkeys(("mp4", "avi", "mov", "flv", "3gp", "mkv"), "video"),
        **dict.fromkeys(("mp3", "wav", "amr", "m4a", "aac"), "audio"),
    }
)
"""The ending of a link → the kind of what it leads to; anything else is what the field is for."""

_SEPARATORS = re.compile(r"[,;|\n]+(?=\s*(?:https?:|/|\.|$))|\s+(?=https?:)")
_ENDING = re.compile(r"\.([A-Za-z0-9]{2,4})(?:[?#].*)?$")
_LINK = re.compile(r"https?://[^/?#\\\s]|\.{0,2}/", re.IGNORECASE)
_EMBEDDED = re.compile(r"data:", re.IGNORECASE)
_SHA256 = re.compile(r"[0-9a-f]{64}")


def read_attachments(entries: Sequence[Found], kind: str, notes: Notes) -> tuple[Attachment, ...]:
    """Return the attachments of a field, each once; ``kind`` is what an entry is unless its ending says otherwise.

    One text may hold several links. An entry that holds neither text nor hash is noted as a fault, and so is a file
    within the record; a link that leads nowhere a page may lead to is left out and flagged.
    """
    found: list[Attachment] = []
    for entry in entries:
        try:
            found += _read(entry, kind, notes)
        except UnreadableError as error:
            notes.fault(error)
    return tuple(dict.fromkeys(found))


def _read(entry: Found, kind: str, notes: Notes) -> list[Attachment]:
    if entry.value is None:
        return []
    if isinstance(entry.value, dict):
        return _of_object(Fields(entry.value, ENTRY, notes, entry.pointer), entry.pointer, kind, notes)
    links = (part.strip() for part in _SEPARATORS.split(clean(as_text(entry), notes)))
    attachments = (_of_link(link, entry.pointer, kind, notes) for link in links if link)
    return [attachment for attachment in attachments if attachment]


def _of_object(fields: Fields, pointer: str, kind: str, notes: Notes) -> list[Attachment]:
    """Read all members before any is judged, so that each bad one is named."""
    url, sha256 = fields.text("url", MAX_LINK), fields.text("sha256").lower()
    size = fields.integer("size")
    shown = url if _LINK.match(url) else ""
    attachment = Attachment(
        kind=fields.text("kind") or _kind_of(url, kind),
        url=shown or None,
        sha256=sha256 or None,
        media_type=fields.text("media_type") or None,
        size=size if size is not None and size >= 0 else None,
    )
    bad = [] if url or sha256 else [pointer]
    if _EMBEDDED.match(url):
        bad.append(fields.pointer("url"))
    if sha256 and not _SHA256.fullmatch(sha256):
        bad.append(fields.pointer("sha256"))
    for at in bad:
        notes.fault(UnreadableError("attachment_invalid", at))
    if url and not shown:
        notes.flag(ReportFlag.ATTACHMENT_MISSING)
    return [attachment] if (shown or sha256) and not bad else []


def _of_link(link: str, pointer: str, kind: str, notes: Notes) -> Attachment | None:
    if _EMBEDDED.match(link):
        raise UnreadableError("attachment_invalid", pointer)
    url = at_most(link, MAX_LINK, pointer)
    if not _LINK.match(url):
        notes.flag(ReportFlag.ATTACHMENT_MISSING)
        return None
    return Attachment(_kind_of(url, kind), url=url)


def _kind_of(link: str, kind: str) -> str:
    ending = _ENDING.search(link)
    return KINDS.get(ending[1].lower(), kind) if ending else kind
