"""Who looked (访问记录): one row for each look at personal data, each export, replay and verification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow

from jiedao.domain.access_record import AccessRecord
from projections.answers import Page
from projections.conditions import Conditions
from projections.cursor import read_cursor
from projections.folding import Folded
from projections.paging import page_of, page_size, select_rows
from projections.rows import copy_rows


@dataclass(frozen=True, slots=True)
class AccessRow:
    """One look; ``access`` is an :class:`~jiedao.domain.access_record.AccessKind` value."""

    position: int
    recorded_at: datetime
    access: str
    subject: str
    incident_id: UUID | None
    actor: str
    role: str
    reason: str | None
    details: Mapping[str, str]


COLUMNS = tuple(field.name for field in fields(AccessRow))


class AccessRecords:
    """Writes ``access_record``."""

    name = "access_record"
    revision = 1
    topics = (f"{AccessRecord.TOPIC}.",)

    def write(self, connection: Connection[TupleRow], folded: Folded) -> None:
        """Add one row for each look."""
        rows = [
            (
                recorded.position, recorded.recorded_at, event.kind, event.subject, event.incident_id,
                event.context.actor, event.context.role, event.context.reason, event.details,
            )
            for recorded in folded.events
            if isinstance(event := recorded.event, AccessRecord.Recorded)
        ]  # fmt: skip
        if rows:
            copy_rows(connection, "access_record", COLUMNS, rows)


@dataclass(frozen=True, slots=True)
class AccessFilter:
    """Which looks are asked for; what is ``None`` lets all through. ``since`` is included, ``until`` is not."""

    actor: str | None = None
    access: str | None = None
    incident_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


def select_accesses(
    connection: Connection[TupleRow], position: int, wanted: AccessFilter, after: str | None, limit: int
) -> Page[AccessRow]:
    """Select a page of looks, the latest first. Raises InvalidInputError for another question's cursor."""
    asked = ("access", wanted)
    conditions = Conditions()
    conditions.add_known(
        (
            ("actor = %s", wanted.actor),
            ("access = %s", wanted.access),
            ("incident_id = %s", wanted.incident_id),
            ("recorded_at >= %s", wanted.since),
            ("recorded_at < %s", wanted.until),
        )
    )
    if after is not None:
        conditions.add("position < %s", *read_cursor(asked, after, tuple[int]))
    rows = select_rows(connection, AccessRow, "access_record", conditions, "position DESC", page_size(limit))
    return page_of(rows, limit, asked, lambda row: (row.position,), position)
