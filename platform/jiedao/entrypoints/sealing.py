"""Seals the log of a district while a server runs: every few seconds, and once more at its end.

One process of the district leads; the others stand by. What cannot be sealed is said in the log, in readiness and in
metrics, and tried again with every beat: work goes on meanwhile, unprotected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from psycopg import Error as DatabaseError

from jiedao.audit.sealer import Protection, Sealer
from jiedao.domain.errors import JiedaoError
from jiedao.domain.ports import Clock
from jiedao.entrypoints.ledger import Ledger
from jiedao.entrypoints.services import Health
from jiedao.store.leadership import LEDGER_LEADER, Leadership

LATE_SECONDS = 300.0
"""When the oldest event that is not protected is so old, the leader is not ready."""

_END_SECONDS = 60.0
_log = structlog.get_logger(__name__)


class SealingService(Collector):
    """Seals with every beat where it leads, and says how far the log is protected."""

    def __init__(self, ledger: Ledger, leadership: Leadership, clock: Clock) -> None:
        self._ledger = ledger
        self._leadership = leadership
        self._clock = clock
        self._sealer: Sealer | None = None
        self._fault: str | None = None

    @property
    def leads(self) -> bool:
        """Whether this process led at its last beat."""
        return self._leadership.leads

    def beat(self) -> None:
        """Take the lead where it is free, and where it is held seal what was appended."""
        led = self._leadership.leads
        if not self._leadership.look():
            self._sealer = None  # whoever leads now may have published more
            return
        try:
            if self._sealer is None or not led:
                self._sealer = self._ledger.sealer()
            self._sealer.seal()
        except (JiedaoError, DatabaseError, OSError) as error:
            sentence = str(error).strip() or type(error).__name__
            if sentence != self._fault:
                _log.error("ledger_not_sealed", error=sentence)
            self._fault = sentence
            return
        if self._fault is not None:
            _log.info("ledger_sealed_again")
        self._fault = None

    def resign(self) -> None:
        """Let another process lead."""
        self._leadership.resign()

    def health(self) -> Health:
        """Say whether it leads or stands by, and how far the log is protected."""
        if self._fault is not None:
            return Health(ok=False, sentence="the log is not sealed; the process's own log says why")
        if not self.leads:
            return Health(ok=True, sentence="stands by: another process seals, or none yet")
        protection, waits = self._protection()
        sentence = f"protected up to position {protection.size} of {protection.head}"
        return Health(ok=waits <= LATE_SECONDS, sentence=sentence)

    def describe(self) -> Iterable[Metric]:
        """Name nothing beforehand: naming would have to ask the database at the start."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Tell whether it leads and whether it can seal; where it leads, also what is not protected yet."""
        leads, fault = "Whether this process seals the log.", "Whether the log cannot be sealed as it stands."
        yield GaugeMetricFamily("jiedao_ledger_leader", leads, self.leads)
        yield GaugeMetricFamily("jiedao_ledger_fault", fault, self._fault is not None)
        if not self.leads:
            return
        try:
            protection, waits = self._protection()
        except (JiedaoError, DatabaseError, OSError) as error:
            _log.warning("metrics_without_ledger", error=type(error).__name__)
            return
        events, oldest = "Events after the last published checkpoint.", "Age of the oldest of them."
        yield GaugeMetricFamily("jiedao_ledger_unprotected_events", events, protection.unprotected)
        yield GaugeMetricFamily("jiedao_ledger_unprotected_seconds", oldest, waits)
        if protection.sealed_at is not None:
            since = max(0.0, (self._clock.now() - protection.sealed_at).total_seconds())
            yield GaugeMetricFamily("jiedao_ledger_checkpoint_seconds", "Since the last checkpoint was made.", since)

    def _protection(self) -> tuple[Protection, float]:
        """How far the log is protected, and the age of the oldest event that is not, in seconds."""
        protection = self._ledger.protection()
        if not protection.unprotected:
            return protection, 0.0
        recorded_at = self._ledger.log.recorded_at(protection.size + 1)
        waits = (self._clock.now() - recorded_at).total_seconds() if recorded_at is not None else 0.0
        return protection, max(0.0, waits)


@contextmanager
def log_sealed(
    ledger: Ledger, url: str, seconds: float, *, pushed: Callable[[Event], None] | None = None
) -> Iterator[SealingService]:
    """Seal in a thread while the block runs, every so many seconds, and a last time at its end.

    ``pushed`` runs in a thread of its own beside it until the event is set: what puts the ledger elsewhere.
    """
    service = SealingService(ledger, Leadership(url, LEDGER_LEADER, "jiedao-ledger-leader"), ledger.clock)
    stop, end = Event(), Event()
    threads = [Thread(target=_seal, args=(service, stop, seconds), name="jiedao-ledger", daemon=True)]
    if pushed is not None:
        threads.append(Thread(target=pushed, args=(end,), name="jiedao-ledger-push", daemon=True))
    for thread in threads:
        thread.start()
    try:
        yield service
    finally:
        stop.set()
        threads[0].join(_END_SECONDS)
        service.resign()
        end.set()
        for thread in threads[1:]:
            thread.join(_END_SECONDS)


def _seal(service: SealingService, stop: Event, seconds: float) -> None:
    service.beat()
    while not stop.wait(seconds):
        service.beat()
    service.beat()  # what was appended until now
