"""How many reports a second the routing rules decide, and how fast other rules are replayed over past incidents.

Deciding is measured beside classing the same reports; the replay, from the views' pages to the counts, beside rebuilding
the same incidents from their streams alone.
"""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from statistics import median
from time import perf_counter

from ingest.records import FeedRecord
from jiedao.application.routing_dry_run import DryRun
from jiedao.domain.incident import Incident
from jiedao.domain.report import IncidentReport
from jiedao.domain.routing import Router, ToRoute
from jiedao.entrypoints.bootstrap import District
from jiedao.entrypoints.cli.routing_replay import past_incidents
from projections.answers import IncidentFilter
from tests.benchmarks.district import ACTOR, opened_district
from tests.benchmarks.measured import Measured
from tests.benchmarks.orders import Orders

BATCH = 1_000
_EVERYTHING = IncidentFilter(reported_from=datetime(2000, 1, 1, tzinfo=UTC))


def bench(url: str, *, incidents: int = 20_000, rounds: int = 3) -> list[Measured]:
    """Measure on a migrated database of its own, with the rules that the district ships with."""
    with opened_district(url) as district:
        router = district.routing.router_of(district.profile.routing)
        return [_deciding(district, router, rounds), *_replaying(district, router, incidents, rounds)]


def _deciding(district: District, router: Router, rounds: int) -> Measured:
    now = datetime.now(UTC)
    read = [district.pipeline.read("hotline", FeedRecord(raw, "bench", now)) for raw in Orders(seed=1).batch(5 * BATCH)]
    reports: list[IncidentReport] = [one.report for one in read]
    street = district.profile.streets[0].code
    classed, routed = [], []
    for _ in range(rounds):
        decisions: list[object] = []
        classed.append(_rate(len(reports), lambda into=decisions: into.extend(district.classes.decide(reports))))
        cases = [ToRoute(report, street, decision) for report, decision in zip(reports, decisions, strict=True)]
        routed.append(_rate(len(reports), lambda cases=cases: router.decide(cases)))
    return Measured("routing by the rules, beside classing alone", median(routed), "reports/s", median(classed))


def _replaying(district: District, router: Router, incidents: int, rounds: int) -> Iterator[Measured]:
    _fill(district, incidents)
    total = district.read.count_incidents(_EVERYTHING)
    ids = [one.id for batch in _past(district) for one in batch]
    alone, replayed = [], []
    before = _most_memory()
    for _ in range(rounds):
        alone.append(_rate(total, lambda: _rebuild(district, ids)))
        replayed.append(_rate(total, lambda: _replay(district, router)))
    yield Measured(
        "dry run over past incidents, beside rebuilding them", median(replayed), "incidents/s", median(alone)
    )
    yield Measured("dry run, memory that it added", max(0.0, _most_memory() - before), "MiB")


def _fill(district: District, incidents: int) -> None:
    orders, now = Orders(seed=2), datetime.now(UTC)
    for number in range(incidents // BATCH):
        records = [FeedRecord(raw, f"bench:{number}", now) for raw in orders.batch(BATCH)]
        district.pipeline.run("hotline", records, transport="file", actor=ACTOR)
    district.runner.catch_up()


def _past(district: District) -> Iterator[Sequence[Incident]]:
    return past_incidents(district, _EVERYTHING, lambda _done, _total: None)


def _rebuild(district: District, ids: Sequence[object]) -> None:
    for start in range(0, len(ids), BATCH):
        district.application.load(ids[start : start + BATCH])


def _replay(district: District, router: Router) -> None:
    for _ in DryRun().replay(router, _past(district)):
        pass


def _rate(count: int, work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return count / (perf_counter() - started)


def _most_memory() -> float:
    """The most that this process has used so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
