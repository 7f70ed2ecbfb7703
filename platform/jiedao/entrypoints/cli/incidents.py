"""``jiedao incident``: an incident as it stands, and everything that happened to it (事件)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click
from rich.console import Group, RenderableType

from jiedao.domain.profile import DistrictProfile
from jiedao.domain.terms import ClassMethod, IntakeOutcome, Lifecycle, ReportFlag, Role, Transport
from jiedao.domain.workflow import ENDED
from jiedao.entrypoints.cli import duplicates, incident_listing, reporter, task_papers
from jiedao.entrypoints.cli.finding import find_incident
from jiedao.entrypoints.cli.incident_commands import commands
from jiedao.entrypoints.cli.listing import Listed
from jiedao.entrypoints.cli.opening import console_actor, opened_for_reading
from jiedao.entrypoints.cli.options import DISTRICT, json_output, with_settings
from jiedao.entrypoints.cli.output import answer, facts, line, local, to_json
from jiedao.entrypoints.cli.words import read_as_of
from jiedao.entrypoints.http.arrangement_models import Arrangements
from jiedao.entrypoints.http.models import Delivery, HistoryEntry, IncidentAnswer, TaskAnswer
from jiedao.entrypoints.http.permissions import Act, may
from jiedao.entrypoints.http.wording import Wording, correction_words, label_of
from jiedao.entrypoints.settings import Settings


@click.group(cls=Listed)
def incident() -> None:
    """事件 An incident as it stands, everything that happened to it, and what can be done with it.

    INCIDENT is its id, or SOURCE:EXTERNAL_ID with the number that the source gave it: hotline:2024-0001.
    """


@incident.command()
@click.argument("incident")
@click.option("--as-of", help="回看 As of a position in the log, or a time; without zone it is the district's.")
@json_output
@with_settings(*DISTRICT)
def show(settings: Settings, incident: str, as_of: str | None) -> None:
    """事件详情 Show an incident as it stands, or stood. INCIDENT is its id, or SOURCE:EXTERNAL_ID."""
    with opened_for_reading(settings) as district:
        position, moment = read_as_of(as_of, ZoneInfo(district.profile.timezone))
        incident_id = find_incident(district, incident)
        row, seen = district.auditing.as_of.incident(incident_id, as_of_position=position, as_of_time=moment)
        found = Wording(district.profile).incident(row)
        below = [] if as_of is None else [line(f"截至日志位置 as of position {seen}", style="dim")]
        answer(found, lambda: Group(facts(_facts(found, district.profile)), *below))


@incident.command()
@click.argument("incident")
@click.option("--inputs", is_flag=True, help="依据 Show what each decision saw and used, too.")
@click.option("--as-of", help="回看 As of a position in the log, or a time; without zone it is the district's.")
@json_output
@with_settings(*DISTRICT)
def history(settings: Settings, incident: str, as_of: str | None, *, inputs: bool) -> None:
    """事件全过程 Tell everything of an incident, from the bytes that came in to the queue it stands in.

    Who did what, when, why, and on which inputs: boundary set, class table, what the source said.
    INCIDENT is its id, or SOURCE:EXTERNAL_ID. What is encrypted stays so. With --json the inputs are always there.
    With --as-of the story ends there.
    """
    with opened_for_reading(settings) as district:
        zone = ZoneInfo(district.profile.timezone)
        position, moment = read_as_of(as_of, zone)
        incident_id = find_incident(district, incident)
        story = district.auditing.as_of.history(
            incident_id,
            as_of_position=position,
            as_of_time=moment,
            interventions=may(console_actor(), Act.READ_INTERVENTIONS),
        )
        found = story.incident
        deliveries = district.reconciliation.find_record(found.source, found.external_id)
        told = Wording(district.profile).history(found, story.known(deliveries), story.rows)
        standing = "现状 now" if as_of is None else f"截至日志位置 {story.position} 的状况 as of then"
        answer(
            told,
            lambda: line(f"事件 {incident_id}", style="bold"),
            lambda: Group(*(_delivered(one, zone) for one in told.deliveries)),
            lambda: Group(*(_told(entry, zone, inputs=inputs) for entry in told.events)),
            lambda: line(f"{standing}: {_standing(told.incident)}", style="bold"),
        )


def _standing(found: IncidentAnswer) -> str:
    """Where it stands: in which queue of which street, or nowhere any more."""
    if found.state in {state.value for state in ENDED}:
        return f"{found.state_label}，不在任何队列 in no queue（position {found.last_position}）"
    place = found.street_name or "区级"
    platform = f"{found.platform_label}平台" if found.platform_label else "平台未定"
    return f"{found.state_label}，在 {place} {platform} 队列（position {found.last_position}）"


for _command in (
    *incident_listing.commands(),
    *reporter.commands(),
    *duplicates.commands(),
    *task_papers.commands(),
    *commands(),
):
    incident.add_command(_command)


def _facts(found: IncidentAnswer, profile: DistrictProfile) -> Iterator[tuple[str, object]]:
    zone = ZoneInfo(profile.timezone)
    communities = {one.code: one.name for one in profile.communities}
    yield "编号 id", found.incident_id
    revision = _revision(found.revision, zone)
    yield "来源 source", f"{found.source_label} {found.source}:{found.external_id}{revision}"
    yield "渠道 channel", found.channel
    yield "办理 lifecycle", _joined(label_of(Lifecycle, found.lifecycle), found.upstream_case)
    yield "状态 state", found.state_label
    if found.upstream_refusal:
        yield "拒收 refusal", found.upstream_refusal
    yield "任务 tasks", "\n".join(_task(task, zone) for task in found.tasks)
    yield from _arranged(found.arrangements, zone)
    yield "标题 title", found.title
    yield "描述 description", found.description
    yield "地址 address", found.address
    yield "街道 street", _joined(found.street_name, found.street_code)
    yield "社区 community", _joined(communities.get(found.community_code or ""), found.community_code)
    yield "判定 jurisdiction", _jurisdiction(found)
    yield (
        "坐标 WGS-84",
        f"{found.lon:.6f}, {found.lat:.6f}" if found.lon is not None and found.lat is not None else None,
    )
    yield "平台 platform", found.platform_label
    yield "部门 department", found.department
    yield "养护单位 maintained by", found.maintaining_unit
    yield "类别 class", _joined(found.class_code, found.class_name, label_of(ClassMethod, found.class_method))
    yield "来源分类 by source", found.source_class
    yield "执法事项 matters", "、".join(found.matters)
    yield "立案条件 to file", found.filing_condition
    yield "结案条件 to close", found.closing_condition
    yield "派单规则 routing", _joined(found.routing_rule, f"（{found.routing_rules}）" if found.routing_rules else None)
    yield "标签 tags", "、".join(found.tags)
    yield "级别 priority", found.priority
    yield "时限 limit", found.time_limit
    yield "期限 due", _due(found.due_at, zone, found.due_label, provisional=found.due_provisional)
    yield "结案期限 to close by", local(found.closing_due_at, zone)
    yield "标记 flags", "、".join(label_of(ReportFlag, flag) or flag for flag in found.flags)
    yield "发生 happened", local(found.happened_at, zone)
    yield "上报 reported", local(found.reported_at, zone)
    yield "接收 received", local(found.received_at, zone)
    yield "日志 log", f"positions {found.first_position} … {found.last_position}, version {found.version}"


def _due(due_at: datetime | None, zone: ZoneInfo, label: str | None, *, provisional: bool) -> str:
    return _joined(label, local(due_at, zone), "（暂定 provisional）" if provisional else None) if due_at else ""


def _task(task: TaskAnswer, zone: ZoneInfo) -> str:
    worker = f"，由 {task.worker.name} 承办" if task.worker else ""
    lead = "，牵头" if task.leads else ""
    due = f"，{local(task.due_at, zone)} 前处置" if task.due_at else ""
    asked = f"，申请延期 {task.extension_asked}" if task.extension_asked else ""
    offered = f"，顺延派给 {_offered(task)}，{local(task.offered_until, zone)} 前签收" if task.offered_until else ""
    whose = f"{task.assignee.name}（{task.assignee.kind_label}）"
    return f"{task.task_id} {task.state_label}：{whose}{lead}{worker}{asked}{offered}{due}"


def _offered(task: TaskAnswer) -> str:
    return f"{task.offered_name}（{task.offered_to}）" if task.offered_to else f"{task.offered_name}（名册中无人当班）"


def _arranged(found: Arrangements, zone: ZoneInfo) -> Iterator[tuple[str, object]]:
    yield "并入 merged into", found.merged_into.number if found.merged_into else None
    yield "并案 duplicates", "、".join(one.number for one in found.duplicates)
    if offered := found.transfer:
        yield "移送 transfer", f"{offered.name}（{offered.kind_label}），{local(offered.answer_by, zone)} 前答复"
    yield "延期 extensions", "、".join(found.extensions)
    yield "申诉 appeals", "、".join(f"{one.assessment_label} {one.outcome}" for one in found.appeals)
    yield "保全 holds", "、".join(f"{one.ground_label} {one.reference}".strip() for one in found.holds)


def _jurisdiction(found: IncidentAnswer) -> str:
    edge = f"，距边界 {found.edge_distance_m:.0f} 米" if found.edge_distance_m is not None else ""
    boundary_set = f"（边界版本 {found.boundary_set}）" if found.boundary_set else ""
    return f"{found.jurisdiction_label or ''}{edge}{boundary_set}"


def _joined(*parts: object) -> str:
    return " ".join(str(part) for part in parts if part)


def _delivered(delivery: Delivery, zone: ZoneInfo) -> RenderableType:
    """Lay out one delivery: when and how the bytes came in, what they became, and their keyed hash."""
    outcome = label_of(IntakeOutcome, delivery.outcome)
    way = f"{label_of(Transport, delivery.transport)} · {delivery.origin}"
    return Group(
        line(f"{local(delivery.received_at, zone)}  投递  {outcome}{_revision(delivery.revision, zone)}"),
        line(f"    {way} · 内容指纹 HMAC-SHA-256 {delivery.content_mac}", style="dim"),
    )


def _revision(revision: int | None, zone: ZoneInfo) -> str:
    """Word a revision: counted by the source, or the moment of its last change in milliseconds since 1970."""
    if revision is None:
        return ""
    if not _FIRST_MOMENT <= revision < _BEYOND_MOMENTS:
        return f"（第 {revision} 版）"
    return f"（修订于 {local(datetime.fromtimestamp(revision / 1000, UTC), zone)}）"


_FIRST_MOMENT = 946_684_800_000
_BEYOND_MOMENTS = 4_102_444_800_000
"""The first milliseconds of the years 2000, so far no source counts its revisions, and 2100."""


def _told(row: HistoryEntry, zone: ZoneInfo, *, inputs: bool) -> RenderableType:
    """Lay out one event of the story: when and what, who and why, and what it rests on."""
    lines = [
        line(f"{local(row.recorded_at, zone)}  {row.label}  {row.summary}"),
        line(f"    {_who(row)}", style="dim"),
    ]
    if row.reason and row.reason not in row.summary:
        lines.append(line(f"    理由 {row.reason}"))
    if corrected := correction_words(row):
        lines.append(line(f"    {corrected}"))
    if inputs:
        lines += [line(f"    {one}", style="dim") for one in to_json(row.inputs).splitlines()]
    return Group(*lines)


def _who(row: HistoryEntry) -> str:
    parts: Sequence[str | None] = (
        f"{row.actor}（{label_of(Role, row.role)}）",
        label_of(Transport, row.transport),
        row.origin,
        f"第 {row.version} 条记录",
        f"position {row.position}",
    )
    return " · ".join(part for part in parts if part)
