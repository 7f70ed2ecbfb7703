"""How each event of an incident is told to a person: a table from topic to label, sentence and inputs.

Personal data is never opened here: a sealed field is told as «已加密» with the id of its key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jiedao.domain.decisions import ClassDecision, JurisdictionDecision
from jiedao.domain.incident import Incident
from jiedao.domain.report import Sealed
from jiedao.domain.terms import ClassMethod, Lifecycle, MatchMethod, Platform


@dataclass(frozen=True, slots=True)
class Telling:
    """The Chinese label of a topic, and what makes the sentence and the inputs of one event of it.

    The inputs are stored as JSON; dataclasses in them become objects.
    """

    label: str
    sentence: Callable[[Any], str]
    inputs: Callable[[Any], object]


_MATCH_LABELS = {term.value: term.label for term in MatchMethod}
_CLASS_LABELS = {term.value: term.label for term in ClassMethod}
_PLATFORM_LABELS = {term.value: term.label for term in Platform}
_LIFECYCLE_LABELS = {term.value: term.label for term in Lifecycle}


def _sealed(sealed: Sealed | None) -> str | None:
    return None if sealed is None else f"«已加密» {sealed.algorithm} {sealed.key_id}"


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
    return f"来源 {event.report.source} 更新为第 {event.report.revision} 版：{event.report.title}"


def _late(event: Incident.LateRevisionRecorded) -> str:
    return f"来源 {event.report.source} 的第 {event.report.revision} 版迟到，仅作记录，不改变现状"


def _jurisdiction(event: Incident.JurisdictionDecided) -> str:
    decision: JurisdictionDecision = event.decision
    method = _MATCH_LABELS.get(decision.method, decision.method)
    where = f"归属街道 {decision.street_code}" if decision.street_code else "未归属任何街道"
    text = f"，文字“{decision.matched_text}”" if decision.matched_text else ""
    edge = f"，距边界 {decision.edge_distance_m:.0f} 米" if decision.edge_distance_m is not None else ""
    return f"{where}（{method}{text}{edge}；边界版本 {decision.boundary_set}）"


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


def _decision_inputs(event: Any) -> object:
    return event.decision


TELLINGS: Mapping[str, Telling] = {
    Incident.Received.TOPIC: Telling("登记", _received, _report_inputs),
    Incident.JurisdictionDecided.TOPIC: Telling("管辖判定", _jurisdiction, _decision_inputs),
    Incident.ClassDecided.TOPIC: Telling("分类判定", _class, _decision_inputs),
    Incident.Revised.TOPIC: Telling("更新", _revised, _report_inputs),
    Incident.LateRevisionRecorded.TOPIC: Telling("迟到版本", _late, _report_inputs),
    Incident.AttachmentStored.TOPIC: Telling(
        "附件入库",
        lambda event: f"附件已取得并保存，内容哈希 {event.attachment.sha256}",
        lambda event: {"url": event.url, "attachment": event.attachment},
    ),
    Incident.AttachmentMissed.TOPIC: Telling(
        "附件未取得",
        lambda event: f"附件未能取得：{event.reason}",
        lambda event: {"url": event.url, "reason": event.reason},
    ),
}
