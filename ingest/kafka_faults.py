"""What goes wrong between the feed and Kafka: what passes by itself, and what stops the feed with a sentence.

A feed that stops has lost nothing: what it did not record is still to be read, from the offset in the database.
"""

from __future__ import annotations

import psycopg
from kafka import TopicPartition, errors

from jiedao.domain.errors import JiedaoError, OffsetConflictError, UnavailableError

PASSING: tuple[type[Exception], ...] = (
    OffsetConflictError,  # another consumer took the partition over: look again where it stands
    UnavailableError,
    psycopg.OperationalError,  # the connection was cut in the middle
    errors.RetriableError,
)
"""After one of these the feed reads the stored offsets again and goes on from there."""

LOST: tuple[type[Exception], ...] = (errors.OffsetOutOfRangeError, errors.LogTruncationError)
"""Kafka does not have the message that is to be read next."""


class FeedStoppedError(JiedaoError):
    """The feed cannot go on without a person; the sentence says what to do."""

    code = "feed_stopped"


# Most specific first.
_SENTENCES: tuple[tuple[type[Exception], str], ...] = (
    (
        errors.TopicAuthorizationFailedError,
        "the brokers do not let this user read a topic: grant READ and DESCRIBE on it",
    ),
    (
        errors.GroupAuthorizationFailedError,
        "the brokers do not let this user into the consumer group: grant READ on it",
    ),
    (
        errors.InvalidSessionTimeoutError,
        "the brokers do not allow this kafka-session-seconds: stay within their group.{min,max}.session.timeout.ms",
    ),
    (errors.SaslAuthenticationFailedError, "the brokers do not accept user name and password"),
    (errors.CorruptRecordError, "a message on the broker's disk is damaged (its checksum is wrong): have it repaired"),
    (errors.KafkaError, "the brokers refuse to go on"),
)


def stopped(error: errors.KafkaError) -> FeedStoppedError:
    """Say what an error of Kafka that does not pass means."""
    sentence = next(sentence for kind, sentence in _SENTENCES if isinstance(error, kind))
    return FeedStoppedError(f"{sentence} ({error})")


def lost_partitions(error: Exception) -> list[TopicPartition]:
    """The partitions that an error of :data:`LOST` speaks of."""
    partitions = error.divergent_offsets if isinstance(error, errors.LogTruncationError) else error.args[0]
    return sorted(partitions)


def lost(places: list[str], group: str) -> FeedStoppedError:
    """Say that Kafka no longer has what is to be read next; ``places`` are ``topic/partition@offset``."""
    return FeedStoppedError(
        f"Kafka no longer has what the group {group} is to read next: {', '.join(places)}. Its retention was shorter "
        "than the pause, or the topic was made anew. Messages in between were never recorded: ask the source to send "
        "them again, then start with from-earliest-when-lost to go on from the oldest message that is left"
    )
