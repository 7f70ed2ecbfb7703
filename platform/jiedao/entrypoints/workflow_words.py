"""What people read of the workflow's table: each row, each field and each state in words, Chinese first.

The document, the terminal's table and its JSON all say it in these words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from types import MappingProxyType, NoneType
from typing import get_args, get_type_hints

from jiedao.domain.commands import DETAILS
from jiedao.domain.terms import Command, Lifecycle, Role, Term
from jiedao.domain.workflow import ALL, OPEN, Rule
from jiedao.entrypoints.workflow_steps import incident_steps

FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "after": "处置后照片",
        "answer_within": "答复期限",
        "approved_by": "批准人",
        "assessment": "考核项",
        "assignee": "承办方",
        "before": "处置前照片",
        "class_code": "分类编码",
        "condition_met": "符合结案条件",
        "content": "通报内容",
        "found": "是否属实",
        "granted": "是否同意",
        "ground": "保全事由",
        "into": "并入事件",
        "lead": "牵头方",
        "length": "延期时长",
        "note": "备注",
        "others": "配合方",
        "passed": "是否通过",
        "photos": "照片",
        "reason": "理由",
        "receiver": "接收方",
        "reference": "案号",
        "resolved": "是否解决",
        "result": "处置结果",
        "satisfied": "是否满意",
        "street_code": "街道代码",
        "task_id": "任务编号",
        "text": "内容",
        "what": "干预情况",
        "who": "干预人",
        "whom": "通报对象",
        "with_merged": "连同已并入的事件",
        "worker": "承办人",
    }
)
"""Every field of what commands say."""

UNCHANGED = "不变 as it was"


@dataclass(frozen=True, slots=True)
class FieldWord:
    """One field of what a command says: whether it may be left out, and whether it may be null."""

    name: str
    label: str
    required: bool
    nullable: bool


Say = Callable[[Term], str]
"""How a term is said: in both languages, or in Chinese alone where there is little room."""


def word(term: Term) -> str:
    """Return a term for people: 待受理 received."""
    return f"{term.label} {term.value}"


def label(term: Term) -> str:
    """Return a term in Chinese alone."""
    return term.label


def words(terms: Iterable[Term], say: Say = word) -> str:
    """Return several terms for people, one after the other."""
    return "、".join(map(say, terms))


def fields_of(command: Command) -> tuple[FieldWord, ...]:
    """Return what a command says, in its order."""
    kind = DETAILS[command]
    hints = get_type_hints(kind)
    return tuple(
        FieldWord(one.name, FIELDS[one.name], one.default is MISSING, NoneType in get_args(hints[one.name]))
        for one in fields(kind)
    )


def states_of(rule: Rule, say: Say = word) -> str:
    """Say from which of an incident's states a command begins."""
    named = {ALL: "任何状态 any", OPEN: "未办结的任何状态 any that is open"}
    return named.get(rule.states) or words(rule.states, say)


def roles_of(rule: Rule, say: Say = word) -> str:
    """Say who may give a command."""
    people = tuple(role for role in Role if role is not Role.INTEGRATOR)
    return "任何人 anybody" if set(rule.roles) == set(people) else words(rule.roles, say)


def leads_to(rule: Rule, say: Say = word) -> str:
    """Say where a command leads the incident, and on what that depends."""
    ends: dict[str, dict[str, None]] = {}  # by condition; kept in order, each once
    for lifecycle in rule.lifecycles:
        for step in incident_steps(lifecycle):
            if step.command is rule.command:
                condition = "，".join(filter(None, (_whose(rule, lifecycle, step.end, say), step.when)))
                ends.setdefault(condition, {})[say(step.end)] = None
    told = ["、".join(names) + (f"（{condition}）" if condition else "") for condition, names in ends.items()]
    return "；".join(told) or UNCHANGED


def task_of(rule: Rule, say: Say = word) -> str:
    """Say what a command does with a task: from where to where; empty where it is about none."""
    begin = "／".join(state.label for state in rule.task_from)
    if rule.task_to is None:
        return f"{begin}（{UNCHANGED}）" if begin else ""
    begin = begin or "新任务 new"
    return f"{begin} → {say(rule.task_to)}"


def lifecycle_of(rule: Rule, say: Say = word) -> str:
    """Say to whose cases a command applies."""
    return "全部 all" if set(rule.lifecycles) == set(Lifecycle) else words(rule.lifecycles, say)


def _whose(rule: Rule, lifecycle: Lifecycle, end: Term, say: Say) -> str:
    """Name the lifecycle where the other one goes elsewhere."""
    others = [one for one in rule.lifecycles if one is not lifecycle]
    if not others:
        return ""
    there = {step.end for other in others for step in incident_steps(other) if step.command is rule.command}
    return "" if end in there else say(lifecycle)
