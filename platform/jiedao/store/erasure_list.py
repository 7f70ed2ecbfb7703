"""The list of what was erased, in a file beside the database: it survives a restore of the whole of it, log included.

One JSON object a line: the request, the pseudonym, the ids of the destroyed keys, and the incidents and dead letters
that were theirs. It names nobody. Lines are only added, and flushed to the disk.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

import msgspec

from jiedao.domain.errors import ConfigurationError


class Erased(msgspec.Struct, frozen=True):
    """One erasure that was carried out."""

    request: UUID
    subject: str
    keys: tuple[str, ...]
    incidents: tuple[UUID, ...]
    dead_letters: tuple[UUID, ...]


_decode = msgspec.json.Decoder(Erased).decode


class ErasureList:
    """Such a file; it is made with the first line."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def all(self) -> list[Erased]:
        """Return every line. Raises ConfigurationError for one that cannot be read; one cut off by a crash is left."""
        try:
            lines = self.path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return []
        try:
            return [_decode(line) for line in lines[:-1] if line]
        except msgspec.DecodeError as error:
            raise ConfigurationError(f"{self.path} is damaged: bring it back from its backup ({error})") from error

    def add(self, erased: Iterable[Erased]) -> None:
        """Add lines, flushed to the disk when this returns."""
        content = b"".join(msgspec.json.encode(one) + b"\n" for one in erased)
        if not content:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            whole = not self.path.stat().st_size or self.path.read_bytes().endswith(b"\n")
            os.write(descriptor, content if whole else b"\n" + content)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
