"""The views that a generation consists of, in one place."""

from __future__ import annotations

from collections.abc import Sequence

from projections.access_record import AccessRecords
from projections.audit_event import AuditEvents
from projections.case_facts_view import CaseFactsView
from projections.clocks import Clocks
from projections.dead_letters import DeadLetters
from projections.duplicate_judgements import DuplicateJudgements
from projections.handler_task import HandlerTasks
from projections.handovers import Handovers
from projections.incident_history import IncidentHistory
from projections.incident_view import IncidentView
from projections.reference_versions import ReferenceVersions
from projections.reporter_incident import ReporterIncidents
from projections.roster_shift import RosterShift
from projections.task_queue import TaskQueue
from projections.view import View

ALL_VIEWS: Sequence[View] = (
    IncidentView(),
    TaskQueue(),
    IncidentHistory(),
    CaseFactsView(),
    DeadLetters(),
    ReferenceVersions(),
    Clocks(),
    DuplicateJudgements(),
    RosterShift(),
    Handovers(),
    HandlerTasks(),
    ReporterIncidents(),
    AuditEvents(),
    AccessRecords(),
)
