"""Knows when a consumer has come to where its topics ended at the start: for a feed that is to end there."""

from __future__ import annotations

from collections.abc import Mapping

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import IllegalStateError, NoOffsetForPartitionError, RetriableError

from ingest.kafka_partitions import PartitionPlaces

_NOT_YET = (IllegalStateError, NoOffsetForPartitionError, RetriableError)
"""A partition came or went in this moment, or a broker did not answer: ask again after the next poll."""


class TopicsEnd:
    """Where the topics ended when this consumer's partitions were first placed."""

    def __init__(self, consumer: KafkaConsumer, places: PartitionPlaces) -> None:
        self._consumer = consumer
        self._places = places
        self._ends: Mapping[TopicPartition, int] = {}

    def reached(self) -> bool:
        """Whether everything up to there was handed over; never before there is an assignment."""
        assigned = set(self._consumer.assignment())
        if not assigned or self._places.placed() != assigned:
            return False
        try:
            if not assigned <= set(self._ends):
                self._ends = {**self._consumer.end_offsets(list(assigned)), **self._ends}
            return all(self._position(partition) >= self._ends[partition] for partition in assigned)
        except _NOT_YET:
            return False

    def _position(self, partition: TopicPartition) -> int:
        return self._consumer.position(partition, timeout_ms=1000) or 0
