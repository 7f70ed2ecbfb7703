"""The dead letters: every record that was set aside, why, and what was done about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow, class_row
from psycopg.sql import SQL, Identifier
from psycopg.types.json import Jsonb

from jiedao.domain.dead_letter import DeadLetter
from jiedao.domain.terms import IntakeOutcome
from projections.folding import Folded, UnappliableEventError
from projections.log import PositionedEvent
from projections.reporter_incident import ERASURE_TOPICS, carried_out
from projections.rows import copy_rows


@dataclass(slots=True)
class DeadLetterRow:
    """One dead letter as it stands; the fields are the columns of ``dead_letters``. ``size`` is in bytes.

    ``faults`` is all that is wrong with the record: ``reason``, ``detail`` and ``pointer`` of each. ``erased``: its
    bytes cannot be read any more.
    """

    dead_letter_id: UUID
    source: str
    external_id: str | None
    reason: str
    detail: str
    pointer: str | None
    faults: Sequence[Mapping[str, str | None]]
    size: int
    key_id: str
    transport: str | None
    origin: str | None
    set_aside_at: datetime
    resolved: bool
    replays: int
    last_outcome: str | None
    last_detail: str | None
    last_replayed_at: datetime | None
    incident_id: UUID | None
    first_position: int
    last_position: int
    erased: bool = False


COLUMNS = tuple(field.name for field in fields(DeadLetterRow))
_TOPICS = f"{DeadLetter.TOPIC}."

_FORGET = "UPDATE dead_letters SET erased = true WHERE key_id = ANY(%s)"


class DeadLetters:
    """Writes ``dead_letters``."""

    name = "dead_letters"
    revision = 3
    topics = (_TOPICS, ERASURE_TOPICS)

    def write(self, connection: Connection[TupleRow], folded: Folded) -> None:
        """Replace the rows of the letters that changed; say whose bytes were erased."""
        events = [recorded for recorded in folded.events if recorded.topic.startswith(_TOPICS)]
        if events:
            _replace(connection, events)
        for erasure in carried_out(folded):
            connection.execute(_FORGET, [list(erasure.key_ids)])


def _replace(connection: Connection[TupleRow], events: Sequence[PositionedEvent]) -> None:
    stored = _load(connection, {recorded.event.originator_id for recorded in events})
    if stored:
        connection.execute("DELETE FROM dead_letters WHERE dead_letter_id = ANY(%s)", [list(stored)])
    rows = dict(stored)
    for recorded in events:
        _step(rows, recorded)
    copy_rows(connection, "dead_letters", COLUMNS, map(_as_tuple, rows.values()))


def _as_tuple(row: DeadLetterRow) -> tuple[object, ...]:
    return tuple(Jsonb(row.faults) if column == "faults" else getattr(row, column) for column in COLUMNS)


def _load(connection: Connection[TupleRow], ids: Iterable[UUID]) -> dict[UUID, DeadLetterRow]:
    query = SQL("SELECT {} FROM dead_letters WHERE dead_letter_id = ANY(%s)").format(
        SQL(", ").join(map(Identifier, COLUMNS))
    )
    with connection.cursor(row_factory=class_row(DeadLetterRow)) as cursor:
        return {row.dead_letter_id: row for row in cursor.execute(query, [list(ids)])}


def _step(rows: dict[UUID, DeadLetterRow], recorded: PositionedEvent) -> None:
    event = recorded.event
    row = rows.get(event.originator_id)
    if isinstance(event, DeadLetter.SetAside) and row is None:
        rows[event.originator_id] = _set_aside(event, recorded)
    elif isinstance(event, DeadLetter.Replayed) and row is not None:
        row.resolved = row.resolved or event.outcome != IntakeOutcome.DEAD
        row.replays += 1
        row.last_outcome = event.outcome
        row.last_detail = event.detail
        row.last_replayed_at = recorded.recorded_at
        row.incident_id = event.incident_id or row.incident_id
        row.last_position = recorded.position
    else:
        seen = "known" if row is not None else "unknown"
        raise UnappliableEventError(
            recorded.position, f"{recorded.topic} does not apply to a dead letter so far {seen}"
        )


def _set_aside(event: DeadLetter.SetAside, recorded: PositionedEvent) -> DeadLetterRow:
    return DeadLetterRow(
        dead_letter_id=event.originator_id,
        source=event.source,
        external_id=event.external_id,
        reason=event.reason,
        detail=event.detail,
        pointer=event.pointer,
        faults=[asdict(fault) for fault in event.faults],
        size=event.size,
        key_id=event.raw.key_id,
        transport=event.context.transport,
        origin=event.context.origin,
        set_aside_at=recorded.recorded_at,
        resolved=False,
        replays=0,
        last_outcome=None,
        last_detail=None,
        last_replayed_at=None,
        incident_id=None,
        first_position=recorded.position,
        last_position=recorded.position,
    )
