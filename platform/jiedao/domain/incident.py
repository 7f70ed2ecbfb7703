"""One incident (事件), one stream: from its first report to its closing.

The aggregate decides; time, ids and every look-up are handed in. Each event's stored name (``TOPIC``) is
stable for ever and is compared with a golden list by a test.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from eventsourcing.domain import AggregateCreated

from jiedao.domain import case_events, clock_events, legal_hold, task_events, upstream_events, workflow_events
from jiedao.domain.aggregate import RecordedAggregate
from jiedao.domain.context import EventContext
from jiedao.domain.decisions import ClassDecision, JurisdictionDecision
from jiedao.domain.incident_event import IncidentEvent
from jiedao.domain.progress import Progress
from jiedao.domain.report import Attachment, IncidentReport, Sealed
from jiedao.domain.routing_decision import Route, RoutingDecision, class_route
from jiedao.domain.terms import IncidentState, Lifecycle, MatchMethod, Platform


class Incident(RecordedAggregate):
    """The happening as the platform tracks it."""

    TOPIC = "jiedao.incident"

    Event = IncidentEvent

    class Received(IncidentEvent, AggregateCreated):
        """The first report came in (登记)."""

        TOPIC = "jiedao.incident.received"
        report: IncidentReport
        raw: Sealed
        reporter: Sealed | None

    class JurisdictionDecided(IncidentEvent):
        """A street was found for it, or was not (管辖判定)."""

        TOPIC = "jiedao.incident.jurisdiction_decided"
        decision: JurisdictionDecision

        def apply(self, aggregate: Incident) -> None:
            """Take the decision over."""
            aggregate.jurisdiction = self.decision

    class ClassDecided(IncidentEvent):
        """A class was found for it, or was not (分类判定)."""

        TOPIC = "jiedao.incident.class_decided"
        decision: ClassDecision

        def apply(self, aggregate: Incident) -> None:
            """Take the decision over; how another class was routed holds no longer."""
            aggregate.classification = self.decision
            aggregate.routing = None

    class Routed(IncidentEvent):
        """The routing rules said where it goes (派单规则)."""

        TOPIC = "jiedao.incident.routed"
        decision: RoutingDecision

        def apply(self, aggregate: Incident) -> None:
            """Take the decision over."""
            aggregate.routing = self.decision

    class Revised(IncidentEvent):
        """The source sent a later revision of its record."""

        TOPIC = "jiedao.incident.revised"
        report: IncidentReport
        raw: Sealed
        reporter: Sealed | None

        def apply(self, aggregate: Incident) -> None:
            """The later revision is what holds now."""
            aggregate.reports[self.report.revision] = aggregate.report = self.report
            aggregate.reporter = self.reporter

    class LateRevisionRecorded(IncidentEvent):
        """An older revision came after a newer one: recorded, changes nothing."""

        TOPIC = "jiedao.incident.late_revision_recorded"
        report: IncidentReport
        raw: Sealed
        reporter: Sealed | None

        def apply(self, aggregate: Incident) -> None:
            """Keep it beside the others; what holds stays."""
            aggregate.reports[self.report.revision] = self.report

    class AttachmentStored(IncidentEvent):
        """What the source only linked to was fetched and is kept by its content hash."""

        TOPIC = "jiedao.incident.attachment_stored"
        url: str
        attachment: Attachment

        def apply(self, aggregate: Incident) -> None:
            """Keep it with the incident."""
            aggregate.fetched[self.url] = self.attachment

    class AttachmentMissed(IncidentEvent):
        """What the source only linked to could not be fetched; the reason says why."""

        TOPIC = "jiedao.incident.attachment_missed"
        url: str
        reason: str

    # By people's commands.
    Admitted = workflow_events.Admitted
    Declined = workflow_events.Declined
    Confirmed = workflow_events.Confirmed
    Filed = workflow_events.Filed
    Rejected = workflow_events.Rejected
    SettledOnSpot = workflow_events.SettledOnSpot
    Voided = workflow_events.Voided
    TaskDispatched = workflow_events.TaskDispatched
    TaskReassigned = workflow_events.TaskReassigned
    TaskAccepted = workflow_events.TaskAccepted
    TaskReturned = workflow_events.TaskReturned
    TaskStarted = workflow_events.TaskStarted
    TaskHandled = workflow_events.TaskHandled
    TaskVerified = workflow_events.TaskVerified
    TaskFailedVerification = workflow_events.TaskFailedVerification
    Closed = workflow_events.Closed
    Replied = workflow_events.Replied
    Revisited = workflow_events.Revisited
    Reopened = workflow_events.Reopened
    Suspended = workflow_events.Suspended
    Resumed = workflow_events.Resumed
    Supervised = workflow_events.Supervised
    Urged = workflow_events.Urged
    Corrected = workflow_events.Corrected
    InterventionRecorded = workflow_events.InterventionRecorded
    ReopenedForTriage = workflow_events.ReopenedForTriage
    TaskRedispatched = task_events.TaskRedispatched
    TaskGivenBack = task_events.TaskGivenBack
    JointOperationOpened = task_events.JointOperationOpened
    ExtensionAsked = task_events.ExtensionAsked
    ExtensionGranted = task_events.ExtensionGranted
    ExtensionDenied = task_events.ExtensionDenied
    TransferOffered = case_events.TransferOffered
    TransferAccepted = case_events.TransferAccepted
    TransferRefused = case_events.TransferRefused
    TransferWithdrawn = case_events.TransferWithdrawn
    TransferLapsed = case_events.TransferLapsed
    Merged = case_events.Merged
    MergeMoved = case_events.MergeMoved
    Unmerged = case_events.Unmerged
    DuplicateJoined = case_events.DuplicateJoined
    DuplicateLeft = case_events.DuplicateLeft
    Notified = case_events.Notified
    Appealed = case_events.Appealed
    AppealReviewed = case_events.AppealReviewed
    HoldPlaced = legal_hold.HoldPlaced
    HoldReleased = legal_hold.HoldReleased

    # Between us and the superior platform whose case it is.
    CaseSentBack = upstream_events.CaseSentBack
    UpstreamMessageDelivered = upstream_events.UpstreamMessageDelivered
    UpstreamMessageRefused = upstream_events.UpstreamMessageRefused
    UpstreamMessageRetried = upstream_events.UpstreamMessageRetried
    UpstreamMessageSetAside = upstream_events.UpstreamMessageSetAside
    UpstreamAssigned = upstream_events.UpstreamAssigned
    UpstreamVerified = upstream_events.UpstreamVerified
    UpstreamFailedVerification = upstream_events.UpstreamFailedVerification
    UpstreamClosed = upstream_events.UpstreamClosed
    UpstreamWithdrawn = upstream_events.UpstreamWithdrawn
    UpstreamRevisited = upstream_events.UpstreamRevisited
    UpstreamDeadlineChanged = upstream_events.UpstreamDeadlineChanged
    UpstreamUrged = upstream_events.UpstreamUrged
    UpstreamSupervised = upstream_events.UpstreamSupervised

    # By the clock.
    ClockApproaching = clock_events.ClockApproaching
    ClockOverdue = clock_events.ClockOverdue
    ClockEscalated = clock_events.ClockEscalated
    DeadlineRecalculated = clock_events.DeadlineRecalculated
    TaskOfferedOnward = task_events.TaskOfferedOnward

    def __init__(self, report: IncidentReport, raw: Sealed, reporter: Sealed | None) -> None:
        """Start from the first report; nothing is decided yet."""
        self.fetched: dict[str, Attachment] = {}
        self.report = report
        self.reports = {report.revision: report}
        self.first_raw = raw
        self.reporter = reporter
        self.jurisdiction: JurisdictionDecision | None = None
        self.classification: ClassDecision | None = None
        self.routing: RoutingDecision | None = None
        self.progress = Progress()

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

    def decide_routing(self, decision: RoutingDecision, *, context: EventContext, at: datetime) -> None:
        """Record where it goes by the rules; the same decision again changes nothing."""
        if decision != self.routing:
            self.trigger_event(self.Routed, decision=decision, context=context, timestamp=at)

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

    def record_attachment(self, url: str, attachment: Attachment, *, context: EventContext, at: datetime) -> None:
        """Record that what a link pointed to is now kept here; a second time changes nothing."""
        if url not in self.fetched:
            self.trigger_event(self.AttachmentStored, url=url, attachment=attachment, context=context, timestamp=at)

    def record_missed_attachment(self, url: str, reason: str, *, context: EventContext, at: datetime) -> None:
        """Record that what a link pointed to could not be had."""
        self.trigger_event(self.AttachmentMissed, url=url, reason=reason, context=context, timestamp=at)

    def lapse_transfer(self, *, context: EventContext, at: datetime) -> bool:
        """Take back a transfer that nobody answered in time, and say whether there was one; else nothing changes."""
        offered = self.progress.transfer
        if offered is None or at < offered.answer_by:
            return False
        self.trigger_event(self.TransferLapsed, receiver=offered.receiver, context=context, timestamp=at)
        return True

    @property
    def number(self) -> str:
        """The number that people know it by: its source, and the source's own number."""
        return f"{self.report.source}:{self.report.external_id}"

    @property
    def street_code(self) -> str | None:
        """The street that holds it, or none yet."""
        return self.jurisdiction.street_code if self.jurisdiction else None

    @property
    def route(self) -> Route:
        """Where it goes: as the routing rules said, else as its class does."""
        return self.routing.route if self.routing else class_route(self.classification)

    @property
    def platform(self) -> Platform | None:
        """The work platform that it belongs to, or none yet."""
        value = self.route.platform
        return Platform(value) if value else None

    @property
    def lifecycle(self) -> Lifecycle:
        """Whether we file and close it, or a superior platform does."""
        return Lifecycle(self.report.lifecycle)

    @property
    def state(self) -> IncidentState:
        """Where it stands.

        Before it is admitted, what is decided says so: ``triage`` until it is known who deals with it, then
        ``received``; then its progress does.
        """
        return self.progress.state(self.lifecycle, standing(self.jurisdiction, self.route.platform))


def standing(jurisdiction: JurisdictionDecision | None, platform: str | None) -> IncidentState:
    """Tell the state that follows from what is decided: platform known, and street known or not needed."""
    if platform is None or jurisdiction is None:
        return IncidentState.TRIAGE
    placed = jurisdiction.street_code is not None or jurisdiction.method == MatchMethod.NO_PLACE
    return IncidentState.RECEIVED if placed else IncidentState.TRIAGE
