"""What tests of the Kafka feed share: a recorder that knows no keys, a feed on it, a producer, and counting.

The real pipeline recognises a record that it sees twice; here every delivery becomes an event of its own, so that
anything read twice is seen twice. Events and offsets go through the real store in one unit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from uuid import uuid4

import msgspec
import psycopg
from kafka import KafkaProducer

from ingest.intake_apart import IntakeApart
from ingest.kafka_connection import FeedLimits, FeedTopic, KafkaConnection
from ingest.kafka_feed import KafkaFeed
from ingest.kafka_units import FeedUnit
from ingest.records import FeedRecord
from jiedao.application.outcomes import BatchTally
from jiedao.domain.access import Holder
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.ports import Appended, OffsetMove, RecordedEvent, Unit
from jiedao.domain.terms import Role
from jiedao.store.database import Database
from jiedao.store.offsets import OffsetTable
from jiedao.store.writer import GroupCommitWriter, appended

ACTOR = Holder("t", "source:hotline", Role.INTEGRATOR)
BOUND = 60.0
FAST = FeedLimits(poll_seconds=0.1, session_seconds=6.0, longest_pause=0.5)


def group_of(topic: str) -> str:
    """The consumer group of a test, which is that of its first topic: tests stay out of each other's way."""
    return f"group-of-{topic}"


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class KeylessRecorder:
    """Writes an event for each record, whatever it was delivered before, and the offsets, in one unit."""

    def __init__(self, database_url: str, *, before: Callable[[Sequence[FeedRecord]], None] | None = None) -> None:
        self.writer = GroupCommitWriter(database_url)
        self.sources: list[str] = []
        self.media_types: list[str] = []
        self._before = before

    def split(self, source: str, payload: bytes, media_type: str) -> Sequence[bytes]:
        self.media_types.append((source, media_type))
        try:
            read = msgspec.json.decode(payload)
        except msgspec.DecodeError as error:
            raise InvalidInputError("this is not JSON") from error
        return [msgspec.json.encode(one) for one in read] if isinstance(read, list) else [payload]

    def begin(
        self,
        source: str,
        records: Sequence[FeedRecord],
        *,
        transport: str,
        actor: Holder,
        offsets: Sequence[OffsetMove] = (),
        after: object = None,
    ) -> UnitUnderWay:
        if self._before is not None:
            self._before(records)
        self.sources.append(source)
        events = [RecordedEvent(uuid4(), 1, "test.delivered", one.raw, one.origin.encode()) for one in records]
        unit = Unit(f"feed:{transport}", str(uuid4()), actor.holder.encode(), events, offsets=offsets)
        return UnitUnderWay(self.writer, unit, BatchTally({"accepted": len(records)}))


class UnitUnderWay:
    """A unit that is handed in when it is asked for."""

    def __init__(self, writer: GroupCommitWriter, unit: Unit, tally: BatchTally) -> None:
        self._writer, self._unit, self._tally = writer, unit, tally
        self._future: Future[Appended] | None = None

    def decide(self) -> None:
        """There is nothing to decide."""

    def hand_in(self) -> None:
        self._future = self._future or self._writer.submit(self._unit)

    def record(self) -> None:
        self.hand_in()
        appended(self._future)

    def tally(self) -> BatchTally:
        return self._tally


class Feeding:
    """A feed with what it needs, on one database; closed as a whole."""

    def __init__(
        self,
        kafka: object,
        database_url: str,
        topics: Iterable[FeedTopic],
        limits: FeedLimits = FAST,
        before: Callable[[Sequence[FeedRecord]], None] | None = None,
        apart: IntakeApart | None = None,
        on_unit: Callable[[FeedUnit, BatchTally], None] | None = None,
    ) -> None:
        topics = list(topics)
        self.database = Database(database_url, max_connections=2, application_name="jiedao-feed")
        self.recorder = KeylessRecorder(database_url, before=before)
        self.feed = KafkaFeed(
            KafkaConnection(kafka.bootstrap, api_version=kafka.api_version),
            topics,
            group=group_of(topics[0].topic),
            pipeline=self.recorder,
            offsets=OffsetTable(self.database),
            actor=ACTOR,
            clock=SystemClock(),
            limits=limits,
            apart=apart,
            on_unit=on_unit,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        self.recorder.writer.close()
        self.database.close()


def read_to_end(kafka, database_url, *topics: str, limits: FeedLimits = FAST):
    """Run a feed over the topics until it has come to their ends; returns its totals."""
    with Feeding(kafka, database_url, [FeedTopic(one, "hotline") for one in topics], limits) as feeding:
        return feeding.feed.run(to_end=True)


def send(kafka, topic: str, values: Iterable[bytes | None], partition: int | None = None, **more) -> None:
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap, api_version=kafka.api_version, linger_ms=5)
    sent = [
        producer.send(topic, value, key=b"k" if value is None else None, partition=partition, **more)
        for value in values
    ]
    producer.flush(BOUND)
    for one in sent:
        one.get(BOUND)
    producer.close()


def numbered(count: int, start: int = 0) -> list[bytes]:
    return [b'{"number":%d}' % number for number in range(start, start + count)]


def recorded(database_url) -> Counter[bytes]:
    """How often each record was recorded."""
    with psycopg.connect(database_url) as connection:
        return Counter(state for (state,) in connection.execute("SELECT state FROM event"))


def origins(database_url) -> list[str]:
    with psycopg.connect(database_url) as connection:
        return [bytes(row[0]).decode() for row in connection.execute("SELECT metadata FROM event ORDER BY position")]


def stored_offsets(database_url, topic: str) -> dict[int, int]:
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT partition, next_offset FROM feed_offset WHERE topic = %s", [topic])
        return dict(rows.fetchall())
