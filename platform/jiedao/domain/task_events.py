"""What further happens to tasks: given on, given to several at once, and more time for them.

As in :mod:`jiedao.domain.workflow_events`, an event's meaning is fixed for ever.
"""

from __future__ import annotations

from datetime import datetime

from jiedao.domain.progress import Progress
from jiedao.domain.tasks import AskedExtension, Assignee, JointTask, Task, TaskOffer
from jiedao.domain.terms import IncidentState, TaskState
from jiedao.domain.workflow_events import WorkflowEvent


class TaskRedispatched(WorkflowEvent):
    """A street's platform gave its task on to a community or grid worker (二次派遣)."""

    TOPIC = "jiedao.incident.task_redispatched"
    task_id: str
    worker: Assignee
    note: str

    def advance(self, progress: Progress) -> None:
        """It waits for the worker; the assignee stays."""
        task = progress.tasks[self.task_id]
        task.state = TaskState.REDISPATCHED
        task.worker = self.worker


class TaskGivenBack(WorkflowEvent):
    """What had been given on came back to the platform that is responsible for it (退回)."""

    TOPIC = "jiedao.incident.task_given_back"
    task_id: str
    worker: Assignee

    def advance(self, progress: Progress) -> None:
        """The platform holds it again."""
        task = progress.tasks[self.task_id]
        task.state = TaskState.ACCEPTED
        task.worker = None


class TaskOfferedOnward(WorkflowEvent):
    """A task that nobody accepted in time was offered to the next one (顺延派办), by the clock.

    ``after`` are the persons to whom it was offered before, ``on_duty`` is how many of those who were advised were on
    duty. It moves nobody's work: who may accept it is who could before.
    """

    TOPIC = "jiedao.incident.task_offered_onward"
    task_id: str
    offer: TaskOffer
    after: tuple[str, ...]
    on_duty: int

    def advance(self, progress: Progress) -> None:
        """It waits, now for one person."""
        task = progress.tasks[self.task_id]
        task.offers = (*task.offers, self.offer)


class JointOperationOpened(WorkflowEvent):
    """Several assignees were given a task each, at once, under a lead (联合执法); the first task is the lead's."""

    TOPIC = "jiedao.incident.joint_operation_opened"
    tasks: tuple[JointTask, ...]
    note: str

    def advance(self, progress: Progress) -> None:
        """Each task waits to be accepted."""
        for place, joint in enumerate(self.tasks):
            progress.tasks[joint.task_id] = Task(joint.task_id, joint.assignee, leads=place == 0)
        progress.stage = IncidentState.DISPATCHED


class ExtensionAsked(WorkflowEvent):
    """More time was asked for (申请延期); ``due_at`` is the deadline before which that was."""

    TOPIC = "jiedao.incident.extension_asked"
    task_id: str
    length: str
    approver: str
    due_at: datetime

    def advance(self, progress: Progress) -> None:
        """It waits for an answer."""
        progress.tasks[self.task_id].asked = AskedExtension(self.context.actor, self.length, self.approver)


class ExtensionGranted(WorkflowEvent):
    """More time was granted (同意延期): the task is to be handled by ``due_at`` (UTC) now; provisional: may move."""

    TOPIC = "jiedao.incident.extension_granted"
    task_id: str
    length: str
    due_at: datetime
    due_provisional: bool
    note: str

    def advance(self, progress: Progress) -> None:
        """The deadline is a later one."""
        progress.tasks[self.task_id].asked = None
        progress.extensions = (*progress.extensions, self.length)


class ExtensionDenied(WorkflowEvent):
    """More time was not granted (不同意延期)."""

    TOPIC = "jiedao.incident.extension_denied"
    task_id: str
    length: str

    def advance(self, progress: Progress) -> None:
        """The deadline stays."""
        progress.tasks[self.task_id].asked = None
