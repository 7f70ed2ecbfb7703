"""librdkafka's in-process mock cluster: what Kafka tests fall back to on a machine without Java or Maven.

It speaks an old protocol, keeps nothing over a restart and knows neither retention nor transactions; tests of those
need a real broker and are skipped, saying so.
"""

from __future__ import annotations

from confluent_kafka import Producer

PARTITIONS = 4


class MockCluster:
    """One mock broker with the part of :class:`~tests.kafka_broker.KafkaBroker` that tests of the feed use."""

    api_version = (2, 3)

    def __init__(self) -> None:
        self._owner = Producer({"bootstrap.servers": "", "test.mock.num.brokers": 1, "log_level": 0})
        (broker,) = self._owner.list_topics(timeout=10).brokers.values()
        self.bootstrap = f"{broker.host}:{broker.port}"

    def create_topic(self, name: str, partitions: int = PARTITIONS, **_settings: str) -> None:
        """Make a topic; the mock makes them on being asked, always with four partitions."""
        if partitions != PARTITIONS:
            raise ValueError(f"the mock cluster's topics have {PARTITIONS} partitions")
        self._owner.list_topics(name, timeout=10)

    def remove(self) -> None:
        """End it; it lives in its owner."""
        self._owner.flush(5)
        del self._owner
