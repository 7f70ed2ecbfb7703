"""How an incident stands, as one flat row, and how each event moves it: a table from topic to step.

The row is what the incident view stores and what the task queue is cut from, so both always agree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any
from uuid import UUID

import msgspec

from jiedao.domain import clock_events
from jiedao.domain.case_deadlines import deadline_of, handling_due_at
from jiedao.domain.clock_course import Course
from jiedao.domain.decisions import ClassDecision, JurisdictionDecision
from jiedao.domain.incident import Incident, standing
from jiedao.domain.progress import Progress
from jiedao.domain.report import IncidentReport, Sealed
from jiedao.domain.routing_decision import Route, RoutingDecision, class_route
from jiedao.domain.stage_clocks import StageClock
from jiedao.domain.terms import ClassMethod, IncidentState, Lifecycle
from jiedao.domain.workflow_events import WorkflowEvent
from projections.log import PositionedEvent
from projections.telling_upstream import told_refusals


@dataclass(slots=True)
class IncidentRow:
    """One incident as it stands; the fields are the columns of ``incident_view``, in their order.

    ``lon``/``lat`` are degrees WGS-84, ``edge_distance_m`` metres. ``due_at`` is its deadline, ``due_clock`` the clock
    that it is the end of (:mod:`jiedao.domain.case_deadlines`); ``None`` while that stands still, and once it ended.
    ``filing_due_at``, ``handling_due_at`` and ``closing_due_at`` are the deadlines by which it is judged, ``task_dues``
    when each task is, or was, to be handled. ``maintaining_unit`` is the one that the class table names, if it does.
    ``source_class`` is the class by the source's own code and name, as it is shown; ``None`` where it gave none.
    ``routing_rule`` of the version ``routing_rules`` is the rule that
    applied, ``None`` where none did. ``progress`` is a
    :class:`~jiedao.domain.progress.Progress` as plain JSON, ``None`` until the first event of the workflow; it is
    replaced and never changed, since copies of a row share it. ``upstream_refusal`` is what the superior platform
    refused and nobody has dealt with, in a sentence; ``None`` where nothing is.
    ``reporter_key`` is the reporter's key in the vault: a pseudonym by which reports of one person are told from those
    of several; ``None`` again once they were erased.
    """

    incident_id: UUID
    source: str
    external_id: str
    revision: int
    channel: str
    lifecycle: str
    upstream_case: str | None
    state: str
    street_code: str | None
    platform: str | None
    department: str | None
    class_code: str | None
    class_name: str | None
    class_method: str | None
    class_table: str | None
    priority: int | None
    due_at: datetime | None
    due_provisional: bool
    title: str
    description: str
    address: str
    lon: float | None
    lat: float | None
    jurisdiction_method: str | None
    boundary_set: str | None
    edge_distance_m: float | None
    community_code: str | None
    flags: list[str]
    reported_at: datetime
    happened_at: datetime | None
    received_at: datetime
    first_position: int
    last_position: int
    version: int
    progress: Mapping[str, object] | None
    time_limit: str | None = None
    tags: list[str] = field(default_factory=list)
    routing_rule: str | None = None
    routing_rules: str | None = None
    matters: list[str] = field(default_factory=list)
    filing_condition: str = ""
    closing_condition: str = ""
    upstream_refusal: str | None = None
    reporter_key: str | None = None
    due_clock: str | None = None
    filing_due_at: datetime | None = None
    handling_due_at: datetime | None = None
    closing_due_at: datetime | None = None
    task_dues: Mapping[str, object] = field(default_factory=dict)
    maintaining_unit: str | None = None
    source_class: str | None = None


COLUMNS = tuple(column.name for column in fields(IncidentRow))
as_tuple: Callable[[IncidentRow], tuple[object, ...]] = attrgetter(*COLUMNS)


@lru_cache(maxsize=1024)
def _decided(method: str | None, street_code: str | None, platform: str | None) -> IncidentState:
    """Ask the domain for the state that the decisions say; few combinations, and one per event to answer."""
    placed = JurisdictionDecision(method, street_code, "") if method else None
    return standing(placed, platform)


def _state(row: IncidentRow) -> IncidentState:
    decided = _decided(row.jurisdiction_method, row.street_code, row.platform)
    if row.progress is None:
        return decided
    return msgspec.convert(row.progress, Progress).state(Lifecycle(row.lifecycle), decided)


def _settle(row: IncidentRow) -> None:
    """Bring up to date what follows from several decisions together."""
    row.state = _state(row).value


def take_deadlines(row: IncidentRow, course: Course, clocks: Sequence[StageClock]) -> None:
    """Take over the deadlines of its clocks, just worked out."""
    deadline = deadline_of(clocks)
    row.due_at, row.due_provisional, row.due_clock = None, False, None
    if deadline is not None:
        row.due_at, row.due_provisional = deadline.due_at, deadline.provisional
        row.due_clock = deadline.clock.value
    row.filing_due_at = course.filing_due_at
    row.handling_due_at = handling_due_at(course)
    row.closing_due_at = course.closing_due_at
    row.task_dues = {
        task_id: {"due_at": task.due_at.isoformat(), "provisional": task.provisional}
        for task_id, task in course.tasks.items()
        if task.due_at is not None
    }


def open_row(recorded: PositionedEvent) -> IncidentRow:
    """Begin an incident's row from its first event."""
    event = recorded.event
    if not isinstance(event, Incident.Received):
        raise TypeError(f"an incident begins with {Incident.Received.TOPIC}, not with {recorded.topic}")
    report = event.report
    row = IncidentRow(
        incident_id=event.originator_id,
        source=report.source,
        external_id=report.external_id,
        revision=report.revision,
        channel=report.channel,
        lifecycle=report.lifecycle,
        upstream_case=None,
        state="",
        street_code=None,
        platform=None,
        department=None,
        class_code=None,
        class_name=None,
        class_method=None,
        class_table=None,
        priority=None,
        due_at=None,
        due_provisional=False,
        title="",
        description="",
        address="",
        lon=None,
        lat=None,
        jurisdiction_method=None,
        boundary_set=None,
        edge_distance_m=None,
        community_code=None,
        flags=[],
        reported_at=report.reported_at,
        happened_at=None,
        received_at=recorded.recorded_at,
        first_position=recorded.position,
        last_position=recorded.position,
        version=event.originator_version,
        progress=None,
        upstream_refusal=None,
        reporter_key=None,
    )
    _take_report(row, report)
    _take_reporter(row, event.reporter)
    _settle(row)
    return row


def _take_report(row: IncidentRow, report: IncidentReport) -> None:
    row.revision = report.revision
    row.channel = report.channel
    row.lifecycle = report.lifecycle
    row.upstream_case = report.upstream.case_number if report.upstream else None
    row.title = report.title
    row.description = report.description
    row.address = report.place.address
    row.flags = list(report.flags)
    row.reported_at = report.reported_at
    row.happened_at = report.happened_at


def _take_reporter(row: IncidentRow, reporter: Sealed | None) -> None:
    row.reporter_key = reporter.key_id if reporter else None


def _take_revision(row: IncidentRow, event: Incident.Revised) -> None:
    _take_report(row, event.report)
    _take_reporter(row, event.reporter)


def _take_jurisdiction(row: IncidentRow, decision: JurisdictionDecision) -> None:
    row.jurisdiction_method = decision.method
    row.street_code = decision.street_code
    row.boundary_set = decision.boundary_set
    row.lon = decision.lon
    row.lat = decision.lat
    row.edge_distance_m = decision.edge_distance_m
    row.community_code = decision.community_code


def _take_class(row: IncidentRow, decision: ClassDecision) -> None:
    row.class_method = decision.method
    row.class_table = decision.class_table
    row.class_code = decision.class_code
    row.class_name = decision.class_name
    row.matters = list(decision.matters)
    row.filing_condition = decision.filing_condition
    row.closing_condition = decision.closing_condition
    row.maintaining_unit = decision.maintaining_unit
    if decision.method != ClassMethod.MANUAL:  # a person's decision names the district's own code
        row.source_class = decision.source_class
    row.routing_rule = row.routing_rules = None
    _take_route(row, class_route(decision))


def _take_routing(row: IncidentRow, decision: RoutingDecision) -> None:
    row.routing_rule = decision.rule_id
    row.routing_rules = decision.rule_set
    _take_route(row, decision.route)


def _take_route(row: IncidentRow, route: Route) -> None:
    row.platform = route.platform
    row.department = route.department
    row.priority = route.priority
    row.time_limit = route.time_limit
    row.tags = list(route.tags)


def _move_on(row: IncidentRow, event: WorkflowEvent) -> None:
    """Let the event itself say what it means for the progress, as it does for the aggregate."""
    progress = msgspec.convert(row.progress or {}, Progress)
    event.advance(progress)
    row.progress = msgspec.to_builtins(progress)
    row.upstream_refusal = told_refusals(progress.upstream_refusals)


def _nothing(_row: IncidentRow, _event: object) -> None:
    """Recorded beside the incident; changes nothing of how it stands."""


_Step = Callable[[IncidentRow, Any], None]  # each step knows the event of its topic

_OF_REPORTS: dict[str, _Step] = {
    Incident.JurisdictionDecided.TOPIC: lambda row, event: _take_jurisdiction(row, event.decision),
    Incident.ClassDecided.TOPIC: lambda row, event: _take_class(row, event.decision),
    Incident.Routed.TOPIC: lambda row, event: _take_routing(row, event.decision),
    Incident.Revised.TOPIC: _take_revision,
    Incident.LateRevisionRecorded.TOPIC: _nothing,
    Incident.AttachmentStored.TOPIC: _nothing,
    Incident.AttachmentMissed.TOPIC: _nothing,
}
_OF_CLOCKS: dict[str, _Step] = {
    clock_events.ClockApproaching.TOPIC: _nothing,
    clock_events.ClockOverdue.TOPIC: _nothing,
    clock_events.ClockEscalated.TOPIC: _nothing,
    clock_events.DeadlineRecalculated.TOPIC: _nothing,
}
_OF_COMMANDS: dict[str, _Step] = {
    vars(event)["TOPIC"]: _move_on
    for event in vars(Incident).values()
    if isinstance(event, type) and issubclass(event, WorkflowEvent) and "TOPIC" in vars(event)
}
STEPS: Mapping[str, _Step] = _OF_REPORTS | _OF_COMMANDS | _OF_CLOCKS


def advance(row: IncidentRow, recorded: PositionedEvent) -> None:
    """Move a row by one further event.

    Raises LookupError for a topic that has no step, ValueError when the event is not the stream's next.
    """
    event = recorded.event
    if event.originator_version != row.version + 1:
        raise ValueError(f"version {event.originator_version} of {row.incident_id} follows on version {row.version}")
    step = STEPS.get(recorded.topic)
    if step is None:
        raise LookupError(f"the incident view does not know what {recorded.topic} means for an incident: upgrade")
    step(row, event)
    row.version = event.originator_version
    row.last_position = recorded.position
    _settle(row)
