"""Small units and events for tests of the log."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

from jiedao.domain.ports import InboxEntry, OffsetMove, RecordedEvent, Unit

NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


def stored(stream: UUID | None = None, version: int = 1, topic: str = "test.happened", state: bytes = b"{}"):
    return RecordedEvent(stream or uuid4(), version, topic, state, b'{"actor":"test"}')


def unit(*events: RecordedEvent, key: str | None = None, mac: bytes = b"body", **more) -> Unit:
    return Unit("test", key or str(uuid4()), mac, events, **more)


def delivered(external_id: str | None = "A-1", revision: int | None = 1, outcome: str = "accepted", **more):
    fields = {"incident_id": uuid4(), "content_mac": uuid4().bytes, "received_at": NOON} | more
    return InboxEntry(
        source="hotline", external_id=external_id, revision=revision, outcome=outcome, transport="http",
        origin="http:1#0", **fields,
    )  # fmt: skip


def move(expected: int | None, to: int, partition: int = 0) -> OffsetMove:
    return OffsetMove("group", "topic", partition, expected, to)
