"""An archive: a range of the log as a compressed file, every event exactly as it is stored, and a manifest beside it.

``events-<first>-<last>.jsonl.gz`` holds one JSON object a line: position, stream, version, topic, recorded_at
(microseconds since 1970), state and metadata in base64, and the leaf hash. Every 256 of them are a gzip member of their
own, so one event is read without unpacking what stands before it, and ``zcat`` reads the file whole.
``….manifest.json`` says where the members begin, what the file must hash to, and what proves that its leaves are in the
log. Files are written beside their names, flushed to the disk, read again, and only then given their names; an archive
is never written over.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BufferedWriter
from itertools import islice
from pathlib import Path
from uuid import UUID

import msgspec

from jiedao.domain.errors import ConflictError, InvalidInputError, JiedaoError, NotFoundError
from jiedao.domain.ports import LogEntry

FORM = "jiedao.archive.1"
"""The form of both files; another one is refused."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NAME = re.compile(r"events-(?P<first>\d{12})-(?P<last>\d{12})\.manifest\.json")
_CHUNK = 1 << 20
_LEVEL = 6  # of gzip, as its own tools have it

BLOCK_EVENTS = 256
"""Events of a gzip member: reading one event costs about a millisecond, and the file is hardly larger for it."""


class ArchiveFaultError(JiedaoError):
    """An archive is not what its manifest, or the log, says of it; the sentence names the first place."""

    code = "archive_fault"


class Manifest(msgspec.Struct, forbid_unknown_fields=True):
    """What an archive is: positions are both included, ``sha256`` is that of the compressed file, sizes in bytes.

    ``blocks`` says where in the file each :data:`BLOCK_EVENTS` events begin, in bytes.
    ``checkpoint`` is the signed note of the tree of ``tree_size`` leaves, ``path`` the hashes (hex) by which the leaves
    of the range lead to its root, ``keys`` the verifier keys of the log.
    """

    form: str
    district: str
    first: int
    last: int
    streams: int
    file: str
    sha256: str
    size: int
    blocks: tuple[int, ...]
    made_at: datetime
    tree_size: int
    checkpoint: str
    path: tuple[str, ...]
    keys: tuple[str, ...]

    @property
    def name(self) -> str:
        """How people call it: 1-5000."""
        return f"{self.first}-{self.last}"


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    position: int
    stream: UUID
    version: int
    topic: str
    recorded_at: int
    state: bytes  # in base64
    metadata: bytes
    leaf_hash: str


_encode = msgspec.json.Encoder().encode
_decode_line = msgspec.json.Decoder(_Line).decode
_decode_manifest = msgspec.json.Decoder(Manifest).decode


def events_name(first: int, last: int) -> str:
    """Return the name of the file of a range."""
    return f"events-{first:012}-{last:012}.jsonl.gz"


@dataclass(frozen=True, slots=True)
class Written:
    """A file of events that has not been given its name yet, its SHA-256, and where its blocks begin."""

    part: Path
    sha256: str
    blocks: tuple[int, ...]


def write_events(folder: Path, first: int, last: int, entries: Iterable[LogEntry]) -> Written:
    """Write the events of a range under a name of its own, flushed to the disk.

    What was written is removed again where that does not come about.
    Raises ConflictError where the archive is there already, ArchiveFaultError where a position is missing.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if (folder / events_name(first, last)).exists():
        raise ConflictError(f"the archive of the positions {first} to {last} is in {folder} already")
    part = folder / f"{events_name(first, last)}.part"
    try:
        with part.open("wb") as raw:
            blocks = list(_write_blocks(raw, first, last, iter(entries)))
            raw.flush()
            os.fsync(raw.fileno())
        return Written(part, sha256_of(part), tuple(blocks))
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _write_blocks(raw: BufferedWriter, first: int, last: int, entries: Iterator[LogEntry]) -> Iterator[int]:
    expected = first
    while expected <= last:
        lines = []
        for entry in islice(entries, min(BLOCK_EVENTS, last + 1 - expected)):
            if entry.position != expected:
                raise ArchiveFaultError(f"the log has no event at position {expected}")
            lines.append(_encode(_line_of(entry)))
            expected += 1
        if not lines:
            raise ArchiveFaultError(f"the log has no event at position {expected}")
        yield raw.tell()
        raw.write(gzip.compress(b"\n".join(lines) + b"\n", _LEVEL, mtime=0))  # the same events make the same bytes


def keep(folder: Path, part: Path, manifest: Manifest) -> Path:
    """Give a written file its name, with its manifest beside it; returns the manifest's path."""
    target = folder / manifest.file
    path = manifest_path(target)
    whole = msgspec.json.format(_encode(manifest), indent=2) + b"\n"
    beside = path.with_name(f"{path.name}.part")
    with beside.open("wb") as out:
        out.write(whole)
        out.flush()
        os.fsync(out.fileno())
    part.rename(target)
    beside.rename(path)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return path


def manifest_path(events: Path) -> Path:
    """Return the path of the manifest of a file of events."""
    return events.with_name(events.name.removesuffix(".jsonl.gz") + ".manifest.json")


class RemovalNote(msgspec.Struct):
    """What lies beside an archive whose range left the database: so a restored database can be told from it."""

    first: int
    last: int
    request: UUID
    removed_at: datetime


def note_removal(events: Path, request: UUID, at: datetime) -> None:
    """Note beside an archive that its range left the database; flushed to the disk. Written again, it is the same."""
    manifest = read_manifest(manifest_path(events))
    path = _removal_path(events)
    with path.open("wb") as out:
        out.write(_encode(RemovalNote(manifest.first, manifest.last, request, at)) + b"\n")
        out.flush()
        os.fsync(out.fileno())


def removal_notes(folder: Path) -> list[RemovalNote]:
    """The notes beside archives, the first positions first. Raises ArchiveFaultError for one that is damaged."""
    found = []
    for path in sorted(folder.glob("events-*.removed.json")):
        try:
            found.append(msgspec.json.decode(path.read_bytes(), type=RemovalNote))
        except msgspec.DecodeError as error:
            raise ArchiveFaultError(f"{path} is damaged: {error}") from error
    return found


def _removal_path(events: Path) -> Path:
    return events.with_name(events.name.removesuffix(".jsonl.gz") + ".removed.json")


def read_manifest(path: Path) -> Manifest:
    """Read a manifest. Raises NotFoundError, and ArchiveFaultError for one that is damaged or of another form."""
    try:
        manifest = _decode_manifest(path.read_bytes())
    except FileNotFoundError as error:
        raise NotFoundError(f"there is no archive {path}") from error
    except msgspec.DecodeError as error:
        raise ArchiveFaultError(f"{path} is damaged: {error}") from error
    if manifest.form != FORM:
        raise ArchiveFaultError(f"{path} is of the form {manifest.form}; this version reads {FORM}: upgrade")
    return manifest


def unpack_block(packed: bytes) -> bytes:
    """Unpack a block; returns its lines, one for each event. Raises ArchiveFaultError."""
    try:
        return gzip.decompress(packed)
    except (OSError, EOFError, zlib.error) as error:
        raise ArchiveFaultError(f"it is damaged: {error}") from error


def read_line(line: bytes, position: int) -> LogEntry:
    """Read the event that stands at a position. Raises ArchiveFaultError for another one."""
    try:
        entry = _entry_of(_decode_line(line))
    except (ValueError, msgspec.DecodeError) as error:
        raise ArchiveFaultError(f"what should hold position {position} is damaged: {error}") from error
    if entry.position != position:
        raise ArchiveFaultError(f"position {entry.position} stands where {position} should")
    return entry


def list_archives(folder: Path) -> list[tuple[Path, Manifest]]:
    """Return the archives in a folder, the first positions first."""
    found = [path for path in folder.glob("events-*.manifest.json") if _NAME.fullmatch(path.name)]
    return [(path, read_manifest(path)) for path in sorted(found)]


def read_events(path: Path) -> Iterator[LogEntry]:
    """Read the events of a file, one after the other, in constant memory; raises ArchiveFaultError for a bad line."""
    read = 0
    try:
        with gzip.open(path, "rb") as packed:
            for line in packed:
                yield _entry_of(_decode_line(line))
                read += 1
    except FileNotFoundError as error:
        raise NotFoundError(f"there is no file {path}: bring it back beside its manifest") from error
    except (OSError, EOFError, ValueError, zlib.error, msgspec.DecodeError) as error:
        raise ArchiveFaultError(f"{path} is damaged after line {read}: {error}") from error


def sha256_of(path: Path) -> str:
    """Hash a file, in hex."""
    hashed = hashlib.sha256()
    try:
        with path.open("rb") as content:
            while chunk := content.read(_CHUNK):
                hashed.update(chunk)
    except FileNotFoundError as error:
        raise NotFoundError(f"there is no file {path}: bring it back beside its manifest") from error
    return hashed.hexdigest()


def _line_of(entry: LogEntry) -> _Line:
    return _Line(
        entry.position,
        entry.originator_id,
        entry.originator_version,
        entry.topic,
        (entry.recorded_at - _EPOCH) // _MICROSECOND,
        entry.state,
        entry.metadata,
        entry.leaf_hash.hex(),
    )


def _entry_of(line: _Line) -> LogEntry:
    return LogEntry(
        line.position,
        line.stream,
        line.version,
        line.topic,
        line.state,
        line.metadata,
        _EPOCH + line.recorded_at * _MICROSECOND,
        bytes.fromhex(line.leaf_hash),
    )


def read_range(text: str) -> tuple[int, int]:
    """Read a range as people write it, ``1-5000``; raises InvalidInputError."""
    first, dash, last = text.partition("-")
    if not (dash and first.isdecimal() and last.isdecimal() and 1 <= int(first) <= int(last)):
        raise InvalidInputError(f"{text!r} is no range of positions: write FIRST-LAST, such as 1-5000")
    return int(first), int(last)
