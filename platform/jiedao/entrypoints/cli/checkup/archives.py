"""Looks whether the archives of what has left the database are there, and whether a restore brought some of it back."""

from __future__ import annotations

from collections.abc import Iterator

from jiedao.domain.errors import JiedaoError
from jiedao.entrypoints.cli.checkup.findings import Installation, Verdict, fault, warning, well
from jiedao.store.archive import ArchiveFaultError, manifest_path, read_manifest, removal_notes
from jiedao.store.database import Database
from jiedao.store.ledger import LedgerTable, Removal
from jiedao.store.migrations import pending


def check_archives(installation: Installation) -> Iterator[Verdict]:
    """See that every archive that the log needs is there, by its name and size; `jiedao audit verify` hashes them."""
    folder = installation.settings.archives
    with installation.connection() as connection:
        if pending(connection):
            yield warning("not looked at: the schema is not up to date")
            return
    with Database(installation.database_url(), max_connections=2) as database:
        removals = LedgerTable(database).removals()
    missing = [(one, why) for one in removals if (why := _missing(installation, one))]
    for one, why in missing:
        yield fault(
            f"the positions {one.first_position} to {one.last_position} have left the database; their archive {why}",
            f"bring {one.archive_file} and its manifest back into {folder} from a copy (SHA-256 {one.archive_sha256})",
        )
    if not missing:
        events = sum(one.last_position - one.first_position + 1 for one in removals)
        yield well(f"{len(removals)} ranges ({events} events) have left the database; their archives are in {folder}")
    yield from _came_back(installation, removals)


def _missing(installation: Installation, removal: Removal) -> str:
    path = installation.settings.archives / (removal.archive_file or "")
    try:
        manifest = read_manifest(manifest_path(path))
        size = path.stat().st_size
    except (JiedaoError, OSError) as error:
        return f"cannot be read: {error}"
    if size != manifest.size or manifest.sha256 != removal.archive_sha256:
        return "is another one than the log names"
    return ""


def _came_back(installation: Installation, removals: list[Removal]) -> Iterator[Verdict]:
    left = {(one.first_position, one.last_position) for one in removals}
    try:
        notes = removal_notes(installation.settings.archives)
    except ArchiveFaultError as error:
        yield warning(str(error), "bring it back from a copy, or take it away: nothing but this look rests on it")
        return
    for one in notes:
        if (one.first, one.last) not in left:
            yield warning(
                f"the positions {one.first} to {one.last} had left the database (request {one.request}) and are in it"
                " again: a backup of before was restored",
                "nothing is lost by it, and they are read from the database; to remove them once more, ask anew:"
                f" jiedao retention request {one.first}-{one.last} --reason …",
            )
