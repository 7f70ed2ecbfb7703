"""Looks at what is kept beside the database: the root key of personal data, and the files."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile

from jiedao.domain.errors import ConfigurationError, JiedaoError
from jiedao.entrypoints.bootstrap import read_root_key
from jiedao.entrypoints.cli.checkup.findings import Installation, NotLookedAtError, Verdict, fault, warning, well
from jiedao.entrypoints.cli.checkup.machine import existing
from jiedao.store.database import Database
from jiedao.store.files import FolderFileStore
from projections.queries import ReadModel
from projections.reference_versions import BOUNDARIES, CLASSES, ROUTING

SAMPLE = 20
"""How many files are read and checked against their hash."""

_BACKUP = "bring the right key back from its backup; without it no personal data can be read"


def check_root_key(installation: Installation) -> Iterator[Verdict]:
    """See whether the root key is there, and is the one that the database was written with."""
    settings = installation.settings
    fresh = not settings.database_url and not settings.embedded_folder.exists()
    if fresh and not settings.vault_key and settings.vault_key_file is None and not settings.root_key_file.exists():
        yield warning(f"there is none yet; the first start makes one in {settings.root_key_file}")
        return
    try:
        key = read_root_key(settings, create=False)
    except ConfigurationError as error:
        yield fault(str(error), _BACKUP)
        return
    origin = "JIEDAO_VAULT_KEY" if settings.vault_key else str(settings.root_key_file)
    recorded = _recorded_fingerprint(installation)
    if recorded is not None and recorded != key.fingerprint:
        yield fault(f"{origin} is another key than the one that this database was written with", _BACKUP)
        return
    known = "the one that this database is written with" if recorded else "not used yet"
    yield well(f"read from {origin}: {key.fingerprint}, {known}; keep its backup apart from the database's")


def check_files(installation: Installation) -> Iterator[Verdict]:
    """See whether files can be written, and whether those that are there are what they were."""
    folder = installation.settings.files_folder
    if not folder.exists():
        above = existing(folder.absolute())
        if os.access(above, os.W_OK | os.X_OK):
            yield warning(f"{folder} is not there yet; the first start makes it")
        else:
            yield fault(f"{folder} is not there and {above} cannot be written to", "give this account the right to it")
        return
    try:
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        yield fault(
            f"{folder} cannot be written to: {error.strerror}", "give this account the right to it, or make room"
        )
        return
    store = FolderFileStore(folder)
    sample = _sample(folder)
    damaged = _damaged(store, [*sample, *_needed(installation)])
    if damaged:
        yield fault("; ".join(damaged), "bring the files back from the backup")
    else:
        yield well(f"{folder} can be written to; {len(sample)} files of it were read and are what they were")


def _recorded_fingerprint(installation: Installation) -> str | None:
    """The fingerprint that the database holds; ``None`` where there is no database yet, or nothing in it."""
    try:
        with installation.connection() as connection:
            there = connection.execute("SELECT to_regclass('public.vault_root') IS NOT NULL").fetchone()
            if not there or not there[0]:
                return None
            row = connection.execute("SELECT fingerprint FROM vault_root").fetchone()
            return str(row[0]) if row else None
    except NotLookedAtError:
        return None


def _sample(folder: Path) -> list[str]:
    """Draw some files: a few of each of some folders, so that a store of millions is not listed."""
    folders = [one for one in folder.glob("sha256/*") if one.is_dir()]
    random.shuffle(folders)
    names = (f"{one.name}{file.name}" for one in folders for file in islice(one.iterdir(), 2) if file.name[0] != ".")
    return list(islice(names, SAMPLE))


def _needed(installation: Installation) -> list[str]:
    """The contents of all adopted tables; none where the views cannot be asked."""
    try:
        url = installation.database_url()
    except NotLookedAtError:
        return []
    with Database(url, max_connections=2) as database:
        read = ReadModel(database)
        if read.status().active is None:
            return []
        tables = (BOUNDARIES, CLASSES, ROUTING)
        return [one.content_sha256 for kind in tables for one in read.reference_versions(kind)]


def _damaged(store: FolderFileStore, names: list[str]) -> list[str]:
    """What is wrong with each file that is not there, or is not what it was."""
    sentences = []
    for name in dict.fromkeys(names):
        try:
            store.get(name)
        except JiedaoError as error:
            sentences.append(str(error))
    return sentences
