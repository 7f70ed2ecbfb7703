"""How far an incident has come by people's commands: what the workflow knows of it beside the report and its decisions.

The aggregate keeps it, and so does the read side: one meaning of each event, in both.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from jiedao.domain.holds import Hold
from jiedao.domain.links import Appeal, OfferedTransfer, OtherIncident
from jiedao.domain.tasks import Task
from jiedao.domain.terms import IncidentState, Lifecycle, TaskState


@dataclass(slots=True)
class Progress:
    """Where the workflow stands.

    ``stage`` is ``None`` until somebody admitted or ended it; ``confirmed`` is what a check on site found, ``None``
    without one. ``tasks`` are those since it was last opened, ``earlier_tasks`` counts the ones before.

    ``extensions`` are the lengths granted since it was last opened (``2工作日``), in order.
    ``merged_into`` names the incident that it joined, with ``merged_stage`` where it stood before; ``duplicates`` are
    those that joined it. ``appeals`` are by assessment, one each for ever. ``holds`` keep it from being erased and
    archived, in whatever state it is.
    ``sent_back_from`` is where a superior platform's case stood before it was returned there; ``upstream_refusals``
    are the messages that the superior refused and nobody has dealt with: kind → reason.
    """

    stage: IncidentState | None = None
    suspended_stage: IncidentState | None = None
    confirmed: bool | None = None
    tasks: dict[str, Task] = field(default_factory=dict)
    earlier_tasks: int = 0
    sent_back_from: IncidentState | None = None
    upstream_refusals: dict[str, str] = field(default_factory=dict)
    extensions: tuple[str, ...] = ()
    transfer: OfferedTransfer | None = None
    merged_into: OtherIncident | None = None
    merged_stage: IncidentState | None = None
    duplicates: tuple[OtherIncident, ...] = ()
    appeals: dict[str, Appeal] = field(default_factory=dict)
    holds: tuple[Hold, ...] = ()

    @property
    def exemptions(self) -> tuple[str, ...]:
        """The assessments that do not count because an appeal was granted; what happened stays as it happened."""
        return tuple(assessment for assessment, appeal in self.appeals.items() if appeal.granted)

    def state(self, lifecycle: Lifecycle, standing: IncidentState) -> IncidentState:
        """Tell the incident's state; ``standing`` is what the decisions about it say before it was admitted.

        While it is dispatched, its tasks say when it is handled.
        """
        if self.stage is None:
            return standing
        if self.stage is IncidentState.DISPATCHED and self._is_handled(lifecycle):
            return IncidentState.HANDLED
        return self.stage

    def next_task_id(self, further: int = 0) -> str:
        """Return the id of the next task, or of one further on: T1, T2, … along the incident's whole life."""
        return f"T{self.earlier_tasks + len(self.tasks) + 1 + further}"

    def put_tasks_by(self) -> None:
        """Begin without tasks; those so far stay in the history."""
        self.earlier_tasks += len(self.tasks)
        self.tasks = {}

    def start_over(self) -> None:
        """Forget what belongs to one opening: the check on site, the tasks, the extensions."""
        self.confirmed = None
        self.put_tasks_by()
        self.extensions = ()

    def _is_handled(self, lifecycle: Lifecycle) -> bool:
        """Whether every task is over; a superior platform verifies its own cases itself."""
        done = {TaskState.VERIFIED, TaskState.HANDLED} if lifecycle is Lifecycle.UPSTREAM else {TaskState.VERIFIED}
        states = [task.state for task in self.tasks.values() if task.state is not TaskState.REASSIGNED]
        return bool(states) and all(state in done for state in states)
