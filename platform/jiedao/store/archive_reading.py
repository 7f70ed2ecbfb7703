"""Reads events out of the archives of a folder, by position, for whoever reads the log.

A file is believed for its SHA-256, which the log itself names: it is hashed when it is first used, and again whenever
it looks as if it had been touched. One that is not there, or is another, is an error that names the file, the
positions, and what to do; what is not in it can still be read.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from jiedao.domain.errors import NotFoundError, UnavailableError
from jiedao.domain.ports import LogEntry
from jiedao.store.archive import (
    BLOCK_EVENTS,
    ArchiveFaultError,
    manifest_path,
    read_line,
    read_manifest,
    sha256_of,
    unpack_block,
)
from jiedao.store.archive_hashing import HashedBlock, hash_block

_KEPT_BLOCKS = 64
"""Blocks that are kept unpacked: those of some incidents that are asked for again, about 20 MB at most."""

_Touched = tuple[int, int, int]
_Block = tuple[str, str, int]


class ArchiveUnreadableError(UnavailableError):
    """Events were archived and removed, and their archive is not there, or is not what it was: bring it back."""


@dataclass(frozen=True, slots=True)
class RemovedRange:
    """Positions that left the table of events, both included, and the archive that holds them.

    ``file`` is a name in the folder of the archives; ``None`` where the range left by hand, before archives were read.
    """

    first: int
    last: int
    file: str | None
    sha256: str

    def __contains__(self, position: int) -> bool:
        return self.first <= position <= self.last


@dataclass(frozen=True, slots=True)
class _Opened:
    """An archive that was found whole: where its blocks begin, its size, and how the file looked."""

    blocks: tuple[int, ...]
    size: int
    touched: _Touched


Part = tuple[int, int, RemovedRange | None]
"""A first and a last position, and the range that holds them where they have left the table."""


def parted(removed: Sequence[RemovedRange], first: int, last: int) -> Iterator[Part]:
    """Part a range of positions into what is in the table and what has left it; ``removed`` in their order."""
    for one in removed:
        if one.last < first or one.first > last:
            continue
        if first < one.first:
            yield first, one.first - 1, None
        yield max(first, one.first), min(last, one.last), one
        first = one.last + 1
    if first <= last:
        yield first, last, None


class ArchiveReader:
    """The archives in one folder; threads may share it. Nothing is opened before the first use."""

    def __init__(self, folder: Path | None) -> None:
        """Make it; without a folder there are no archives here."""
        self.folder = folder
        self._opened: dict[tuple[str, str], _Opened] = {}
        self._blocks: OrderedDict[_Block, list[bytes]] = OrderedDict()
        self._lock = Lock()

    def between(self, of: RemovedRange, first: int, last: int) -> Iterator[LogEntry]:
        """Read the events from one position to another, in order. Raises ArchiveUnreadableError."""
        for number in range((first - of.first) // BLOCK_EVENTS, (last - of.first) // BLOCK_EVENTS + 1):
            begins, lines = of.first + number * BLOCK_EVENTS, self._block(of, number)
            for position in range(max(first, begins), min(last, begins + BLOCK_EVENTS - 1) + 1):
                yield self._entry(of, lines, position)

    def at(self, of: RemovedRange, positions: Sequence[int]) -> list[LogEntry]:
        """Read the events at positions of the range. Raises ArchiveUnreadableError."""
        return [self._entry(of, self._block(of, (one - of.first) // BLOCK_EVENTS), one) for one in positions]

    def check(self, of: RemovedRange) -> None:
        """See that the archive is there and whole, hashing it anew. Raises ArchiveUnreadableError."""
        with self._lock:
            self._opened.pop((of.file or "", of.sha256), None)
        self._open(of)

    def has(self, of: RemovedRange) -> bool:
        """Whether the file and its manifest are there; they may be others than they should be."""
        if self.folder is None or of.file is None:
            return False
        path = self.folder / of.file
        return path.is_file() and manifest_path(path).is_file()

    def raw_blocks(self, of: RemovedRange, first: int, last: int) -> Iterator[tuple[int, HashedBlock | str]]:
        """Read what can be read of a file, whatever it hashes to: each block's first position, its events or why not.

        For those who hash every event themselves. Raises ArchiveUnreadableError where nothing can be read at all.
        """
        path = self._path(of)
        try:
            manifest = read_manifest(manifest_path(path))
            with path.open("rb") as content:
                for number, begins in enumerate(range(of.first, of.last + 1, BLOCK_EVENTS)):
                    if begins + BLOCK_EVENTS <= first or begins > last:
                        continue
                    try:
                        block = hash_block(_unpacked(content, manifest.blocks, manifest.size, number))
                        _of_all(len(block.positions), begins, of)
                        yield begins, block
                    except ArchiveFaultError as error:
                        yield begins, f"{path.name}: {error}"
        except (NotFoundError, ArchiveFaultError, OSError) as error:
            raise _unreadable(of, path, _why(error)) from error

    def _entry(self, of: RemovedRange, lines: Sequence[bytes], position: int) -> LogEntry:
        try:
            return read_line(lines[(position - of.first) % BLOCK_EVENTS], position)
        except ArchiveFaultError as error:
            raise _unreadable(of, self._path(of), str(error)) from error

    def _block(self, of: RemovedRange, number: int) -> list[bytes]:
        """The lines of one block, of a file that is whole as far as it can be told."""
        opened, path = self._open(of), self._path(of)
        name: _Block = (path.name, of.sha256, number)
        with self._lock:
            if (kept := self._blocks.get(name)) is not None:
                self._blocks.move_to_end(name)
                return kept
        try:
            with path.open("rb") as content:
                lines = _read(content, opened.blocks, opened.size, number, of)
        except (ArchiveFaultError, OSError) as error:
            raise _unreadable(of, path, str(error)) from error
        with self._lock:
            self._blocks[name] = lines
            if len(self._blocks) > _KEPT_BLOCKS:
                self._blocks.popitem(last=False)
        return lines

    def _open(self, of: RemovedRange) -> _Opened:
        path = self._path(of)
        try:
            touched = _touched(path)
        except OSError as error:
            raise _unreadable(of, path, _why(error)) from error
        name = (path.name, of.sha256)
        opened = self._opened.get(name)
        if opened is not None and opened.touched == touched:
            return opened
        try:
            manifest = read_manifest(manifest_path(path))
            found = sha256_of(path)
        except (NotFoundError, ArchiveFaultError, OSError) as error:
            raise _unreadable(of, path, _why(error)) from error
        blocks = -(-(of.last - of.first + 1) // BLOCK_EVENTS)
        if found != of.sha256:
            raise _unreadable(of, path, f"its SHA-256 is {found[:16]}… and not {of.sha256[:16]}…")
        if (manifest.first, manifest.last, len(manifest.blocks)) != (of.first, of.last, blocks):
            raise _unreadable(of, path, "the manifest beside it is of another archive")
        opened = _Opened(manifest.blocks, manifest.size, touched)
        with self._lock:
            self._opened[name] = opened
            self._blocks = OrderedDict((key, kept) for key, kept in self._blocks.items() if key[:2] != name)
        return opened

    def _path(self, of: RemovedRange) -> Path:
        if self.folder is None or of.file is None:
            why = "no folder of archives is named" if of.file else "it left by hand, and no archive was named"
            raise ArchiveUnreadableError(f"the events at the positions {of.first} to {of.last} are not here: {why}")
        return self.folder / of.file


def _touched(path: Path) -> _Touched:
    looks = path.stat()
    return looks.st_ino, looks.st_size, looks.st_mtime_ns


def _read(content: BinaryIO, blocks: Sequence[int], size: int, number: int, of: RemovedRange) -> list[bytes]:
    """Read a block of a file, all of its lines. Raises ArchiveFaultError."""
    lines = _unpacked(content, blocks, size, number).splitlines()
    _of_all(len(lines), of.first + number * BLOCK_EVENTS, of)
    return lines


def _unpacked(content: BinaryIO, blocks: Sequence[int], size: int, number: int) -> bytes:
    offsets = (*blocks[number : number + 2], size)[:2]
    if len(offsets) < 2 or not 0 <= offsets[0] < offsets[1]:  # noqa: PLR2004  # a beginning and an end
        raise ArchiveFaultError(f"its manifest names no block {number + 1}")
    try:
        content.seek(offsets[0])
        return unpack_block(content.read(offsets[1] - offsets[0]))
    except OSError as error:
        raise ArchiveFaultError(str(error)) from error


def _of_all(events: int, begins: int, of: RemovedRange) -> None:
    """See that a block holds as many events as it should."""
    if events != min(BLOCK_EVENTS, of.last - begins + 1):
        raise ArchiveFaultError(f"it holds {events} events from position {begins}")


def _why(error: Exception) -> str:
    """What is wrong with a file or its manifest, without the path: it is told to everybody who asks."""
    if isinstance(error, FileNotFoundError):
        return "it is not there"
    if isinstance(error, NotFoundError):
        return "its manifest is not there"
    return "its manifest is damaged" if isinstance(error, ArchiveFaultError) else f"{error}"


def _unreadable(of: RemovedRange, path: Path, why: str) -> ArchiveUnreadableError:
    return ArchiveUnreadableError(
        f"归档文件无法读取 the events at the positions {of.first} to {of.last} were archived in {path.name} and removed"
        f" from the database, and the archive cannot be read: {why}. Bring {path.name} and its manifest back from a"
        f" copy (SHA-256 {of.sha256}) into the folder of the archives, which `jiedao retention list` names"
    )
