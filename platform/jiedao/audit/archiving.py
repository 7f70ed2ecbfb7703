"""Archives ranges of the log to files that prove themselves, verifies them without the database, and reads them back.

An archive holds every event exactly as it is stored, and the signed checkpoint under whose root its leaves lie. What is
archived stays in the database, too, until it is removed by the recorded procedure (docs/audit.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import UUID

from jiedao.audit.checkpoints import read_checkpoint_note
from jiedao.audit.notes import VerifierKey, read_key
from jiedao.audit.published import PublishedLedger
from jiedao.audit.range_proof import range_path, range_root
from jiedao.domain.errors import ConflictError, NotFoundError
from jiedao.domain.ports import Clock, LogEntry
from jiedao.store.archive import (
    FORM,
    ArchiveFaultError,
    Manifest,
    events_name,
    keep,
    list_archives,
    manifest_path,
    read_events,
    read_manifest,
    sha256_of,
    write_events,
)
from jiedao.store.leaf import leaf_hash

Report = Callable[[int, int], None]
"""Told how many events are done, of how many."""

_STEP = 5_000


class LogReader(Protocol):
    """Reads the log in order."""

    def select_log(self, after: int, limit: int) -> Sequence[LogEntry]:
        """Return at most ``limit`` entries beyond the position ``after``."""


@dataclass(frozen=True, slots=True)
class Verified:
    """An archive that is whole: its events, and the checkpoint under which they lie."""

    manifest: Manifest
    events: int
    signed_by: str


class Archives:
    """The archives in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(  # noqa: PLR0913  # what an archive is made of
        self,
        first: int,
        last: int,
        *,
        district: str,
        log: LogReader,
        published: PublishedLedger,
        keys: Sequence[VerifierKey],
        clock: Clock,
        report: Report | None = None,
    ) -> Manifest:
        """Write the archive of a range, read it again, and keep it where it is whole.

        Raises ConflictError where the range is not sealed yet, or archived already, ArchiveFaultError where what was
        written does not verify: then nothing is kept.
        """
        told = published.latest()
        if told is None or told.checkpoint.size < last:
            raise ConflictError(
                f"the events up to {last} are not all sealed yet: jiedao audit seal, or let jiedao serve do it"
            )
        checkpoint, note = told.checkpoint, told.note
        path = range_path(published.tree(checkpoint.size), first - 1, last, checkpoint.size)
        streams: set[UUID] = set()
        written = write_events(self.folder, first, last, _counted(log, first, last, streams, report))
        manifest = Manifest(
            form=FORM,
            district=district,
            first=first,
            last=last,
            streams=len(streams),
            file=events_name(first, last),
            sha256=written.sha256,
            size=written.part.stat().st_size,
            blocks=written.blocks,
            made_at=clock.now(),
            tree_size=checkpoint.size,
            checkpoint=str(note),
            path=tuple(one.hex() for one in path),
            keys=tuple(map(str, keys)),
        )
        try:
            verify_archive(manifest, written.part, keys)
        except BaseException:
            written.part.unlink()
            raise
        keep(self.folder, written.part, manifest)
        return manifest

    def all(self) -> list[Manifest]:
        """The archives, the first positions first."""
        return [manifest for _path, manifest in list_archives(self.folder)]

    def of(self, first: int, last: int) -> Manifest:
        """The archive of exactly these positions. Raises NotFoundError, ArchiveFaultError for a damaged manifest."""
        path = manifest_path(self.folder / events_name(first, last))
        if not path.is_file():
            named = "、".join(one.name for one in self.all()) or "none"
            raise NotFoundError(f"there is no archive {first}-{last} in {self.folder}; there are: {named}")
        return read_manifest(path)

    def verify(self, path: Path, keys: Sequence[VerifierKey] = (), report: Report | None = None) -> Verified:
        """Verify an archive by its manifest; ``keys`` are those that are believed, without them the manifest's own.

        Raises ArchiveFaultError that names the first position that does not hold, NotFoundError.
        """
        manifest = read_manifest(path)
        return verify_archive(manifest, path.with_name(manifest.file), keys, report)

    def stream(self, originator_id: UUID) -> Iterator[tuple[Manifest, LogEntry]]:
        """Read the events of one stream out of all archives, in order."""
        for path, manifest in list_archives(self.folder):
            for entry in read_events(path.with_name(manifest.file)):
                if entry.originator_id == originator_id:
                    yield manifest, entry


def verify_archive(
    manifest: Manifest, file: Path, keys: Sequence[VerifierKey] = (), report: Report | None = None
) -> Verified:
    """Verify a file of events against its manifest, without the database.

    Checked are the file's hash, every leaf hash, that no position is missing, that the leaves lead to the root of the
    checkpoint, and that the checkpoint is signed. Raises ArchiveFaultError.
    """
    if sha256_of(file) != manifest.sha256:
        raise ArchiveFaultError(f"{file.name} is not the file that its manifest names: its SHA-256 is another one")
    checkpoint, note = read_checkpoint_note(manifest.checkpoint)
    believed = keys or [read_key(one) for one in manifest.keys]
    signer = next((key for key in believed if note.signed_by(key)), None)
    if signer is None or checkpoint.size != manifest.tree_size:
        raise ArchiveFaultError(f"the checkpoint of {manifest.name} is signed by none of the keys that are believed")
    path = [bytes.fromhex(one) for one in manifest.path]
    try:
        root = range_root(_leaves(manifest, file, report), manifest.first - 1, manifest.last, checkpoint.size, path)
    except ValueError as error:
        raise ArchiveFaultError(f"{file.name} does not hold its range whole: {error}") from error
    if root != checkpoint.root:
        raise ArchiveFaultError(f"the events {manifest.name} are not in the log that was signed: another root follows")
    return Verified(manifest, manifest.last - manifest.first + 1, str(signer))


def _leaves(manifest: Manifest, file: Path, report: Report | None) -> Iterator[bytes]:
    expected, total = manifest.first, manifest.last - manifest.first + 1
    for entry in read_events(file):
        if entry.position != expected:
            raise ArchiveFaultError(f"position {expected} is missing in {file.name}")
        if leaf_hash(entry) != entry.leaf_hash:
            raise ArchiveFaultError(f"the event at position {entry.position} in {file.name} was altered")
        yield entry.leaf_hash
        expected += 1
        if report is not None and not (expected - manifest.first) % _STEP:
            report(expected - manifest.first, total)


def _counted(log: LogReader, first: int, last: int, streams: set[UUID], report: Report | None) -> Iterator[LogEntry]:
    after = first - 1
    while after < last:
        entries = log.select_log(after, min(_STEP, last - after))
        if not entries:
            return
        for entry in entries:
            streams.add(entry.originator_id)
            yield entry
        after = entries[-1].position
        if report is not None:
            report(after - first + 1, last - first + 1)
