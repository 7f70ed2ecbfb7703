"""Looks at the machine: the versions of what runs, and the room that is left."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from jiedao import __version__
from jiedao.entrypoints.cli.checkup.findings import Installation, Verdict, fault, warning, well

FULL_BYTES = 1_000_000_000
SHORT_BYTES = 5_000_000_000

_LIBRARIES = ("eventsourcing", "psycopg", "kafka-python")


def check_versions(_installation: Installation) -> Iterator[Verdict]:
    """Say what runs here; PostgreSQL's version is told with the database."""
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    yield well(f"jiedao {__version__}, Python {platform.python_version()}, {libraries}")


def check_disk(installation: Installation) -> Iterator[Verdict]:
    """Look at the room where files, and the embedded database, are kept."""
    folder = existing(installation.settings.data.absolute())
    left = shutil.disk_usage(folder).free
    sentence = f"{left / 1e9:,.1f} GB are left in {folder}"
    remedy = "make room, or move JIEDAO_DATA to a larger disk"
    if left < FULL_BYTES:
        yield fault(sentence, remedy)
    elif left < SHORT_BYTES:
        yield warning(sentence, remedy)
    else:
        yield well(sentence)


def existing(folder: Path) -> Path:
    """Return the folder, or the nearest one above that is there."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder
