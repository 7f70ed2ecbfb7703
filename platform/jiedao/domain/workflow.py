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

OPEN = (S.TRIAGE, S.RECEIVED, S.ADMITTED, S.FILED, S.DISPATCHED, S.HANDLED, S.SUSPENDED, S.TRANSFERRING)
"""Where an incident still needs somebody."""

OURS_TO_END = (S.CLOSED, S.DECLINED, S.REJECTED, S.VOID, S.TRANSFERRED, S.MERGED)
"""Where a case of our own ends."""

ENDED = (*OURS_TO_END, S.SENT_BACK, S.WITHDRAWN)
"""Where nobody has anything left to do."""

ALL = (*OPEN, *ENDED)
BOTH = (Lifecycle.OWN, Lifecycle.UPSTREAM)
_OWN = (Lifecycle.OWN,)
_UPSTREAM = (Lifecycle.UPSTREAM,)
_FIELD = (R.HANDLER, R.GRID_WORKER)
_REOPENED = tuple(state for state in OURS_TO_END if state is not S.MERGED)  # what is merged is unmerged
_PEOPLE = tuple(role for role in Role if role is not R.INTEGRATOR)
_WORKING = tuple(role for role in _PEOPLE if role is not R.AUDITOR)


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
         note="发现即处置完毕，即计结案；可随机抽查，不实则重办 handled where it was found, and closed; a random check may follow, and reopening where it was not so"),
    Rule(C.VOID, (S.TRIAGE, S.RECEIVED, S.ADMITTED, S.FILED), (R.SHIFT_LEADER, R.ADMINISTRATOR), S.VOID, lifecycles=_OWN,
         note="须说明理由；已派遣的、有并入事件的不得作废 a reason; not once it was dispatched, nor while others are merged into it"),
    Rule(C.DISPATCH, (S.FILED, S.DISPATCHED, S.HANDLED), (R.DISPATCHER, R.SHIFT_LEADER), S.DISPATCHED,
         task_to=T.DISPATCHED, note="部件派给养护单位，派给他人须说明理由；可派多个承办方（联合处置）；待结案时发现未了可再派 a component to its maintaining unit, to others with a reason; several assignees work together; again where closing shows that more is to be done"),
    Rule(C.REASSIGN, (S.DISPATCHED,), (R.DISPATCHER, R.SHIFT_LEADER), task_from=(T.DISPATCHED, T.ACCEPTED, T.STARTED, T.RETURNED, T.REWORK, T.REDISPATCHED),
         task_to=T.REASSIGNED, note="原任务作结，另派新任务 the task ends and another takes its place"),
    Rule(C.REDISPATCH, (S.DISPATCHED,), (R.HANDLER, R.DISPATCHER), task_from=(T.ACCEPTED, T.STARTED, T.REWORK, T.REDISPATCHED), task_to=T.REDISPATCHED,
         note="街道平台转派社区或网格员，责任仍在平台 a street's platform gives it on to a community or grid worker and stays responsible"),
    Rule(C.ACCEPT, (S.DISPATCHED,), _FIELD, task_from=(T.DISPATCHED, T.REDISPATCHED), task_to=T.ACCEPTED,
         note="二次派遣的由网格员签收；街道平台逾期未签收的自动顺延派办 one given on is accepted by a grid worker; "
         "what a street's platform does not accept in time is offered onward by itself"),
    Rule(C.RETURN, (S.DISPATCHED,), _FIELD, task_from=(T.DISPATCHED, T.ACCEPTED, T.STARTED, T.REDISPATCHED), task_to=T.RETURNED,
         note="须说明理由；退回的任务只能改派，不得转为结案；二次派遣的退给原平台 a reason; what was returned can only be reassigned, never closed; one given on goes back to its platform"),
    Rule(C.START, (S.DISPATCHED,), _FIELD, task_from=(T.ACCEPTED, T.REWORK), task_to=T.STARTED),
    Rule(C.REPORT_HANDLED, (S.DISPATCHED,), _FIELD, task_from=(T.ACCEPTED, T.STARTED, T.REWORK), task_to=T.HANDLED),
    Rule(C.VERIFY, (S.DISPATCHED,), (R.COLLECTOR, R.SHIFT_LEADER), task_from=(T.HANDLED,), task_to=T.VERIFIED, lifecycles=_OWN,
         note="处置人不得核查自己的处置；不通过则返工 who handled it cannot verify it; failing means rework"),
    Rule(C.CLOSE, (S.HANDLED,), (R.SHIFT_LEADER,), S.CLOSED, lifecycles=_OWN,
         note="全部任务核查通过后，须确认符合分类的结案条件 once every task has passed, and the class's closing condition is confirmed"),
    Rule(C.REPLY, (*OPEN, S.CLOSED, S.DECLINED, S.REJECTED, S.TRANSFERRED, S.MERGED), (R.INTAKE_OPERATOR, R.SHIFT_LEADER), always=True, note="答复上报人 to the reporter"),
    Rule(C.REVISIT, (S.CLOSED,), (R.INTAKE_OPERATOR,), lifecycles=_OWN, always=True,
         note="是否解决、是否满意 resolved? satisfied?"),
    Rule(C.REOPEN, _REOPENED, (R.SHIFT_LEADER, R.SUPERVISOR), S.ADMITTED, lifecycles=_OWN,
         note="须说明理由；街道或平台未知的回到待判定；已并案的用拆分 a reason; back to triage where street or platform is not known; what was merged is unmerged"),
    Rule(C.SUSPEND, (S.FILED, S.DISPATCHED, S.HANDLED), (R.SHIFT_LEADER,), S.SUSPENDED, note="须说明理由和批准人；申请人不得自批 reason and approver, who is not the asker"),
    Rule(C.RESUME, (S.SUSPENDED,), (R.SHIFT_LEADER,), note="回到挂账前的状态 back to where it stood"),
    Rule(C.SUPERVISE, OPEN, (R.SUPERVISOR, R.SHIFT_LEADER), always=True),
    Rule(C.URGE, OPEN, (R.INTAKE_OPERATOR, R.DISPATCHER, R.SHIFT_LEADER, R.SUPERVISOR), always=True),
    Rule(C.JOINT_OPERATION, (S.FILED, S.DISPATCHED, S.HANDLED), (R.DISPATCHER, R.SHIFT_LEADER), S.DISPATCHED, task_to=T.DISPATCHED,
         note="一次派给牵头方和各配合方；全部核查通过才可结案 to a lead and others at once; closed only when all have passed"),
    Rule(C.ASK_EXTENSION, (S.DISPATCHED,), _FIELD, task_from=(T.ACCEPTED, T.STARTED, T.REWORK, T.REDISPATCHED),
         note="到期前申请，须说明理由；次数、时长、审批人按分类规定 before the deadline, with a reason; how often, how long and who decides is a matter of its class"),
    Rule(C.GRANT_EXTENSION, (S.DISPATCHED,), (R.SHIFT_LEADER, R.SUPERVISOR), task_from=(T.ACCEPTED, T.STARTED, T.REWORK, T.REDISPATCHED, T.HANDLED),
         lifecycles=_OWN, note="申请人不得自批；上级平台案件由上级以新期限答复 not by who asked; a superior platform answers by another deadline"),
    Rule(C.DENY_EXTENSION, (S.DISPATCHED,), (R.SHIFT_LEADER, R.SUPERVISOR), task_from=(T.ACCEPTED, T.STARTED, T.REWORK, T.REDISPATCHED, T.HANDLED),
         lifecycles=_OWN, note="须说明理由 a reason is required"),
    Rule(C.OFFER_TRANSFER, (S.FILED, S.DISPATCHED), (R.DISPATCHER, R.SHIFT_LEADER), S.TRANSFERRING,
         note="须说明理由和答复期限；待答复期间任务停办 reason and when to answer by; meanwhile nobody works on its tasks"),
    Rule(C.ACCEPT_TRANSFER, (S.TRANSFERRING,), (R.DISPATCHER, R.SHIFT_LEADER, R.HANDLER),
         note="由接收方；移送人不得代收 by the receiving side, not by who offered it"),
    Rule(C.REFUSE_TRANSFER, (S.TRANSFERRING,), (R.DISPATCHER, R.SHIFT_LEADER, R.HANDLER),
         note="由接收方，须说明理由；逾期不答复的自动退回派遣员 by the receiving side, with a reason; unanswered in time, it goes back by itself"),
    Rule(C.WITHDRAW_TRANSFER, (S.TRANSFERRING,), (R.DISPATCHER, R.SHIFT_LEADER), note="须说明理由 a reason is required"),
    Rule(C.MERGE, (S.TRIAGE, S.RECEIVED, S.ADMITTED, S.FILED, S.DISPATCHED), (R.INTAKE_OPERATOR, R.DISPATCHER, R.SHIFT_LEADER), S.MERGED, lifecycles=_OWN,
         note="重复的并入另一未办结事件；上级平台案件不得并出，可被并入 a duplicate joins another that is open; a superior platform's case cannot join, but can be joined"),
    Rule(C.UNMERGE, (S.MERGED,), (R.DISPATCHER, R.SHIFT_LEADER), lifecycles=_OWN,
         note="须说明理由；回到并案前的状态 a reason; back to where it stood"),
    Rule(C.NOTIFY, (*OPEN, S.CLOSED), (R.DISPATCHER, R.SHIFT_LEADER, R.SUPERVISOR), always=True,
         note="只通报，不移送 told, without transfer"),
    Rule(C.APPEAL, (S.CLOSED,), (*_FIELD, R.DISPATCHER),
         note="由被考核方，每项一次；派遣错误由派遣员 by the assessed side, once for each assessment; wrong dispatch by a dispatcher"),
    Rule(C.REVIEW_APPEAL, ALL, (R.SHIFT_LEADER, R.SUPERVISOR),
         note="两人先后复核，均同意方可免责，一人不同意即驳回；申诉人不得复核 by two people, neither the asker: both have to grant; the first who does not ends it; 重办后未决的照常复核 what is pending when a case is reopened is reviewed all the same"),
    Rule(C.CORRECT, ALL, _WORKING, always=True,
         note="所记有误，另记更正，原记录不动；须指明第几条记录，采集员、处置人员、网格员只更正自己所记 what was recorded wrongly is put right by a further event that names it; "
         "collectors, handlers and grid workers correct what they recorded themselves"),
    Rule(C.INTERVENE, ALL, _PEOPLE, always=True, note="任何人随时可记；仅督办领导、审计员可见 anybody, at any time"),
    Rule(C.HOLD, ALL, (R.LEGAL_REVIEWER, R.TEAM_LEGAL_OFFICER, R.SUPERVISOR, R.ADMINISTRATOR), always=True,
         note="行政复议、诉讼或依法保全期间，上报人信息不得删除，事件不得归档 reconsideration, litigation or a legal hold: neither erased nor archived meanwhile"),
    Rule(C.RELEASE_HOLD, ALL, (R.LEGAL_REVIEWER, R.SUPERVISOR, R.ADMINISTRATOR), always=True,
         note="须说明理由；有多项的写明案号 a reason; where there are several, which of them"),
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
