"""What kind of happening an event is to an auditor (审计类别), and how what no incident's history tells is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jiedao.domain.access_record import AccessKind, AccessRecord
from jiedao.domain.clock_events import CLOCK_TOPICS
from jiedao.domain.dead_letter import DeadLetter
from jiedao.domain.duplicate_judgement import DuplicateJudgement
from jiedao.domain.erasure import ErasureRequest, RefusedErasure
from jiedao.domain.handover import Handover
from jiedao.domain.incident import Incident
from jiedao.domain.range_removal import RangeRemoval, RefusedRemoval
from jiedao.domain.reference import BoundarySet, ClassTableVersion, RoutingRulesVersion
from jiedao.domain.refused_command import RefusedCommand
from jiedao.domain.refused_request import RefusedRequest
from jiedao.domain.reporter_hold import ReporterHold
from jiedao.domain.roster import RosterDay
from jiedao.domain.sample_draw import SampleDraw
from jiedao.domain.terms import Command, IncidentState, Role, Term
from jiedao.domain.time_rules import TimeRuleBook
from projections.telling_upstream import UPSTREAM_TELLINGS


class AuditKind(Term):
    """What an event is to an auditor."""

    REPORT = "report", "上报"
    JURISDICTION_DECISION = "jurisdiction_decision", "管辖判定"
    JURISDICTION_CHANGE = "jurisdiction_change", "管辖变更"
    CLASS_DECISION = "class_decision", "分类判定"
    RULE_MATCHED = "rule_matched", "规则命中"
    NO_RULE_MATCHED = "no_rule_matched", "无规则命中"
    COMMAND = "command", "办理"
    INTERVENTION = "intervention", "干预留痕"
    REFUSAL = "refusal", "拒绝"
    UPSTREAM = "upstream", "上级平台往来"
    CLOCK = "clock", "时限"
    ATTACHMENT = "attachment", "附件"
    DEAD_LETTER = "dead_letter", "死信"
    ERASURE = "erasure", "信息删除"
    RETENTION = "retention", "归档移除"
    DUPLICATE = "duplicate", "重复判断"
    DUTY = "duty", "值班交接"
    REFERENCE = "reference", "规则与边界"
    ACCESS = "access", "访问记录"
    SAMPLE = "sample", "抽样"
    OTHER = "other", "其他"


_REPORTS = (Incident.Received, Incident.Revised, Incident.LateRevisionRecorded)
_OF_TOPICS: Mapping[str, AuditKind] = (
    {event.TOPIC: AuditKind.REPORT for event in _REPORTS}
    | {
        Incident.JurisdictionDecided.TOPIC: AuditKind.JURISDICTION_DECISION,
        Incident.ClassDecided.TOPIC: AuditKind.CLASS_DECISION,
        Incident.Routed.TOPIC: AuditKind.RULE_MATCHED,
        Incident.AttachmentStored.TOPIC: AuditKind.ATTACHMENT,
        Incident.AttachmentMissed.TOPIC: AuditKind.ATTACHMENT,
        Incident.InterventionRecorded.TOPIC: AuditKind.INTERVENTION,
        Incident.TransferLapsed.TOPIC: AuditKind.CLOCK,
    }
    | dict.fromkeys(CLOCK_TOPICS, AuditKind.CLOCK)
    | dict.fromkeys(UPSTREAM_TELLINGS, AuditKind.UPSTREAM)
)
_OF_AGGREGATES: Mapping[str, AuditKind] = {
    f"{Incident.TOPIC}.": AuditKind.COMMAND,
    f"{RefusedCommand.TOPIC}.": AuditKind.REFUSAL,
    f"{DeadLetter.TOPIC}.": AuditKind.DEAD_LETTER,
    f"{RefusedErasure.TOPIC}.": AuditKind.REFUSAL,
    f"{RefusedRequest.TOPIC}.": AuditKind.REFUSAL,
    f"{ErasureRequest.TOPIC}.": AuditKind.ERASURE,
    f"{ReporterHold.TOPIC}.": AuditKind.ERASURE,
    f"{RefusedRemoval.TOPIC}.": AuditKind.REFUSAL,
    f"{RangeRemoval.TOPIC}.": AuditKind.RETENTION,
    f"{DuplicateJudgement.TOPIC}.": AuditKind.DUPLICATE,
    f"{RosterDay.TOPIC}.": AuditKind.DUTY,
    f"{Handover.TOPIC}.": AuditKind.DUTY,
    f"{BoundarySet.TOPIC}.": AuditKind.REFERENCE,
    f"{ClassTableVersion.TOPIC}.": AuditKind.REFERENCE,
    f"{RoutingRulesVersion.TOPIC}.": AuditKind.REFERENCE,
    f"{TimeRuleBook.TOPIC}.": AuditKind.REFERENCE,
    f"{AccessRecord.TOPIC}.": AuditKind.ACCESS,
    f"{SampleDraw.TOPIC}.": AuditKind.SAMPLE,
}


def kind_of_topic(topic: str) -> AuditKind:
    """Return what an event of a topic is, before anything of its content is looked at."""
    known = _OF_TOPICS.get(topic)
    if known is not None:
        return known
    return next((kind for start, kind in _OF_AGGREGATES.items() if topic.startswith(start)), AuditKind.OTHER)


_COMMANDS = {command.value: command.label for command in Command}
_STATES = {state.value: state.label for state in IncidentState}
_ACTS = {
    "ask": "申请", "approve": "同意", "reject": "不同意", "carry_out": "执行",
    "show": "查看", "list": "列出", "find": "查找",
    **{f"{command.value}_reporter": command.label for command in (Command.HOLD, Command.RELEASE_HOLD)},
}  # fmt: skip
_ACCESSES = {kind.value: kind.label for kind in AccessKind}


def _refused(event: RefusedCommand.Recorded) -> str:
    state = _STATES.get(event.state, event.state)
    return f"拒绝{_COMMANDS.get(event.command, event.command)}（{state}，第 {event.version} 版）：{event.why}"


def _turned_away(event: RefusedRequest.Recorded) -> str:
    allowed = f"；允许：{'、'.join(map(_permitted, event.allowed))}" if event.allowed else ""
    times = f"，{event.times} 次" if event.times > 1 else ""
    return f"拒绝请求 {event.method} {event.route}{times}：{event.why}{allowed}"


def _permitted(told: str) -> str:
    """Word what would have been allowed: ``role:auditor``, ``street:330103001``."""
    kind, _, name = told.partition(":")
    return f"{_PERMITTED.get(kind, kind)} {_ROLES.get(name, name)}"


_PERMITTED = {"role": "角色", "street": "街道", "source": "来源", "token": "令牌"}
_ROLES = {role.value: role.label for role in Role}


def _looked(event: AccessRecord.Recorded) -> str:
    details = "，".join(f"{name}={value}" for name, value in event.details.items())
    return f"{_ACCESSES.get(event.kind, event.kind)} {event.subject}{f'（{details}）' if details else ''}"


def _drawn(event: SampleDraw.Drawn) -> str:
    return (
        f"从 {event.population} 件结案事件中抽取 {len(event.drawn)} 件，种子 {event.seed}，"
        f"截至日志位置 {event.as_of}（{event.algorithm}）"
    )


NOTES: Mapping[str, Callable[[Any], str]] = {
    RefusedCommand.Recorded.TOPIC: _refused,
    RefusedRequest.Recorded.TOPIC: _turned_away,
    RefusedRequest.Repeated.TOPIC: lambda event: f"同一分钟内又被拒绝 {event.times} 次",
    AccessRecord.Recorded.TOPIC: _looked,
    SampleDraw.Drawn.TOPIC: _drawn,
    DeadLetter.SetAside.TOPIC: lambda event: f"来源 {event.source} 的记录无法识别：{event.reason}",
    DeadLetter.Replayed.TOPIC: lambda event: f"死信重放：{event.outcome}",
    DuplicateJudgement.Dismissed.TOPIC: lambda event: f"排除重复：{event.one} 与 {event.other}",
    DuplicateJudgement.DismissedAgain.TOPIC: lambda event: f"排除重复：{event.one} 与 {event.other}",
    DuplicateJudgement.Withdrawn.TOPIC: lambda event: f"撤回排除：{event.one} 与 {event.other}",
    BoundarySet.Adopted.TOPIC: lambda event: f"采用边界版本 {event.version}，自 {event.effective_from} 起",
    ClassTableVersion.Adopted.TOPIC: lambda event: f"采用分类表 {event.version}，自 {event.effective_from} 起",
    RoutingRulesVersion.Adopted.TOPIC: lambda event: f"采用派单规则 {event.version}，自 {event.effective_from} 起",
    TimeRuleBook.Adopted.TOPIC: lambda event: f"采用时限规则 {event.rules.version}",
    TimeRuleBook.Changed.TOPIC: lambda event: f"改用时限规则 {event.rules.version}",
    RosterDay.Planned.TOPIC: lambda _event: "排定值班",
    RosterDay.Changed.TOPIC: lambda _event: "变更值班",
    Handover.Offered.TOPIC: lambda event: f"交班，事项 {len(event.content.matters)} 件",
    Handover.Accepted.TOPIC: lambda _event: "接班",
    Handover.Objected.TOPIC: lambda _event: "提出异议",
    ErasureRequest.Asked.TOPIC: lambda event: f"申请删除上报人信息，涉及事件 {len(event.incidents)} 件",
    ErasureRequest.Approved.TOPIC: lambda _event: "同意删除上报人信息",
    ErasureRequest.Rejected.TOPIC: lambda _event: "不同意删除上报人信息",
    ErasureRequest.Refused.TOPIC: lambda event: f"现不能删除上报人信息：障碍 {len(event.obstacles)} 项",
    ErasureRequest.CarriedOut.TOPIC: lambda event: f"已删除上报人信息，销毁密钥 {len(event.key_ids)} 个",
    ErasureRequest.Reapplied.TOPIC: lambda event: f"恢复备份后再次销毁密钥 {len(event.key_ids)} 个",
    RangeRemoval.Asked.TOPIC: lambda event: f"申请移除已归档的位置 {event.archive.name}",
    RangeRemoval.Approved.TOPIC: lambda _event: "同意移除已归档的位置",
    RangeRemoval.Rejected.TOPIC: lambda _event: "不同意移除已归档的位置",
    RangeRemoval.Refused.TOPIC: lambda event: f"现不能移除：障碍 {len(event.obstacles)} 项 {event.because}".strip(),
    RangeRemoval.CarriedOut.TOPIC: lambda event: f"已移除位置 {event.archive.name}，归档 {event.archive.file}",
    RefusedRemoval.Recorded.TOPIC: lambda event: f"拒绝移除归档的操作 {_ACTS.get(event.act, event.act)}：{event.why}",
    RefusedErasure.Recorded.TOPIC: lambda event: (
        f"拒绝删除上报人信息的操作 {_ACTS.get(event.act, event.act)}：{event.why}"
    ),
    ReporterHold.Opened.TOPIC: lambda event: f"依法留存上报人信息：{event.reference}",
    ReporterHold.Placed.TOPIC: lambda event: f"依法留存上报人信息：{event.reference}",
    ReporterHold.Released.TOPIC: lambda event: f"解除留存：{event.reference}",
}
"""How an event that belongs to no incident's history is told: a sentence without anything personal."""


def command_of(causation_id: str) -> str | None:
    """Return the command that somebody gave, from what the event's context says caused it."""
    begin, _, rest = causation_id.partition(":")
    return rest.partition(":")[0] if begin == "command" else None
