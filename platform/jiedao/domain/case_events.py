"""What happens to an incident as a whole beside its tasks: transferred, merged, told of, appealed against.

As in :mod:`jiedao.domain.workflow_events`, an event's meaning is fixed for ever.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from jiedao.domain.links import Appeal, OfferedTransfer, OtherIncident, Receiver
from jiedao.domain.progress import Progress
from jiedao.domain.tasks import Assignee, Task
from jiedao.domain.terms import AssigneeKind, IncidentState, ReceiverKind, TaskState
from jiedao.domain.workflow_events import WorkflowEvent


class TransferOffered(WorkflowEvent):
    """It was offered to somebody else (移送), who has until ``answer_by`` (UTC) to answer."""

    TOPIC = "jiedao.incident.transfer_offered"
    receiver: Receiver
    answer_within: str
    answer_by: datetime

    def advance(self, progress: Progress) -> None:
        """It waits for the answer; its tasks rest."""
        stage = progress.stage or IncidentState.FILED
        progress.transfer = OfferedTransfer(self.receiver, self.context.actor, self.answer_by, stage)
        progress.stage = IncidentState.TRANSFERRING


class TransferAccepted(WorkflowEvent):
    """The receiving side took it (接收移送).

    A street dispatches it anew, a department has a task that it accepted (``task_id``), and with a body outside it
    ends for us. The new jurisdiction is an event of its own.
    """

    TOPIC = "jiedao.incident.transfer_accepted"
    receiver: Receiver
    task_id: str | None
    note: str

    def advance(self, progress: Progress) -> None:
        """It is the receiver's; the tasks so far are over."""
        progress.transfer = None
        progress.put_tasks_by()
        if self.receiver.kind == ReceiverKind.STREET:
            progress.stage = IncidentState.FILED
        elif self.task_id is not None:
            department = Assignee(AssigneeKind.DEPARTMENT.value, self.receiver.name)
            progress.tasks[self.task_id] = Task(self.task_id, department, TaskState.ACCEPTED)
            progress.stage = IncidentState.DISPATCHED
        else:
            progress.stage = IncidentState.TRANSFERRED


class TransferRefused(WorkflowEvent):
    """The receiving side did not take it (拒收移送)."""

    TOPIC = "jiedao.incident.transfer_refused"
    receiver: Receiver

    def advance(self, progress: Progress) -> None:
        """It stands where it stood."""
        _take_back(progress)


class TransferWithdrawn(WorkflowEvent):
    """It was no longer offered (撤回移送)."""

    TOPIC = "jiedao.incident.transfer_withdrawn"
    receiver: Receiver

    def advance(self, progress: Progress) -> None:
        """It stands where it stood."""
        _take_back(progress)


class TransferLapsed(WorkflowEvent):
    """Nobody answered in time (移送逾期未答复)."""

    TOPIC = "jiedao.incident.transfer_lapsed"
    receiver: Receiver

    def advance(self, progress: Progress) -> None:
        """It stands where it stood: with the dispatcher."""
        _take_back(progress)


def _take_back(progress: Progress) -> None:
    if progress.transfer is not None:
        progress.stage = progress.transfer.stage
    progress.transfer = None


class Merged(WorkflowEvent):
    """It joined another incident, of which it is a duplicate (并案)."""

    TOPIC = "jiedao.incident.merged"
    into: OtherIncident

    def advance(self, progress: Progress) -> None:
        """It ends, and keeps where it stood; what had joined it goes along."""
        progress.merged_stage = progress.stage
        progress.stage = IncidentState.MERGED
        progress.merged_into = self.into
        progress.duplicates = ()


class MergeMoved(WorkflowEvent):
    """The incident that it had joined joined another, and it went along."""

    TOPIC = "jiedao.incident.merge_moved"
    into: OtherIncident

    def advance(self, progress: Progress) -> None:
        """It belongs to the other one."""
        progress.merged_into = self.into


class Unmerged(WorkflowEvent):
    """The merge was undone (拆分); ``left`` is the incident that it had joined."""

    TOPIC = "jiedao.incident.unmerged"
    left: OtherIncident

    def advance(self, progress: Progress) -> None:
        """It stands where it stood."""
        progress.stage = progress.merged_stage
        progress.merged_stage = progress.merged_into = None


class DuplicateJoined(WorkflowEvent):
    """A duplicate joined this incident."""

    TOPIC = "jiedao.incident.duplicate_joined"
    duplicate: OtherIncident

    def advance(self, progress: Progress) -> None:
        """It is one of its duplicates."""
        progress.duplicates = (*progress.duplicates, self.duplicate)


class DuplicateLeft(WorkflowEvent):
    """What had joined this incident stands on its own again."""

    TOPIC = "jiedao.incident.duplicate_left"
    duplicate: OtherIncident

    def advance(self, progress: Progress) -> None:
        """It is none of its duplicates."""
        left = self.duplicate.incident_id
        progress.duplicates = tuple(one for one in progress.duplicates if one.incident_id != left)


class Notified(WorkflowEvent):
    """Somebody was told of it, without transfer (案情通报)."""

    TOPIC = "jiedao.incident.notified"
    whom: str
    content: str


class Appealed(WorkflowEvent):
    """The assessed side appealed (申诉) against an assessment."""

    TOPIC = "jiedao.incident.appealed"
    assessment: str

    def advance(self, progress: Progress) -> None:
        """It waits for two reviewers."""
        progress.appeals[self.assessment] = Appeal(self.context.actor)


class AppealReviewed(WorkflowEvent):
    """One of two reviewers said whether the assessment is to count (复核申诉)."""

    TOPIC = "jiedao.incident.appeal_reviewed"
    assessment: str
    granted: bool
    note: str

    def advance(self, progress: Progress) -> None:
        """Two who grant make an exemption; one who does not ends it."""
        appeal, reviewer = progress.appeals[self.assessment], self.context.actor
        if self.granted:
            appeal = replace(appeal, granted_by=(*appeal.granted_by, reviewer))
        else:
            appeal = replace(appeal, denied_by=reviewer)
        progress.appeals[self.assessment] = appeal
