"""The whole case workflow as one table: which command, from which state, by which role, leads where.

Nothing else in the code decides who may do what to an incident. The documentation (``docs/workflow.md``) is written
from this table, and a test holds it against one that was written by hand.
"""

# ruff: noqa: E501  # a table is read by its rows

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import MappingProxyType

from jiedao.domain.terms import Command, IncidentState, Lifecycle, Role, TaskState

S, T, C, R = IncidentState, TaskState, Command, Role

OPEN = (S.TRIAGE, S.RECEIVED, S.ADMITTED, S.FILED, S.DISPATCHED, S.HANDLED, S.SUSPENDED)
"""Where an incident still needs somebody."""

OURS_TO_END = (S.CLOSED, S.DECLINED, S.REJECTED, S.VOID)
"""Where a case of our own ends."""

ENDED = (*OURS_TO_END, S.SENT_BACK, S.WITHDRAWN)
"""Where nobody has anything left to do."""

ALL = (*OPEN, *ENDED)
BOTH = (Lifecycle.OWN, Lifecycle.UPSTREAM)
_OWN = (Lifecycle.OWN,)
_UPSTREAM = (Lifecycle.UPSTREAM,)
_FIELD = (R.HANDLER, R.GRID_WORKER)
_PEOPLE = tuple(role for role in Role if role is not R.INTEGRATOR)


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table.

    ``leads_to`` is the incident's next state, ``None`` where it follows from the tasks or does not change.
    ``task_from`` and ``task_to`` are those of the task that the command is about; a command about no task has none.
    ``lifecycles`` says whose cases it applies to: a superior platform files, verifies and closes its own itself.
    ``always`` marks a command that a change in between cannot make wrong: it is carried out on what holds now.
    """

    command: Command
    states: tuple[IncidentState, ...]
    roles: tuple[Role, ...]
    leads_to: IncidentState | None = None
    task_from: tuple[TaskState, ...] = ()
    task_to: TaskState | None = None
    lifecycles: tuple[Lifecycle, ...] = BOTH
    always: bool = False
    note: str = ""


RULES: tuple[Rule, ...] = (
    Rule(C.DECIDE_JURISDICTION, (S.TRIAGE, S.RECEIVED, S.ADMITTED, S.FILED, S.DISPATCHED), (R.INTAKE_OPERATOR, R.SHIFT_LEADER, R.DISPATCHER),
         note="判定管辖街道；平台与街道均已知时由待判定转待受理 the street; triage ends when street and platform are known"),
    Rule(C.DECIDE_CLASS, (S.TRIAGE, S.RECEIVED, S.ADMITTED, S.FILED, S.DISPATCHED), (R.INTAKE_OPERATOR, R.SHIFT_LEADER, R.DISPATCHER),
         note="判定分类；时限随之重算 the class, and the time limit that follows"),
    Rule(C.ADMIT, (S.RECEIVED,), (R.INTAKE_OPERATOR, R.SHIFT_LEADER), S.ADMITTED,
         note="上级平台案件受理后直接待派遣 a superior platform's case is filed already: it then waits for dispatch"),
    Rule(C.DECLINE, (S.TRIAGE, S.RECEIVED), (R.INTAKE_OPERATOR, R.SHIFT_LEADER), S.DECLINED, lifecycles=_OWN,
         note="须说明理由 a reason is required"),
    Rule(C.RETURN_CASE, (S.TRIAGE, S.RECEIVED, S.FILED, S.DISPATCHED), (R.INTAKE_OPERATOR, R.SHIFT_LEADER, R.DISPATCHER), S.SENT_BACK, lifecycles=_UPSTREAM,
         note="须说明理由；任务均已退回方可；上级不准退回的，回到退回前 a reason; only once every task was returned; where the superior refuses, it stands as before"),
    Rule(C.CONFIRM, (S.ADMITTED,), (R.COLLECTOR, R.GRID_WORKER), lifecycles=_OWN,
         note="立案前现场核实（公众举报） on site, before filing"),
    Rule(C.FILE, (S.ADMITTED,), (R.SHIFT_LEADER,), S.FILED, lifecycles=_OWN,
         note="核实为不属实的不得立案 not where the check on site found nothing"),
    Rule(C.REJECT, (S.ADMITTED,), (R.SHIFT_LEADER,), S.REJECTED, lifecycles=_OWN, note="须说明理由 a reason is required"),
    Rule(C.SETTLE_ON_SPOT, (S.RECEIVED, S.ADMITTED, S.FILED), (R.COLLECTOR, *_FIELD), S.CLOSED, lifecycles=_OWN,
         note="发现即处置完毕 handled where it was found"),
    Rule(C.VOID, (S.TRIAGE, S.RECEIVED, S.ADMITTED, S.FILED), (R.SHIFT_LEADER, R.ADMINISTRATOR), S.VOID, lifecycles=_OWN,
         note="须说明理由；已派遣的不得作废 a reason; not once it was dispatched"),
    Rule(C.DISPATCH, (S.FILED, S.DISPATCHED, S.HANDLED), (R.DISPATCHER, R.SHIFT_LEADER), S.DISPATCHED,
         task_to=T.DISPATCHED, note="可派多个承办方（联合处置）；待结案时发现未了可再派 several assignees work together; again where closing shows that more is to be done"),
    Rule(C.REASSIGN, (S.DISPATCHED,), (R.DISPATCHER, R.SHIFT_LEADER), task_from=(T.DISPATCHED, T.ACCEPTED, T.STARTED, T.RETURNED, T.REWORK),
         task_to=T.REASSIGNED, note="原任务作结，另派新任务 the task ends and another takes its place"),
    Rule(C.ACCEPT, (S.DISPATCHED,), _FIELD, task_from=(T.DISPATCHED,), task_to=T.ACCEPTED),
    Rule(C.RETURN, (S.DISPATCHED,), _FIELD, task_from=(T.DISPATCHED, T.ACCEPTED, T.STARTED), task_to=T.RETURNED,
         note="须说明理由；退回的任务只能改派，不得转为结案 a reason; what was returned can only be reassigned, never closed"),
    Rule(C.START, (S.DISPATCHED,), _FIELD, task_from=(T.ACCEPTED, T.REWORK), task_to=T.STARTED),
    Rule(C.REPORT_HANDLED, (S.DISPATCHED,), _FIELD, task_from=(T.ACCEPTED, T.STARTED, T.REWORK), task_to=T.HANDLED),
    Rule(C.VERIFY, (S.DISPATCHED,), (R.COLLECTOR, R.SHIFT_LEADER), task_from=(T.HANDLED,), task_to=T.VERIFIED, lifecycles=_OWN,
         note="处置人不得核查自己的处置；不通过则返工 who handled it cannot verify it; failing means rework"),
    Rule(C.CLOSE, (S.HANDLED,), (R.SHIFT_LEADER,), S.CLOSED, lifecycles=_OWN,
         note="全部任务核查通过后 once every task has passed"),
    Rule(C.REPLY, (*OPEN, S.CLOSED, S.DECLINED, S.REJECTED), (R.INTAKE_OPERATOR, R.SHIFT_LEADER), always=True, note="答复上报人 to the reporter"),
    Rule(C.REVISIT, (S.CLOSED,), (R.INTAKE_OPERATOR,), lifecycles=_OWN, always=True,
         note="是否解决、是否满意 resolved? satisfied?"),
    Rule(C.REOPEN, OURS_TO_END, (R.SHIFT_LEADER, R.SUPERVISOR), S.ADMITTED, lifecycles=_OWN, note="须说明理由 a reason is required"),
    Rule(C.SUSPEND, (S.FILED, S.DISPATCHED, S.HANDLED), (R.SHIFT_LEADER,), S.SUSPENDED, note="须说明理由和批准人 reason and approver"),
    Rule(C.RESUME, (S.SUSPENDED,), (R.SHIFT_LEADER,), note="回到挂账前的状态 back to where it stood"),
    Rule(C.SUPERVISE, OPEN, (R.SUPERVISOR, R.SHIFT_LEADER), always=True),
    Rule(C.URGE, OPEN, (R.INTAKE_OPERATOR, R.DISPATCHER, R.SHIFT_LEADER, R.SUPERVISOR), always=True),
    Rule(C.INTERVENE, ALL, _PEOPLE, always=True, note="任何人随时可记；仅督办领导、审计员可见 anybody, at any time"),
)  # fmt: skip

_BY_COMMAND = MappingProxyType({rule.command: rule for rule in RULES})


def rule_of(command: Command) -> Rule:
    """Return the row of a command."""
    return _BY_COMMAND[command]


def allowed(state: IncidentState, lifecycle: Lifecycle, role: Role, tasks: Iterable[TaskState]) -> Iterator[Command]:
    """Yield what a role may do with an incident as it stands, in the order of the table.

    ``tasks`` are the states of its tasks: a command about a task is allowed when one of them is where it begins.
    """
    present = frozenset(tasks)
    for rule in RULES:
        fits = state in rule.states and lifecycle in rule.lifecycles and role in rule.roles
        if fits and (not rule.task_from or present.intersection(rule.task_from)):
            yield rule.command
