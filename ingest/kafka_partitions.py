"""Where this consumer stands in each of its partitions, by the database's word and never by Kafka's.

A partition that is newly assigned is paused at once and stays so until its stored offset was read and sought. The
listener runs on the thread that sends heartbeats, so it does nothing slow; the reading happens in the feed's own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from threading import Lock
from typing import Protocol

from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition

from ingest.kafka_units import FeedUnit, Message, Partition

_TAKEN_AWAY = (KeyError, ValueError)
"""How the consumer says that a partition was taken away in this very moment; then it is no business of ours."""


class StoredOffsets(Protocol):
    """The offsets as they stand in the database."""

    def read(self, group: str, topic: str, partitions: Sequence[int]) -> Mapping[int, int]:
        """Return partition → next offset to read, for those of the partitions that have one stored."""


class PartitionPlaces:
    """The partitions of one consumer, each with its stored offset once that is known."""

    def __init__(self, consumer: KafkaConsumer, group: str, offsets: StoredOffsets) -> None:
        self._consumer = consumer
        self._group = group
        self._offsets = offsets
        self._lock = Lock()
        self._stored: dict[Partition, int | None] = {}
        self._next: dict[Partition, int] = {}  # as stored, but 0 where reading began anew

    def listener(self) -> ConsumerRebalanceListener:
        """What the consumer is to tell about its partitions."""
        return _PausingListener(self._consumer, self._lock)

    @property
    def stored(self) -> Mapping[Partition, int | None]:
        """Partition → offset in the database once what was handed in is recorded; ``None`` where none is stored yet."""
        return self._stored

    def place(self) -> None:
        """Read the stored offset of each partition that waits for it, seek there, and let it flow.

        A partition that has none stored begins with the oldest message there is. Raises what reading raises.
        """
        waiting: dict[str, list[TopicPartition]] = defaultdict(list)
        for partition in self._consumer.paused():
            waiting[partition.topic].append(partition)
        for topic, partitions in waiting.items():
            known = self._offsets.read(self._group, topic, [one.partition for one in partitions])
            for partition in partitions:
                self._seek(partition, known.get(partition.partition))

    def forget(self, partitions: Iterable[TopicPartition] | None = None) -> None:
        """Stop these partitions, or all, until their stored offsets were read again."""
        for partition in self._consumer.assignment() if partitions is None else partitions:
            with self._lock, suppress(*_TAKEN_AWAY):
                self._consumer.pause(partition)

    def restart(self, partitions: Iterable[TopicPartition]) -> None:
        """Read these partitions from the oldest message there is; the stored offset moves when that is recorded."""
        for partition in partitions:
            with self._lock, suppress(*_TAKEN_AWAY):
                self._consumer.seek_to_beginning(partition)
                self._next[partition] = 0

    def unrecorded(self, polled: Mapping[TopicPartition, Sequence[Message]]) -> dict[TopicPartition, Sequence[Message]]:
        """Leave out what was handed over for a partition that is not placed, and what is recorded already."""
        fresh: dict[TopicPartition, Sequence[Message]] = {}
        for partition, messages in polled.items():
            following = self._next.get(partition)
            if following is not None and messages[-1].offset >= following:
                fresh[partition] = [message for message in messages if message.offset >= following]
        return fresh

    def handed_in(self, unit: FeedUnit) -> None:
        """Take note that a unit was handed in: what comes next goes on from there, or is forgotten where it fails."""
        for partition, move in unit.moves.items():
            self._stored[partition] = self._next[partition] = move.next

    def placed(self) -> Collection[TopicPartition]:
        """The partitions that flow."""
        return set(self._consumer.assignment()) - set(self._consumer.paused())

    def _seek(self, partition: TopicPartition, stored: int | None) -> None:
        # Between seek and resume the listener must not pause a newer life of this partition, hence the lock.
        with self._lock, suppress(*_TAKEN_AWAY):
            self._stored[partition], self._next[partition] = stored, stored or 0
            if stored is None:
                self._consumer.seek_to_beginning(partition)
            else:
                self._consumer.seek(partition, stored)
            self._consumer.resume(partition)


class _PausingListener(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python has no types
    """Pauses what is newly assigned."""

    def __init__(self, consumer: KafkaConsumer, lock: Lock) -> None:
        self._consumer = consumer
        self._lock = lock

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Pause them: where they continue is not known yet."""
        with self._lock:
            self._consumer.pause(*assigned)

    def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Nothing to hand over: what was recorded is in the database, what was not will be read by the next owner."""
