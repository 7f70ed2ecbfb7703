"""Photos and other files by the hash of their content, in a folder beside the log.

A file is named by its SHA-256 and never changes: ``sha256/ab/cdef…``. What was put is durable before its hash is
answered, the same content twice is one file, and what is read is checked against its name.

The files are not encrypted. A photo may show a person, so nobody but the platform's own user may enter the folder,
and whoever needs more puts it on an encrypted disk; the reporters themselves are encrypted in the log, not here.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import msgspec

from jiedao.domain.errors import JiedaoError, NotFoundError
from jiedao.domain.ports import StoredFile
from jiedao.store.private_files import make_private_folder, sync_folder, write_private

UNKNOWN_TYPE = "application/octet-stream"
"""The media type of content that shows none that we know."""

_ALGORITHM = "sha256"
_SHA256 = re.compile("[0-9a-f]{64}")
_HEAD_BYTES = 1_024
_JSON = "application/json"
_JSON_START = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*[\[{]")

# What content starts with, and what it is then.
_SIGNATURES: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), "image/webp"),
    # The brands of MP4 alone: HEIC and AVIF photos, QuickTime films and M4A sound have the same frame.
    (re.compile(rb".{4}ftyp(?:iso[2-9m]|mp4[12]|mp71|avc1|dash|MSNV|M4V[ HP]|f4v |mmp4)", re.DOTALL), "video/mp4"),
    (re.compile(rb"%PDF-\d"), "application/pdf"),
)


class FolderFileStore:
    """Implements :class:`~jiedao.domain.ports.FileStore` in a folder; several processes may share it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def put(self, content: bytes, media_type: str | None = None) -> StoredFile:  # noqa: ARG002  # what somebody calls it does not count: the content tells
        """Store content; the same content twice is one file, and a damaged one is mended by it."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = self._path(sha256)
        if self._holds(path, sha256):
            sync_folder(path.parent)  # whoever is writing it right now may not have come so far
        else:
            make_private_folder(path.parent)
            write_private(path, content)
        return StoredFile(sha256, len(content), sniff(content))

    def get(self, sha256: str) -> bytes:
        """Return the content; raises NotFoundError, and JiedaoError when it no longer has its hash."""
        path = self._path(sha256)
        try:
            content = path.read_bytes()
        except FileNotFoundError as error:
            raise NotFoundError(f"there is no file {sha256}") from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise JiedaoError(f"the file {sha256} was damaged or altered: bring {path} back from the backup")
        return content

    def describe(self, sha256: str) -> StoredFile:
        """Return size and media type; raises NotFoundError. Reads no more of the file than it needs to."""
        try:
            with self._path(sha256).open("rb") as file:
                head = file.read(_HEAD_BYTES)
                rest = file.read() if _JSON_START.match(head) else b""
                size = file.seek(0, 2)
        except FileNotFoundError as error:
            raise NotFoundError(f"there is no file {sha256}") from error
        return StoredFile(sha256, size, sniff(head + rest))

    def _path(self, sha256: str) -> Path:
        """Where a file is; raises NotFoundError for what is no hash, so that nothing else is ever opened."""
        if not _SHA256.fullmatch(sha256):
            raise NotFoundError(f"files are named by 64 hexadecimal digits, not by {sha256!r}")
        return self._directory / _ALGORITHM / sha256[:2] / sha256[2:]

    def _holds(self, path: Path, sha256: str) -> bool:
        try:
            return hashlib.sha256(path.read_bytes()).hexdigest() == sha256
        except FileNotFoundError:
            return False


def sniff(content: bytes) -> str:
    """Tell the media type from the content: photos, MP4, PDF and JSON (GeoJSON too), else ``UNKNOWN_TYPE``."""
    for signature, media_type in _SIGNATURES:
        if signature.match(content):
            return media_type
    if _JSON_START.match(content) and _is_json(content):
        return _JSON
    return UNKNOWN_TYPE


def _is_json(content: bytes) -> bool:
    """Whether all of it reads as JSON; its values are skipped over and not built."""
    try:
        msgspec.json.decode(content.decode("utf-8-sig"), type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):  # the last: nested absurdly deep
        return False
    return True
