"""What this process counts and measures, for Prometheus; each application has a registry of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from psycopg import Error as DatabaseError

from jiedao.application.outcomes import RecordOutcome
from jiedao.domain.errors import JiedaoError
from projections.answers import ProjectionStatus

_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_RECORDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)

_log = structlog.get_logger(__name__)


class HttpMetrics:
    """The counters of one application.

    ``status`` asks how the read side stands, ``waiting`` how many records wait to be recorded; both are asked when
    the metrics are.
    """

    def __init__(self, status: Callable[[], ProjectionStatus]) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "jiedao_http_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "jiedao_http_request_seconds", "Time to the end of the answer.", ("route",), buckets=_SECONDS,
            registry=self.registry,
        )  # fmt: skip
        self._refusals = Counter("jiedao_http_refusals", "Requests refused.", ("reason",), registry=self.registry)
        self._unrecorded = Counter(
            "jiedao_http_refusals_unrecorded", "Refusals that could not be recorded.", registry=self.registry
        )
        self._records = Counter(
            "jiedao_intake_records", "Records that came in over HTTP.", ("source", "outcome"), registry=self.registry
        )
        self._gathered = Histogram(
            "jiedao_intake_batch_records", "Records recorded in one batch.", buckets=_RECORDS, registry=self.registry
        )
        self._waiting = Gauge("jiedao_intake_waiting_records", "Records that wait.", registry=self.registry)
        self.registry.register(_ReadSide(status))

    def register(self, collector: Collector) -> None:
        """Show what a further part measures."""
        self.registry.register(collector)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def refused(self, reason: str) -> None:
        """Count a refusal."""
        self._refusals.labels(reason).inc()

    def refusal_unrecorded(self) -> None:
        """Count a refusal that could not be recorded."""
        self._unrecorded.inc()

    def recorded(self, source: str, outcomes: Sequence[RecordOutcome]) -> None:
        """Count what became of the records of a batch."""
        self._gathered.observe(len(outcomes))
        counts: dict[str, int] = {}
        for outcome in outcomes:
            counts[outcome.outcome] = counts.get(outcome.outcome, 0) + 1
        for name, number in counts.items():
            self._records.labels(source, name).inc(number)

    def show_waiting(self, waiting: Callable[[], int]) -> None:
        """Show from now on how many records wait."""
        self._waiting.set_function(waiting)

    def render(self) -> bytes:
        """Return everything in Prometheus' text format; asks the database, so not for the event loop."""
        return generate_latest(self.registry)


class _ReadSide(Collector):
    """How far the log and the views are, asked for when the metrics are."""

    def __init__(self, status: Callable[[], ProjectionStatus]) -> None:
        self._status = status

    def describe(self) -> Iterable[Metric]:
        """Name nothing beforehand: naming would have to ask the database at the start."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Ask, and say that the database is down where it does not answer."""
        try:
            status = self._status()
        except (JiedaoError, DatabaseError) as error:
            _log.warning("metrics_without_database", error=type(error).__name__)
            yield GaugeMetricFamily("jiedao_database_up", "Whether the database answers.", 0)
            return
        faulty = status.active is None or status.active.fault_position is not None
        yield GaugeMetricFamily("jiedao_database_up", "Whether the database answers.", 1)
        yield GaugeMetricFamily("jiedao_log_position", "The log's last position.", status.head)
        yield GaugeMetricFamily("jiedao_projection_position", "How far the views are.", status.position)
        yield GaugeMetricFamily("jiedao_projection_fault", "Whether the views stand still.", int(faulty))
        yield GaugeMetricFamily(
            "jiedao_projection_rebuild_needed", "Whether the views were filled by another version.",
            int(status.rebuild_needed),
        )  # fmt: skip
