"""How what an incident's clocks came to is told to a person: which clock, of which task, and by which limit.

The moments stand beside the sentence, as when it happened and in its inputs, so that whoever shows them can put them
into the district's zone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jiedao.domain.clock_events import ClockApproaching, ClockEscalated, ClockOverdue, DeadlineRecalculated
from jiedao.domain.task_events import TaskOfferedOnward
from jiedao.domain.terms import ClockKind, ClockStep, Role

_CLOCK_LABELS = {term.value: term.label for term in ClockKind}
_ROLE_LABELS = {term.value: term.label for term in Role}

LABELS: Mapping[str, str] = {
    ClockApproaching.TOPIC: ClockStep.APPROACHING.label,
    ClockOverdue.TOPIC: ClockStep.OVERDUE.label,
    ClockEscalated.TOPIC: ClockStep.ESCALATED.label,
    DeadlineRecalculated.TOPIC: "期限重算",
    TaskOfferedOnward.TOPIC: "顺延派办",
}
"""Topic → its Chinese label."""


def _of_clock(label: str) -> Callable[[Any], str]:
    def told(event: Any) -> str:
        clock = _CLOCK_LABELS.get(event.clock, event.clock)
        task = f"任务 {event.task_id} " if event.task_id else ""
        part = f"（{event.part}）" if event.part else ""
        return f"{task}{clock}{part}{label}：时限 {event.time_limit}{_provisional(event)}"

    return told


def _provisional(event: Any) -> str:
    return "（期限暂定，所跨年份的节假日安排尚未公布）" if event.provisional else ""


def _recalculated(event: DeadlineRecalculated) -> str:
    return f"节假日安排公布后重算期限：时限 {event.time_limit}{_provisional(event)}"


def _offered_onward(event: TaskOfferedOnward) -> str:
    offer = event.offer
    role = _ROLE_LABELS.get(offer.role or "", offer.role)
    who = f"{offer.name or offer.person}（{offer.person}）" if offer.person else "（名册中无人当班）"
    begin = f"任务 {event.task_id} 超时未签收，"
    reasons = "；".join(offer.reasons)
    if offer.last:
        return f"{begin}{reasons}，报{role}{who}：签收时限 {offer.time_limit}"
    return f"{begin}顺延派给{who}，派办建议第 {offer.rank} 位（{reasons}）：签收时限 {offer.time_limit}"


SENTENCES: Mapping[str, Callable[[Any], str]] = {
    ClockApproaching.TOPIC: _of_clock(ClockStep.APPROACHING.label),
    ClockOverdue.TOPIC: _of_clock(ClockStep.OVERDUE.label),
    ClockEscalated.TOPIC: _of_clock(ClockStep.ESCALATED.label),
    DeadlineRecalculated.TOPIC: _recalculated,
    TaskOfferedOnward.TOPIC: _offered_onward,
}
"""Topic → what makes the sentence of one event of it."""

_CONTEXT = frozenset({"originator_id", "originator_version", "timestamp", "context"})


def inputs_of(event: Any) -> Mapping[str, object]:
    """Return everything that the event rests on."""
    return {name: value for name, value in vars(event).items() if name not in _CONTEXT}
