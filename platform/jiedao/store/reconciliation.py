"""Reconciliation (对账): what a source delivered in a stretch of time and what became of each record."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from jiedao.domain.errors import InvalidInputError
from jiedao.domain.terms import IntakeOutcome
from jiedao.store.database import Database


@dataclass(frozen=True, slots=True)
class DeliveredRecord:
    """One delivery as the inbox holds it; ``entry`` counts deliveries, times are UTC.

    ``content_mac`` is the keyed hash (HMAC-SHA-256, hex) of the bytes that came in: equal for equal bytes, and telling
    nothing of them.
    """

    entry: int
    source: str
    external_id: str | None
    revision: int | None
    outcome: str
    transport: str
    origin: str
    received_at: datetime
    recorded_at: datetime
    incident_id: UUID | None
    dead_letter_id: UUID | None
    content_mac: str


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What was delivered: each count, and the deliveries by :class:`~jiedao.domain.terms.IntakeOutcome` value.

    ``received`` = ``accepted`` + ``duplicate`` + ``dead``. ``accepted`` counts everything that was recorded of an
    incident: first reports, ``revised`` ones and ``late`` ones, the latter two also listed apart. The counts are of
    all deliveries, also where only some are listed by id; ``next_entry`` is then the entry after which the next ones
    follow, else ``None``.
    """

    source: str
    since: datetime
    until: datetime
    received: int
    accepted: int
    revised: int
    late: int
    duplicate: int
    dead: int
    records: Mapping[str, Sequence[DeliveredRecord]]
    next_entry: int | None


_COLUMNS = (
    "entry, source, external_id, revision, outcome, transport, origin, received_at, recorded_at,"
    " incident_id, dead_letter_id, encode(content_mac, 'hex') AS content_mac"
)
_DAY = "source = %(source)s AND received_at >= %(since)s AND received_at < %(until)s"
_COUNTS = f"SELECT outcome, count(*) FROM inbox WHERE {_DAY} GROUP BY outcome".encode()  # noqa: S608  # constants of this file
# Entries are numbered as they are committed: whoever reads on from an entry misses none that came meanwhile.
_RECORDS = (
    f"SELECT {_COLUMNS} FROM inbox WHERE {_DAY} AND entry > %(after)s"  # noqa: S608  # as above
    " AND (%(outcome)s::text IS NULL OR outcome = %(outcome)s) ORDER BY entry LIMIT %(limit)s"
).encode()
_FIND = f"SELECT {_COLUMNS} FROM inbox WHERE source = %s AND external_id = %s ORDER BY entry LIMIT %s".encode()  # noqa: S608  # as above


# A record that was mended after it was set aside came in before that, as bytes whose number nobody could read.
_OF_LETTERS = (
    f"SELECT {_COLUMNS} FROM inbox"  # noqa: S608  # as above
    " WHERE source = %s AND outcome = 'dead' AND dead_letter_id = ANY(%s)"
).encode()
_OF_LETTER = re.compile(r"dead-letter:(?P<id>[0-9a-f-]{36})@\d+")
"""The origin of a record that was replayed from a dead letter."""


class ReconciliationTable:
    """Answers questions about deliveries."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def reconcile(  # noqa: PLR0913  # the parts of one question
        self,
        source: str,
        day_start: datetime,
        day_end: datetime,
        *,
        outcome: IntakeOutcome | None = None,
        after: int = 0,
        limit: int = 10_000,
    ) -> Reconciliation:
        """Reconcile what was received from ``day_start`` on and before ``day_end`` (aware times).

        Listed are at most ``limit`` deliveries beyond the entry ``after``, in the order in which they were recorded;
        with ``outcome`` only those of which that became. Raises InvalidInputError for times without zone or in wrong
        order.
        """
        if day_start.tzinfo is None or day_end.tzinfo is None:
            raise InvalidInputError("reconciliation needs times with their zone")
        if day_end <= day_start:
            raise InvalidInputError("the stretch of time to reconcile ends before it begins")
        asked = {
            "source": source, "since": day_start, "until": day_end,
            "outcome": outcome, "after": after, "limit": limit + 1,
        }  # fmt: skip
        with self._database.connection() as connection:
            # Counts and ids are of one moment, also while records come in.
            connection.execute(b"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            counts: dict[str, int] = {str(row[0]): int(row[1]) for row in connection.execute(_COUNTS, asked)}
            with connection.cursor(row_factory=class_row(DeliveredRecord)) as cursor:
                delivered = cursor.execute(_RECORDS, asked).fetchall()
        records: dict[str, list[DeliveredRecord]] = {outcome.value: [] for outcome in IntakeOutcome}
        for record in delivered[:limit]:
            records[record.outcome].append(record)
        revised, late = counts.get(IntakeOutcome.REVISED, 0), counts.get(IntakeOutcome.LATE, 0)
        received = sum(counts.values())
        return Reconciliation(
            source=source,
            since=day_start,
            until=day_end,
            received=received,
            accepted=counts.get(IntakeOutcome.ACCEPTED, 0) + revised + late,
            revised=revised,
            late=late,
            duplicate=counts.get(IntakeOutcome.DUPLICATE, 0),
            dead=counts.get(IntakeOutcome.DEAD, 0),
            records=records,
            next_entry=delivered[limit - 1].entry if len(delivered) > limit else None,
        )

    def find_record(self, source: str, external_id: str, limit: int = 1_000) -> list[DeliveredRecord]:
        """Return the deliveries of a source's record, oldest first (at most ``limit``); empty when there was none.

        Where one was replayed from a dead letter, the delivery that was set aside is among them.
        """
        with (
            self._database.connection() as connection,
            connection.cursor(row_factory=class_row(DeliveredRecord)) as cursor,
        ):
            found = cursor.execute(_FIND, [source, external_id, limit]).fetchall()
            letters = [UUID(origin["id"]) for one in found if (origin := _OF_LETTER.fullmatch(one.origin))]
            if not letters:
                return found
            dead = cursor.execute(_OF_LETTERS, [source, letters]).fetchall()
        known = {one.entry for one in found}
        return sorted([*found, *(one for one in dead if one.entry not in known)], key=lambda one: one.entry)
