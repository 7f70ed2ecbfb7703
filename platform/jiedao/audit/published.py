"""The folder outside the database where checkpoints and tiles are published: what an auditor compares the log with.

    checkpoint                   the latest one, as C2SP tlog-tiles serves it
    tile/<L>/<N>[.p/<W>]         the tree
    checkpoints/2026-11-24.txt   every checkpoint ever published, one note behind the other, by day (UTC)
    cosignatures/<size>.txt      a checkpoint with what witnesses signed
    keys.txt                     the verifier keys that ever signed here, the latest last

What is pushed elsewhere (``JIEDAO_LEDGER_PUSH_URL``) is the same, but for the history: each checkpoint that was pushed
is a file of its own, ``checkpoints/<size>``. Both are read.

Nothing in it is secret. Put it, or a copy, where the database's administrators cannot write: whoever can change both
it and the key can make up a history, and only a copy elsewhere, or a witness, tells.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import NamedTuple

from jiedao.audit.checkpoints import Checkpoint, read_checkpoint_note
from jiedao.audit.merkle import HASH_BYTES
from jiedao.audit.notes import Note, VerifierKey, read_keys
from jiedao.audit.tiles import Tile, TiledTree
from jiedao.domain.errors import InvalidInputError, JiedaoError, NotFoundError
from jiedao.store.private_files import sync_folder

_FILE_MODE = 0o644
_SIZE_DIGITS = 20


class LedgerFaultError(JiedaoError):
    """The log, the database's checkpoints and the published ones do not fit together, or cannot be read."""

    code = "ledger_fault"


class Told(NamedTuple):
    """A checkpoint that was published, the note that says so, and the file (below the folder) that it stands in."""

    checkpoint: Checkpoint
    note: Note
    file: str

    @property
    def by_day(self) -> bool:
        """Whether it stands in the history by day, which holds every checkpoint; a pushed copy has some of them."""
        return self.file.startswith("checkpoints/") and self.file.endswith(".txt")


class NotThere(NamedTuple):
    """A checkpoint that was published and cannot be read; ``replaced`` where its file holds another one.

    ``size`` is of how many events it was, as far as its file's name tells; else of how many the one before it was.
    """

    size: int
    sentence: str
    replaced: bool = False


class PublishedLedger:
    """Reads and writes such a folder. One process writes; any may read meanwhile and sees whole files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def latest(self) -> Told | None:
        """The latest checkpoint; ``None`` where nothing was published. Raises LedgerFaultError for a damaged file."""
        return self._read("checkpoint")

    def history(self) -> Iterator[Told | NotThere]:
        """Every checkpoint that was published, and those with cosignatures, a file at a time; the latest one last.

        A last note that a crash cut off was never announced, and is left out; others that cannot be read are said.
        """
        for path in sorted((self.folder / "checkpoints").glob("*.txt")):
            yield from self._notes(path)
        for size, path in sorted(_named_by_size((self.folder / "checkpoints").glob("*"), "")):
            yield from self._named(path, size)
        for size, path in sorted(_named_by_size((self.folder / "cosignatures").glob("*"), ".txt")):
            yield from self._named(path, size)
        yield from self._named(self.folder / "checkpoint", None)

    def keys(self) -> list[VerifierKey]:
        """The keys that signed here, by what the folder itself says. Raises LedgerFaultError for a damaged file."""
        try:
            return read_keys((self.folder / "keys.txt").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return []
        except (InvalidInputError, UnicodeDecodeError) as error:
            raise LedgerFaultError(f"{self.folder / 'keys.txt'} is damaged: {error}") from error

    def tile(self, tile: Tile) -> bytes:
        """The hashes of a tile, out of the full one where that is there. Raises NotFoundError, and LedgerFaultError."""
        for one in dict.fromkeys((tile, Tile(tile.level, tile.index))):
            try:
                content = (self.folder / "tile" / one.path).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                continue
            if len(content) != one.width * HASH_BYTES:
                raise LedgerFaultError(f"the tile {one.path} is damaged: it has {len(content)} bytes")
            return content[: tile.width * HASH_BYTES]
        raise NotFoundError(f"the tile {tile.path} is not published in {self.folder}")

    def tree(self, size: int) -> TiledTree:
        """The published tree of ``size`` leaves."""
        return TiledTree(size, self.tile)

    def cosigned_sizes(self) -> set[int]:
        """The sizes of the checkpoints whose cosignatures are published."""
        return {size for size, _path in _named_by_size((self.folder / "cosignatures").glob("*"), ".txt")}

    def add_key(self, key: VerifierKey) -> None:
        """Note that a key signs here from now on."""
        known = self.keys()
        if key not in known:
            self._write("keys.txt", "".join(f"{one}\n" for one in [*known, key]).encode())

    def write_tiles(self, tiles: Iterable[tuple[Tile, bytes]]) -> None:
        """Write tiles, durably; a full one takes the place of the partial ones before it."""
        folders = set()
        for tile, content in tiles:
            path = self._write(f"tile/{tile.path}", content, durable_name=False)
            folders.add(path.parent)
            if tile.full:
                self._remove_partial(path.with_name(f"{path.name}.p"))
        for folder in folders:
            sync_folder(folder)

    def announce(self, note: Note, at: datetime) -> None:
        """Publish a checkpoint whose tiles are written: into the history of the day, and last of all as the latest.

        Raises LedgerFaultError where a later one is published, or another one of the same size.
        """
        checkpoint, _ = read_checkpoint_note(str(note))
        told = self.latest()
        if told is not None:
            before = told.checkpoint
            if before.origin != checkpoint.origin or before.size > checkpoint.size:
                raise LedgerFaultError(
                    f"{self.folder} has a checkpoint of {before.size} events of {before.origin}: it is not replaced by"
                    f" one of {checkpoint.size} of {checkpoint.origin}"
                )
            if before.size == checkpoint.size and before.root != checkpoint.root:
                raise LedgerFaultError(
                    f"{self.folder} has another checkpoint of {before.size} events, with another root: the log was"
                    " rewritten or forked; nothing is published until that is cleared up (jiedao audit verify)"
                )
        self._append(f"checkpoints/{at.astimezone(UTC):%Y-%m-%d}.txt", f"{note}\n".encode())
        self._write("checkpoint", str(note).encode())

    def announce_cosigned(self, note: Note) -> None:
        """Publish what witnesses signed; with the latest checkpoint too, where it is that one."""
        checkpoint, _ = read_checkpoint_note(str(note))
        self._write(f"cosignatures/{checkpoint.size:0{_SIZE_DIGITS}}.txt", str(note).encode())
        told = self.latest()
        if told is not None and told.checkpoint == checkpoint:
            self._write("checkpoint", str(told.note.with_signatures(note.signatures)).encode())

    def _read(self, name: str) -> Told | None:
        try:
            return Told(*read_checkpoint_note((self.folder / name).read_text(encoding="utf-8")), name)
        except FileNotFoundError:
            return None
        except (InvalidInputError, UnicodeDecodeError) as error:
            raise LedgerFaultError(f"{self.folder / name} is damaged: {error}") from error

    def _named(self, path: Path, size: int | None) -> Iterator[Told | NotThere]:
        """The checkpoint in a file, which is of as many events as the file's name says."""
        name = str(path.relative_to(self.folder))
        try:
            told = self._read(name)
        except LedgerFaultError as error:
            yield NotThere(size or 0, str(error))
            return
        if told is not None and size not in {None, told.checkpoint.size}:
            sentence = f"{path} holds the checkpoint of {told.checkpoint.size} events"
            yield NotThere(size or 0, sentence, replaced=True)
        elif told is not None:
            yield told

    def _notes(self, path: Path) -> Iterator[Told | NotThere]:
        content = path.read_bytes()
        parts = content[: _whole_notes(content)].decode("utf-8", "replace").split("\n\n")
        before = 0
        for text, signatures in zip(parts[0:-1:2], parts[1::2], strict=True):
            try:
                told = Told(*read_checkpoint_note(f"{text}\n\n{signatures}\n"), str(path.relative_to(self.folder)))
            except InvalidInputError as error:
                yield NotThere(before, f"{path} is damaged after its checkpoint of {before} events: {error}")
                continue
            before = told.checkpoint.size
            yield told

    def _append(self, name: str, content: bytes) -> None:
        """Append to a file, durably; what a crash left behind the last whole note is cut off first."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not path.exists()
        with path.open("ab+") as file:
            file.seek(0)
            whole = _whole_notes(file.read())
            file.truncate(whole)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            sync_folder(path.parent)

    def _write(self, name: str, content: bytes, *, durable_name: bool = True) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{token_hex(8)}")
        try:
            with temporary.open("xb") as file:
                os.fchmod(file.fileno(), _FILE_MODE)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        if durable_name:
            sync_folder(path.parent)
        return path

    @staticmethod
    def _remove_partial(folder: Path) -> None:
        if folder.is_dir():
            for path in folder.iterdir():
                path.unlink()
            folder.rmdir()


def _named_by_size(paths: Iterable[Path], ending: str) -> Iterator[tuple[int, Path]]:
    """Those files whose name is a number of events."""
    for path in paths:
        if path.name.endswith(ending) and path.name.removesuffix(ending).isdecimal():
            yield int(path.name.removesuffix(ending)), path


def _whole_notes(content: bytes) -> int:
    """How many bytes of a day's file are whole notes: a text, a gap, signatures, a gap, and so on."""
    end = place = 0
    while (text := content.find(b"\n\n", place)) >= 0 and (signatures := content.find(b"\n\n", text + 2)) >= 0:
        end = place = signatures + 2
    return end
