"""How many incidents a second the real pipeline of a real district records, from bytes in memory to committed events.

Orders with callers are read by their source's adapter, told apart, matched, classified, encrypted and appended, in one
unit a batch, by one thread. Beside it, alternating in the same run: binary COPY of the very same event rows into a table
of the same shape, and the store alone appending units of the same content.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from statistics import median
from time import perf_counter
from uuid import UUID, uuid4

import psycopg

from ingest.records import FeedRecord
from jiedao.domain.ports import Appended, InboxEntry, Unit
from jiedao.domain.terms import IntakeOutcome
from jiedao.entrypoints.bootstrap import District
from jiedao.store.writer import GroupCommitWriter
from tests.benchmarks.bare_copy import copied_events, copy_rows, recorded_rows
from tests.benchmarks.district import ACTOR, opened_district
from tests.benchmarks.measured import Measured
from tests.benchmarks.orders import Orders

BATCH = 1_000
"""Records in a batch: as many as the Kafka feed records in one unit."""

WARM_UP = 3


class WatchedWriter:
    """The writer of the log, with how long the last unit took from being handed in to being committed."""

    def __init__(self, writer: GroupCommitWriter) -> None:
        self._writer = writer
        self.unit: Unit | None = None
        self.seconds = 0.0

    def append(self, unit: Unit) -> Appended:
        started = perf_counter()
        appended = self._writer.append(unit)
        self.unit, self.seconds = unit, perf_counter() - started
        return appended

    def close(self) -> None:
        self._writer.close()


@dataclass(slots=True)
class Round:
    """What one batch took, in seconds, by each of the ways; how many incidents and events it made."""

    incidents: int = 0
    events: int = 0
    pipeline: float = 0.0
    adapter: float = 0.0
    append: float = 0.0
    copy: float = 0.0
    store: float = 0.0


@dataclass(slots=True)
class Sides:
    """The pipeline and the two that it is measured beside, on one database."""

    district: District
    connection: psycopg.Connection
    table: str
    watched: WatchedWriter = field(init=False)

    def __post_init__(self) -> None:
        log = self.district.application.district_log
        self.watched = WatchedWriter(log.writer)
        log.writer = self.watched

    def round(self, records: Sequence[FeedRecord]) -> Round:
        """Record a batch by the pipeline, then its rows by COPY, then a unit like its own by the store."""
        done = Round()
        outcomes = []
        done.pipeline = _seconds(lambda: outcomes.extend(_run(self.district, records)))
        unit, done.append = self.watched.unit, self.watched.seconds
        done.incidents = sum(one.outcome == IntakeOutcome.ACCEPTED for one in outcomes)
        done.events = len(unit.events)
        done.adapter = _seconds(lambda: [self.district.pipeline.read("hotline", record) for record in records])
        last = self.connection.execute("SELECT max(position) FROM event").fetchone()[0]
        rows = recorded_rows(self.connection, range(last - done.events + 1, last + 1))
        done.copy = _seconds(lambda: copy_rows(self.connection, self.table, rows))
        again = _moved(unit)
        done.store = _seconds(lambda: self.watched.append(again))
        return done


def bench(url: str, *, rounds: int = 12) -> list[Measured]:
    """Measure on a migrated database of its own."""
    with (
        opened_district(url) as district,
        psycopg.connect(url, autocommit=True) as connection,
        copied_events(connection) as table,
    ):
        sides = Sides(district, connection, table)
        batches = _batches(Orders(), WARM_UP + rounds)
        done = [sides.round(records) for records in batches][WARM_UP:]
    return _lines(done)


def _lines(done: Sequence[Round]) -> list[Measured]:
    events = median(one.events / one.pipeline for one in done)
    shares = {
        "adapter": median(one.adapter / one.pipeline for one in done),
        "append": median(one.append / one.pipeline for one in done),
    }
    shares["decide"] = 1 - sum(shares.values())
    return [
        Measured("pipeline, from memory to committed", median(one.incidents / one.pipeline for one in done), "incidents/s"),
        Measured("pipeline, beside bare COPY of its rows", events, "events/s", median(one.events / one.copy for one in done)),
        Measured("pipeline, beside the store alone", events, "events/s", median(one.events / one.store for one in done)),
        Measured("the store alone, beside bare COPY", median(one.events / one.store for one in done), "events/s",
                 median(one.events / one.copy for one in done)),
        Measured("share of the adapter (read, mask)", shares["adapter"], "of the time"),
        Measured("share of deciding (dedupe, match, classify, encrypt)", shares["decide"], "of the time"),
        Measured("share of the append, to committed", shares["append"], "of the time"),
    ]  # fmt: skip


def _batches(orders: Orders, count: int) -> Iterator[list[FeedRecord]]:
    """Make the batches beforehand: making them is not measured, and does not come in between."""
    made = [orders.batch(BATCH) for _ in range(count)]
    for number, raws in enumerate(made):
        now = datetime.now(UTC)
        yield [FeedRecord(raw, f"bench:{number}#{place}", now) for place, raw in enumerate(raws)]


def _run(district: District, records: Sequence[FeedRecord]) -> Sequence[object]:
    return district.pipeline.run("hotline", records, transport="kafka", actor=ACTOR)


def _moved(unit: Unit) -> Unit:
    """A unit of the same content under other keys, so that the log takes it beside the first."""
    events = [replace(event, originator_id=_other(event.originator_id)) for event in unit.events]
    return replace(unit, key=str(uuid4()), events=events, inbox=[_moved_entry(entry) for entry in unit.inbox])


def _moved_entry(entry: InboxEntry) -> InboxEntry:
    incident = None if entry.incident_id is None else _other(entry.incident_id)
    return replace(entry, external_id=f"{entry.external_id}'", incident_id=incident)


def _other(stream: UUID) -> UUID:
    return UUID(int=stream.int ^ 1)


def _seconds(work) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started
