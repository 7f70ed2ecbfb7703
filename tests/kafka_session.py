"""Which Kafka a test session uses: one real broker for all tests, or the mock cluster where the machine lacks one.

``JIEDAO_REQUIRE=all`` makes the lack a failure; ``JIEDAO_TEST_KAFKA=mock`` chooses the mock cluster on purpose.
"""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.kafka_broker import KafkaBroker
from tests.kafka_jars import KafkaJarsError, why_not_real
from tests.kafka_mock import MockCluster
from tests.machine import everything_is_required

Kafka = KafkaBroker | MockCluster
_KAFKA = pytest.StashKey[Kafka]()


def _start() -> Kafka:
    reason = why_not_real()
    if reason is None:
        try:
            broker = KafkaBroker()
        except KafkaJarsError as error:
            reason = str(error)
        else:
            broker.start()
            return broker
    if everything_is_required():
        pytest.fail(f"a real Kafka is required, but {reason}", pytrace=False)
    return MockCluster()


def session_kafka(config: pytest.Config) -> Kafka:
    """The session's Kafka, started at the first call and removed at the end of the session."""
    if _KAFKA not in config.stash:
        config.stash[_KAFKA] = kafka = _start()
        config.add_cleanup(kafka.remove)
    return config.stash[_KAFKA]


@pytest.fixture
def kafka(request: pytest.FixtureRequest) -> Iterator[Kafka]:
    """The session's Kafka, real or mock.

    kafka-python leaves the sockets of failed connections to the garbage collector: they are found here, and not in the
    middle of whatever test comes next.
    """
    yield session_kafka(request.config)
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        gc.collect()


@pytest.fixture
def real_kafka(kafka: Kafka) -> KafkaBroker:
    """The session's Kafka where it is a real one; skipped otherwise."""
    if not isinstance(kafka, KafkaBroker):
        pytest.skip(f"needs a real Kafka: {why_not_real() or 'its jars could not be fetched'}")
    return kafka


@pytest.fixture
def topic(kafka: Kafka) -> str:
    """A topic of this test's own, with four partitions."""
    name = f"jiedao.hotline.{uuid4().hex[:8]}"
    kafka.create_topic(name)
    return name
