"""Writes the workflow as a document (``docs/workflow.md``), from the table that the code itself obeys.

Nothing is told there that is not read off :mod:`jiedao.domain.workflow` and :mod:`jiedao.domain.commands`, except the
rules that need more than a table; each of those stands in :mod:`jiedao.domain.carrying_out`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from jiedao.domain.terms import (
    Assessment,
    AssigneeKind,
    Command,
    IncidentState,
    Lifecycle,
    ReceiverKind,
    Role,
    TaskState,
    Term,
)
from jiedao.domain.workflow import ENDED, RULES, Rule
from jiedao.entrypoints.workflow_steps import FIRST, Step, incident_steps, last_states, task_steps
from jiedao.entrypoints.workflow_words import (
    FieldWord,
    fields_of,
    leads_to,
    lifecycle_of,
    roles_of,
    states_of,
    task_of,
    word,
    words,
)

COMMAND = "jiedao workflow show --markdown > docs/workflow.md"
"""What writes the document anew."""

ALWAYS = "不限版本 any version"
"""The mark of a command that a change in between cannot make wrong."""

_INTRODUCTION = f"""# 事件流程 The workflow of an incident

<!-- Written by `{COMMAND}`; what is changed here by hand is lost. -->

上报 → 登记 → 受理 → 核实 → 立案 → 派遣 → 签收 → 处置 → 反馈 → 核查 → 结案 → 回访

谁在什么状态下可以做什么，只由一张表决定（`platform/jiedao/domain/workflow.py`）；本页由该表生成。
One table decides who may do what from which state, and nothing else does; this page is written from it. Every command
that is refused is answered with what the same role may do instead, and the refusal is recorded. A command is given by
`POST /v1/incidents/{{id}}/commands/{{command}}` or `jiedao incident COMMAND ID`.

自办案件由我们立案、核查、结案；上级平台案件由上级平台立案、核查、结案，我们受理、派遣、处置、反馈。
We file, verify and close our own cases (`own`). A superior platform's (`upstream`) come filed, and it verifies and
closes them itself; we admit, dispatch, handle and report back.
"""

_ASSIGNEE = (
    "承办方 `assignee` 写明类别 `kind`（{kinds}）和名称 `name`，属街道的并写明街道 `street_code` 和平台 `platform`。\n"
    "An assignee has a `kind` and a `name`, and where it is a street's, its `street_code` and `platform`."
)

_RECEIVER = (
    "牵头方 `lead`、配合方 `others`、承办人 `worker` 同承办方。接收方 `receiver` 写明类别 `kind`（{kinds}）\n"
    "和名称 `name`，街道的并写明代码 `street_code`。考核项 `assessment`：{assessments}。\n"
    "`lead`, `others` and `worker` are written like an assignee. A receiver has a `kind` and a `name`, and where it\n"
    "is a street, its `street_code`."
)

_BEYOND_THE_TABLE = """## 表外规则 Rules beyond the table

* 处置人不得核查自己的处置，无论以何角色。Who reported a task handled cannot verify it, in whatever role.
* 核查不通过须写明缺什么（备注），由原承办方返工。A verification that does not pass says in `note` what is missing; the
  same assignee does it again.
* 现场核实为不属实的不得立案；再次核实属实后可以。What a check on site did not find is not filed, until a later check
  finds it.
* 退回的任务只能改派；未改派前事件不能结案。A returned task can only be reassigned, and until then nothing is closed.
* 联合处置：派给几个承办方就有几个任务，全部核查通过后才待结案；已改派的任务不再计。A joint operation has a task for
  each assignee, and waits for closing once every task has passed; one that was reassigned counts no more.
* 重办后任务重新开始，编号接续；此前的任务留在历史中。What is reopened starts with new tasks, numbered on; the earlier
  ones stay in the history.
* 重办时街道或平台仍未知的，回到待判定。What is reopened before its street or platform was known goes back to triage.
* 挂账须由他人批准：批准人不得是申请人本人。A suspension is approved by somebody else than who asks for it.
* 即查即结即计结案，不另经值班长审核；可随机抽查，抽查不实的重办。What is settled on the spot counts as closed and needs
  nobody else; it can be checked at random, and is reopened where it was not so.
* 任务只由承办方的人办理：令牌限定街道的，办其街道的任务；限定承办方的，办该承办方的任务。A task is worked on by its
  assignee's people: a token that is limited to streets works on tasks of these, one limited to assignees on theirs.
* 二次派遣：只有街道平台的任务可转派，只派给社区或网格员，由网格员签收；处置、反馈由网格员或原平台均可。责任仍在平台：
  退回即退给平台，平台也可由此收回，或改派他人。Only a street platform's task is given on, only to a community or grid
  worker, and a grid worker accepts it; either may handle it and report. The platform stays responsible: returned, it is
  the platform's again, which may also take it back that way or give it on to another.
* 联合执法：一个牵头方、至少一个配合方，各有一个任务，同一承办方不得重复；同时只能有一个牵头方，改派时牵头随之转移。
  A joint operation has one lead and at least one other, each with a task and none twice; there is one lead at a time,
  and who takes over the lead's task leads.
* 结案须确认符合分类的结案条件（`condition_met`）；不符合的不得结案，确认的内容记入历史。Closing confirms that the
  class's closing condition is met (`condition_met`); it is refused without, and what was confirmed is recorded.
* 延期：任务签收后、其处置时限到期前申请，延长的是事件全部任务的期限；每个任务同时只有一项待答复。每类最多几次、
  每次最多多久、由谁审批，见区级配置 `extensions.csv`；审批人的上级也可审批，申请人不得自批。任务退回、改派或
  核查通过后，未答复的申请作罢。上级平台案件的次数和时长由上级决定，此处只记其答复。An extension is asked for once
  the task was accepted and before its clock ends, and moves the deadline of all tasks; one at a time for each task. How
  often, how long and who decides stands in the profile's `extensions.csv`, by class; who is above may decide, too, the
  asker never. A request without an answer means nothing any more once its task is returned, reassigned or verified. Of
  a superior platform's case, how often and how long is for that platform; its answer is recorded.
* 移送：待答复期间为移送中，任务停办。街道接收的改为该街道管辖，待其派遣；部门接收的即为其已签收的任务；区外机关接收的
  转为已移送，上级平台案件不得移送区外。此前的任务终止，留在历史中。拒收、撤回或逾期未答复的，回到移送前的状态。
  移送人不得代接收方答复，区外机关的答复除外。A transfer waits for its answer in 移送中, its tasks at rest. Accepted by
  a street, it is in that street's jurisdiction and waits for dispatch there; by a department, that has its task,
  accepted; by a body outside the district, it ends, which a superior platform's case cannot. The tasks so far are over.
  Refused, withdrawn or unanswered in time, it stands where it stood. Who offered it cannot answer, except to record
  what a body outside said.
* 并案：自办的重复事件并入另一未办结事件，两边历史互相注明。已并案的不得再被并入；有事件并入的须说明连同并入
  （`with_merged`）才可再并，所带事件一并改随；有事件并入的不得作废。并案期间任务停办，拆分后回到并案前的状态，
  单独拆分者不带回他案。A duplicate of our own joins another incident that is open, and both histories name the other.
  What has joined cannot be joined; what others joined can only join with `with_merged`, and takes them along; it cannot
  be void. Its tasks rest, and unmerged it stands where it stood, by itself.
* 申诉：结案后由被考核方提出，每个考核项一次（重办后亦同）：派遣错误由派遣员，超时、返工、不满意由处置方。须两名不同的
  复核人均同意，且都不是申诉人；一人不同意即驳回，无须第二人。同意的免于考核，事实不改。复核未决时重办的，照常
  复核。An appeal is made after closing by the assessed side, once for each assessment for ever. Two different
  reviewers, neither the asker, both have to grant it; the first who does not ends it. Granted, the assessment does not
  count; what happened stays as it happened. What is pending when the case is reopened is reviewed all the same.
* 恢复后回到挂账前的状态，任务不变。What is resumed stands where it stood, its tasks as they were.
* 上级平台案件的任务反馈后由上级平台核查，全部反馈后即待其结案。A task of a superior platform's case is verified by that
  platform; once all are reported handled, the case waits to be closed there.
* 上级平台案件不属我方的，退回上级；任务在承办方手中时不得退回，上级不准退回的，回到退回前的状态。What is not
  ours is returned to the superior platform, not while anybody has a task of it; where it refuses, it stands as before.
* 受理、退回上级、全部反馈、答复，均报送上级平台；被拒收的须人工处理（[上级平台案件](sources/upstream.md)）。Admitting,
  returning, reporting everything handled and replying are told to the superior platform; what it refuses is back in a
  person's hands.
* 上级平台核查不通过的，已反馈的任务返工；其结案、撤回、再次派发随其来件办理，不由命令。What a superior platform does
  not pass is done again; its closing, withdrawing and assigning anew come with its records, by no command of ours.
* 标“不限版本”的命令，事件在此期间有变化也照办；其他命令若基于旧版本，则不予办理并告知当前状态。A command marked
  “不限版本 any version” is carried out whatever happened since its giver looked; any other that names an older version
  is refused with how things stand now.
"""


def write_document() -> str:
    """Return the document, as Markdown with Mermaid diagrams."""
    return "\n".join(_parts())


def _parts() -> Iterator[str]:
    yield _INTRODUCTION
    yield "## 命令 Commands\n"
    yield _table(
        (
            "命令 command",
            "由何状态 from",
            "何人 by",
            "事件转为 incident becomes",
            "任务 task",
            "案件 cases",
            "说明 notes",
        ),
        map(_command_row, RULES),
    )
    yield "## 命令内容 What each command says\n"
    yield "必填的文字不得为空。A text that is required must not be empty.\n"
    yield "照片以其内容的 SHA-256 指明（64 位小写十六进制）。A photo is named by its SHA-256 in lower-case hex.\n"
    yield _table(
        ("命令 command", "必填 required", "可填 may be left out"),
        ((word(rule.command), *_fields_cells(rule.command)) for rule in RULES),
    )
    yield f"{_ASSIGNEE.format(kinds=_named(AssigneeKind))}\n"
    yield f"{_RECEIVER.format(kinds=_named(ReceiverKind), assessments=_named(Assessment))}\n"
    yield _BEYOND_THE_TABLE
    yield "## 事件状态 States of an incident\n"
    yield _states(IncidentState, ENDED)
    for lifecycle in Lifecycle:
        yield f"### {word(lifecycle)}\n"
        yield _diagram(FIRST, incident_steps(lifecycle), last_states(lifecycle))
    yield "## 任务状态 States of a task\n"
    yield _states(TaskState, (TaskState.VERIFIED, TaskState.REASSIGNED))
    yield _diagram((TaskState.DISPATCHED,), task_steps(), (TaskState.VERIFIED, TaskState.REASSIGNED))
    yield "## 角色 Roles\n"
    yield _table(("角色 role", "可以 may"), ((word(role), _commands_of(role)) for role in Role))


def _named(kinds: type[Term]) -> str:
    return "、".join(f"{kind.label} `{kind.value}`" for kind in kinds)


def _command_row(rule: Rule) -> tuple[str, ...]:
    always = f"{ALWAYS}。" if rule.always else ""
    return (
        f"{rule.command.label} `{rule.command.value}`",
        states_of(rule),
        roles_of(rule),
        leads_to(rule),
        task_of(rule),
        lifecycle_of(rule),
        f"{always}{rule.note}",
    )


def _fields_cells(command: Command) -> tuple[str, str]:
    known = fields_of(command)
    return _fields(one for one in known if one.required), _fields(one for one in known if not one.required)


def _fields(known: Iterable[FieldWord]) -> str:
    return "、".join(f"{one.label} `{one.name}`{'（可为 null）' if one.nullable else ''}" for one in known)


def _commands_of(role: Role) -> str:
    return words(rule.command for rule in RULES if role in rule.roles)


def _states(kind: type[Term], last: Sequence[Term]) -> str:
    rows = ((state.label, f"`{state.value}`", "是 yes" if state in last else "") for state in kind)
    return _table(("状态", "state", "终结 ended"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '／') for cell in cells)} |" for cells in lines) + "\n"


def _diagram(
    first: Sequence[Term], steps: Sequence[Step[IncidentState]] | Sequence[Step[TaskState]], last: Sequence[Term]
) -> str:
    """Draw states and arrows; commands that lead from one state to the same other share an arrow.

    Neither a colon nor a semicolon may stand in what an arrow says: Mermaid ends the text there.
    """
    shown = dict.fromkeys([*first, *(state for step in steps for state in (step.begin, step.end))])
    arrows: dict[tuple[Term, Term], list[str]] = {}
    for step in steps:
        arrows.setdefault((step.begin, step.end), []).append(_arrow(step))
    return "\n".join(
        [
            "```mermaid",
            "stateDiagram-v2",
            *(f'    state "{word(state)}" as {state.value}' for state in shown),
            *(f"    [*] --> {state.value}" for state in first),
            *(f"    {begin.value} --> {end.value} : {'、'.join(names)}" for (begin, end), names in arrows.items()),
            *(f"    {state.value} --> [*]" for state in last),
            "```\n",
        ]
    )


def _arrow(step: Step[IncidentState] | Step[TaskState]) -> str:
    """Say the command, and on what the arrow depends, in Chinese: the table says it in both."""
    condition = step.when.split(" ")[0]
    return word(step.command) + (f"（{condition}）" if condition else "")
