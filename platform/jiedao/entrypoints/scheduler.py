"""Lets the clocks tick in a server: APScheduler beats, one process of the district leads, the others stand by.

APScheduler is the beat and nothing else: what is due stands in the database, so a beat that comes late or not at all
loses nothing. Whoever leads records what has come; whoever stands by takes the lead when it is free.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, timedelta

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from psycopg import Error as DatabaseError

from jiedao.application.case_clock import CaseClock
from jiedao.application.lapsing import Lapsing
from jiedao.application.offering import Offering
from jiedao.application.ticker import Ticker
from jiedao.domain.errors import JiedaoError
from jiedao.domain.ports import Clock
from jiedao.entrypoints.bootstrap import District
from jiedao.entrypoints.services import Health
from jiedao.store.leadership import Leadership
from jiedao.store.mapper import TypedMapper
from projections.clock_claims import ClockClaims
from projections.on_duty import OnDuty

BEAT_SECONDS = 0.25
"""Between two beats; a step is recorded that much after its moment at the latest, and the time of the append."""

LAG_SECONDS = 60.0
"""When the oldest step has waited so long, the leader is not ready: something holds it up."""

_GRACE_SECONDS = 3_600  # APScheduler drops a beat that is later than its grace; its default is one second
_log = structlog.get_logger(__name__)


class ClockService(Collector):
    """Beats, and says whether it leads and how far it is behind."""

    def __init__(  # noqa: PLR0913  # the parts of a beat, by keyword
        self,
        *,
        leadership: Leadership,
        ticker: Ticker,
        lapsing: Lapsing,
        offering: Offering,
        claims: ClockClaims,
        clock: Clock,
    ) -> None:
        self._leadership = leadership
        self._ticker = ticker
        self._lapsing = lapsing
        self._offering = offering
        self._claims = claims
        self._clock = clock
        self._recorded = 0
        self._fault: str | None = None

    @property
    def ticker(self) -> Ticker:
        """What it lets tick."""
        return self._ticker

    @property
    def leads(self) -> bool:
        """Whether this process led at its last beat."""
        return self._leadership.leads

    def beat(self) -> None:
        """Take the lead where it is free, and where it is held record what has come."""
        led = self._leadership.leads
        if not self._leadership.look():
            return
        if not led:
            _log.info("clock_leads")
        try:
            ticked_by = self._clock.now()  # what comes after it is told as overdue by the next beat, and moves on then
            self._recorded += self._ticker.tick(ticked_by).recorded
            self._recorded += self._lapsing.run(self._clock.now(), ticked_by)
            self._recorded += self._offering.run(self._clock.now(), ticked_by)
            self._fault = None
        except (JiedaoError, DatabaseError) as error:
            self._fault = f"{type(error).__name__}; see the log"
            _log.warning("clock_beat_failed", error=str(error).strip())

    def resign(self) -> None:
        """Let another process lead."""
        self._leadership.resign()

    def health(self) -> Health:
        """Say whether it leads or stands by, and how far it is behind."""
        if self._fault is not None:
            return Health(ok=False, sentence=f"what clocks come to is not recorded: {self._fault}")
        if not self.leads:
            return Health(ok=True, sentence="stands by: another process leads, or none yet")
        lag = self._lag().total_seconds()
        return Health(ok=lag <= LAG_SECONDS, sentence=f"leads, {lag:.1f} s behind")

    def describe(self) -> Iterable[Metric]:
        """Name nothing beforehand: naming would have to ask the database at the start."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Ask how far it is behind, where it leads; a process that stands by is not behind anything."""
        yield GaugeMetricFamily("jiedao_clock_leader", "Whether this process records what clocks come to.", self.leads)
        recorded = "Events of clocks that this process recorded."
        yield CounterMetricFamily("jiedao_clock_recorded", recorded, self._recorded)
        if self.leads:
            try:
                lag = self._lag().total_seconds()
            except (JiedaoError, DatabaseError) as error:
                _log.warning("metrics_without_database", error=type(error).__name__)
                return
            yield GaugeMetricFamily("jiedao_clock_lag_seconds", "Age of the oldest step that is not recorded.", lag)

    def _lag(self) -> timedelta:
        now = self._clock.now()
        oldest = self._claims.oldest(now)
        return timedelta() if oldest is None else now - oldest


def clock_service(district: District) -> ClockService:
    """Put the parts of a district's clock together; nothing connects before the first beat."""
    claims, mapper = ClockClaims(district.database), TypedMapper()
    writer = district.application.district_log.writer
    return ClockService(
        leadership=Leadership(district.addresses.app_url),
        ticker=Ticker(claims, writer, mapper),
        lapsing=Lapsing(claims, district.application),
        offering=offering_of(district, claims),
        claims=claims,
        clock=district.clock,
    )


def offering_of(district: District, claims: ClockClaims) -> Offering:
    """Put together what offers tasks onward that nobody accepts."""
    case_clock = CaseClock(district.application, district.profile)
    return Offering(claims, OnDuty(district.read), district.application, case_clock, district.profile.duty)


@contextmanager
def clocks_ticking(district: District) -> Iterator[ClockService]:
    """Let the clocks tick in a thread while the block runs; the lead is given up at its end."""
    service = clock_service(district)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a beat that is left out while one runs is no news
    scheduler = BackgroundScheduler(
        jobstores={"default": MemoryJobStore()},
        executors={"default": ThreadPoolExecutor(1)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": _GRACE_SECONDS},
        timezone=UTC,
    )
    scheduler.add_job(service.beat, "interval", seconds=BEAT_SECONDS, id="clock")
    scheduler.start()
    try:
        yield service
    finally:
        scheduler.shutdown(wait=True)
        service.resign()
