"""One server call for a group of units: flat arrays out, one answer for each unit back.

What the call does under the log's lock stands in ``0002_append.sql``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import chain
from operator import attrgetter
from typing import Any, NamedTuple

from psycopg import Connection, Cursor
from psycopg.rows import TupleRow

from jiedao.domain.errors import JiedaoError
from jiedao.domain.ports import Appended, Unit
from jiedao.store.arrays import (
    ByteaArray,
    FewTextsArray,
    Int4Array,
    Int8Array,
    MomentArray,
    PackedArray,
    TextArray,
    UuidArray,
)
from jiedao.store.conflicts import conflict

_Column = tuple[type[PackedArray], Callable[[Any], Any]]


class _Answer(NamedTuple):
    """One row of ``append_units``."""

    outcome: str
    first_position: int | None
    event_count: int
    recorded_at: datetime
    answer: bytes | None
    detail: str | None


# The parameters of append_units, in its order: what an array holds and which field of an entry fills it.
_UNIT_FIELDS: tuple[_Column, ...] = (
    (TextArray, attrgetter("scope")),
    (TextArray, attrgetter("key")),
    (ByteaArray, attrgetter("request_mac")),
    (ByteaArray, attrgetter("answer")),
    (Int4Array, lambda unit: len(unit.events)),
    (Int4Array, lambda unit: len(unit.inbox)),
    (Int4Array, lambda unit: len(unit.offsets)),
    (Int4Array, lambda unit: 0 if unit.tracking is None else 1),
)
_EVENT_FIELDS: tuple[_Column, ...] = (
    (UuidArray, attrgetter("originator_id")),
    (Int4Array, attrgetter("originator_version")),
    (FewTextsArray, attrgetter("topic")),
    (ByteaArray, attrgetter("state")),
    (ByteaArray, attrgetter("metadata")),
)
_INBOX_FIELDS: tuple[_Column, ...] = (
    (FewTextsArray, attrgetter("source")),
    (TextArray, attrgetter("external_id")),
    (Int8Array, attrgetter("revision")),
    (FewTextsArray, attrgetter("outcome")),
    (ByteaArray, attrgetter("content_mac")),
    (FewTextsArray, attrgetter("transport")),
    (TextArray, attrgetter("origin")),
    (MomentArray, attrgetter("received_at")),
    (UuidArray, attrgetter("incident_id")),
    (UuidArray, attrgetter("dead_letter_id")),
)
_OFFSET_FIELDS: tuple[_Column, ...] = (
    (TextArray, attrgetter("consumer_group")),
    (TextArray, attrgetter("topic")),
    (Int4Array, attrgetter("partition")),
    (Int8Array, attrgetter("expected")),
    (Int8Array, attrgetter("next")),
)
_TRACKING_FIELDS: tuple[_Column, ...] = (
    (TextArray, attrgetter("application_name")),
    (Int8Array, attrgetter("notification_id")),
)
_PARAMETERS = sum(map(len, (_UNIT_FIELDS, _EVENT_FIELDS, _INBOX_FIELDS, _OFFSET_FIELDS, _TRACKING_FIELDS)))
_CALL = f"SELECT * FROM append_units({', '.join(['%b'] * _PARAMETERS)})".encode()  # noqa: S608  # placeholders alone
_CALL_SEALED = _CALL.replace(b"SELECT * FROM", b"SELECT a.* FROM require_living_keys(%s) AS k,") + b" AS a"
KEYS_DESTROYED = "JD020"
"""The SQLSTATE with which the server refuses a group that was sealed before a key was destroyed."""


def pack_units(units: Sequence[Unit]) -> list[PackedArray]:
    """Lay a group of units out as the arrays that ``append_units`` takes."""
    return [
        *_columns(_UNIT_FIELDS, units),
        *_columns(_EVENT_FIELDS, list(chain.from_iterable(unit.events for unit in units))),
        *_columns(_INBOX_FIELDS, list(chain.from_iterable(unit.inbox for unit in units))),
        *_columns(_OFFSET_FIELDS, list(chain.from_iterable(unit.offsets for unit in units))),
        *_columns(_TRACKING_FIELDS, [unit.tracking for unit in units if unit.tracking is not None]),
    ]


def append_units(
    connection: Connection[TupleRow] | Cursor[TupleRow], units: Sequence[Unit]
) -> list[Appended | JiedaoError]:
    """Append a group of units in one call; ``connection`` knows packed arrays.

    In autocommit they are committed when this returns; within a transaction, a cursor of it may be handed in.

    Returns for each unit what it became: appended (or replayed), or the conflict that it alone has. Raises a
    psycopg.DatabaseError with :data:`KEYS_DESTROYED` where any of them was sealed before a key was destroyed.
    """
    seen = [unit.destructions for unit in units if unit.destructions is not None]
    call, asked = (_CALL_SEALED, [min(seen), *pack_units(units)]) if seen else (_CALL, pack_units(units))
    rows = connection.execute(call, asked, prepare=True, binary=True).fetchall()
    answers = [_Answer(*row) for row in rows]
    if len(answers) == 1 and answers[0].outcome == "all":
        return list(_all_appended(units, answers[0]))
    return [_result(unit, answer) for unit, answer in zip(units, answers, strict=True)]


def _columns(fields: tuple[_Column, ...], entries: Sequence[Any]) -> Iterable[PackedArray]:
    return (kind(list(map(value, entries))) for kind, value in fields)  # type: ignore[call-arg]  # of the subclasses


def _all_appended(units: Sequence[Unit], group: _Answer) -> Iterable[Appended]:
    position = group.first_position or 1
    for unit in units:
        beyond = position + len(unit.events)
        yield Appended(range(position, beyond), group.recorded_at, replayed=False, answer=unit.answer)
        position = beyond


def _result(unit: Unit, answer: _Answer) -> Appended | JiedaoError:
    if answer.outcome not in {"appended", "replayed"}:
        return conflict(answer.outcome, unit.scope, unit.key, answer.detail)
    first = answer.first_position or 1
    positions = range(first, first + answer.event_count)
    return Appended(positions, answer.recorded_at, replayed=answer.outcome == "replayed", answer=answer.answer)
