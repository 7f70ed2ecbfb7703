"""How long an auditor waits at a million events: questions as of the past beside the same ones now, events, exports.

Times are of the slowest of several random moments of the past, in milliseconds; the bare way is the same question now.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random
from uuid import UUID

import psycopg

from jiedao.domain.sample_draw import draw
from jiedao.store.archive_reading import ArchiveReader
from jiedao.store.database import Database
from jiedao.store.follow import LogFollower
from jiedao.store.log_reading import LogReading
from jiedao.store.mapper import TypedMapper
from jiedao.store.recorder import JiedaoRecorder
from jiedao.store.writer import GroupCommitWriter
from projections.answers import IncidentFilter, QueueQuestion
from projections.as_of import AsOfQueries
from projections.audit_queries import AuditQueries
from projections.audit_questions import AuditFilter, asked
from projections.indicator_formulas import load_formulas
from projections.indicators import IndicatorQuestion
from projections.queries import ReadModel
from projections.runner import ProjectionRunner
from tests.benchmarks.lives import START, STREETS, lay_behind_itself, write
from tests.benchmarks.measured import Measured

COPIES = 20
"""How often a stretch of the log is there; only the first is taken up by the views as ever."""

_FORMULAS = Path(__file__).parents[2] / "config"
_MS = 1_000.0


def bench(url: str, *, events: int = 1_000_000, rounds: int = 12) -> list[Measured]:
    """Fill a migrated database of its own with so many events and what the views hold of them, then ask."""
    stretch = write(url, events // COPIES)
    with (
        Database(url, max_connections=4) as database,
        GroupCommitWriter(url) as writer,
        LogFollower(url) as follower,
    ):
        ProjectionRunner(database, JiedaoRecorder(database, writer, follower), TypedMapper()).catch_up()
        read = ReadModel(database)
        active = read.status().active
        with psycopg.connect(url, autocommit=True) as connection:
            last = lay_behind_itself(connection, active.schema if active else "", stretch, COPIES - 1)
            connection.execute("VACUUM ANALYZE")
        return list(_measure(read, LogReading(database, ArchiveReader(None)), last, rounds))


def _measure(read: ReadModel, log: LogReading, last: int, rounds: int) -> Iterable[Measured]:
    random = Random(7)  # noqa: S311  # nothing here is secret
    past = [random.randrange(last // 10, last) for _ in range(rounds)]
    as_of, audit = AsOfQueries(read, log, TypedMapper(), UUID(int=0)), AuditQueries(read)
    closed, _position = audit.closed_between(None, None, None)
    picked = draw("bench", rounds, closed)

    name = f"as of the past, of {last:,} events: "
    for what, ask in _questions(read, as_of, random):
        yield Measured(name + what, _slowest(ask, past), "ms", _slowest(ask, [None] * rounds))
    one = partial(_incident, as_of, picked, random)
    yield Measured(name + "an incident", _slowest(one, [last] * rounds), "ms", _slowest(one, [None] * rounds))
    for what, wanted in (
        ("refusals, of which there are none", asked("refusals", AuditFilter())),
        ("what one person did", asked("by_person", AuditFilter(actor="user:verify-3"))),
        ("interventions, the newest first", asked("interventions", AuditFilter(newest_first=True))),
        ("changes of jurisdiction of a street", asked("jurisdiction_changes", AuditFilter(street=STREETS[1]))),
        ("what no rule matched", asked("no_rule_matched", AuditFilter())),
        ("commands on one incident", asked("commands_on_incident", AuditFilter(incident_id=picked[0]))),
        ("events of a street within a day", AuditFilter(street=STREETS[2], since=START, until=START + timedelta(1))),
    ):
        yield Measured(f"first page of {what}", _slowest(lambda _at, w=wanted: audit.events(w), past), "ms")
    started = time.perf_counter()
    rows = sum(map(len, audit.export(AuditFilter())))
    yield Measured("export of every event, read", rows / (time.perf_counter() - started), "events/s")
    yield Measured(
        "closed cases to draw from", _slowest(lambda _at: audit.closed_between(None, None, None), past), "ms"
    )


def _questions(
    read: ReadModel, as_of: AsOfQueries, random: Random
) -> Iterable[tuple[str, Callable[[int | None], object]]]:
    formulas, now = load_formulas(_FORMULAS), START + timedelta(days=400)

    def queue(position: int | None) -> None:
        read.queue(QueueQuestion(random.choice(STREETS), "market", as_of_position=position))

    def indicators(position: int | None) -> None:
        read.indicators(IndicatorQuestion("street", as_of_position=position), formulas, now)

    def by_class(position: int | None) -> None:
        year = IndicatorQuestion("class", START, START + timedelta(days=365), as_of_position=position)
        read.indicators(year, formulas, now)

    def pages(position: int | None) -> None:
        question, after = QueueQuestion(random.choice(STREETS), as_of_position=position), None
        for _ in range(5):
            after = read.queue(question, after, 100).after
            if after is None:
                break

    def listed(position: int | None) -> None:
        as_of.incidents(IncidentFilter(street=random.choice(STREETS)), as_of_position=position)

    def found(position: int | None) -> None:
        as_of.incidents(IncidentFilter(text="没有这样的事"), as_of_position=position)

    return (
        ("a queue", queue),
        ("counts of all queues", lambda position: read.counts(as_of_position=position)),
        ("all indicators by street", indicators),
        ("all indicators by class, of a year", by_class),
        ("five pages of a street's queues, of 100 each", pages),
        ("a street's incidents, a page", listed),
        ("incidents with a text that is in none", found),
    )


def _incident(as_of: AsOfQueries, picked: Sequence[UUID], random: Random, position: int | None) -> None:
    as_of.incident(picked[random.randrange(len(picked))], as_of_position=position)


def _slowest(ask: Callable[..., object], past: Iterable[int | None]) -> float:
    """Return the milliseconds of the slowest question; each moment is asked once before, so that the disk is warm."""
    slowest = 0.0
    for position in past:
        ask(position)
        started = time.perf_counter()
        ask(position)
        slowest = max(slowest, time.perf_counter() - started)
    return slowest * _MS
