"""What people of a simulated district arrange with others: joint operations, extensions, transfers, merges, appeals.

Each is rare and beside the usual way of a case; whether it is allowed, the workflow says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from jiedao.domain import commands as said
from jiedao.domain.extending import waiting
from jiedao.domain.incident import Incident
from jiedao.domain.links import Receiver
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.tasks import Assignee, Task
from jiedao.domain.terms import (
    Assessment,
    AssigneeKind,
    Command,
    IncidentState,
    Lifecycle,
    Platform,
    ReceiverKind,
    Role,
    TaskState,
)
from jiedao.entrypoints.simulation.people import Act, Memory, somebody


@dataclass(frozen=True, slots=True)
class ArrangingHabits:
    """How often things are arranged, each as a share of the chances; made up, so that whatever can happen does."""

    joint: float = 0.05
    transferred: float = 0.04
    taken: float = 0.5
    withdrawn: float = 0.15
    extended: float = 0.05
    granted: float = 0.75
    given_on: float = 0.08
    merged: float = 0.6
    unmerged: float = 0.1
    notified: float = 0.02
    appealed: float = 0.06


_AT_WORK = frozenset({TaskState.ACCEPTED, TaskState.STARTED})
_BEFORE_DISPATCH = frozenset({IncidentState.RECEIVED, IncidentState.ADMITTED, IncidentState.FILED})


class Arrangements:
    """What people arrange beside the usual way."""

    def __init__(self, profile: DistrictProfile, habits: ArrangingHabits) -> None:
        self._profile = profile
        self._habits = habits
        self._streets = [(street.code, street.name) for street in profile.streets]
        self._steps: Mapping[IncidentState, Callable[[Incident, Memory], Act | None]] = {
            IncidentState.FILED: self._filed,
            IncidentState.DISPATCHED: self._dispatched,
            IncidentState.TRANSFERRING: self._transferring,
            IncidentState.CLOSED: self._closed,
            IncidentState.MERGED: self._merged,
        }

    def arrange(self, incident: Incident, memory: Memory) -> Act | None:
        """Return what is arranged now, if anything is."""
        if incident.state in _BEFORE_DISPATCH and memory.same_as is not None:
            return self._join(memory)
        step = self._steps.get(incident.state)
        return step(incident, memory) if step else None

    def _join(self, memory: Memory) -> Act | None:
        """Join the incident that another source reported before; tried once."""
        target, memory.same_as = memory.same_as, None
        if target is None or memory.random.random() >= self._habits.merged:
            return None
        return somebody(Role.INTAKE_OPERATOR, memory, Command.MERGE, said.Merge(target, "同一事项多次上报"))

    def _filed(self, incident: Incident, memory: Memory) -> Act | None:
        die, habits = memory.random.random(), self._habits
        if die < habits.joint:
            return somebody(Role.DISPATCHER, memory, Command.JOINT_OPERATION, self._parties(incident, memory))
        if die < habits.joint + habits.transferred:
            offer = said.TransferOffer(self._receiver(incident, memory), "不属本街道职责", "1工作日")
            return somebody(Role.DISPATCHER, memory, Command.OFFER_TRANSFER, offer)
        if die < habits.joint + habits.transferred + habits.notified:
            notice = said.Notice("区应急管理局", "请知悉并关注")
            return somebody(Role.SUPERVISOR, memory, Command.NOTIFY, notice)
        return None

    def _parties(self, incident: Incident, memory: Memory) -> said.JointOperation:
        """The street's platforms together, the one that the incident belongs to in the lead."""
        own = incident.platform or Platform.ENFORCEMENT
        others = memory.random.sample([one for one in Platform if one is not own], memory.random.randint(1, 2))
        return said.JointOperation(
            self._platform(incident, own),
            tuple(self._platform(incident, one) for one in others),
            reason="需街道各平台联合处置",
        )

    def _platform(self, incident: Incident, platform: Platform) -> Assignee:
        code = incident.street_code or self._streets[0][0]
        name = dict(self._streets).get(code, code)
        return Assignee(AssigneeKind.PLATFORM.value, f"{name}{platform.label}平台", code, platform.value)

    def _receiver(self, incident: Incident, memory: Memory) -> Receiver:
        kinds = [ReceiverKind.DEPARTMENT, ReceiverKind.STREET]
        if incident.lifecycle is Lifecycle.OWN:
            kinds.append(ReceiverKind.BODY)
        kind = memory.random.choice(kinds)
        others = [street for street in self._streets if street[0] != incident.street_code]
        if kind is ReceiverKind.STREET and others:
            code, name = memory.random.choice(others)
            return Receiver(kind.value, name, code)
        return Receiver(kind.value, "市交警支队" if kind is ReceiverKind.BODY else "区交警大队")

    def _transferring(self, _incident: Incident, memory: Memory) -> Act | None:
        """The receiving side answers, or the offer is withdrawn, or nobody says anything until it lapses."""
        die, habits = memory.random.random(), self._habits
        if die < habits.taken:
            return somebody(Role.SHIFT_LEADER, memory, Command.ACCEPT_TRANSFER, said.Remark("同意接收"))
        if die < habits.taken + habits.withdrawn:
            return somebody(Role.DISPATCHER, memory, Command.WITHDRAW_TRANSFER, said.Reason("经核属本街道"))
        if die < habits.taken + 2 * habits.withdrawn:
            return somebody(Role.SHIFT_LEADER, memory, Command.REFUSE_TRANSFER, said.Reason("不属本单位职责"))
        return None

    def _dispatched(self, incident: Incident, memory: Memory) -> Act | None:
        tasks = list(incident.progress.tasks.values())
        asked = next((task for task in tasks if waiting(task)), None)
        if asked is not None:  # a superior platform answers for its own cases, and the work goes on meanwhile
            return self._answer(asked, memory) if incident.lifecycle is Lifecycle.OWN else None
        at_work = [task for task in tasks if task.state in _AT_WORK]
        if not at_work:
            return None
        task, die = memory.random.choice(at_work), memory.random.random()
        if die < self._habits.extended:
            request = said.ExtensionRequest(task.task_id, "1工作日", "需协调多方")
            return somebody(Role.HANDLER, memory, Command.ASK_EXTENSION, request)
        given_on = die < self._habits.extended + self._habits.given_on
        if given_on and task.assignee.kind == AssigneeKind.PLATFORM and task.worker is None:
            worker = Assignee(AssigneeKind.GRID_WORKER.value, "第一网格网格员", task.assignee.street_code)
            return somebody(Role.HANDLER, memory, Command.REDISPATCH, said.Redispatch(task.task_id, worker))
        return None

    def _answer(self, task: Task, memory: Memory) -> Act:
        if memory.random.random() < self._habits.granted:
            return somebody(Role.SUPERVISOR, memory, Command.GRANT_EXTENSION, said.OfTask(task.task_id))
        return somebody(Role.SUPERVISOR, memory, Command.DENY_EXTENSION, said.Refusal(task.task_id, "时间充足"))

    def _closed(self, incident: Incident, memory: Memory) -> Act | None:
        pending = next((name for name, one in incident.progress.appeals.items() if one.pending), None)
        if pending is not None:
            granted = memory.random.random() < self._habits.granted
            review = said.AppealReview(Assessment(pending), granted, "" if granted else "理由不成立")
            return somebody(Role.SUPERVISOR, memory, Command.REVIEW_APPEAL, review)
        if not incident.progress.appeals and memory.random.random() < self._habits.appealed:
            request = said.AppealRequest(Assessment.OVERTIME, "期间连日暴雨")
            return somebody(Role.HANDLER, memory, Command.APPEAL, request)
        return None

    def _merged(self, _incident: Incident, memory: Memory) -> Act | None:
        if memory.random.random() < self._habits.unmerged:
            return somebody(Role.SHIFT_LEADER, memory, Command.UNMERGE, said.Reason("经核并非同一事项"))
        return None
