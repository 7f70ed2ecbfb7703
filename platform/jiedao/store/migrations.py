"""Brings a database's schema up to date: every ``NNNN_name.sql`` beside this file, once, in order.

A migration that was applied is never edited: its SHA-256 is recorded, and a difference stops the start.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from importlib import resources

from psycopg import Connection
from psycopg.rows import TupleRow

from jiedao.domain.errors import ConfigurationError

_NAME = re.compile(r"(?P<number>\d{4})_(?P<name>[a-z0-9_]+)\.sql")
_LOCK = 0x4A49_4544_414F  # "JIEDAO": two processes that start at once migrate one after the other


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema."""

    number: int
    name: str
    sql: str

    @property
    def digest(self) -> str:
        """The hash by which an applied step is recognised."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def available() -> list[Migration]:
    """Read the migrations that this version brings, in order."""
    found = []
    for entry in (resources.files("jiedao.store") / "migrations").iterdir():
        match = _NAME.fullmatch(entry.name)
        if match:
            found.append(Migration(int(match["number"]), match["name"], entry.read_text(encoding="utf-8")))
    found.sort(key=lambda step: step.number)
    if [step.number for step in found] != list(range(1, len(found) + 1)):
        raise ConfigurationError("the migrations are not numbered 0001, 0002, … without a gap")
    return found


def pending(connection: Connection[TupleRow]) -> list[Migration]:
    """Return what is still to be applied; changes nothing, and needs no more than to read.

    Raises ConfigurationError as :func:`migrate` does.
    """
    row = connection.execute("SELECT to_regclass('public.migration') IS NOT NULL").fetchone()
    return _missing(connection) if row and row[0] else available()


def migrate(connection: Connection[TupleRow]) -> list[Migration]:
    """Apply what is missing, in one transaction; returns what was applied.

    Raises ConfigurationError when the database was migrated by a newer version, or by a changed file.
    """
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migration (number integer PRIMARY KEY, name text NOT NULL,"
            " digest text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        missing = _missing(connection)
        for step in missing:
            connection.execute(step.sql.encode())
            connection.execute(
                "INSERT INTO migration (number, name, digest) VALUES (%s, %s, %s)",
                [step.number, step.name, step.digest],
            )
        return missing


def _missing(connection: Connection[TupleRow]) -> list[Migration]:
    rows = connection.execute("SELECT number, digest FROM migration").fetchall()
    applied: dict[int, str] = {int(row[0]): str(row[1]) for row in rows}
    steps = available()
    for number in sorted(applied):
        if number > len(steps):
            raise ConfigurationError(f"the database is at migration {number}, newer than this version: upgrade")
        if applied[number] != steps[number - 1].digest:
            raise ConfigurationError(f"migration {number:04} was changed after it had been applied")
    return [step for step in steps if step.number not in applied]
