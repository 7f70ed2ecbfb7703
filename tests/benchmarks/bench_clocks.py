"""How soon after its moment what a clock comes to is recorded, and how fast many that are due at one instant drain.

The limits are what the product promises, not what a bare way does: a second, and 5,000 a second.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from time import monotonic, perf_counter, sleep
from uuid import UUID, uuid4

import msgspec

from jiedao.domain.clock_events import ClockOverdue
from jiedao.domain.context import EventContext
from jiedao.domain.decisions import ClassDecision, JurisdictionDecision
from jiedao.domain.identity import time_rules_id
from jiedao.domain.incident import Incident
from jiedao.domain.ports import Unit
from jiedao.domain.report import IncidentReport, Sealed, UpstreamCase
from jiedao.domain.time_rules import TimeRuleBook
from jiedao.entrypoints.bootstrap import District
from jiedao.entrypoints.scheduler import clock_service, clocks_ticking
from jiedao.entrypoints.views_following import views_following
from jiedao.store.mapper import TypedMapper
from tests.benchmarks.district import opened_district
from tests.benchmarks.measured import Measured

REPORTS_PER_UNIT = 333
PROMISED_P99 = 1.0
PROMISED_RATE = 5_000.0
DUE_EACH_SECOND = 1_000

_MAPPER = TypedMapper()
_SOON = timedelta(seconds=25)  # by then the views have long shown what was just recorded
_INSTANT, _FAR = timedelta(days=20), timedelta(days=30)
_DOES_NOT_END = 120.0


class _Due(msgspec.Struct):
    due_at: datetime


def bench(url: str, *, clocks: int = 100_000, at_once: int = 20_000, seconds: int = 10) -> list[Measured]:
    """Measure on a migrated database of its own, with so many open clocks."""
    with opened_district(url) as district, views_following(district):
        _only_deadlines(district)
        begun = datetime.now(UTC)
        soon = seconds * DUE_EACH_SECOND
        _record(district, [begun + _FAR] * (clocks - at_once - soon))
        _record(district, [begun + _INSTANT] * at_once)
        _shown(district)
        p99 = _latency(district, soon)
        rate = _drain(district, begun + _INSTANT)
    return [
        Measured(
            f"p99 of 超期 after its moment, {clocks:,} open clocks, {DUE_EACH_SECOND:,} due each second; limit as promised",
            p99,
            "s",
            PROMISED_P99,
        ),
        Measured(f"{at_once:,} due at one instant, recorded; limit as promised", rate, "events/s", PROMISED_RATE),
    ]


def _only_deadlines(district: District) -> None:
    """Let each incident have one clock, the superior platform's deadline."""
    log = district.application.district_log
    (stored,) = log.select_events(time_rules_id(district.profile.code))
    context = EventContext("system:bench", "administrator", uuid4(), "bench")
    changed = TimeRuleBook.Changed(  # type: ignore[call-arg]  # the library makes it a dataclass
        originator_id=stored.originator_id,
        originator_version=2,
        timestamp=datetime.now(UTC),
        context=context,
        rules=replace(district.rules, version="bench", limits={}, escalate_after=""),
    )
    log.writer.append(Unit("bench", str(uuid4()), b"", [_MAPPER.to_stored_event(changed)]))


def _record(district: District, deadlines: list[datetime]) -> None:
    """Record a report for each deadline, now."""
    writer, now = district.application.district_log.writer, datetime.now(UTC)
    for first in range(0, len(deadlines), REPORTS_PER_UNIT):
        events = [
            _MAPPER.to_stored_event(event)
            for deadline in deadlines[first : first + REPORTS_PER_UNIT]
            for event in _incident(deadline, now)
        ]
        writer.append(Unit("bench", str(uuid4()), b"", events))


def _incident(deadline: datetime, now: datetime) -> Iterator[object]:
    incident_id: UUID = uuid4()
    context = EventContext("source:hotline", "integrator", incident_id, "bench", transport="kafka", origin="t/3@12345")
    report = IncidentReport(
        "hotline", str(incident_id), 1, "upstream", "12345", "占道经营", "沿街商铺占用人行道堆放货物。", now,
        upstream=UpstreamCase("U-1", deadline),
    )  # fmt: skip
    sealed = Sealed("A256GCM", "k" * 24, "c" * 600)
    incident = Incident.receive(incident_id, report=report, raw=sealed, reporter=None, context=context, at=now)
    street = JurisdictionDecision("polygon", "330103006", "330103-2020", 120.165, 30.285, 212.4)
    incident.decide_jurisdiction(street, context=context, at=now)
    incident.decide_class(
        ClassDecision("code", "330103-2020", "E0101", "占道经营", "enforcement", "城管", 3, "2工作时"),
        context=context,
        at=now,
    )
    yield from incident.collect_events()


def _shown(district: District) -> None:
    """Wait until the views show everything."""
    end = monotonic() + _DOES_NOT_END
    while (status := district.read.status()).lag:
        if monotonic() > end:
            raise TimeoutError(f"the views are {status.lag} events behind")
        sleep(0.1)


def _latency(district: District, number: int) -> float:
    """Let so many come due, evenly, while the clocks tick; returns the p99 of how late each was recorded, in s."""
    first = datetime.now(UTC) + _SOON
    deadlines = [first + timedelta(seconds=one / DUE_EACH_SECOND) for one in range(number)]
    before = district.application.district_log.max_notification_id() or 0
    with clocks_ticking(district):
        _record(district, deadlines)
        end = monotonic() + _DOES_NOT_END
        while len(late := _lateness(district, before)) < number:
            if monotonic() > end:
                raise TimeoutError(f"{len(late)} of {number} were recorded")
            sleep(0.5)
    return quantiles(late, n=100)[98]


def _lateness(district: District, after: int) -> list[float]:
    """How late each 超期 beyond a position was recorded, in seconds."""
    query = "SELECT state, recorded_at FROM event WHERE position > %s AND topic = %s"
    with district.database.connection() as connection:
        rows = connection.execute(query, [after, ClockOverdue.TOPIC]).fetchall()
    decode = msgspec.json.Decoder(_Due).decode
    return [(recorded_at - decode(state).due_at).total_seconds() for state, recorded_at in rows]


def _drain(district: District, instant: datetime) -> float:
    """Let one tick record everything that is due at an instant; returns events a second."""
    _shown(district)
    ticker = clock_service(district).ticker
    started = perf_counter()
    recorded = ticker.tick(instant).recorded
    return recorded / (perf_counter() - started)
