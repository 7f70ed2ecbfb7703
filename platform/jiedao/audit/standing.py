"""How an incident stands, as a list of named facts: what a replay compares after each event (现状).

It is taken from the aggregate as the log makes it, and from no view. Personal data is in it only as the id of a key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from jiedao.domain.incident import Incident
from jiedao.domain.report import ERASED
from jiedao.domain.tasks import Task
from jiedao.domain.terms import (
    AssigneeKind,
    ClassMethod,
    IncidentState,
    Lifecycle,
    MatchMethod,
    Platform,
    ReportFlag,
    TaskState,
    Term,
)

Value = str | int | float | bool | None
"""What a fact is: text, a number, yes or no, or nothing. Times are UTC in ISO 8601."""

Standing = Mapping[str, Value]
"""Facts by name, in the order of :data:`FACTS`, then those of each task (``task.T1.state``)."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of an incident: its Chinese, how it is read, and the vocabulary of its words."""

    label: str
    read: Callable[[Incident], object]
    words: type[Term] | None = None


def _jurisdiction(name: str) -> Callable[[Incident], object]:
    return lambda incident: getattr(incident.jurisdiction, name, None)


def _class(name: str) -> Callable[[Incident], object]:
    return lambda incident: getattr(incident.classification, name, None)


def _route(name: str) -> Callable[[Incident], object]:
    return lambda incident: getattr(incident.route, name)


def _routing(name: str) -> Callable[[Incident], object]:
    return lambda incident: getattr(incident.routing, name, None)


def _report(name: str) -> Callable[[Incident], object]:
    return lambda incident: getattr(incident.report, name)


def _progress(name: str) -> Callable[[Incident], object]:
    return lambda incident: getattr(incident.progress, name)


def _reporter(incident: Incident) -> str | None:
    if incident.reporter is None:
        return None
    return "«已删除»" if incident.reporter == ERASED else f"«已加密» {incident.reporter.key_id}"


FACTS: Mapping[str, Fact] = {
    "state": Fact("状态", lambda incident: incident.state.value, IncidentState),
    "street_code": Fact("街道", lambda incident: incident.street_code),
    "jurisdiction_method": Fact("管辖判定方式", _jurisdiction("method"), MatchMethod),
    "boundary_set": Fact("边界版本", _jurisdiction("boundary_set")),
    "community_code": Fact("社区", _jurisdiction("community_code")),
    "edge_distance_m": Fact("距边界（米）", _jurisdiction("edge_distance_m")),
    "class_code": Fact("类别", _class("class_code")),
    "class_name": Fact("类别名称", _class("class_name")),
    "class_method": Fact("分类判定方式", _class("method"), ClassMethod),
    "class_table": Fact("分类表", _class("class_table")),
    "platform": Fact("平台", _route("platform"), Platform),
    "department": Fact("部门", _route("department")),
    "priority": Fact("级别", _route("priority")),
    "time_limit": Fact("时限", _route("time_limit")),
    "tags": Fact("标签", _route("tags")),
    "routing_rule": Fact("派单规则", _routing("rule_id")),
    "routing_rules": Fact("规则版本", _routing("rule_set")),
    "revision": Fact("版次", _report("revision")),
    "channel": Fact("渠道", _report("channel")),
    "lifecycle": Fact("办理", _report("lifecycle"), Lifecycle),
    "title": Fact("标题", _report("title")),
    "description": Fact("描述", _report("description")),
    "address": Fact("地址", lambda incident: incident.report.place.address),
    "reported_at": Fact("上报时间", _report("reported_at")),
    "flags": Fact("标记", _report("flags"), ReportFlag),
    "reporter": Fact("上报人", _reporter),
    "confirmed": Fact("核实属实", _progress("confirmed")),
    "suspended_stage": Fact("挂账前状态", _progress("suspended_stage"), IncidentState),
    "extensions": Fact("延期", _progress("extensions")),
    "transfer": Fact(
        "移送",
        lambda incident: incident.progress.transfer.receiver.name if incident.progress.transfer else None,
    ),
    "merged_into": Fact(
        "并入", lambda incident: incident.progress.merged_into.number if incident.progress.merged_into else None
    ),
    "duplicates": Fact("并案", lambda incident: tuple(one.number for one in incident.progress.duplicates)),
    "appeals": Fact("申诉", lambda incident: tuple(sorted(incident.progress.appeals))),
    "exemptions": Fact("免考核", _progress("exemptions")),
    "upstream_refusals": Fact("上级拒收", lambda incident: tuple(sorted(incident.progress.upstream_refusals))),
    "attachments": Fact("附件", lambda incident: len(incident.fetched) or None),
}
"""The facts of an incident by name."""

DUE_AT = "due_at"
_WORKED_OUT = {DUE_AT: "期限"}
"""Facts that follow from the incident and the time rules of that moment, with their Chinese."""


@dataclass(frozen=True, slots=True)
class TaskFact:
    """One fact of a task."""

    label: str
    read: Callable[[Task], object]
    words: type[Term] | None = None


TASK_FACTS: Mapping[str, TaskFact] = {
    "state": TaskFact("状态", lambda task: task.state.value, TaskState),
    "assignee": TaskFact("承办方", lambda task: task.assignee.name),
    "assignee_kind": TaskFact("承办方类型", lambda task: task.assignee.kind, AssigneeKind),
    "worker": TaskFact("承办人", lambda task: task.worker.name if task.worker else None),
    "handled_by": TaskFact("反馈人", lambda task: task.handled_by),
    "extension_asked": TaskFact("申请延期", lambda task: task.asked.length if task.asked else None),
}
"""The facts of each task by name."""


@dataclass(frozen=True, slots=True)
class FactChange:
    """One fact that differs: ``before`` → ``after``, beside each its Chinese where it is a word of the vocabulary."""

    field: str
    label: str
    before: Value
    after: Value
    before_label: str | None
    after_label: str | None


def standing_of(incident: Incident | None, due_at: datetime | None = None) -> dict[str, Value]:
    """List the facts of an incident as it stands, with its deadline; of none before its first event."""
    return {**_facts(incident), DUE_AT: _plain(due_at)} if incident is not None else {}


def _facts(incident: Incident) -> dict[str, Value]:
    facts = {name: _plain(fact.read(incident)) for name, fact in FACTS.items()}
    for task in incident.progress.tasks.values():
        facts |= {f"task.{task.task_id}.{name}": _plain(of_task.read(task)) for name, of_task in TASK_FACTS.items()}
    return facts


def changed(before: Standing, after: Standing) -> list[FactChange]:
    """Return the facts that differ; one that is in neither, or nothing in both, does not."""
    names = list(dict.fromkeys((*after, *before)))
    return [
        FactChange(name, label_of_fact(name), old, new, word_of(name, old), word_of(name, new))
        for name in names
        if (old := before.get(name)) != (new := after.get(name))
    ]


def label_of_fact(name: str) -> str:
    """Return the Chinese of a fact; of a task's one with the task: 任务 T1 状态."""
    task = _task_fact(name)
    if task is not None:
        task_id, fact = task
        return f"任务 {task_id} {fact.label}"
    return FACTS[name].label if name in FACTS else _WORKED_OUT.get(name, name)


def word_of(name: str, value: Value) -> str | None:
    """Return the Chinese of a fact's value, where it is a word of a vocabulary (of several, all)."""
    task = _task_fact(name)
    words = task[1].words if task is not None else FACTS[name].words if name in FACTS else None
    if words is None or not isinstance(value, str):
        return None
    known = {term.value: term.label for term in words}
    return "、".join(known.get(one, one) for one in value.split("、"))


def _task_fact(name: str) -> tuple[str, TaskFact] | None:
    start, _, rest = name.partition(".")
    task_id, _, fact = rest.partition(".")
    return (task_id, TASK_FACTS[fact]) if start == "task" and fact in TASK_FACTS else None


def _plain(value: object) -> Value:
    """Bring a fact to what can be compared and shown; nothing, an empty text and an empty list are the same."""
    if isinstance(value, Term):
        return value.value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, tuple):
        return "、".join(map(str, value)) or None
    if value is None or value == "":
        return None
    return value if isinstance(value, str | int | float | bool) else str(value)
