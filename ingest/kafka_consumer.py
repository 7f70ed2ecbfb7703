"""Opens and leaves a Kafka consumer that never commits to Kafka and never chooses an offset by itself."""

from __future__ import annotations

import socket
from collections.abc import Collection

import structlog
from kafka import KafkaConsumer
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import KafkaConfigurationError, KafkaError

from ingest.kafka_connection import FeedLimits, KafkaConnection
from jiedao.domain.errors import ConfigurationError, UnavailableError

_log = structlog.get_logger(__name__)
_DEFAULT_PORT = 9092


def open_consumer(
    connection: KafkaConnection, group: str, topics: Collection[str], limits: FeedLimits
) -> KafkaConsumer:
    """Connect; the topics are checked and not yet subscribed.

    Raises UnavailableError when no broker answers, ConfigurationError for a missing topic or a wrong setting.
    """
    _check_reachable(connection, limits)
    try:
        consumer = KafkaConsumer(
            **connection.options(),
            group_id=group,
            partition_assignment_strategy=[CooperativeStickyAssignor],
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            allow_auto_create_topics=False,
            max_poll_records=limits.poll_messages,
            fetch_max_bytes=limits.fetch_bytes,
            max_partition_fetch_bytes=limits.partition_fetch_bytes,
            session_timeout_ms=milliseconds(limits.session_seconds),
            heartbeat_interval_ms=milliseconds(limits.heartbeat_seconds),
            reconnect_backoff_max_ms=milliseconds(limits.longest_pause),
            bootstrap_timeout_ms=milliseconds(limits.connect_seconds),
        )
    except KafkaConfigurationError as error:
        raise ConfigurationError(f"the settings of Kafka do not go together: {error}") from error
    except KafkaError as error:
        raise _unreachable(connection, error) from error
    try:
        _check_topics(consumer, connection, topics)
    except BaseException:
        leave(consumer, limits)
        raise
    return consumer


def leave(consumer: KafkaConsumer, limits: FeedLimits) -> None:
    """Leave the group, so that others take over at once; a broker that is gone misses us by itself."""
    try:
        consumer.close(autocommit=False, timeout_ms=milliseconds(limits.close_seconds))
    except KafkaError as error:
        _log.warning("kafka_left_without_goodbye", error=str(error))


def milliseconds(seconds: float) -> int:
    """Kafka counts in milliseconds."""
    return int(seconds * 1000)


def _check_reachable(connection: KafkaConnection, limits: FeedLimits) -> None:
    """Reach one of the brokers by TCP first: a consumer whose making fails leaves its thread and sockets behind."""
    failures = []
    for server in connection.servers():
        host, _, port = server.rpartition(":") if ":" in server else (server, "", str(_DEFAULT_PORT))
        try:
            socket.create_connection((host.strip("[]"), int(port)), limits.connect_seconds).close()
        except ValueError as error:
            raise ConfigurationError(f"{server!r} is not the address of a Kafka broker: write host:port") from error
        except OSError as error:
            failures.append(error)
        else:
            return
    raise _unreachable(connection, failures[-1]) from failures[-1]


def _unreachable(connection: KafkaConnection, error: Exception) -> UnavailableError:
    return UnavailableError(
        f"no Kafka broker answers at {connection.bootstrap}: start it, or correct its address ({error})"
    )


def _check_topics(consumer: KafkaConsumer, connection: KafkaConnection, topics: Collection[str]) -> None:
    try:
        missing = sorted(set(topics) - set(consumer.topics()))
    except KafkaError as error:
        raise _unreachable(connection, error) from error
    if missing:
        raise ConfigurationError(
            f"the brokers at {connection.bootstrap} have no topic {', '.join(missing)} (or do not show it to this "
            "user): create it, or take it out of the settings"
        )
