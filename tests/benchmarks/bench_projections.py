"""How fast the views move along the log, beside what reading and decoding the same events takes alone."""

from __future__ import annotations

import time
from uuid import uuid4

from jiedao.domain.ports import Unit
from jiedao.store.database import Database
from jiedao.store.follow import LogFollower
from jiedao.store.mapper import TypedMapper
from jiedao.store.recorder import JiedaoRecorder
from jiedao.store.writer import GroupCommitWriter
from projections.generations import begin
from projections.log import EventDecoder, LogReader, read_moments
from projections.queries import ReadModel
from projections.runner import BATCH_EVENTS, ProjectionRunner
from projections.views import ALL_VIEWS
from tests.benchmarks.bench_append import REPORTS_PER_UNIT, stored_events
from tests.benchmarks.measured import Measured


def bench(url: str, *, reports: int = 10_000, rounds: int = 3) -> list[Measured]:
    """Fill a migrated database of its own with reports of three events each, then measure on it."""
    with (
        Database(url, max_connections=4) as database,
        GroupCommitWriter(url) as writer,
        LogFollower(url) as follower,
    ):
        for _ in range(reports // REPORTS_PER_UNIT):
            writer.append(Unit("bench", str(uuid4()), b"", stored_events(REPORTS_PER_UNIT)))
        return bench_projections(database, JiedaoRecorder(database, writer, follower), TypedMapper(), rounds=rounds)


def bench_projections(database: Database, log: LogReader, decoder: EventDecoder, *, rounds: int = 3) -> list[Measured]:
    """Measure on the log as it is (some 30,000 events make it steady), the two side by side in each round.

    The best round of each counts. Leaves the generations that it filled behind: use a database of its own.
    """
    runner = ProjectionRunner(database, log, decoder)
    runner.catch_up()
    events = ReadModel(database).status().head
    alone, applied = 0.0, 0.0
    for _ in range(rounds):
        started = time.perf_counter()
        _read_and_decode(log, decoder)
        alone = max(alone, events / (time.perf_counter() - started))
        number = begin(database, ALL_VIEWS).number
        started = time.perf_counter()
        while not runner.step(number).reached_end:
            pass
        applied = max(applied, events / (time.perf_counter() - started))
    name = "projection events, all views, beside reading and decoding alone"
    return [Measured(name, applied, "events/s", alone)]


def _read_and_decode(log: LogReader, decoder: EventDecoder) -> None:
    position = 0
    while True:
        stretch = read_moments(log, position, BATCH_EVENTS)
        for entry in stretch.entries:
            decoder.to_event(entry)
        if stretch.reached_end:
            return
        position = stretch.entries[-1].position
