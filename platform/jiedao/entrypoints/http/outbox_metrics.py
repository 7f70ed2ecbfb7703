"""How the messages to superior platforms stand, for Prometheus; asked for when the metrics are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import structlog
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from psycopg import Error as DatabaseError

from jiedao.domain.errors import JiedaoError
from jiedao.domain.ports import Clock
from jiedao.store.outbox import SourceStanding

_log = structlog.get_logger(__name__)


class OutboxMetrics(Collector):
    """Asks ``standing`` how the messages of each source stand."""

    def __init__(self, standing: Callable[[], Sequence[SourceStanding]], clock: Clock) -> None:
        self._standing = standing
        self._clock = clock

    def describe(self) -> Iterable[Metric]:
        """Name nothing beforehand: naming would have to ask the database at the start."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Ask; where the database does not answer, that is told by the read side's own metrics."""
        try:
            standing = self._standing()
        except (JiedaoError, DatabaseError) as error:
            _log.warning("outbox_metrics_without_database", error=type(error).__name__)
            return
        now = self._clock.now()
        waiting = GaugeMetricFamily("jiedao_outbox_waiting", "Messages that wait to be answered.", labels=["source"])
        oldest = GaugeMetricFamily("jiedao_outbox_oldest_seconds", "Age of the oldest that waits.", labels=["source"])
        failing = GaugeMetricFamily("jiedao_outbox_failing", "Those that were tried in vain.", labels=["source"])
        refused = GaugeMetricFamily("jiedao_outbox_refused", "Refused and not dealt with.", labels=["source"])
        for row in standing:
            age = (now - row.oldest_owed_at).total_seconds() if row.oldest_owed_at else 0.0
            waiting.add_metric([row.source], row.waiting)
            oldest.add_metric([row.source], max(0.0, age))
            failing.add_metric([row.source], row.failing)
            refused.add_metric([row.source], row.refused)
        yield from (waiting, oldest, failing, refused)
