"""How what happens between us and a superior platform is told: a table from topic to label, sentence and inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from jiedao.domain import upstream_events
from jiedao.domain.terms import Command, UpstreamMessageKind

Told = tuple[str, Callable[[Any], str], Callable[[Any], object]]
"""The Chinese label of a topic, and what makes the sentence and the inputs of one event of it."""

_KIND_LABELS = {kind.value: kind.label for kind in UpstreamMessageKind}


def told_refusals(refusals: Mapping[str, str]) -> str | None:
    """Tell what the superior refused and nobody has dealt with; ``refusals`` is kind → reason."""
    return "；".join(f"上级拒收{kind_label(kind)}：{reason}" for kind, reason in refusals.items()) or None


def kind_label(kind: str) -> str:
    """Return the Chinese word for a kind of message; one that this version does not know stands for itself."""
    return _KIND_LABELS.get(kind, kind)


def _note(event: Any) -> str:
    return f"：{event.note}" if event.note else ""


def _reason(event: Any) -> str:
    return f"：理由 {event.context.reason}" if event.context.reason else ""


def _delivered(event: upstream_events.UpstreamMessageDelivered) -> str:
    number = f"，上级回执号 {event.reference}" if event.reference else ""
    return f"{kind_label(event.kind)}已送达上级平台{number}"


def _refused(event: upstream_events.UpstreamMessageRefused) -> str:
    code = f"（{event.code}）" if event.code else ""
    return f"上级平台拒收{kind_label(event.kind)}，须人工处理：{event.reason}{code}"


def _deadline(event: upstream_events.UpstreamDeadlineChanged) -> str:
    before, now = (moment.isoformat() if moment else "无" for moment in (event.before, event.deadline))
    return f"上级平台将期限由 {before} 改为 {now}"


def _revisited(event: upstream_events.UpstreamRevisited) -> str:
    resolved = {True: "已解决", False: "未解决", None: "是否解决不详"}[event.resolved]
    satisfied = {True: "满意", False: "不满意", None: "未取得评价"}[event.satisfied]
    return f"上级平台回访，{resolved}，{satisfied}{_note(event)}"


def _inputs_of(*fields: str) -> Callable[[Any], Mapping[str, object]]:
    return lambda event: {name: getattr(event, name) for name in fields}


def _noted(label: str, sentence: str) -> Told:
    return label, lambda event: f"{sentence}{_note(event)}", _inputs_of("note")


_OF_MESSAGE = ("message_id", "owed_at", "kind")

UPSTREAM_TELLINGS: Mapping[str, Told] = MappingProxyType(
    {
        upstream_events.CaseSentBack.TOPIC: (
            Command.RETURN_CASE.label,
            lambda event: f"{Command.RETURN_CASE.label}平台{_reason(event)}",
            _inputs_of(),
        ),
        upstream_events.UpstreamMessageDelivered.TOPIC: (
            "上报送达",
            _delivered,
            _inputs_of(*_OF_MESSAGE, "reference"),
        ),
        upstream_events.UpstreamMessageRefused.TOPIC: (
            "上级拒收",
            _refused,
            _inputs_of(*_OF_MESSAGE, "reason", "code"),
        ),
        upstream_events.UpstreamMessageRetried.TOPIC: (
            "重新上报",
            lambda event: f"{kind_label(event.kind)}原样重新报送上级平台",
            _inputs_of(*_OF_MESSAGE),
        ),
        upstream_events.UpstreamMessageSetAside.TOPIC: (
            "搁置上报",
            lambda event: f"{kind_label(event.kind)}不再报送上级平台{_reason(event)}",
            _inputs_of(*_OF_MESSAGE),
        ),
        upstream_events.UpstreamAssigned.TOPIC: _noted("上级派发", "上级平台再次派发"),
        upstream_events.UpstreamVerified.TOPIC: _noted("上级核查", "上级平台核查通过"),
        upstream_events.UpstreamFailedVerification.TOPIC: _noted("上级核查", "上级平台核查不通过，返工"),
        upstream_events.UpstreamClosed.TOPIC: _noted("上级结案", "上级平台结案"),
        upstream_events.UpstreamWithdrawn.TOPIC: _noted("上级撤回", "上级平台撤回案件"),
        upstream_events.UpstreamRevisited.TOPIC: (
            "上级回访",
            _revisited,
            _inputs_of("resolved", "satisfied", "note"),
        ),
        upstream_events.UpstreamDeadlineChanged.TOPIC: ("上级改期", _deadline, _inputs_of("before", "deadline")),
        upstream_events.UpstreamUrged.TOPIC: (
            "上级催办",
            lambda event: f"上级平台催办，累计 {event.times} 次",
            _inputs_of("times"),
        ),
        upstream_events.UpstreamSupervised.TOPIC: _noted("上级督办", "上级平台督办"),
    }
)
"""Topic → how an event of it is told."""
