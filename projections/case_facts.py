"""The facts of each case that indicators (考核评议) are made of, and how each event moves them.

What an event means for the workflow is asked of the event itself: it moves a :class:`~jiedao.domain.progress.Progress`,
and the facts follow from how the progress stood before and after. So an event that a later version adds is counted
right as soon as it moves the progress, and the facts never contradict the incident's state.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field, fields
from datetime import datetime
from operator import attrgetter
from uuid import UUID

import msgspec

from jiedao.domain.progress import Progress
from jiedao.domain.terms import IncidentState, TaskState
from jiedao.domain.upstream_events import UpstreamRevisited
from jiedao.domain.workflow_events import Revisited, SettledOnSpot, WorkflowEvent
from projections.incident_row import IncidentRow
from projections.log import PositionedEvent


@dataclass(slots=True)
class CaseFacts:
    """What is known of one case; the fields are the columns of ``case_facts``, in their order.

    Moments are those of the events (UTC), which the platform's own clock sets, as are those that deadlines count from.
    ``filed_at``, ``dispatched_at`` and ``accepted_at`` are the first time, ``handled_at`` is since when nothing is left
    to be done; ``rejected_at`` and ``closed_at`` are ``None`` again once it is reopened. The deadlines are those of its
    clocks (:mod:`jiedao.domain.case_deadlines`), each kept as it was known when the case was filed, handled or closed.
    ``misdirected`` counts tasks that were returned or reassigned, once each.
    ``exempt`` names the assessments (考核项) from which an appeal that was granted exempts it; what happened stays.
    """

    incident_id: UUID
    from_position: int
    source: str
    lifecycle: str
    street_code: str | None
    platform: str | None
    department: str | None
    class_code: str | None
    state: str
    received_at: datetime
    admitted_at: datetime | None = None
    filed_at: datetime | None = None
    rejected_at: datetime | None = None
    dispatched_at: datetime | None = None
    accepted_at: datetime | None = None
    first_handled_at: datetime | None = None
    handled_at: datetime | None = None
    verified_at: datetime | None = None
    closed_at: datetime | None = None
    revisited_at: datetime | None = None
    filing_due_at: datetime | None = None
    handling_due_at: datetime | None = None
    closing_due_at: datetime | None = None
    tasks: int = 0
    returns: int = 0
    reassignments: int = 0
    misdirected: int = 0
    reworks: int = 0
    reopenings: int = 0
    settled: bool = False
    resolved: bool | None = None
    satisfied: bool | None = None
    exempt: list[str] = field(default_factory=list)


COLUMNS = tuple(one.name for one in fields(CaseFacts))
as_tuple = attrgetter(*COLUMNS)

_REOPENABLE = frozenset(
    {
        IncidentState.CLOSED,
        IncidentState.DECLINED,
        IncidentState.REJECTED,
        IncidentState.VOID,
        IncidentState.TRANSFERRED,
    }
)
"""What leaves one of these is taken up again, by whatever event."""

_DONE = frozenset({TaskState.HANDLED, TaskState.VERIFIED})


def open_facts(row: IncidentRow, received_at: datetime) -> CaseFacts:
    """Begin a case's facts from the row of its incident, and when it was received."""
    return CaseFacts(
        incident_id=row.incident_id,
        from_position=row.first_position,
        source=row.source,
        lifecycle=row.lifecycle,
        street_code=None,
        platform=None,
        department=None,
        class_code=None,
        state=row.state,
        received_at=received_at,
    )


def next_facts(
    known: CaseFacts,
    before: IncidentRow | None,
    moved: Sequence[PositionedEvent],
    row: IncidentRow,
    position: int,
) -> CaseFacts:
    """Return the facts after a moment of the log: its events of the workflow for one incident, and the row after them.

    ``known`` and ``before`` are the facts and the row before it; the facts of :func:`open_facts` and ``None`` where the
    incident is new. They hold from ``position`` on.
    """
    facts = copy(known)
    if moved:
        progress = msgspec.convert((before.progress if before is not None else None) or {}, Progress)
        for recorded in moved:
            if isinstance(recorded.event, WorkflowEvent):
                _move(facts, progress, recorded.event, recorded.event.timestamp)
        facts.exempt = sorted(progress.exemptions)
    _take_row(facts, row, filed=known.filed_at is not None)
    facts.from_position = position
    return facts


def _take_row(facts: CaseFacts, row: IncidentRow, *, filed: bool) -> None:
    """Take over what stands in the incident's row; ``filed`` says that it was a case before: that deadline stays."""
    facts.lifecycle = row.lifecycle
    facts.street_code = row.street_code
    facts.platform = row.platform
    facts.department = row.department
    facts.class_code = row.class_code
    facts.state = row.state
    facts.handling_due_at = row.handling_due_at
    facts.closing_due_at = row.closing_due_at
    if not filed:
        facts.filing_due_at = row.filing_due_at


def _move(facts: CaseFacts, progress: Progress, event: WorkflowEvent, at: datetime) -> None:
    """Let the event move the progress, and count what has become different by it."""
    stage = progress.stage
    tasks = {task_id: task.state for task_id, task in progress.tasks.items()}
    event.advance(progress)
    if stage in _REOPENABLE and progress.stage not in _REOPENABLE:
        facts.reopenings += 1
        facts.rejected_at = facts.closed_at = facts.handled_at = None
        facts.settled = False
    if progress.stage is not stage:
        _reach(facts, progress.stage, at)
    for task_id, task in progress.tasks.items():
        before = tasks.get(task_id)
        if before is not task.state:
            _task_moved(facts, before, task.state, at)
    if progress.tasks or progress.stage not in _REOPENABLE:
        facts.handled_at = (facts.handled_at or at) if _all_done(progress) else None
    _take_remark(facts, event, at)


def _reach(facts: CaseFacts, stage: IncidentState | None, at: datetime) -> None:
    if stage in {IncidentState.ADMITTED, IncidentState.FILED}:
        facts.admitted_at = facts.admitted_at or at
    if stage is IncidentState.FILED:
        facts.filed_at = facts.filed_at or at
    elif stage is IncidentState.REJECTED:
        facts.rejected_at = at
    elif stage is IncidentState.CLOSED:
        facts.closed_at = at


def _task_moved(facts: CaseFacts, before: TaskState | None, after: TaskState, at: datetime) -> None:
    if before is None:
        facts.tasks += 1
        facts.dispatched_at = facts.dispatched_at or at
    if after is TaskState.ACCEPTED:
        facts.accepted_at = facts.accepted_at or at
    elif after is TaskState.HANDLED:
        facts.first_handled_at = facts.first_handled_at or at
    elif after is TaskState.VERIFIED:
        facts.verified_at = at
    elif after is TaskState.REWORK:
        facts.reworks += 1
    elif after is TaskState.RETURNED:
        facts.returns += 1
        facts.misdirected += 1
    elif after is TaskState.REASSIGNED:
        facts.reassignments += 1
        facts.misdirected += before is not TaskState.RETURNED  # that one was counted when it came back


def _all_done(progress: Progress) -> bool:
    live = [task.state for task in progress.tasks.values() if task.state is not TaskState.REASSIGNED]
    return bool(live) and all(state in _DONE for state in live)


def _take_remark(facts: CaseFacts, event: WorkflowEvent, at: datetime) -> None:
    """Take what an event says beside moving the progress."""
    if isinstance(event, Revisited | UpstreamRevisited):
        facts.revisited_at, facts.resolved, facts.satisfied = at, event.resolved, event.satisfied
    elif isinstance(event, SettledOnSpot):
        facts.settled = True
        facts.filed_at = facts.filed_at or at
        facts.first_handled_at = facts.first_handled_at or at
        facts.handled_at = at
