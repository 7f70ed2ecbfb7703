"""Fills the outbox from the log: what our events owe superior platforms, and what became of each message.

It follows the log from where it stood. Rows and position move in one transaction under compare-and-set, so any number
of processes may run it and each event is taken once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import msgspec
from eventsourcing.persistence import StoredEvent

from jiedao.application.district_application import DistrictApplication
from jiedao.domain.aggregate import RecordedEvent
from jiedao.domain.incident import Incident
from jiedao.domain.ports import LogEntry
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
        before = self._table.reached()
        entries = self._application.district_log.select_log(before, _STRETCH)
        if not entries:
            return before, True
        reached = entries[-1].position
        taken = self._table.fill(before, reached, self._owed(entries), list(self._answers(entries)))
        return (reached, len(entries) < _STRETCH) if taken else (before, False)

    def _owed(self, entries: Sequence[LogEntry]) -> list[OwedMessage]:
        """Make the messages of a stretch; whole streams are read, since what is owed depends on how the case stood."""
        owing = {(entry.originator_id, entry.originator_version): entry for entry in entries if _owes(entry)}
        streams = self._application.district_log.select_streams(list({stream for stream, _version in owing}))
        made = []
        for stream, stored in streams.items():
            last = max(version for one, version in owing if one == stream)
            events = (self._event(one) for one in stored if one.originator_version <= last)
            for message in owed(events):
                entry = owing.get((stream, message.version))
                if entry is not None:
                    made.append(self._row(entry, message))
        return sorted(made, key=lambda row: row.position)

    def _event(self, stored: StoredEvent) -> RecordedEvent:
        return cast("RecordedEvent", self._application.mapper.to_domain_event(stored))

    def _answers(self, entries: Sequence[LogEntry]) -> Iterator[RecordedAnswer]:
        for entry in entries:
            state = _BECAME.get(entry.topic)
            if state is not None:
                yield _answer(entry, state, self._application.decode(entry))

    def _row(self, entry: LogEntry, message: UpstreamMessage) -> OwedMessage:
        return OwedMessage(
            position=entry.position,
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


def _owes(entry: LogEntry) -> bool:
    return entry.topic in OWING_TOPICS


def _answer(entry: LogEntry, state: OutboxState, event: Any) -> RecordedAnswer:
    return RecordedAnswer(
        position=event.owed_at,
        state=state.value,
        answer_position=entry.position,
        answered_at=event.timestamp,
        reference=getattr(event, "reference", None),
        reason=getattr(event, "reason", None) or event.context.reason,
    )
