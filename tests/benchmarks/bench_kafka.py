"""How fast the Kafka feed takes messages from a real broker, beside a bare kafka-python loop over the same messages.

The bare loop polls and throws away. Beside it the feed twice: with a recorder that only stores each message and the
offsets in one unit, and with the real pipeline of a real district, which is stopped on the way because it takes longer.
All take as much at a time. The bare loop is measured from its first poll on, the feeds from their first unit on: how
long they take to join a group says nothing about how fast they read.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from time import monotonic, perf_counter
from uuid import uuid4

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from ingest.intake_apart import IntakeApart
from ingest.kafka_connection import FeedLimits, FeedTopic, KafkaConnection
from ingest.kafka_consumer import milliseconds
from ingest.kafka_feed import FeedPipeline, KafkaFeed
from ingest.kafka_units import FeedUnit
from jiedao.entrypoints.bootstrap import District
from tests.benchmarks.district import ACTOR, helped, opened_district
from tests.benchmarks.measured import Measured
from tests.benchmarks.orders import Orders
from tests.kafka_broker import KafkaBroker
from tests.kafka_feeding import KeylessRecorder
from tests.kafka_jars import why_not_real

PARTITIONS = 4
LIMITS = FeedLimits()
BOUND = 60.0


class Pace:
    """Counts messages and says how many a second came since it was started, else after the first lot."""

    def __init__(self) -> None:
        self._first_at: float | None = None
        self._last_at = 0.0
        self._first = self.messages = 0

    def start(self) -> None:
        """Count from now on."""
        self._first_at = perf_counter()

    def count(self, messages: int) -> None:
        """Count a lot that has just been dealt with."""
        self._last_at = perf_counter()
        if self._first_at is None:
            self._first_at, self._first = self._last_at, messages
        self.messages += messages

    def rate(self) -> float:
        """Messages a second."""
        return (self.messages - self._first) / (self._last_at - self._first_at)


def bench(url: str, *, messages: int = 16_000, piped: int = 4_000, rounds: int = 3) -> list[Measured]:
    """Measure on a migrated database of its own and a broker of its own; ``piped`` of the messages are taken in."""
    reason = why_not_real()
    if reason is not None:
        return [Measured(f"Kafka is not measured: {reason}", None, "")]
    recorder = KeylessRecorder(url)
    try:
        with KafkaBroker() as broker, opened_district(url) as district, helped(district) as apart:
            done = _alternating(broker, district, apart, recorder, (messages, piped), rounds)
    finally:
        recorder.writer.close()
    bare, stored, piped = (median(column) for column in zip(*done, strict=True))
    return [
        Measured("Kafka feed with the real pipeline, beside a bare loop", piped, "messages/s", bare),
        Measured("Kafka feed that only stores, beside a bare loop", stored, "messages/s", bare),
    ]


def _alternating(  # what reads, and how much
    broker: KafkaBroker,
    district: District,
    apart: IntakeApart,
    recorder: KeylessRecorder,
    counts: tuple[int, int],
    rounds: int,
) -> list[tuple[float, float, float]]:
    """Read fresh orders in each round by the bare loop, the storing feed and the real one, in turn."""
    messages, piped = counts
    orders, done = Orders(), []
    for number in range(rounds):
        topic = f"bench.{number}"
        broker.create_topic(topic, PARTITIONS)
        _produce(broker, topic, orders.batch(messages))
        done.append(
            (
                _bare(broker, topic, messages),
                _fed(broker, topic, messages, district, recorder, None),
                _fed(broker, topic, piped, district, district.pipeline, apart),
            )
        )
    return done


def _produce(broker: KafkaBroker, topic: str, values: Sequence[bytes]) -> None:
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap, linger_ms=20, batch_size=256 * 1024)
    sent = [producer.send(topic, value, partition=number % PARTITIONS) for number, value in enumerate(values)]
    producer.flush(BOUND)
    for one in sent:
        one.get(BOUND)
    producer.close()


def _bare(broker: KafkaBroker, topic: str, messages: int) -> float:
    """Poll all messages and do nothing with them."""
    consumer = KafkaConsumer(
        bootstrap_servers=broker.bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        max_poll_records=LIMITS.poll_messages,
        fetch_max_bytes=LIMITS.fetch_bytes,
        max_partition_fetch_bytes=LIMITS.partition_fetch_bytes,
    )
    try:
        consumer.assign([TopicPartition(topic, number) for number in range(PARTITIONS)])
        consumer.end_offsets(consumer.assignment())  # connected, and knows its partitions
        pace, end = Pace(), monotonic() + BOUND
        pace.start()
        while pace.messages < messages:
            polled = consumer.poll(milliseconds(LIMITS.poll_seconds))
            count = sum(map(len, polled.values()))
            if count:
                pace.count(count)
            if monotonic() > end:
                raise TimeoutError(f"the bare loop got {pace.messages} of {messages} messages in {BOUND:.0f} s")
        return pace.rate()
    finally:
        consumer.close(autocommit=False)


def _fed(  # what feeds what
    broker: KafkaBroker,
    topic: str,
    messages: int,
    district: District,
    pipeline: FeedPipeline,
    apart: IntakeApart | None,
) -> float:
    """Let the feed record so many of the messages, under a group of its own."""
    pace = Pace()

    def on_unit(unit: FeedUnit, _tally: object) -> None:
        pace.count(unit.messages)
        if pace.messages >= messages:
            feed.stop()

    feed = KafkaFeed(
        KafkaConnection(broker.bootstrap),
        [FeedTopic(topic, "hotline")],
        group=f"bench-{uuid4().hex[:8]}",
        pipeline=pipeline,
        offsets=district.offsets,
        actor=ACTOR,
        clock=district.clock,
        on_unit=on_unit,
        apart=apart,
    )
    totals = feed.run(to_end=True)
    if totals.messages < messages or totals.failures:
        raise RuntimeError(f"the feed recorded {totals.messages} of {messages} messages, {totals.failures} failures")
    return pace.rate()
