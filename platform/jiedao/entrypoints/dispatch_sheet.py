"""The dispatch sheet of a task for paper (派遣单): what has to be done, where, by whom, until when, and who signs.

The reporter is not on it: neither who they are nor their key. Photos are named by their content hash, by which anybody
who may can fetch them and check that they are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from jiedao.domain.profile import DistrictProfile
from jiedao.domain.tasks import JointTask
from jiedao.domain.terms import IncidentState
from jiedao.entrypoints.http.boundaries import NOTICE
from jiedao.entrypoints.http.models import AssigneeAnswer, IncidentAnswer, TaskAnswer
from jiedao.entrypoints.printing import Html, element, facts, page, table
from projections.answers import HistoryRow

_PHOTO_FIELDS = ("photos", "before", "after")
_HASH_LENGTH = 64
_NAMED = frozenset({"joint_operation_opened", "transfer_accepted"})
"""The events that give a task otherwise than by dispatching it: the sheet names them."""


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """What a sheet is made of: the incident in words, its task, its story, and whether its boundaries are official."""

    incident: IncidentAnswer
    task: TaskAnswer
    history: Sequence[HistoryRow]
    boundaries_approximate: bool
    printed_at: datetime


def dispatch_sheet(known: SheetFacts, profile: DistrictProfile) -> str:
    """Make the page."""
    incident, task, zone = known.incident, known.task, ZoneInfo(profile.timezone)
    number = f"{incident.source}:{incident.external_id}"
    return page(
        f"派遣单 {number} {task.task_id}",
        element("h1", "派遣单"),
        element("p", f"{profile.city}{profile.name} · {number} · 任务 {task.task_id}", kind="under"),
        _elsewhere(incident, zone),
        facts(
            (
                (
                    "案件编号",
                    _joined(number, f"（上级平台案号 {incident.upstream_case}）" if incident.upstream_case else ""),
                ),
                ("事件标识", str(incident.incident_id)),
                ("类别", _joined(incident.class_code, incident.class_name)),
                ("级别", f"{incident.priority} 级" if incident.priority else ""),
                ("标题", incident.title),
                ("描述", incident.description),
                ("上报时间", _local(incident.reported_at, zone)),
                ("处置期限", _due(known, zone)),
            )
        ),
        element("h2", "地点"),
        _place(known, profile),
        element("h2", "承办"),
        facts(
            (
                ("承办方", _named(task.assignee)),
                *_worker(known, task.worker, zone),
                *_offered(task, zone),
                *_joint(known),
                ("主管部门", incident.department or ""),
                *([("养护单位", incident.maintaining_unit)] if incident.maintaining_unit else []),
                ("任务状态", task.state_label),
                ("派遣", _dispatched(known, zone)),
            )
        ),
        element("h2", "照片与附件"),
        _photos(known.history),
        element("h2", "处置情况"),
        table(("处置结果（承办人填写）",), [("",)], kind="sign"),
        table(("派遣员签字、日期", "承办人签字、日期", "核查人签字、日期"), [("", "", "")], kind="sign"),
        element("p", f"打印时间 {_local(known.printed_at, zone)} · 日志位置 {incident.last_position}", kind="under"),
    )


def _due(known: SheetFacts, zone: ZoneInfo) -> str:
    """Say by when the task is to be handled; while the case is suspended, that its clock stands still."""
    task = known.task
    if task.due_at is None and known.incident.state == IncidentState.SUSPENDED.value:
        return "挂账，暂停计时"
    return _joined(_local(task.due_at, zone), "（暂定）" if task.due_provisional else "")


def _place(known: SheetFacts, profile: DistrictProfile) -> Html:
    incident = known.incident
    communities = {one.code: one.name for one in profile.communities}
    approximate = known.boundaries_approximate and incident.boundary_set is not None
    has_point = incident.lon is not None and incident.lat is not None
    return Html(
        facts(
            (
                ("地址", incident.address),
                ("街道", incident.street_name or incident.street_code or "未定"),
                ("社区", communities.get(incident.community_code or "", incident.community_code or "")),
                ("坐标", f"{incident.lon:.6f}, {incident.lat:.6f}（WGS-84）" if has_point else "无"),
                ("管辖判定", _joined(incident.jurisdiction_label, f"边界版本 {incident.boundary_set}")),
            )
        )
        + (element("p", element("span", "近似", kind="mark"), f" {NOTICE}") if approximate else "")
    )


def _elsewhere(incident: IncidentAnswer, zone: ZoneInfo) -> Html:
    """Say of an incident that was merged or is being transferred that it is, and where it goes."""
    merged, offered = incident.arrangements.merged_into, incident.arrangements.transfer
    if incident.state == IncidentState.MERGED.value and merged is not None:
        said = f" 并入 {merged.number}"
    elif incident.state == IncidentState.TRANSFERRING.value and offered is not None:
        said = f" 移送给 {offered.name}（{offered.kind_label}），待其在 {_local(offered.answer_by, zone)} 前答复"
    else:
        return Html()
    return element("p", element("span", incident.state_label, kind="mark"), said)


def _dispatched(known: SheetFacts, zone: ZoneInfo) -> str:
    """Say who gave the task, when, and with what remark; where it was not dispatched, also how it was given."""
    for row in reversed(known.history):
        if known.task.task_id in _given(row):
            note = row.inputs.get("note") or row.reason or ""
            return _joined(row.label if row.event in _NAMED else "", row.actor, _local(row.occurred_at, zone), note)
    return ""


def _given(row: HistoryRow) -> Sequence[object]:
    """Return the ids of the tasks that an event gave to somebody."""
    match row.event:
        case "task_dispatched" | "transfer_accepted":
            return (row.inputs.get("task_id"),)
        case "task_reassigned":
            return (row.inputs.get("new_task_id"),)
        case "joint_operation_opened":
            return [one.task_id for one in _opened(row)]
        case _:
            return ()


def _opened(row: HistoryRow) -> tuple[JointTask, ...]:
    return msgspec.convert(row.inputs["tasks"], tuple[JointTask, ...])


def _joint(known: SheetFacts) -> Iterator[tuple[str, str]]:
    """Say who leads the joint operation of which the task is a part, and who else is in it now."""
    operation: dict[str, str] = {}  # what each place in it began with: the id of its task by now
    for row in known.history:
        if row.event == "joint_operation_opened":
            operation = {one.task_id: one.task_id for one in _opened(row)}
        elif row.event == "task_reassigned":
            place = next((place for place, now in operation.items() if now == row.inputs["task_id"]), None)
            if place is not None:
                operation[place] = str(row.inputs["new_task_id"])
    if known.task.task_id not in operation.values():
        return
    tasks = {task.task_id: task for task in known.incident.tasks}
    lead, *others = (f"{_named(tasks[now].assignee)}任务 {now}" for now in operation.values() if now in tasks)
    yield "联合执法", f"牵头 {lead}；配合 {'、'.join(others)}"


def _worker(known: SheetFacts, worker: AssigneeAnswer | None, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    """Say to whom the assignee gave the task on, who did, and when."""
    if worker is None:
        return
    for row in reversed(known.history):
        if row.event == "task_redispatched" and row.inputs["task_id"] == known.task.task_id:
            given = _joined(_named(worker), row.actor, _local(row.occurred_at, zone), row.inputs.get("note"))
            yield "二次派遣", given
            return


def _offered(task: TaskAnswer, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    """Say whom a task is offered to that nobody accepted in time, and until when."""
    if task.offered_until is not None:
        who = f"（{task.offered_to}）" if task.offered_to else "（名册中无人当班）"
        yield "顺延派办", f"{task.offered_name}{who} 请在 {_local(task.offered_until, zone)} 前签收"


def _named(assignee: AssigneeAnswer) -> str:
    return f"{assignee.name}（{assignee.kind_label}）"


def _photos(history: Sequence[HistoryRow]) -> Html:
    hashes = dict.fromkeys(sha256 for row in history for sha256 in _hashes(row.inputs))
    if not hashes:
        return element("p", "无已入库的照片或附件。")
    rows = [(str(number), element("span", sha256, kind="hash")) for number, sha256 in enumerate(hashes, 1)]
    return table(("序号", "内容哈希 SHA-256"), rows, kind="list")


def _hashes(inputs: Mapping[str, object]) -> Iterator[str]:
    """Yield the hashes of the files that an event tells of."""
    for name in _PHOTO_FIELDS:
        given = inputs.get(name)
        if isinstance(given, list):
            yield from (one for one in given if _is_hash(one))
    report = inputs.get("report")
    attachments = report.get("attachments") if isinstance(report, dict) else None
    for one in (*(attachments or ()), inputs.get("attachment")):
        if isinstance(one, dict) and _is_hash(one.get("sha256")):
            yield str(one["sha256"])


def _is_hash(given: object) -> bool:
    return isinstance(given, str) and len(given) == _HASH_LENGTH


def _joined(*parts: object) -> str:
    return " ".join(str(part) for part in parts if part)


def _local(moment: datetime | None, zone: ZoneInfo) -> str:
    return "" if moment is None else moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")
