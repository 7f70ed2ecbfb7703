"""Checkpoints over the log and what witnesses signed, as the database keeps them: added, and never changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from jiedao.domain.errors import ConflictError, NotFoundError
from jiedao.store.archive_reading import RemovedRange
from jiedao.store.database import Database


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    """A signed checkpoint: ``note`` is its text and the log's own signature."""

    origin: str
    size: int
    root: bytes
    note: str
    sealed_at: datetime


@dataclass(frozen=True, slots=True)
class CosignatureRow:
    """What a witness signed; ``line`` as it stands in a note, ``received_from`` who brought it."""

    origin: str
    size: int
    witness: str
    line: str
    cosigned_at: datetime
    received_at: datetime
    received_from: str


@dataclass(frozen=True, slots=True)
class Removal:
    """A range of positions that left the table of events by the recorded procedure, and stays in the log.

    ``archive_file`` is the file that holds it. The event of the log that tells of it is version ``recorded_version`` of
    the stream ``recorded_stream``; ``recorded_position`` is where that stands, ``None`` where it is not there.
    """

    removal: int
    first_position: int
    last_position: int
    reason: str
    approver: str
    second_approver: str
    archive_sha256: str
    archive_file: str | None
    tree_size: int | None
    recorded_stream: UUID | None
    recorded_version: int | None
    recorded_position: int | None
    removed_at: datetime
    removed_by: str

    @property
    def range(self) -> RemovedRange:
        """What is read from the archive."""
        return RemovedRange(self.first_position, self.last_position, self.archive_file, self.archive_sha256)


class LedgerTable:
    """Keeps them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def head(self) -> int:
        """The log's last position; 0 for an empty log."""
        with self._database.connection() as connection:
            row = connection.execute(_HEAD).fetchone()
            return int(row[0]) if row else 0

    def add(self, row: CheckpointRow) -> None:
        """Add a checkpoint. Raises ConflictError where it is not later than all before it, or beyond the log."""
        try:
            with self._database.connection() as connection:
                connection.execute(_ADD, _values(row))
        except (psycopg.errors.UniqueViolation, psycopg.DatabaseError) as error:
            if isinstance(error, psycopg.errors.UniqueViolation) or error.sqlstate == _OUT_OF_TURN:
                raise ConflictError(
                    f"the checkpoint of {row.size} events is out of turn: {_first_line(error)}"
                ) from error
            raise

    def latest(self, origin: str) -> CheckpointRow | None:
        """The checkpoint over the most events; ``None`` where there is none."""
        found = self.page(origin, None, 1)
        return found[0] if found else None

    def find(self, origin: str, size: int) -> CheckpointRow | None:
        """The checkpoint of a size; ``None`` where there is none."""
        with (
            self._database.connection() as connection,
            connection.cursor(row_factory=class_row(CheckpointRow)) as cursor,
        ):
            return cursor.execute(_FIND, [origin, size]).fetchone()

    def page(self, origin: str, before: int | None, limit: int) -> list[CheckpointRow]:
        """Checkpoints of less than ``before`` events, or of any size, the largest first."""
        asked = {"origin": origin, "before": before, "limit": limit}
        with (
            self._database.connection() as connection,
            connection.cursor(row_factory=class_row(CheckpointRow)) as cursor,
        ):
            return cursor.execute(_PAGE, asked).fetchall()

    def every(self) -> Iterator[CheckpointRow]:
        """All checkpoints of all origins, the smallest first, a batch at a time."""
        origin, size = "", -1
        while True:
            with (
                self._database.connection() as connection,
                connection.cursor(row_factory=class_row(CheckpointRow)) as cursor,
            ):
                rows = cursor.execute(_EVERY, [origin, size, _BATCH]).fetchall()
            yield from rows
            if len(rows) < _BATCH:
                return
            origin, size = rows[-1].origin, rows[-1].size

    def cosign(self, row: CosignatureRow) -> bool:
        """Keep what a witness signed; false where it is there already. Raises NotFoundError without the checkpoint."""
        try:
            with self._database.connection() as connection:
                return connection.execute(_COSIGN, _values(row)).rowcount == 1
        except psycopg.errors.ForeignKeyViolation as error:
            raise NotFoundError(f"there is no checkpoint of {row.size} events") from error

    def cosignatures(self, origin: str, sizes: Sequence[int]) -> list[CosignatureRow]:
        """What witnesses signed of the checkpoints of these sizes, in the order in which it came."""
        with (
            self._database.connection() as connection,
            connection.cursor(row_factory=class_row(CosignatureRow)) as cursor,
        ):
            return cursor.execute(_COSIGNATURES, [origin, list(sizes)]).fetchall()

    def cosigned_after(self, origin: str, entry: int) -> tuple[int, list[int]]:
        """The number of the last cosignature, and the sizes that were cosigned after the one of a number."""
        with self._database.connection() as connection:
            rows = connection.execute(_COSIGNED_AFTER, [origin, entry]).fetchall()
            return max((row[1] for row in rows), default=entry), sorted({row[0] for row in rows})

    def removals(self) -> list[Removal]:
        """The ranges that left the table by the recorded procedure, in their order."""
        with self._database.connection() as connection, connection.cursor(row_factory=class_row(Removal)) as cursor:
            return cursor.execute(_REMOVALS).fetchall()


def _values(row: CheckpointRow | CosignatureRow) -> dict[str, object]:
    return {field.name: getattr(row, field.name) for field in fields(row)}


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0]


_OUT_OF_TURN = "JD011"
_BATCH = 10_000
_COLUMNS = "origin, size, root, note, sealed_at"
_COSIGNED = "origin, size, witness, line, cosigned_at, received_at, received_from"

_HEAD = b"SELECT coalesce(max(position), 0) FROM event"
_ADD = f"""
INSERT INTO checkpoint ({_COLUMNS}) VALUES (%(origin)s, %(size)s, %(root)s, %(note)s, %(sealed_at)s)
""".encode()  # noqa: S608  # constants of this file
_FIND = f"SELECT {_COLUMNS} FROM checkpoint WHERE origin = %s AND size = %s".encode()  # noqa: S608  # as above
_PAGE = f"""
SELECT {_COLUMNS} FROM checkpoint
WHERE origin = %(origin)s AND (%(before)s::bigint IS NULL OR size < %(before)s) ORDER BY size DESC LIMIT %(limit)s
""".encode()  # noqa: S608  # as above
_EVERY = f"""
SELECT {_COLUMNS} FROM checkpoint WHERE (origin, size) > (%s, %s) ORDER BY origin, size LIMIT %s
""".encode()  # noqa: S608  # as above
_COSIGN = f"""
INSERT INTO checkpoint_cosignature ({_COSIGNED}) VALUES (
    %(origin)s, %(size)s, %(witness)s, %(line)s, %(cosigned_at)s, %(received_at)s, %(received_from)s)
ON CONFLICT ON CONSTRAINT checkpoint_cosignature_once DO NOTHING
""".encode()  # noqa: S608  # as above
_COSIGNATURES = f"""
SELECT {_COSIGNED} FROM checkpoint_cosignature WHERE origin = %s AND size = ANY(%s) ORDER BY entry
""".encode()  # noqa: S608  # as above
_COSIGNED_AFTER = b"SELECT size, entry FROM checkpoint_cosignature WHERE origin = %s AND entry > %s"
_REMOVALS = b"""
SELECT r.removal, r.first_position, r.last_position, r.reason, r.approver, r.second_approver, r.archive_sha256,
       r.archive_file, r.tree_size, r.recorded_stream, r.recorded_version, e.position AS recorded_position,
       r.removed_at, r.removed_by
FROM event_removal AS r
LEFT JOIN event AS e ON e.originator_id = r.recorded_stream AND e.originator_version = r.recorded_version
ORDER BY r.first_position
"""
