"""One incident (事件), one stream: from its first report to its closing.

The aggregate decides; time, ids and every look-up are handed in. Each event's stored name (``TOPIC``) is
stable for ever and is compared with a golden list by a test.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from eventsourcing.domain import AggregateCreated

from jiedao.domain.aggregate import RecordedAggregate
from jiedao.domain.context import EventContext
from jiedao.domain.decisions import ClassDecision, JurisdictionDecision
from jiedao.domain.report import IncidentReport, Sealed
from jiedao.domain.terms import IncidentState, Platform


class Incident(RecordedAggregate):
    """The happening as the platform tracks it."""

    TOPIC = "jiedao.incident"

    class Event(RecordedAggregate.Event):
        """The base of its events."""

    class Received(Event, AggregateCreated):
        """The first report came in (登记)."""

        TOPIC = "jiedao.incident.received"
        report: IncidentReport
        raw: Sealed
        reporter: Sealed | None

    class JurisdictionDecided(Event):
        """A street was found for it, or was not (管辖判定)."""

        TOPIC = "jiedao.incident.jurisdiction_decided"
        decision: JurisdictionDecision

        def apply(self, aggregate: Incident) -> None:
            """Take the decision over."""
            aggregate.jurisdiction = self.decision

    class ClassDecided(Event):
        """A class was found for it, or was not (分类判定)."""

        TOPIC = "jiedao.incident.class_decided"
        decision: ClassDecision

        def apply(self, aggregate: Incident) -> None:
            """Take the decision over."""
            aggregate.classification = self.decision

    class Revised(Event):
        """The source sent a later revision of its record."""

        TOPIC = "jiedao.incident.revised"
        report: IncidentReport
        raw: Sealed
        reporter: Sealed | None

        def apply(self, aggregate: Incident) -> None:
            """The later revision is what holds now."""
            aggregate.report = self.report
            aggregate.reporter = self.reporter

    class LateRevisionRecorded(Event):
        """An older revision came after a newer one: recorded, changes nothing."""

        TOPIC = "jiedao.incident.late_revision_recorded"
        report: IncidentReport
        raw: Sealed
        reporter: Sealed | None

    def __init__(self, report: IncidentReport, raw: Sealed, reporter: Sealed | None) -> None:
        """Start from the first report; nothing is decided yet."""
        self.report = report
        self.first_raw = raw
        self.reporter = reporter
        self.jurisdiction: JurisdictionDecision | None = None
        self.classification: ClassDecision | None = None

    @classmethod
    def receive(  # noqa: PLR0913  # an event's whole content, by keyword
        cls,
        incident_id: UUID,
        *,
        report: IncidentReport,
        raw: Sealed,
        reporter: Sealed | None,
        context: EventContext,
        at: datetime,
    ) -> Incident:
        """Open the incident with its first report (登记)."""
        incident: Incident = cls._create(
            cls.Received,
            id=incident_id,
            report=report,
            raw=raw,
            reporter=reporter,
            context=context,
            timestamp=at,
        )
        return incident

    def decide_jurisdiction(self, decision: JurisdictionDecision, *, context: EventContext, at: datetime) -> None:
        """Record which street holds it; the same decision again changes nothing."""
        if decision != self.jurisdiction:
            self.trigger_event(self.JurisdictionDecided, decision=decision, context=context, timestamp=at)

    def decide_class(self, decision: ClassDecision, *, context: EventContext, at: datetime) -> None:
        """Record which class it has; the same decision again changes nothing."""
        if decision != self.classification:
            self.trigger_event(self.ClassDecided, decision=decision, context=context, timestamp=at)

    def revise(
        self, *, report: IncidentReport, raw: Sealed, reporter: Sealed | None, context: EventContext, at: datetime
    ) -> bool:
        """Record a further revision of the source's record; true when it is the newest and now holds."""
        newer = report.revision > self.report.revision
        self.trigger_event(
            self.Revised if newer else self.LateRevisionRecorded,
            report=report,
            raw=raw,
            reporter=reporter,
            context=context,
            timestamp=at,
        )
        return newer

    @property
    def street_code(self) -> str | None:
        """The street that holds it, or none yet."""
        return self.jurisdiction.street_code if self.jurisdiction else None

    @property
    def platform(self) -> Platform | None:
        """The work platform that it belongs to, or none yet."""
        value = self.classification.platform if self.classification else None
        return Platform(value) if value else None

    @property
    def state(self) -> IncidentState:
        """``triage`` until both street and platform are known, then ``received``."""
        known = self.street_code is not None and self.platform is not None
        return IncidentState.RECEIVED if known else IncidentState.TRIAGE
