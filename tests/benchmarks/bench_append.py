"""How fast the log takes events: beside bare binary COPY of the same rows in the same run, and one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from statistics import median, quantiles
from time import perf_counter
from uuid import UUID, uuid4

import psycopg

from jiedao.domain.context import EventContext
from jiedao.domain.decisions import ClassDecision, JurisdictionDecision
from jiedao.domain.incident import Incident
from jiedao.domain.ports import RecordedEvent, Unit
from jiedao.domain.report import IncidentReport, ReportedPlace, Sealed
from jiedao.store.mapper import TypedMapper
from jiedao.store.writer import GroupCommitWriter
from tests.benchmarks.bare_copy import EventRow, copied_events, copy_rows
from tests.benchmarks.measured import Measured

REPORTS_PER_UNIT = 333
THREADS = 32


def incident_events(incident_id: UUID) -> list[object]:
    """The three events of one report as they come in a working day, about 1.5 kB."""
    at = datetime(2026, 11, 24, 8, 0, 0, 123456, tzinfo=UTC)
    context = EventContext(
        "source:hotline", "integrator", incident_id, f"batch:{incident_id}", transport="kafka", origin="t/3@12345"
    )
    report = IncidentReport(
        "hotline", str(incident_id), 1, "upstream", "12345", "占道经营", "沿街商铺占用人行道堆放货物，影响行人通行。" * 3, at,
        place=ReportedPlace(120.170123, 30.283456, "gcj02", "文晖街道朝晖路 182 号"),
    )  # fmt: skip
    incident = Incident.receive(
        incident_id, report=report, raw=Sealed("A256GCM", "k" * 24, "c" * 600), reporter=None, context=context, at=at
    )
    incident.decide_jurisdiction(
        JurisdictionDecision("polygon", "330103006", "330103-2020", 120.165, 30.285, 212.4), context=context, at=at
    )
    incident.decide_class(
        ClassDecision("code", "330103-2020", "0201", "占道经营", "enforcement", "城管", 3, "2工作时", at),
        context=context,
        at=at,
    )
    return list(incident.collect_events())


def stored_events(reports: int) -> list[RecordedEvent]:
    """Stored events of so many reports."""
    mapper = TypedMapper()
    return [mapper.to_stored_event(event) for _ in range(reports) for event in incident_events(uuid4())]


def bench(url: str, *, units: int = 40, singles: int = 8_000) -> list[Measured]:
    """Measure on a migrated database of its own."""
    batches = [stored_events(REPORTS_PER_UNIT) for _ in range(units)]
    appended, copied = [], []
    with (
        GroupCommitWriter(url) as writer,
        psycopg.connect(url, autocommit=True) as connection,
        copied_events(connection) as table,
    ):
        writer.append(Unit("bench", str(uuid4()), b"", batches[0][:3]))  # connected and planned
        for number, batch in enumerate(batches[1:]):  # side by side, alternating
            fresh = [replace(event, originator_id=_moved(event.originator_id)) for event in batch]
            started = perf_counter()
            writer.append(Unit("bench", str(uuid4()), b"", fresh))
            appended.append(len(fresh) / (perf_counter() - started))
            started = perf_counter()
            copy_rows(connection, table, _rows(number * 3 * REPORTS_PER_UNIT, fresh))
            copied.append(len(fresh) / (perf_counter() - started))
        hashed, unhashed = _with_and_without_hashes(writer, connection, batches)
        rate, waits = _singles(writer, singles)
    p99 = quantiles(waits, n=100)[98] * 1000
    return [
        Measured("append of 333 reports × 3 events, beside bare COPY", median(appended), "events/s", median(copied)),
        Measured("the same append with leaf hashes, beside without", hashed, "events/s", unhashed),
        Measured(f"append of single events, {THREADS} threads", rate, "events/s"),
        Measured(f"p99 of a single event's append, {THREADS} threads", p99, "ms"),
    ]


def _with_and_without_hashes(
    writer: GroupCommitWriter, connection: psycopg.Connection, batches: Sequence[Sequence[RecordedEvent]]
) -> tuple[float, float]:
    """Append the same batches in turn as it is done, and with a server that takes 32 zero bytes for every hash."""
    row = connection.execute("SELECT pg_get_functiondef('event_leaf_hash'::regproc)").fetchone()
    as_it_is = str(row[0]) if row else ""
    head = re.split(r"\sRETURN\s", as_it_is)[0]
    without = f"{head} RETURN decode(repeat('00', 32), 'hex')"
    rates: dict[str, list[float]] = {as_it_is: [], without: []}
    for batch in batches:
        for definition, measured in rates.items():
            connection.execute(definition.encode())
            fresh = [replace(event, originator_id=uuid4(), originator_version=1) for event in batch]
            writer.append(Unit("bench", str(uuid4()), b"", [replace(fresh[0], originator_id=uuid4())]))  # planned anew
            started = perf_counter()
            writer.append(Unit("bench", str(uuid4()), b"", fresh))
            measured.append(len(fresh) / (perf_counter() - started))
    connection.execute(as_it_is.encode())
    return median(rates[as_it_is]), median(rates[without])


def _moved(stream: UUID | str) -> UUID:
    return UUID(int=(UUID(str(stream)).int + 1) % 2**128)


def _rows(base: int, events: Sequence[RecordedEvent]) -> Iterator[EventRow]:
    """The rows that the log would have of these events; what the server computes is made up."""
    now, leaf = datetime.now(UTC), bytes(32)
    for position, event in enumerate(events, base + 1):
        yield (position, event.originator_id, event.originator_version, event.topic, now, event.state,
               event.metadata, leaf)  # fmt: skip


def _singles(writer: GroupCommitWriter, count: int) -> tuple[float, list[float]]:
    """Append units of one event from many threads; returns the rate and how long each waited, in seconds."""
    (pattern, *_rest) = stored_events(1)

    def append(_number: int) -> float:
        unit = Unit("bench", str(uuid4()), b"", [replace(pattern, originator_id=uuid4())], lane="people")
        started = perf_counter()
        writer.append(unit)
        return perf_counter() - started

    with ThreadPoolExecutor(THREADS) as threads:
        started = perf_counter()
        waits = list(threads.map(append, range(count)))
        return count / (perf_counter() - started), waits
