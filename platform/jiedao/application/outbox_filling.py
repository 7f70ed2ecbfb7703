"""Fills the outbox from the log: what our events owe superior platforms, and what became of each message.

It follows the log from where it stood. Rows and position move in one transaction under compare-and-set, so any number
of processes may run it and each event is taken once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast
from uuid import UUID

import msgspec
from eventsourcing.persistence import Notification, StoredEvent

from jiedao.application.district_application import DistrictApplication
from jiedao.domain.aggregate import RecordedEvent
from jiedao.domain.incident import Incident
from jiedao.domain.terms import OutboxState
from jiedao.domain.upstream_messages import OWING_TOPICS, UpstreamMessage, owed
from jiedao.store.outbox import OutboxTable, OwedMessage, RecordedAnswer

_STRETCH = 1_000
_BECAME: Mapping[str, OutboxState] = {
    Incident.UpstreamMessageDelivered.TOPIC: OutboxState.DELIVERED,
    Incident.UpstreamMessageRefused.TOPIC: OutboxState.REFUSED,
    Incident.UpstreamMessageRetried.TOPIC: OutboxState.WAITING,
    Incident.UpstreamMessageSetAside.TOPIC: OutboxState.SET_ASIDE,
}
"""What became of a message, by the event that says so."""

_TOPICS = frozenset({*OWING_TOPICS, *_BECAME})
"""All that is read of the log; the rest is passed over."""

_encode = msgspec.json.Encoder(order="deterministic").encode


class OutboxFiller:
    """Moves the outbox along the log."""

    def __init__(self, district: str, application: DistrictApplication, table: OutboxTable) -> None:
        self._district = district
        self._application = application
        self._table = table

    def catch_up(self) -> int:
        """Take in everything that the log holds now; returns the position reached."""
        while True:
            reached, at_end = self.step()
            if at_end:
                return reached

    def step(self) -> tuple[int, bool]:
        """Take in the next stretch of the log; returns the position reached, and whether the log ended there."""
        before, log = self._table.reached(), self._application.district_log
        head = log.max_notification_id() or 0
        if head <= before:
            return before, True
        told = log.select_notifications(before, _STRETCH, head, sorted(_TOPICS), inclusive_of_start=False)
        at_end = len(told) < _STRETCH
        reached = head if at_end else told[-1].id
        taken = self._table.fill(before, reached, self._owed(told), list(self._answers(told)))
        return (reached, at_end) if taken else (before, False)

    def _owed(self, told: Sequence[Notification]) -> list[OwedMessage]:
        """Make the messages of a stretch; whole streams are read, since what is owed depends on how the case stood."""
        owing: defaultdict[UUID, dict[int, int]] = defaultdict(dict)  # stream → version → position
        for one in told:
            if one.topic in OWING_TOPICS and isinstance(one.originator_id, UUID):
                owing[one.originator_id][one.originator_version] = one.id
        streams = self._application.district_log.select_streams(list(owing))
        made = [row for stream, stored in streams.items() for row in self._made(stored, owing[stream])]
        return sorted(made, key=lambda row: row.position)

    def _made(self, stored: Sequence[StoredEvent], positions: Mapping[int, int]) -> Iterator[OwedMessage]:
        events = (self._event(one) for one in stored if one.originator_version <= max(positions))
        for message in owed(events):
            if message.version in positions:
                yield self._row(positions[message.version], message)

    def _event(self, stored: StoredEvent) -> RecordedEvent:
        return cast("RecordedEvent", self._application.mapper.to_domain_event(stored))

    def _answers(self, told: Sequence[Notification]) -> Iterator[RecordedAnswer]:
        for one in told:
            state = _BECAME.get(one.topic)
            if state is not None:
                yield _answer(one.id, state, self._event(one))

    def _row(self, position: int, message: UpstreamMessage) -> OwedMessage:
        return OwedMessage(
            position=position,
            message_id=message.message_id,
            incident_id=message.incident_id,
            version=message.version,
            source=message.source,
            external_id=message.external_id,
            case_number=message.case_number,
            street_code=message.street_code,
            kind=message.kind.value,
            body=body_of(self._district, message).decode(),
            owed_at=message.occurred_at,
        )


def body_of(district: str, message: UpstreamMessage) -> bytes:
    """Return what is sent: one JSON object, the same bytes each time; docs/sources/upstream.md describes it."""
    return _encode(
        {
            "message_id": message.message_id,
            "kind": message.kind.value,
            "kind_label": message.kind.label,
            "district": district,
            "source": message.source,
            "external_id": message.external_id,
            "case_number": message.case_number,
            "street_code": message.street_code,
            "incident_id": message.incident_id,
            "sequence": message.version,
            "occurred_at": message.occurred_at,
            "content": message.content,
        }
    )


def _answer(position: int, state: OutboxState, event: Any) -> RecordedAnswer:
    return RecordedAnswer(
        position=event.owed_at,
        state=state.value,
        answer_position=position,
        answered_at=event.timestamp,
        reference=getattr(event, "reference", None),
        reason=getattr(event, "reason", None) or event.context.reason,
    )
