"""How what comes in, and what is decided of it, is told: reports, files, jurisdiction, class and routing.

Personal data is never opened here: a sealed field is told as «已加密» with the id of its key.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from jiedao.domain.decisions import ClassDecision, JurisdictionDecision
from jiedao.domain.incident import Incident
from jiedao.domain.report import ERASED as ERASED_SEAL
from jiedao.domain.report import IncidentReport, Sealed
from jiedao.domain.routing_decision import RouteChange, RoutingDecision
from jiedao.domain.terms import ClassMethod, Lifecycle, MatchMethod, Platform, ReportFlag
from projections.telling_upstream import Told

_MATCH_LABELS = {term.value: term.label for term in MatchMethod}
_CLASS_LABELS = {term.value: term.label for term in ClassMethod}
_PLATFORM_LABELS = {term.value: term.label for term in Platform}
_FLAG_LABELS = {term.value: term.label for term in ReportFlag}
_LIFECYCLE_LABELS = {term.value: term.label for term in Lifecycle}


def _sealed(sealed: Sealed | None) -> str | None:
    """Say that it is there, how large, and under which key; what it says stays closed."""
    if sealed is None:
        return None
    if sealed == ERASED_SEAL:
        return ERASED
    size = max(0, len(sealed.ciphertext) * 3 // 4 - _SEAL_BYTES)
    return f"«已加密» {sealed.algorithm} {sealed.key_id}（{size} 字节）"


ERASED = "«已删除»"
"""What stands instead of what was sealed under a destroyed key."""


def told_sealed(key_pattern: str) -> str:
    """Return the pattern of what :func:`_sealed` says of anything under a key; ``key_pattern`` is that of its id."""
    return f"«已加密» [A-Z0-9]+ {key_pattern}（[0-9]+ 字节）"


_SEAL_BYTES = 12 + 16
"""Nonce and tag of a ciphertext."""


def _report_inputs(event: Any) -> Mapping[str, object]:
    return {
        "report": event.report,
        "raw": _sealed(event.raw),
        "reporter": _sealed(event.reporter),
    }


def _received(event: Incident.Received) -> str:
    report = event.report
    lifecycle = _LIFECYCLE_LABELS.get(report.lifecycle, report.lifecycle)
    return f"收到来源 {report.source} 的上报 {report.external_id}（{lifecycle}）：{report.title}"


def _revised(event: Incident.Revised) -> str:
    return f"来源 {event.report.source} 更新为{_revision(event.report)}：{event.report.title}"


def _late(event: Incident.LateRevisionRecorded) -> str:
    return f"来源 {event.report.source} 的{_revision(event.report)}迟到，仅作记录，不改变现状"


def _revision(report: IncidentReport) -> str:
    """A counted revision is told as such; one that is the moment of a change (milliseconds) is told by its number."""
    return f"第 {report.revision} 版" if report.revision < _COUNTED else f"新版（修订号 {report.revision}）"


_COUNTED = 1_000_000_000
"""Sources count revisions, or send the moment of the last change; no count comes this far."""


def _jurisdiction(event: Incident.JurisdictionDecided) -> str:
    decision: JurisdictionDecision = event.decision
    method = _MATCH_LABELS.get(decision.method, decision.method)
    where = f"归属街道 {decision.street_code}" if decision.street_code else "未归属任何街道"
    text = f"，文字“{decision.matched_text}”" if decision.matched_text else ""
    edge = f"，距边界 {decision.edge_distance_m:.0f} 米" if decision.edge_distance_m is not None else ""
    doubts = "、".join(_FLAG_LABELS.get(flag, flag) for flag in decision.flags)
    doubted = f"；存疑：{doubts}" if doubts else ""
    return f"{where}（{method}{text}{edge}；边界版本 {decision.boundary_set}{doubted}）"


def _class(event: Incident.ClassDecided) -> str:
    decision: ClassDecision = event.decision
    method = _CLASS_LABELS.get(decision.method, decision.method)
    if decision.class_code is None:
        unknown = f" {decision.source_class}" if decision.source_class else ""
        return f"未能判定分类{unknown}（{method}；分类表 {decision.class_table}）"
    platform = _PLATFORM_LABELS.get(decision.platform or "", "未定")
    due = f"，时限 {decision.time_limit}" if decision.time_limit else ""
    name = f" {decision.class_name}" if decision.class_name else ""
    return f"分类为 {decision.class_code}{name}，由{platform}平台办理{due}（{method}；分类表 {decision.class_table}）"


_ROUTE_LABELS = {
    "platform": "平台",
    "department": "部门",
    "priority": "级别",
    "time_limit": "时限",
    "tags": "标签",
}


def _routed(event: Incident.Routed) -> str:
    decision: RoutingDecision = event.decision
    changes = "，".join(map(_route_change, decision.changed)) or "按分类办理"
    if decision.rule_id is None:
        return f"无派单规则命中，{changes}（规则版本 {decision.rule_set}）"
    return f"按派单规则 {decision.rule_id}“{decision.rule_name}”：{changes}（规则版本 {decision.rule_set}）"


def _route_change(change: RouteChange) -> str:
    if change.field == "tags" and not change.before:
        return f"加标签 {change.after}"
    before, after = change.before or "无", change.after or "无"
    if change.field == "platform":
        before = _PLATFORM_LABELS.get(change.before or "", "未定")
        after = _PLATFORM_LABELS.get(change.after or "", "由人工判定")
    return f"{_ROUTE_LABELS[change.field]} {before}→{after}"


def _decision_inputs(event: Any) -> object:
    return event.decision


INTAKE_TELLINGS: Mapping[str, Told] = MappingProxyType(
    {
        Incident.Received.TOPIC: ("登记", _received, _report_inputs),
        Incident.JurisdictionDecided.TOPIC: ("管辖判定", _jurisdiction, _decision_inputs),
        Incident.ClassDecided.TOPIC: ("分类判定", _class, _decision_inputs),
        Incident.Routed.TOPIC: ("派单规则", _routed, _decision_inputs),
        Incident.Revised.TOPIC: ("更新", _revised, _report_inputs),
        Incident.LateRevisionRecorded.TOPIC: ("迟到版本", _late, _report_inputs),
        Incident.AttachmentStored.TOPIC: (
            "附件入库",
            lambda event: f"附件已取得并保存，内容哈希 {event.attachment.sha256}",
            lambda event: {"url": event.url, "attachment": event.attachment},
        ),
        Incident.AttachmentMissed.TOPIC: (
            "附件未取得",
            lambda event: f"附件未能取得：{event.reason}",
            lambda event: {"url": event.url, "reason": event.reason},
        ),
    }
)
"""Topic → how an event of it is told."""
