"""When an incident came where it stands: the moments that its clocks are counted from, folded from its events alone.

Every moment is that of an event (``event.timestamp``), never that of whoever looks. The workflow's own meaning of an
event is asked (:class:`~jiedao.domain.progress.Progress`), so a new command needs nothing here.

A course also keeps the deadlines that were last worked out of it (:mod:`jiedao.domain.case_deadlines`): what was done
is judged by the deadline that ran when it was done, also after nothing runs any more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from jiedao.domain.aggregate import RecordedEvent
from jiedao.domain.clock_events import ClockApproaching, ClockEscalated, ClockOverdue
from jiedao.domain.deadlines import Pause
from jiedao.domain.incident import Incident, standing
from jiedao.domain.progress import Progress
from jiedao.domain.report import IncidentReport
from jiedao.domain.routing_decision import Route, class_route
from jiedao.domain.terms import ClockStep, IncidentState, Lifecycle, Platform, TaskState
from jiedao.domain.upstream_events import UpstreamAssigned, UpstreamFailedVerification
from jiedao.domain.workflow import ENDED
from jiedao.domain.workflow_events import Reopened, ReopenedForTriage, WorkflowEvent

_NOT_FILED = frozenset({IncidentState.TRIAGE, IncidentState.RECEIVED, IncidentState.ADMITTED})
_ASIDE = frozenset({IncidentState.MERGED, IncidentState.TRANSFERRING, IncidentState.SENT_BACK})
_ANEW = (Reopened, ReopenedForTriage, UpstreamAssigned, UpstreamFailedVerification)
"""Events by which a life that had ended begins again."""

TO_BE_HANDLED = frozenset(
    {TaskState.DISPATCHED, TaskState.REDISPATCHED, TaskState.ACCEPTED, TaskState.STARTED, TaskState.REWORK}
)
"""Where a task stands while its assignee has to handle it (处置)."""

_STEPS: dict[type[RecordedEvent], ClockStep] = {
    ClockApproaching: ClockStep.APPROACHING,
    ClockOverdue: ClockStep.OVERDUE,
    ClockEscalated: ClockStep.ESCALATED,
}


@dataclass(slots=True)
class TaskCourse:
    """How a task came where it stands: in ``state`` since ``since``; to be handled since ``handling_since``.

    It is to be handled from the moment at which it was given, or failed its verification (返工), by ``due_at`` (UTC):
    as last worked out, and once it was handled as it stood then. ``None``: without a limit, or its clock stands still.
    """

    state: TaskState
    since: datetime
    handling_since: datetime
    due_at: datetime | None = None
    provisional: bool = False


def clock_key(clock: str, task_id: str, part: str) -> str:
    """Return the name of one clock of an incident."""
    return f"{clock}:{task_id}:{part}"


def told_key(clock: str, task_id: str, part: str, due_at: datetime) -> str:
    """Return the name of one deadline of one clock: what was recorded of it does not count for another deadline."""
    return f"{clock_key(clock, task_id, part)}:{due_at.isoformat()}"


@dataclass(slots=True)
class Course:
    """The course of one incident.

    ``state`` is where it stands since ``since``, or stood when it was suspended; ``filed_at`` is when it became a case
    since it was last opened, ``pauses`` are its suspensions since then. ``time_limit`` is that of its route,
    ``upstream_due_at`` the superior platform's deadline. ``at`` is the moment of its last event, ``told`` what its
    clocks came to, by :func:`told_key`. ``left`` is where it stood, and since when, before it was set aside (merged,
    offered to somebody else, sent back): whatever brings it back there, its clocks run on.

    ``filing_due_at`` and ``closing_due_at`` are when it was to be filed and to be closed, as last worked out;
    ``missed_at`` is the first deadline by which a task should have been handled and was still with its assignee.
    """

    lifecycle: Lifecycle
    opened_at: datetime
    at: datetime
    since: datetime
    state: IncidentState = IncidentState.TRIAGE
    upstream_due_at: datetime | None = None
    time_limit: str | None = None
    progress: Progress = field(default_factory=Progress)
    filed_at: datetime | None = None
    pauses: list[Pause] = field(default_factory=list)
    tasks: dict[str, TaskCourse] = field(default_factory=dict)
    told: dict[str, ClockStep] = field(default_factory=dict)
    placed: bool = False
    platform: bool = False
    left: tuple[IncidentState, datetime] | None = None
    filing_due_at: datetime | None = None
    closing_due_at: datetime | None = None
    missed_at: datetime | None = None

    @property
    def suspended(self) -> bool:
        """Whether its clocks stand still."""
        return bool(self.pauses) and self.pauses[-1].end is None

    @property
    def ended(self) -> bool:
        """Whether nobody has anything left to do."""
        return self.state in ENDED

    def advance(self, event: RecordedEvent) -> None:
        """Move it by one further event of its incident."""
        self.at = event.timestamp
        if isinstance(event, WorkflowEvent):
            event.advance(self.progress)
            self._observe(event.timestamp, anew=isinstance(event, _ANEW))
            return
        if isinstance(event, Incident.JurisdictionDecided):
            self.placed = standing(event.decision, Platform.SERVICE) is IncidentState.RECEIVED
        elif isinstance(event, Incident.ClassDecided):
            self._go(class_route(event.decision))
        elif isinstance(event, Incident.Routed):
            self._go(event.decision.route)
        elif isinstance(event, Incident.Revised):
            self._take(event.report)
        elif isinstance(event, ClockApproaching | ClockOverdue | ClockEscalated):
            self.told[told_key(event.clock, event.task_id, event.part, event.due_at)] = _STEPS[type(event)]
            return
        else:
            return
        self._observe(event.timestamp, anew=False)

    def _go(self, route: Route) -> None:
        self.platform = route.platform is not None
        self.time_limit = route.time_limit

    def _take(self, report: IncidentReport) -> None:
        self.lifecycle = Lifecycle(report.lifecycle)
        self.upstream_due_at = report.upstream.deadline if report.upstream else None

    def _observe(self, at: datetime, *, anew: bool) -> None:
        """See what changed, whichever command changed it; ``anew`` says that it begins its life again."""
        decided = IncidentState.RECEIVED if self.placed and self.platform else IncidentState.TRIAGE
        state = self.progress.state(self.lifecycle, decided)
        if state is IncidentState.SUSPENDED:
            if not self.suspended:
                self.pauses.append(Pause(at, None))
            return
        if self.suspended:
            self.pauses[-1] = Pause(self.pauses[-1].begin, at)
        if state is not self.state:
            self._come_to(state, at, anew=anew)
        self._observe_tasks(at)

    def _come_to(self, state: IncidentState, at: datetime, *, anew: bool) -> None:
        if anew and self.state in ENDED and state not in ENDED:  # everything is counted anew
            self.opened_at = at
            self.pauses, self.told, self.left = [], {}, None
            self.filing_due_at = self.closing_due_at = self.missed_at = None
        if state in _NOT_FILED:
            self.filed_at = None
        elif self.filed_at is None:
            self.filed_at = at
        was, since = self.state, self.since
        self.state, self.since = state, at
        if state in _ASIDE:
            self.left = self.left or (was, since)
        elif self.left is not None:
            if self.left[0] is state:  # back to where it stood: nobody gets more time by a way round
                self.since = self.left[1]
            self.left = None

    def _observe_tasks(self, at: datetime) -> None:
        courses: dict[str, TaskCourse] = {}
        for task_id, task in self.progress.tasks.items():
            course = self.tasks.get(task_id)
            if course is None:
                course = TaskCourse(task.state, at, at)
            elif course.state is not task.state:
                self._judge(course, task.state, at)
                begun = at if task.state is TaskState.REWORK else course.handling_since
                course = TaskCourse(task.state, at, begun, course.due_at, course.provisional)
            courses[task_id] = course
        self.tasks = courses

    def _judge(self, task: TaskCourse, state: TaskState, at: datetime) -> None:
        """Keep the deadline that was missed where a task leaves its assignee only after it; at it is in time."""
        left = task.state in TO_BE_HANDLED and state not in TO_BE_HANDLED
        if left and task.due_at is not None and task.due_at < at:
            self.missed_at = min(task.due_at, self.missed_at or task.due_at)


def open_course(event: Incident.Received) -> Course:
    """Begin the course of an incident with its first event."""
    course = Course(Lifecycle(event.report.lifecycle), event.timestamp, event.timestamp, event.timestamp)
    course.upstream_due_at = event.report.upstream.deadline if event.report.upstream else None
    return course
