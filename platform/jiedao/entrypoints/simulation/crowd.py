"""The people of a simulated district: who does what next with an incident, how soon, and what they say.

Nothing here knows whether a command is allowed: the workflow decides, and now and then somebody tries what is not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random

from jiedao.domain import commands as said
from jiedao.domain.incident import Incident
from jiedao.domain.maintaining import unit_of
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.tasks import Assignee, Task
from jiedao.domain.terms import AssigneeKind, Command, IncidentState, Lifecycle, Platform, Role, TaskState
from jiedao.domain.workflow import ENDED
from jiedao.entrypoints.simulation.arranging import Arrangements, ArrangingHabits
from jiedao.entrypoints.simulation.people import Act, Memory, somebody


@dataclass(frozen=True, slots=True)
class Habits:
    """How often things happen, each as a share of the chances; made up, so that whatever can happen does.

    ``mistaken`` is an act that nobody may do as things stand, ``aside`` one beside the way: a reminder, a reply,
    somebody leaning on the case.
    """

    mistaken: float = 0.01
    aside: float = 0.04
    sent_back: float = 0.03
    declined: float = 0.04
    settled_on_spot: float = 0.04
    confirmed_first: float = 0.4
    found: float = 0.9
    voided: float = 0.02
    suspended: float = 0.02
    own_platform: float = 0.8
    returned: float = 0.06
    begun: float = 0.7
    failed: float = 0.12
    dispatched_again: float = 0.02
    unsatisfied: float = 0.08
    reopened: float = 0.5


_MEAN_MINUTES: Mapping[IncidentState, float] = {
    IncidentState.TRIAGE: 45,
    IncidentState.RECEIVED: 20,
    IncidentState.ADMITTED: 40,
    IncidentState.FILED: 20,
    IncidentState.DISPATCHED: 90,
    IncidentState.HANDLED: 60,
    IncidentState.SUSPENDED: 2 * 24 * 60,
    IncidentState.TRANSFERRING: 5 * 60,
    IncidentState.MERGED: 24 * 60,
    IncidentState.CLOSED: 24 * 60,
}
"""How long an incident waits in a state for the next act, in minutes, on the average."""


_ASIDES: Sequence[tuple[Role, Command, object]] = (
    (Role.SHIFT_LEADER, Command.URGE, said.Remark("请抓紧办理")),
    (Role.SUPERVISOR, Command.SUPERVISE, said.Remark("限期办结")),
    (Role.INTAKE_OPERATOR, Command.REPLY, said.Answer("已转派办理")),
    (Role.HANDLER, Command.INTERVENE, said.Intervention("某单位人员", "打听案情")),
    (Role.INTAKE_OPERATOR, Command.CORRECT, said.Correction("地址以来电人补充的为准")),
)
_ASIDE_WEIGHTS = (50, 25, 18, 5, 2)


_REPORTED = 1
"""The version of the event with which every incident begins: its report."""


class Crowd:
    """The people of a district."""

    def __init__(self, profile: DistrictProfile, habits: Habits | None = None) -> None:
        self._profile = profile
        self._habits = habits or Habits()
        self._arrangements = Arrangements(profile, ArrangingHabits())
        self._names = {street.code: street.name for street in profile.streets}
        self._classes = sorted(profile.class_table.classes)
        self._steps: Mapping[IncidentState, Callable[[Incident, Memory], Act | None]] = {
            IncidentState.TRIAGE: self._in_triage,
            IncidentState.RECEIVED: self._received,
            IncidentState.ADMITTED: self._admitted,
            IncidentState.FILED: self._filed,
            IncidentState.DISPATCHED: self._dispatched,
            IncidentState.HANDLED: self._handled,
            IncidentState.SUSPENDED: self._suspended,
            IncidentState.CLOSED: self._closed,
        }

    def wait(self, state: IncidentState, random: Random) -> timedelta:
        """Say how long it takes until somebody does something about an incident in a state."""
        return timedelta(minutes=1 + random.expovariate(1 / _MEAN_MINUTES.get(state, 60.0)))

    def next_act(self, incident: Incident, memory: Memory) -> Act | None:
        """Return what is done next; ``None`` where nobody here does anything more."""
        step = self._steps.get(incident.state)
        act = self._arrangements.arrange(incident, memory) or (step(incident, memory) if step else None)
        if act is None or incident.state in ENDED:
            return act
        die = memory.random.random()
        if die < self._habits.mistaken:
            return somebody(Role.COLLECTOR, memory, Command.CLOSE, said.Closing(note="误点"))
        return self._aside(memory) if die < self._habits.mistaken + self._habits.aside else act

    def _aside(self, memory: Memory) -> Act:
        (role, command, details), *_ = memory.random.choices(_ASIDES, _ASIDE_WEIGHTS)
        act = somebody(role, memory, command, details)
        return replace(act, corrects=_REPORTED) if command is Command.CORRECT else act

    def _in_triage(self, incident: Incident, memory: Memory) -> Act:
        if incident.platform is None:
            code = memory.random.choice(self._classes)
            return somebody(Role.INTAKE_OPERATOR, memory, Command.DECIDE_CLASS, said.Class(code, "据描述判定"))
        street = memory.random.choice(self._profile.streets).code
        return somebody(Role.INTAKE_OPERATOR, memory, Command.DECIDE_JURISDICTION, said.Street(street, "据描述判定"))

    def _received(self, incident: Incident, memory: Memory) -> Act:
        die = memory.random.random()
        if incident.lifecycle is Lifecycle.OWN and die < self._habits.declined:
            return somebody(Role.INTAKE_OPERATOR, memory, Command.DECLINE, said.Reason("不属受理范围"))
        if incident.lifecycle is Lifecycle.OWN and die < self._habits.declined + self._habits.settled_on_spot:
            return somebody(Role.GRID_WORKER, memory, Command.SETTLE_ON_SPOT, said.Result("当场处置完毕"))
        if incident.lifecycle is Lifecycle.UPSTREAM and die < self._habits.sent_back:
            return somebody(Role.SHIFT_LEADER, memory, Command.RETURN_CASE, said.Reason("不属本区管辖"))
        return somebody(Role.INTAKE_OPERATOR, memory, Command.ADMIT, said.Remark())

    def _admitted(self, incident: Incident, memory: Memory) -> Act:
        if incident.progress.confirmed is False:
            return somebody(Role.SHIFT_LEADER, memory, Command.REJECT, said.Reason("现场核实不属实"))
        die = memory.random.random()
        if incident.progress.confirmed is None and die < self._habits.confirmed_first:
            found = memory.random.random() < self._habits.found
            return somebody(Role.COLLECTOR, memory, Command.CONFIRM, said.Confirmation(found, "已到场查看"))
        if die > 1 - self._habits.voided:
            return somebody(Role.SHIFT_LEADER, memory, Command.VOID, said.Reason("重复登记"))
        return somebody(Role.SHIFT_LEADER, memory, Command.FILE, said.Remark())

    def _filed(self, incident: Incident, memory: Memory) -> Act:
        if memory.random.random() < self._habits.suspended:
            return somebody(Role.SHIFT_LEADER, memory, Command.SUSPEND, said.Suspension("等待材料", "分管副主任"))
        return self._dispatch(incident, memory)

    def _dispatch(self, incident: Incident, memory: Memory) -> Act:
        return somebody(Role.DISPATCHER, memory, Command.DISPATCH, said.NewTask(self._assignee(incident, memory)))

    def _assignee(self, incident: Incident, memory: Memory) -> Assignee:
        """A component's maintaining unit; the street's own platform as a rule, else the department that is named."""
        unit = unit_of(incident)
        if unit is not None and not any(task.assignee.name == unit for task in incident.progress.tasks.values()):
            return Assignee(AssigneeKind.UNIT.value, unit)
        street, platform = incident.street_code, incident.platform or Platform.SERVICE
        department = incident.classification.department if incident.classification else None
        if street is not None and (memory.random.random() < self._habits.own_platform or not department):
            name = f"{self._names.get(street, street)}{platform.label}平台"
            return Assignee(AssigneeKind.PLATFORM.value, name, street, platform.value)
        return Assignee(AssigneeKind.DEPARTMENT.value, department or f"{self._profile.name}指挥中心")

    def _dispatched(self, incident: Incident, memory: Memory) -> Act | None:
        tasks = list(incident.progress.tasks.values())
        waiting = [task for task in tasks if self._works_on(task, incident)]
        return self._work(memory.random.choice(waiting), incident, memory) if waiting else None

    @staticmethod
    def _works_on(task: Task, incident: Incident) -> bool:
        """Whether somebody here has something to do for a task; a superior platform verifies its own cases."""
        over = {TaskState.VERIFIED, TaskState.REASSIGNED}
        if incident.lifecycle is Lifecycle.UPSTREAM:
            over.add(TaskState.HANDLED)
        return task.state not in over

    def _work(self, task: Task, incident: Incident, memory: Memory) -> Act:
        die, this = memory.random.random(), task.task_id
        field = Role.GRID_WORKER if task.worker else Role.HANDLER
        give_back = somebody(field, memory, Command.RETURN, said.Return(this, "非本单位职责"))
        match task.state:
            case TaskState.DISPATCHED | TaskState.REDISPATCHED:
                accept = somebody(field, memory, Command.ACCEPT, said.OfTask(this))
                return give_back if die < self._habits.returned else accept
            case TaskState.RETURNED:
                other = said.OtherAssignee(this, self._assignee(incident, memory), "改派责任单位")
                return somebody(Role.DISPATCHER, memory, Command.REASSIGN, other)
            case TaskState.HANDLED:
                passed = die > self._habits.failed
                verdict = said.Verdict(this, passed, "" if passed else "现场仍有残留")
                return somebody(Role.COLLECTOR, memory, Command.VERIFY, verdict)
            case TaskState.ACCEPTED | TaskState.REWORK if die < self._habits.begun:
                return somebody(field, memory, Command.START, said.OfTask(this))
            case TaskState.STARTED if die < self._habits.returned:
                return give_back
            case _:
                return somebody(field, memory, Command.REPORT_HANDLED, said.Handled(this, "已处置完毕"))

    def _handled(self, incident: Incident, memory: Memory) -> Act | None:
        if incident.lifecycle is Lifecycle.UPSTREAM:
            return None
        if memory.random.random() < self._habits.dispatched_again:
            return self._dispatch(incident, memory)
        return somebody(Role.SHIFT_LEADER, memory, Command.CLOSE, said.Closing(condition_met=True, note="现场查看"))

    def _suspended(self, _incident: Incident, memory: Memory) -> Act:
        return somebody(Role.SHIFT_LEADER, memory, Command.RESUME, said.Remark("条件已具备"))

    def _closed(self, incident: Incident, memory: Memory) -> Act | None:
        if incident.lifecycle is Lifecycle.UPSTREAM:
            return None
        if not memory.replied:
            memory.replied = True
            return somebody(Role.INTAKE_OPERATOR, memory, Command.REPLY, said.Answer("您反映的问题已处置完毕"))
        if not memory.revisited:
            memory.revisited = True
            good = memory.satisfied = memory.random.random() > self._habits.unsatisfied
            return somebody(Role.INTAKE_OPERATOR, memory, Command.REVISIT, said.Revisit(good, good))
        if not memory.satisfied:
            memory.satisfied = True
            if memory.random.random() < self._habits.reopened:
                return somebody(Role.SHIFT_LEADER, memory, Command.REOPEN, said.Reason("回访不满意"))
        return None
