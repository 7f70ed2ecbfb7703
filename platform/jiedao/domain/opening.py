"""An incident that its first report opens, as the events that are recorded of it: what nearly all of a batch are.

What is recorded are events; the aggregate behind them is needed only where something more happens to the incident
within its batch. So here are the events alone, and the aggregate is rebuilt from them for whoever asks, as a later
read of the stream rebuilds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from jiedao.domain.aggregate import RecordedEvent, happened
from jiedao.domain.context import EventContext
from jiedao.domain.decisions import ClassDecision, JurisdictionDecision
from jiedao.domain.incident import Incident, standing
from jiedao.domain.report import IncidentReport, Sealed
from jiedao.domain.routing_decision import Route, RoutingDecision, class_route
from jiedao.domain.terms import IncidentState


class OpenedIncident:
    """What happened to an incident that was opened just now (登记), and where it stands by that.

    Its events are those that :meth:`~jiedao.domain.incident.Incident.receive` and the three decisions after it record.
    """

    __slots__ = ("_events", "classification", "jurisdiction", "report", "routing")

    def __init__(  # noqa: PLR0913  # the whole content of four events, by keyword
        self,
        incident_id: UUID,
        *,
        report: IncidentReport,
        raw: Sealed,
        reporter: Sealed | None,
        jurisdiction: JurisdictionDecision,
        classification: ClassDecision,
        routing: RoutingDecision | None,
        context: EventContext,
        at: datetime,
    ) -> None:
        """Open it; ``routing`` is ``None`` where the district has no routing rules."""
        self.report = report
        self.jurisdiction = jurisdiction
        self.classification = classification
        self.routing = routing
        received = {
            "originator_id": incident_id,
            "originator_version": Incident.INITIAL_VERSION,
            "timestamp": at,
            "originator_topic": Incident.TOPIC,
            "context": context,
            "report": report,
            "raw": raw,
            "reporter": reporter,
        }
        self._events: list[RecordedEvent] = [
            happened(Incident.Received, received),
            happened(Incident.JurisdictionDecided, _decided(incident_id, 1, at, context, jurisdiction)),
            happened(Incident.ClassDecided, _decided(incident_id, 2, at, context, classification)),
        ]
        if routing is not None:
            self._events.append(happened(Incident.Routed, _decided(incident_id, 3, at, context, routing)))

    @property
    def pending_events(self) -> Sequence[RecordedEvent]:
        """What is to be recorded."""
        return self._events

    def collect_events(self) -> Sequence[RecordedEvent]:
        """Hand over what is to be recorded, once."""
        events, self._events = self._events, []
        return events

    def incident(self) -> Incident:
        """Rebuild the aggregate, which has the same events to record, and takes this one's place from then on."""
        incident: Incident | None = None
        for event in self._events:
            incident = event.mutate(incident)
        if incident is None:
            raise TypeError("its events were handed over: read the incident from the log")
        incident.pending_events.extend(self._events)
        return incident

    @property
    def street_code(self) -> str | None:
        """The street that holds it, or none yet."""
        return self.jurisdiction.street_code

    @property
    def route(self) -> Route:
        """Where it goes: as the routing rules said, else as its class does."""
        return self.routing.route if self.routing else class_route(self.classification)

    @property
    def state(self) -> IncidentState:
        """Where it stands by what is decided."""
        return standing(self.jurisdiction, self.route.platform)


def _decided(incident_id: UUID, after: int, at: datetime, context: EventContext, decision: object) -> dict[str, object]:
    """The fields of a decision's event, in their order; so many events came before it."""
    return {
        "originator_id": incident_id,
        "originator_version": Incident.INITIAL_VERSION + after,
        "timestamp": at,
        "context": context,
        "decision": decision,
    }
