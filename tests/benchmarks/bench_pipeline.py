"""How many incidents a second the real pipeline of a real district records, from bytes in memory to committed events.

Orders with callers are read by their source's adapter, told apart, matched, classified, encrypted and appended, in one
unit a batch, as the feeds do it: by processes of their own, several batches at a time. Beside it, alternating in the same run: binary COPY of the very same event rows into a table of the
same shape, and the store alone appending units of the same content.

A round begins with nothing under way and ends when all is committed. It holds so many batches that this counts for little,
as it does in a feed that has much to take in. The processes are there already: what starting them costs is not in it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from uuid import UUID, uuid4

import psycopg

from ingest.intake_apart import IntakeApart
from ingest.overlap import Overlap
from ingest.records import FeedRecord
from jiedao.application.collector import started_frozen
from jiedao.application.outcomes import BatchTally
from jiedao.domain.ports import Appended, InboxEntry, Unit
from jiedao.domain.terms import IntakeOutcome
from jiedao.entrypoints.bootstrap import District
from jiedao.store.writer import GroupCommitWriter, appended
from tests.benchmarks.bare_copy import copied_events, copy_rows, recorded_rows
from tests.benchmarks.district import ACTOR, helped, opened_district
from tests.benchmarks.measured import Measured
from tests.benchmarks.orders import Orders

BATCH = 1_000
"""Records in a batch: as many as the Kafka feed records in one unit."""

BATCHES = 16
"""Batches in a round."""

WARM_UP = 1


class WatchedWriter:
    """The writer of the log, which remembers the units that this process handed in."""

    def __init__(self, writer: GroupCommitWriter) -> None:
        self._writer = writer
        self.units: list[Unit] = []

    def submit(self, unit: Unit) -> Future[Appended]:
        self.units.append(unit)
        return self._writer.submit(unit)

    def again(self, unit: Unit) -> Future[Appended]:
        """Hand a unit in that is like one of those, and do not remember it."""
        return self._writer.submit(unit)

    def close(self) -> None:
        self._writer.close()


@dataclass(slots=True)
class Round:
    """What some batches took by each of the ways, in seconds; how many incidents and events they made.

    ``pipeline`` is how long they took as a feed takes them in; ``feed``, ``apart`` and ``server`` are the processor
    time meanwhile of this process, of those that take in, and of PostgreSQL. ``copy``, ``copy_alike`` (into a table that is
    stored as the log is) and ``store`` are one part alone.
    """

    incidents: int = 0
    events: int = 0
    pipeline: float = 0.0
    feed: float = 0.0
    apart: float = 0.0
    server: float = 0.0
    copy: float = 0.0
    copy_alike: float = 0.0
    store: float = 0.0
    stored: int = 0


@dataclass(slots=True)
class Sides:
    """The pipeline and the two that it is measured beside, on one database."""

    district: District
    connection: psycopg.Connection
    table: str
    table_alike: str
    apart: IntakeApart
    watched: WatchedWriter = field(init=False)
    rounds: int = 0

    def __post_init__(self) -> None:
        log = self.district.application.district_log
        self.watched = WatchedWriter(log.writer)
        log.writer = self.watched

    def begin(self, orders: Orders) -> None:
        """Let this process record a round by itself, for the units that the store is then given anew."""
        self._feed(_batches(orders, BATCHES), None)

    def round(self, batches: Sequence[Sequence[FeedRecord]]) -> Round:
        """Record batches by the pipeline, then their rows by COPY, then as many units by the store."""
        done = Round()
        self.rounds += 1
        first = self._last_position()
        apart, server = self._others()
        worked = process_time()
        started = perf_counter()
        done.incidents = self._feed(batches, self.apart)
        done.pipeline = perf_counter() - started
        done.feed = process_time() - worked
        apart_now, server_now = self._others()
        done.apart, done.server = apart_now - apart, server_now - server
        last = self._last_position()
        done.events = last - first
        rows = recorded_rows(self.connection, range(first + 1, last + 1))
        parts = [
            rows[start : start + len(rows) // len(batches)] for start in range(0, len(rows), len(rows) // len(batches))
        ]
        done.copy = _seconds(lambda: [copy_rows(self.connection, self.table, part) for part in parts])
        done.copy_alike = _seconds(lambda: [copy_rows(self.connection, self.table_alike, part) for part in parts])
        again = [_moved(unit, self.rounds) for unit in self.watched.units]
        done.store = _seconds(lambda: [appended(self.watched.again(unit)) for unit in again])
        done.stored = sum(len(unit.events) for unit in again)
        return done

    def _feed(self, batches: Iterable[Sequence[FeedRecord]], apart: IntakeApart | None) -> int:
        """Record batches; returns how many incidents they made."""
        tallies: list[BatchTally] = []
        with Overlap(self.district.pipeline, "kafka", ACTOR, apart) as overlap:
            for records in batches:
                overlap.record("hotline", records, tallies.append)
        return sum(one.outcomes.get(IntakeOutcome.ACCEPTED.value, 0) for one in tallies)

    def _last_position(self) -> int:
        return self.connection.execute("SELECT max(position) FROM event").fetchone()[0]

    def _others(self) -> tuple[float, float]:
        """Processor seconds of the processes that take in, and of the server's that serve this database from here."""
        query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        serving = [pid for (pid,) in self.connection.execute(query)]
        here = [pid for pid in serving if _command(pid) == "postgres"]  # a server elsewhere has other processes
        return sum(map(_processor_seconds, self.apart.pids)), sum(map(_processor_seconds, here))


def bench(url: str, *, rounds: int = 4) -> list[Measured]:
    """Measure on a migrated database of its own."""
    with (
        opened_district(url) as district,
        psycopg.connect(url, autocommit=True) as connection,
        copied_events(connection) as table,
        copied_events(connection, stored_as_the_log=True) as table_alike,
        started_frozen(),
        helped(district) as apart,
    ):
        orders = Orders()
        sides = Sides(district, connection, table, table_alike, apart)
        sides.begin(orders)
        batches = list(_batches(orders, BATCHES * (WARM_UP + rounds)))
        done = [sides.round(batches[start : start + BATCHES]) for start in range(0, len(batches), BATCHES)][WARM_UP:]
    return _lines(done)


def _lines(done: Sequence[Round]) -> list[Measured]:
    events = median(one.events / one.pipeline for one in done)
    store = median(one.stored / one.store for one in done)
    copied = median(one.events / one.copy for one in done)
    copied_alike = median(one.events / one.copy_alike for one in done)
    server = median(_micros(one.server, one) for one in done)
    return [
        Measured("pipeline, from memory to committed", median(one.incidents / one.pipeline for one in done), "incidents/s"),
        Measured("pipeline, beside bare COPY of its rows", events, "events/s", copied),
        Measured("pipeline, beside COPY into a table stored as the log is", events, "events/s", copied_alike),
        Measured("pipeline, beside the store alone", events, "events/s", store),
        Measured("the store alone, beside bare COPY", store, "events/s", copied),
        Measured("the store alone, beside COPY into a table stored as the log is", store, "events/s", copied_alike),
        Measured("processor time of an incident: the feed's", median(_micros(one.feed, one) for one in done), "µs"),
        Measured("processor time of an incident: taking in apart", median(_micros(one.apart, one) for one in done), "µs"),
        *([Measured("processor time of an incident: the server's", server, "µs")] if server else []),  # it runs here
    ]  # fmt: skip


def _micros(seconds: float, done: Round) -> float:
    return seconds / done.incidents * 1e6


def _batches(orders: Orders, count: int) -> Iterator[list[FeedRecord]]:
    """Make the batches beforehand: making them is not measured, and does not come in between."""
    made = [orders.batch(BATCH) for _ in range(count)]
    for number, raws in enumerate(made):
        now = datetime.now(UTC)
        yield [FeedRecord(raw, f"bench:{number}#{place}", now) for place, raw in enumerate(raws)]


def _moved(unit: Unit, to: int) -> Unit:
    """A unit of the same content under other keys, others for each round, so that the log takes it beside the first."""
    events = [replace(event, originator_id=_other(event.originator_id, to)) for event in unit.events]
    return replace(unit, key=str(uuid4()), events=events, inbox=[_moved_entry(entry, to) for entry in unit.inbox])


def _moved_entry(entry: InboxEntry, to: int) -> InboxEntry:
    incident = None if entry.incident_id is None else _other(entry.incident_id, to)
    return replace(entry, external_id=f"{entry.external_id}'{to}", incident_id=incident)


def _other(stream: UUID, to: int) -> UUID:
    return UUID(int=stream.int ^ to)


def _processor_seconds(pid: int) -> float:
    """What a process has worked so far, in user's and system's time."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _command(pid: int) -> str | None:
    """What program a process of this machine runs; ``None`` where there is none."""
    try:
        return Path(f"/proc/{pid}/comm").read_text("utf-8").strip()
    except FileNotFoundError:
        return None


def _seconds(work) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started
