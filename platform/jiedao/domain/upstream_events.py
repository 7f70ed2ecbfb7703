"""What happens between us and the superior platform whose case it is: what it answered, and what it says of its case.

Each event itself says how it moves a progress. What the superior says comes in as revisions of its record, in whatever
order: every event here can meet an incident in any state, and moves only what it can still be about.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from jiedao.domain.progress import Progress
from jiedao.domain.terms import IncidentState, TaskState, UpstreamMessageKind
from jiedao.domain.workflow_events import WorkflowEvent

_WITH_SOMEBODY = frozenset(TaskState) - {TaskState.RETURNED, TaskState.REASSIGNED}
_AWAY = frozenset({IncidentState.SENT_BACK, IncidentState.WITHDRAWN, IncidentState.CLOSED})
_DONE = frozenset({TaskState.HANDLED, TaskState.VERIFIED})


def has_tasks_with_somebody(progress: Progress) -> bool:
    """Whether any task was neither given back nor taken away."""
    return any(task.state in _WITH_SOMEBODY for task in progress.tasks.values())


class CaseSentBack(WorkflowEvent):
    """The case is not ours: it was returned to the superior platform (退回上级)."""

    TOPIC = "jiedao.incident.case_sent_back"

    def advance(self, progress: Progress) -> None:
        """It ends here, unless the superior refuses."""
        _send_back(progress)


class UpstreamMessageDelivered(WorkflowEvent):
    """The superior took a message of ours; ``reference`` is the number that it gave to it, if any."""

    TOPIC = "jiedao.incident.upstream_message_delivered"
    message_id: UUID
    owed_at: int
    kind: str
    reference: str | None

    def advance(self, progress: Progress) -> None:
        """An earlier refusal of the same kind is overcome."""
        progress.upstream_refusals.pop(self.kind, None)


class UpstreamMessageRefused(WorkflowEvent):
    """The superior refused a message of ours, with its reason: a person has to deal with the case again."""

    TOPIC = "jiedao.incident.upstream_message_refused"
    message_id: UUID
    owed_at: int
    kind: str
    reason: str
    code: str

    def advance(self, progress: Progress) -> None:
        """A case that it does not take back stands where it stood; what was reported handled is still being handled."""
        progress.upstream_refusals[self.kind] = self.reason
        if self.kind == UpstreamMessageKind.RETURNED and progress.stage is IncidentState.SENT_BACK:
            progress.stage, progress.sent_back_from = progress.sent_back_from, None
        if self.kind == UpstreamMessageKind.HANDLED:
            _set_tasks(progress, TaskState.HANDLED, TaskState.STARTED)
        if self.kind == UpstreamMessageKind.EXTENSION_ASKED:
            _answered(progress)


class UpstreamMessageRetried(WorkflowEvent):
    """A person had a refused message sent again, as it was."""

    TOPIC = "jiedao.incident.upstream_message_retried"
    message_id: UUID
    owed_at: int
    kind: str

    def advance(self, progress: Progress) -> None:
        """What the refusal changed is as it was before it."""
        progress.upstream_refusals.pop(self.kind, None)
        if self.kind == UpstreamMessageKind.RETURNED:
            _send_back(progress)
        if self.kind == UpstreamMessageKind.HANDLED:
            for task in progress.tasks.values():
                if task.state is TaskState.STARTED and task.handled_by is not None:
                    task.state = TaskState.HANDLED


class UpstreamMessageSetAside(WorkflowEvent):
    """A person gave a message up: it is not sent any more; why stands in the context."""

    TOPIC = "jiedao.incident.upstream_message_set_aside"
    message_id: UUID
    owed_at: int
    kind: str

    def advance(self, progress: Progress) -> None:
        """Its refusal, if it was refused, is dealt with."""
        progress.upstream_refusals.pop(self.kind, None)


class UpstreamAssigned(WorkflowEvent):
    """The superior gave the case to us again, after it had been returned, withdrawn or closed (再次派发)."""

    TOPIC = "jiedao.incident.upstream_assigned"
    note: str

    def advance(self, progress: Progress) -> None:
        """It begins anew, waiting to be admitted; its earlier tasks stay in the history."""
        if progress.stage in _AWAY:
            progress.stage = progress.sent_back_from = progress.suspended_stage = None
            progress.start_over()


class UpstreamVerified(WorkflowEvent):
    """The superior found the handling good (上级核查通过)."""

    TOPIC = "jiedao.incident.upstream_verified"
    note: str

    def advance(self, progress: Progress) -> None:
        """What was reported handled has passed; the case still waits to be closed there."""
        _set_tasks(progress, TaskState.HANDLED, TaskState.VERIFIED)


class UpstreamFailedVerification(WorkflowEvent):
    """The superior did not find the handling good (上级核查不通过): those who handled it do it again (返工)."""

    TOPIC = "jiedao.incident.upstream_failed_verification"
    note: str

    def advance(self, progress: Progress) -> None:
        """Every task that was done is to be done again, also where the case had been closed meanwhile."""
        for task in progress.tasks.values():
            if task.state in _DONE:
                task.state = TaskState.REWORK
        if progress.stage is IncidentState.CLOSED:
            progress.stage = IncidentState.DISPATCHED if progress.tasks else None


class UpstreamClosed(WorkflowEvent):
    """The superior closed its case (上级结案)."""

    TOPIC = "jiedao.incident.upstream_closed"
    note: str

    def advance(self, progress: Progress) -> None:
        """It ends, wherever it stood."""
        _end(progress, IncidentState.CLOSED)


class UpstreamWithdrawn(WorkflowEvent):
    """The superior took its case away from us (上级撤回)."""

    TOPIC = "jiedao.incident.upstream_withdrawn"
    note: str

    def advance(self, progress: Progress) -> None:
        """It ends; a case that we returned stays returned."""
        if progress.stage is not IncidentState.SENT_BACK:
            _end(progress, IncidentState.WITHDRAWN)


class UpstreamRevisited(WorkflowEvent):
    """The superior asked the reporter afterwards (上级回访); ``None`` where it does not say."""

    TOPIC = "jiedao.incident.upstream_revisited"
    resolved: bool | None
    satisfied: bool | None
    note: str


class UpstreamDeadlineChanged(WorkflowEvent):
    """The superior moved its deadline (上级调整期限); times are in UTC."""

    TOPIC = "jiedao.incident.upstream_deadline_changed"
    before: datetime | None
    deadline: datetime | None

    def advance(self, progress: Progress) -> None:
        """Its deadline wins, and is its answer to whoever asked for more time."""
        _answered(progress)


class UpstreamUrged(WorkflowEvent):
    """The superior reminded (上级催办); ``times`` is how often by now."""

    TOPIC = "jiedao.incident.upstream_urged"
    times: int


class UpstreamSupervised(WorkflowEvent):
    """The superior presses (上级督办)."""

    TOPIC = "jiedao.incident.upstream_supervised"
    note: str


def _answered(progress: Progress) -> None:
    """Nobody waits any more for an answer to an extension that was asked for."""
    for task in progress.tasks.values():
        task.asked = None


def _send_back(progress: Progress) -> None:
    progress.sent_back_from, progress.stage = progress.stage, IncidentState.SENT_BACK


def _end(progress: Progress, stage: IncidentState) -> None:
    """End it; a transfer that waits for its answer has nothing to wait for any more."""
    progress.stage, progress.transfer = stage, None


def _set_tasks(progress: Progress, before: TaskState, after: TaskState) -> None:
    for task in progress.tasks.values():
        if task.state is before:
            task.state = after
