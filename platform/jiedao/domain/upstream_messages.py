"""What we owe a superior platform in its case: which of our events must be told there, and what the message says.

A message follows from the events alone, so it can be made again at any time and is the same each time. Its id comes
from the incident and the event's place in it; by that id the other side knows a message that comes twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, cast
from uuid import UUID, uuid5

from eventsourcing.domain import CanMutateProtocol

from jiedao.domain.aggregate import RecordedEvent
from jiedao.domain.incident import Incident
from jiedao.domain.task_events import ExtensionAsked
from jiedao.domain.terms import IncidentState, Lifecycle, UpstreamMessageKind
from jiedao.domain.workflow_events import TaskHandled


@dataclass(frozen=True, slots=True)
class UpstreamMessage:
    """One message to a superior platform.

    ``version`` is that of the incident after the event that owes it, and grows within a case: by it the other side can
    tell the order. ``content`` is what the message says, as plain JSON; photos are named by their content hash.
    """

    message_id: UUID
    incident_id: UUID
    version: int
    source: str
    external_id: str
    case_number: str
    street_code: str | None
    kind: UpstreamMessageKind
    occurred_at: datetime
    content: Mapping[str, object]


def message_id(incident_id: UUID, version: int) -> UUID:
    """The id of the message that an incident's event of this version owes."""
    return uuid5(incident_id, f"upstream-message\x00{version}")


def owed(events: Iterable[RecordedEvent]) -> Iterator[UpstreamMessage]:
    """Yield what the events of one incident owe its superior platform, in order; nothing for a case of our own."""
    incident: Incident | None = None
    handled: dict[str, TaskHandled] = {}  # of each task, as it was last reported
    for event in events:
        incident = cast("CanMutateProtocol[Incident]", event).mutate(incident)
        if incident is None:
            return
        if isinstance(event, TaskHandled):
            handled[event.task_id] = event
        owing = OWING.get(type(event))
        if owing is None or incident.lifecycle is not Lifecycle.UPSTREAM:
            continue
        content = owing.content(event, incident, handled)
        if content is not None:
            yield _message(incident, event, owing.kind, content)


_Content = Callable[[Any, Incident, Mapping[str, TaskHandled]], Mapping[str, object] | None]
"""Says what a message says; ``None`` where the event owes none as things stand."""


@dataclass(frozen=True, slots=True)
class Owing:
    """What an event owes: the kind of the message, and what it says."""

    kind: UpstreamMessageKind
    content: _Content


def _handled(
    _event: TaskHandled, incident: Incident, handled: Mapping[str, TaskHandled]
) -> Mapping[str, object] | None:
    """The case is reported back once, when every task was: the superior knows one case, not our tasks."""
    if incident.state is not IncidentState.HANDLED:
        return None
    present = [handled[task_id] for task_id in incident.progress.tasks if task_id in handled]
    return {
        "results": [
            {
                "assignee": incident.progress.tasks[one.task_id].assignee.name,
                "result": one.result,
                "handled_at": one.timestamp.isoformat(),
                "photos": [
                    {"sha256": photo, "taken": taken}
                    for taken, photos in (("before", one.before), ("after", one.after))
                    for photo in photos
                ],
            }
            for one in present
        ]
    }


def _extension(event: ExtensionAsked, _incident: Incident, _handled: Mapping[str, TaskHandled]) -> Mapping[str, object]:
    return {"length": event.length, "reason": event.context.reason or "", "due_at": event.due_at.isoformat()}


OWING: Mapping[type[RecordedEvent], Owing] = MappingProxyType(
    {
        Incident.Admitted: Owing(UpstreamMessageKind.ACCEPTED, lambda event, _incident, _handled: {"note": event.note}),
        Incident.CaseSentBack: Owing(
            UpstreamMessageKind.RETURNED, lambda event, _incident, _handled: {"reason": event.context.reason or ""}
        ),
        Incident.ExtensionAsked: Owing(UpstreamMessageKind.EXTENSION_ASKED, _extension),
        Incident.TaskHandled: Owing(UpstreamMessageKind.HANDLED, _handled),
        Incident.Replied: Owing(UpstreamMessageKind.REPLIED, lambda event, _incident, _handled: {"text": event.text}),
    }
)
"""Event → what it owes the superior platform whose case it is."""

OWING_TOPICS = frozenset(vars(event)["TOPIC"] for event in OWING)
"""The stored names of those events."""


def _message(
    incident: Incident, event: RecordedEvent, kind: UpstreamMessageKind, content: Mapping[str, object]
) -> UpstreamMessage:
    case = incident.report.upstream
    return UpstreamMessage(
        message_id=message_id(incident.id, event.originator_version),
        incident_id=incident.id,
        version=event.originator_version,
        source=incident.report.source,
        external_id=incident.report.external_id,
        case_number=case.case_number if case else incident.report.external_id,
        street_code=incident.street_code,
        kind=kind,
        occurred_at=event.timestamp,
        content=content,
    )
