"""Whom a task could be given to within a street's platform (派办建议): the handlers in an order, each with its reasons.

It advises and never assigns. What is known of a handler comes from the roster and from the log: what they have open,
what they handled, and where. Nothing is known of where somebody stands at this moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime

from jiedao.domain.distance import distance_m
from jiedao.domain.duty import AdviceWeights, DutyRules

NEUTRAL = 0.5
"""What a part counts that cannot be told."""

_MAJOR_COUNTS = 0.5  # what a handled task of the same 大类, of another 小类, counts as experience
PARTS = tuple(one.name for one in fields(AdviceWeights))


@dataclass(frozen=True, slots=True)
class Place:
    """A place in degrees WGS-84."""

    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class HandlerRecord:
    """What is known of a handler.

    ``duty_ends_at`` is when their duty now ends, ``None`` off duty. ``open_tasks`` they accepted and have not handled,
    ``offered`` others wait for them to accept (顺延派办); ``same_class`` and ``same_major`` count what they handled of
    the incident's class, and of others of its 大类. ``last_place`` is where the task is that they took last.
    """

    person: str
    name: str | None
    duty_ends_at: datetime | None
    open_tasks: int = 0
    same_class: int = 0
    same_major: int = 0
    last_place: Place | None = None
    offered: int = 0


@dataclass(frozen=True, slots=True)
class AdvicePart:
    """One part of a score: its value between 0 and 1, the share that it counts, and a sentence that says why."""

    value: float
    share: float
    reason: str


@dataclass(frozen=True, slots=True)
class Advice:
    """A handler, how well the task fits them (0 to 1), and why."""

    handler: HandlerRecord
    score: float
    parts: Mapping[str, AdvicePart]

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why, in sentences."""
        return tuple(part.reason for part in self.parts.values())


def advise(
    handlers: Iterable[HandlerRecord], place: Place | None, due_at: datetime | None, now: datetime, rules: DutyRules
) -> list[Advice]:
    """Return the handlers, the best first; among equals who has less open, then by name in events."""
    advised = [_advice(one, place, due_at, now, rules) for one in handlers]
    return sorted(advised, key=lambda one: (-one.score, one.handler.open_tasks, one.handler.person))


def _advice(
    handler: HandlerRecord, place: Place | None, due_at: datetime | None, now: datetime, rules: DutyRules
) -> Advice:
    told = {
        "duty": _duty(handler, due_at, now),
        "load": _load(handler, rules),
        "distance": _distance(handler, place, rules),
        "experience": _experience(handler, rules),
    }
    weights = rules.weights
    parts = {
        name: AdvicePart(value, getattr(weights, name) / weights.total, reason)
        for name, (value, reason) in told.items()
    }
    score = round(sum(part.value * part.share for part in parts.values()), 3)
    return Advice(handler, score, parts)


def _duty(handler: HandlerRecord, due_at: datetime | None, now: datetime) -> tuple[float, str]:
    """On duty until the deadline is best; a shift that ends before it leaves the work to the next one."""
    ends = handler.duty_ends_at
    if ends is None or ends <= now:
        return 0.0, "当前不当班"
    hours = (ends - now).total_seconds() / 3600
    if due_at is None or due_at <= ends or due_at <= now:
        return 1.0, f"当班，距下班 {hours:.1f} 小时"
    return NEUTRAL + 0.5 * ((ends - now) / (due_at - now)), f"当班，距下班 {hours:.1f} 小时，早于处置期限"


def _load(handler: HandlerRecord, rules: DutyRules) -> tuple[float, str]:
    number, offered = handler.open_tasks, handler.offered
    reason = f"在办任务 {number} 件" if number else "无在办任务"
    waiting = f"，待签收 {offered} 件" if offered else ""
    return max(0.0, 1.0 - (number + offered) / rules.full_load), f"{reason}{waiting}"


def _distance(handler: HandlerRecord, place: Place | None, rules: DutyRules) -> tuple[float, str]:
    if place is None:
        return NEUTRAL, "事件无坐标，距离无从比较"
    last = handler.last_place
    if last is None:
        return NEUTRAL, "无最近处置地点，距离无从比较"
    metres = distance_m(last.lon, last.lat, place.lon, place.lat)
    return max(0.0, 1.0 - metres / rules.far_m), f"最近一次任务地点距此 {metres:.0f} 米"


def _experience(handler: HandlerRecord, rules: DutyRules) -> tuple[float, str]:
    known = handler.same_class + _MAJOR_COUNTS * handler.same_major
    if not known:
        return 0.0, "未处置过同类事件"
    reason = f"处置过同小类 {handler.same_class} 件、同大类其他 {handler.same_major} 件"
    return min(1.0, known / rules.experienced), reason
