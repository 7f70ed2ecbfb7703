"""What happened to an incident by people's commands: one event a command, each with what it changes.

A reason, where the workflow asks for one, stands in the event's context. What an event means is fixed here for ever and
does not follow later changes of the workflow's table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jiedao.domain.incident_event import IncidentEvent
from jiedao.domain.progress import Progress
from jiedao.domain.tasks import Assignee, Task
from jiedao.domain.terms import IncidentState, TaskState

if TYPE_CHECKING:
    from jiedao.domain.incident import Incident


class WorkflowEvent(IncidentEvent):
    """An event that moves an incident's progress."""

    def apply(self, aggregate: Incident) -> None:
        """Move the incident's progress."""
        self.advance(aggregate.progress)

    def advance(self, progress: Progress) -> None:
        """Move a progress; what only stands in the history moves nothing."""


class Admitted(WorkflowEvent):
    """It was taken on (受理); a superior platform's case is filed already."""

    TOPIC = "jiedao.incident.admitted"
    note: str
    filed: bool

    def advance(self, progress: Progress) -> None:
        """It waits for filing, or for dispatch."""
        progress.stage = IncidentState.FILED if self.filed else IncidentState.ADMITTED


class Declined(WorkflowEvent):
    """It was not taken on (不予受理)."""

    TOPIC = "jiedao.incident.declined"

    def advance(self, progress: Progress) -> None:
        """It ends."""
        progress.stage = IncidentState.DECLINED


class Confirmed(WorkflowEvent):
    """Somebody looked on site before filing (核实)."""

    TOPIC = "jiedao.incident.confirmed"
    found: bool
    note: str
    photos: tuple[str, ...]

    def advance(self, progress: Progress) -> None:
        """Keep what was found."""
        progress.confirmed = self.found


class Filed(WorkflowEvent):
    """It became a case (立案)."""

    TOPIC = "jiedao.incident.filed"
    note: str

    def advance(self, progress: Progress) -> None:
        """It waits for dispatch."""
        progress.stage = IncidentState.FILED


class Rejected(WorkflowEvent):
    """It did not become a case (不予立案)."""

    TOPIC = "jiedao.incident.rejected"

    def advance(self, progress: Progress) -> None:
        """It ends."""
        progress.stage = IncidentState.REJECTED


class SettledOnSpot(WorkflowEvent):
    """It was handled where it was found (即查即结)."""

    TOPIC = "jiedao.incident.settled_on_spot"
    result: str
    photos: tuple[str, ...]

    def advance(self, progress: Progress) -> None:
        """It ends."""
        progress.stage = IncidentState.CLOSED


class Voided(WorkflowEvent):
    """It had been opened by mistake (作废)."""

    TOPIC = "jiedao.incident.voided"

    def advance(self, progress: Progress) -> None:
        """It ends."""
        progress.stage = IncidentState.VOID


class TaskDispatched(WorkflowEvent):
    """A task was given to an assignee (派遣)."""

    TOPIC = "jiedao.incident.task_dispatched"
    task_id: str
    assignee: Assignee
    note: str

    def advance(self, progress: Progress) -> None:
        """The task waits to be accepted."""
        progress.tasks[self.task_id] = Task(self.task_id, self.assignee)
        progress.stage = IncidentState.DISPATCHED


class TaskReassigned(WorkflowEvent):
    """A task was taken from one assignee and given to another (改派)."""

    TOPIC = "jiedao.incident.task_reassigned"
    task_id: str
    new_task_id: str
    assignee: Assignee

    def advance(self, progress: Progress) -> None:
        """The task is over; another one takes its place."""
        task = progress.tasks[self.task_id]
        task.state = TaskState.REASSIGNED
        progress.tasks[self.new_task_id] = Task(self.new_task_id, self.assignee, leads=task.leads)


class TaskAccepted(WorkflowEvent):
    """The assignee took the task (签收)."""

    TOPIC = "jiedao.incident.task_accepted"
    task_id: str
    note: str

    def advance(self, progress: Progress) -> None:
        """The task is theirs."""
        progress.tasks[self.task_id].state = TaskState.ACCEPTED


class TaskReturned(WorkflowEvent):
    """The assignee gave the task back (退回)."""

    TOPIC = "jiedao.incident.task_returned"
    task_id: str

    def advance(self, progress: Progress) -> None:
        """The dispatcher has to give it to somebody else."""
        progress.tasks[self.task_id].state = TaskState.RETURNED


class TaskStarted(WorkflowEvent):
    """Work on the task began."""

    TOPIC = "jiedao.incident.task_started"
    task_id: str
    note: str

    def advance(self, progress: Progress) -> None:
        """It is being worked on."""
        progress.tasks[self.task_id].state = TaskState.STARTED


class TaskHandled(WorkflowEvent):
    """The assignee says that it is done (反馈)."""

    TOPIC = "jiedao.incident.task_handled"
    task_id: str
    result: str
    before: tuple[str, ...]
    after: tuple[str, ...]

    def advance(self, progress: Progress) -> None:
        """It waits to be verified, by somebody else."""
        task = progress.tasks[self.task_id]
        task.state = TaskState.HANDLED
        task.handled_by = self.context.actor
        if self.context.actor not in task.handlers:
            task.handlers = (*task.handlers, self.context.actor)


class TaskVerified(WorkflowEvent):
    """What was done for the task passed (核查通过)."""

    TOPIC = "jiedao.incident.task_verified"
    task_id: str
    note: str

    def advance(self, progress: Progress) -> None:
        """The task is over."""
        progress.tasks[self.task_id].state = TaskState.VERIFIED


class TaskFailedVerification(WorkflowEvent):
    """What was done for the task did not pass: the same assignee does it again (返工)."""

    TOPIC = "jiedao.incident.task_failed_verification"
    task_id: str
    note: str

    def advance(self, progress: Progress) -> None:
        """It has to be done again."""
        progress.tasks[self.task_id].state = TaskState.REWORK


class Closed(WorkflowEvent):
    """The case ended (结案); ``closing_condition`` is what its class asks for, and what was confirmed by closing it."""

    TOPIC = "jiedao.incident.closed"
    class_version = 2
    note: str
    closing_condition: str

    @staticmethod
    def upcast_v1_v2(state: dict[str, object]) -> None:
        """Nobody wrote down what was confirmed."""
        state["closing_condition"] = ""

    def advance(self, progress: Progress) -> None:
        """It ends."""
        progress.stage = IncidentState.CLOSED


class Replied(WorkflowEvent):
    """The reporter was told something (答复)."""

    TOPIC = "jiedao.incident.replied"
    text: str


class Revisited(WorkflowEvent):
    """The reporter was asked afterwards (回访)."""

    TOPIC = "jiedao.incident.revisited"
    resolved: bool | None
    satisfied: bool | None
    note: str


class Reopened(WorkflowEvent):
    """It was taken up again (重办); its earlier tasks stay in the history."""

    TOPIC = "jiedao.incident.reopened"

    def advance(self, progress: Progress) -> None:
        """It begins anew, admitted."""
        progress.stage = IncidentState.ADMITTED
        progress.start_over()


class ReopenedForTriage(WorkflowEvent):
    """It was taken up again (重办) before anybody knew its street or platform."""

    TOPIC = "jiedao.incident.reopened_for_triage"

    def advance(self, progress: Progress) -> None:
        """It begins anew, with what is decided about it."""
        progress.stage = None
        progress.start_over()


class Suspended(WorkflowEvent):
    """The clock was stopped (挂账)."""

    TOPIC = "jiedao.incident.suspended"
    approved_by: str

    def advance(self, progress: Progress) -> None:
        """Keep where it stood."""
        progress.suspended_stage = progress.stage
        progress.stage = IncidentState.SUSPENDED


class Resumed(WorkflowEvent):
    """The clock goes on (恢复)."""

    TOPIC = "jiedao.incident.resumed"
    note: str

    def advance(self, progress: Progress) -> None:
        """It stands where it stood."""
        progress.stage = progress.suspended_stage
        progress.suspended_stage = None


class Supervised(WorkflowEvent):
    """A superior pressed (督办)."""

    TOPIC = "jiedao.incident.supervised"
    note: str


class Urged(WorkflowEvent):
    """Somebody reminded (催办)."""

    TOPIC = "jiedao.incident.urged"
    note: str


class Corrected(WorkflowEvent):
    """What an earlier event says is wrong, and this is how it is in truth (更正); the context names the event."""

    TOPIC = "jiedao.incident.corrected"
    text: str


class InterventionRecorded(WorkflowEvent):
    """Somebody leaned on the case, and that was recorded (干预留痕)."""

    TOPIC = "jiedao.incident.intervention_recorded"
    who: str
    what: str
