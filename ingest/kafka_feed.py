"""Feeds the pipeline from Kafka, exactly once: a batch's records and its offsets commit in one unit of the database.

Kafka's own offsets are never used. Whatever goes wrong (a rebalance, a killed process, a lost connection, a zombie),
the feed asks the database where it stands and goes on from there; ``docs/adr/0003`` says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from threading import Event
from typing import Protocol

import structlog
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import (
    IllegalStateError,
    KafkaError,
    NoOffsetForPartitionError,
)

from ingest.intake_apart import IntakeApart
from ingest.kafka_connection import FeedLimits, FeedTopic, KafkaConnection
from ingest.kafka_consumer import leave, milliseconds, open_consumer
from ingest.kafka_end import TopicsEnd
from ingest.kafka_faults import LOST, PASSING, FeedStoppedError, lost, lost_partitions, stopped
from ingest.kafka_partitions import PartitionPlaces, StoredOffsets
from ingest.kafka_units import FeedUnit, Message, UnitMaker
from ingest.overlap import BatchPipeline, Overlap
from jiedao.application.outcomes import BatchTally
from jiedao.domain.access import Holder
from jiedao.domain.errors import ConfigurationError, OffsetConflictError, UnavailableError
from jiedao.domain.ports import Clock
from jiedao.domain.terms import Transport

_log = structlog.get_logger(__name__)
_FIRST_PAUSE = 0.1

Polled = Mapping[TopicPartition, Sequence[Message]]


class FeedPipeline(BatchPipeline, Protocol):
    """What the feed needs of the pipeline."""

    def split(self, source: str, payload: bytes, media_type: str) -> Sequence[bytes]:
        """Part a payload into single records; raises InvalidInputError when it cannot be parted."""


@dataclass(slots=True)
class FeedTotals:
    """What a feed did since it started; for metrics.

    ``messages``, ``records`` and ``units`` count what was recorded, ``empty`` the messages without any record
    (tombstones), ``conflicts`` the units that another consumer was faster with, ``failures`` what was tried again,
    ``restarts`` the partitions that were taken from the oldest message because Kafka had lost the next one.
    """

    messages: int = 0
    records: int = 0
    units: int = 0
    empty: int = 0
    conflicts: int = 0
    failures: int = 0
    restarts: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)


class KafkaFeed:
    """One consumer of a group. :meth:`run` works in the calling thread until :meth:`stop`.

    ``offsets`` reads what the pipeline's units wrote; ``on_unit`` is told of each recorded unit, ``apart`` may take
    large ones in. ``totals`` and :meth:`lag` may be read from any thread. A feed runs once.
    """

    def __init__(  # noqa: PLR0913  # the composition root wires each part by name
        self,
        connection: KafkaConnection,
        topics: Sequence[FeedTopic],
        *,
        group: str,
        pipeline: FeedPipeline,
        offsets: StoredOffsets,
        actor: Holder,
        clock: Clock,
        limits: FeedLimits | None = None,
        on_unit: Callable[[FeedUnit, BatchTally], None] | None = None,
        apart: IntakeApart | None = None,
    ) -> None:
        self._connection = connection
        self._topics = {one.topic: one for one in topics}
        self._group = group
        self._pipeline = pipeline
        self._overlap = Overlap(pipeline, Transport.KAFKA.value, actor, apart)
        self._offsets = offsets
        self._clock = clock
        self._limits = limits or FeedLimits()
        self._on_unit = on_unit
        self._stopping = Event()
        self._failures_in_a_row = 0
        self._lag: dict[TopicPartition, int] = {}
        self.totals = FeedTotals()
        if not topics:
            raise ConfigurationError("name at least one topic that the feed is to read")

    def stop(self) -> None:
        """Ask the feed to end: it records the unit it is at, leaves the group and returns. May come from a signal."""
        self._stopping.set()

    def lag(self) -> Mapping[TopicPartition, int]:
        """How many messages each partition of this consumer is behind, as of its last poll."""
        return dict(self._lag)

    def run(self, *, to_end: bool = False) -> FeedTotals:
        """Record what comes until :meth:`stop`; with ``to_end``, until all that was there at the start is recorded.

        ``to_end`` is meant for the only consumer of a group. Raises FeedStoppedError when it cannot go on without a
        person, ConfigurationError for a topic that does not exist, UnavailableError when brokers or database did
        not answer for too long. Nothing is lost by any of these: the next run goes on from the stored offsets.
        """
        consumer = open_consumer(self._connection, self._group, self._topics, self._limits)
        try:
            places = PartitionPlaces(consumer, self._group, self._offsets)
            consumer.subscribe(list(self._topics), listener=places.listener())
            end = TopicsEnd(consumer, places) if to_end else None
            while not (self._stopping.is_set() or (end is not None and end.reached() and self._settled(places))):
                self._round(consumer, places)
            self._settled(places)
        except FeedStoppedError:
            raise
        except KafkaError as error:
            raise stopped(error) from error
        finally:
            leave(consumer, self._limits)
            _log.info("kafka_feed_ended", group=self._group, units=self.totals.units, records=self.totals.records)
        return self.totals

    def _round(self, consumer: KafkaConsumer, places: PartitionPlaces) -> None:
        """Poll once and record what came; what fails in passing is looked at again after a pause."""
        with self._passing(places):
            if consumer.paused():  # where these stand is asked of the database: nothing may be under way
                self._overlap.settle()
            places.place()
            polled = self._poll(consumer, places, 0.0)
            if not polled:
                self._overlap.settle()
                polled = self._poll(consumer, places, self._limits.poll_seconds)
            self._record(polled, places)

    def _settled(self, places: PartitionPlaces) -> bool:
        """Wait for the unit that is under way; false when it was not recorded and is to be read again."""
        failures = self.totals.failures
        with self._passing(places):
            self._overlap.settle()
        return self.totals.failures == failures

    @contextmanager
    def _passing(self, places: PartitionPlaces) -> Iterator[None]:
        """Whatever passes by itself: the database is asked where the partitions stand, after a pause."""
        try:
            yield
        except PASSING as error:
            places.forget()
            self._pause_after(error)

    def _poll(self, consumer: KafkaConsumer, places: PartitionPlaces, seconds: float) -> Polled:
        try:
            polled: Polled = consumer.poll(milliseconds(seconds))
        except NoOffsetForPartitionError as error:  # newly assigned: it is placed in the next round
            places.forget(error.args[0])
            return {}
        except LOST as error:
            self._go_on_from_oldest(error, places)
            return {}
        self._lag = {one: behind for one, behind in self._lag.items() if one in consumer.assignment()}
        for partition, messages in polled.items():
            with suppress(IllegalStateError):  # taken away in this moment
                self._lag[partition] = max(0, (consumer.highwater(partition) or 0) - messages[-1].offset - 1)
        return places.unrecorded(polled)

    def _record(self, polled: Polled, places: PartitionPlaces) -> None:
        """Record the messages, source by source and unit by unit; whatever fails, the rest stays to be read again."""
        received_at = self._clock.now()
        for topic, partitions in groupby(sorted(polled), key=lambda one: one.topic):
            maker = UnitMaker(self._topics[topic], self._group, self._pipeline.split, self._limits, received_at)
            of_topic = {one: polled[one] for one in partitions}
            for unit in maker.units(of_topic, {one: places.stored[one] for one in of_topic}):
                if self._stopping.is_set():
                    return
                then = partial(self._count, unit)
                self._overlap.record(unit.source, unit.records, then, offsets=list(unit.moves.values()))
                places.handed_in(unit)

    def _count(self, unit: FeedUnit, tally: BatchTally) -> None:
        self._failures_in_a_row = 0
        self.totals.units += 1
        self.totals.messages += unit.messages
        self.totals.records += len(unit.records)
        self.totals.empty += unit.empty
        for outcome, count in tally.outcomes.items():
            self.totals.outcomes[outcome] = self.totals.outcomes.get(outcome, 0) + count
        if self._on_unit is not None:
            self._on_unit(unit, tally)

    def _pause_after(self, error: Exception) -> None:
        """Count the failure and pause, longer each time; raises when there were too many in a row."""
        self.totals.failures += 1
        self.totals.conflicts += isinstance(error, OffsetConflictError)
        self._failures_in_a_row += 1
        _log.warning("kafka_feed_tries_again", group=self._group, failures=self._failures_in_a_row, error=str(error))
        if self._failures_in_a_row >= self._limits.failures:
            raise UnavailableError(
                f"the feed of group {self._group} failed {self._failures_in_a_row} times in a row and gives up; "
                f"nothing is lost, start it again when this is mended: {error}"
            ) from error
        self._stopping.wait(min(self._limits.longest_pause, _FIRST_PAUSE * 2 ** (self._failures_in_a_row - 1)))

    def _go_on_from_oldest(self, error: Exception, places: PartitionPlaces) -> None:
        """Take the way out that the settings allow, loudly; raises FeedStoppedError where they do not."""
        partitions = lost_partitions(error)
        where = [f"{one.topic}/{one.partition}@{places.stored.get(one)}" for one in partitions]
        if not self._limits.from_earliest_when_lost:
            raise lost(where, self._group) from error
        _log.error("kafka_feed_goes_on_from_oldest", group=self._group, lost=where)
        self.totals.restarts += len(partitions)
        places.restart(partitions)
