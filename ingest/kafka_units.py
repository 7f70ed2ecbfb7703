"""Makes units of what a poll brought: records with the offset moves that belong to them.

A unit ends at the end of a message, so an offset in the database always means "all before this is recorded". Only a
message with more records than a unit may hold is recorded in several; its offset moves with the last of them, and
what a crash in between repeats is known by its key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ingest.kafka_connection import FeedLimits, FeedTopic
from ingest.records import FeedRecord
from ingest.sources.reading.splitting import CSV, media_type_by_content
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.ports import OffsetMove

Partition = tuple[str, int]
"""Topic and partition number; kafka-python's TopicPartition is one."""

Split = Callable[[str, bytes, str], Sequence[bytes]]
"""Parts a source's payload of a media type into native records; raises InvalidInputError."""

CONTENT_TYPE = "content-type"


class Message(Protocol):
    """What is read of a Kafka message. Its key means nothing here: records are known by the key inside them."""

    topic: str
    partition: int
    offset: int
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class FeedUnit:
    """What is recorded whole or not at all: records of one source, and how far each partition has come with them."""

    source: str
    records: Sequence[FeedRecord]
    moves: Mapping[Partition, OffsetMove]
    messages: int
    empty: int


@dataclass(slots=True)
class UnitMaker:
    """Makes the units of one poll for one topic's source."""

    feed: FeedTopic
    group: str
    split: Split
    limits: FeedLimits
    received_at: datetime
    _records: list[FeedRecord] = field(default_factory=list)
    _bytes: int = 0
    _next: dict[Partition, int] = field(default_factory=dict)
    _stored: dict[Partition, int | None] = field(default_factory=dict)
    _messages: int = 0
    _empty: int = 0

    def units(
        self, polled: Mapping[Partition, Sequence[Message]], stored: Mapping[Partition, int | None]
    ) -> Iterator[FeedUnit]:
        """Yield the units in the order in which they are to be recorded.

        ``stored`` are the offsets as they stand in the database, ``None`` where none is stored yet.
        """
        self._stored = dict(stored)
        for partition, messages in polled.items():
            for message in messages:
                yield from self._take(partition, message)
        if self._next:
            yield self._unit()

    def _take(self, partition: Partition, message: Message) -> Iterator[FeedUnit]:
        *leading, last = self._portions(self._read(message))
        if self._next and (leading or self._overflows(last)):
            yield self._unit()
        for portion in leading:
            yield FeedUnit(self.feed.source, portion, {}, 0, 0)
        self._records += last
        self._bytes += _size(last)
        self._next[partition] = message.offset + 1
        self._messages += 1
        self._empty += not (last or leading)

    def _overflows(self, more: Sequence[FeedRecord]) -> bool:
        too_many = len(self._records) + len(more) > self.limits.unit_records
        return too_many or self._bytes + _size(more) > self.limits.unit_bytes

    def _unit(self) -> FeedUnit:
        moves = {
            partition: OffsetMove(self.group, *partition, self._stored[partition], following)
            for partition, following in self._next.items()
        }
        unit = FeedUnit(self.feed.source, self._records, moves, self._messages, self._empty)
        self._stored |= self._next
        self._records, self._bytes, self._next, self._messages, self._empty = [], 0, {}, 0, 0
        return unit

    def _portions(self, records: list[FeedRecord]) -> list[list[FeedRecord]]:
        """Cut the records of one message so that each portion fits into a unit; at least one, which may be empty."""
        portions: list[list[FeedRecord]] = [[]]
        size = 0
        for record in records:
            size += len(record.raw)
            if portions[-1] and (len(portions[-1]) >= self.limits.unit_records or size > self.limits.unit_bytes):
                portions.append([])
                size = len(record.raw)
            portions[-1].append(record)
        return portions

    def _read(self, message: Message) -> list[FeedRecord]:
        """Part a message into records.

        One that cannot be parted is one record, which then becomes a dead letter; so is a single line that is neither
        JSON nor XML, which could as well be a table's header without rows. One without a value (a tombstone), with an
        empty list, or with a table that says that it is one and has no rows, says nothing about the city: no record,
        but its offset moves.
        """
        if message.value is None:
            return []
        origin = f"kafka:{message.topic}/{message.partition}@{message.offset}"
        named = _named_type(message)
        media_type = named or media_type_by_content(message.value)
        try:
            parts = self.split(self.feed.source, message.value, media_type)
        except InvalidInputError:
            return [FeedRecord(message.value, origin, self.received_at)]
        if not parts and named is None and media_type == CSV:
            return [FeedRecord(message.value, origin, self.received_at)]
        if len(parts) == 1:
            return [FeedRecord(parts[0], origin, self.received_at)]
        return [FeedRecord(part, f"{origin}#{number}", self.received_at) for number, part in enumerate(parts)]


def _size(records: Sequence[FeedRecord]) -> int:
    return sum(len(record.raw) for record in records)


def _named_type(message: Message) -> str | None:
    """The media type that the message itself names, without parameters."""
    for name, value in message.headers or ():
        if name.lower() == CONTENT_TYPE and value:
            return value.decode("ascii", "replace").partition(";")[0].strip().lower()
    return None
