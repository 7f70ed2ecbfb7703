"""Says in Chinese why two incidents are thought to be one, and what a matter of several complaints is."""

from __future__ import annotations

from datetime import timedelta

from jiedao.domain.duplicates import Likeness
from jiedao.domain.terms import Term

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class LikenessPart(Term):
    """The parts of a likeness."""

    DISTANCE = "distance", "距离"
    TIME = "time", "时间"
    SAME_CLASS = "same_class", "分类"
    TEXT = "text", "描述"
    ADDRESS = "address", "地址"
    ORIGIN = "origin", "来源"


def tell_likeness(likeness: Likeness) -> str:
    """Say what speaks for it, in one sentence."""
    parts = [
        f"相距 {likeness.distance_m:.0f} 米" if likeness.distance_m is not None else "同一街道、无坐标可比",
        f"相隔 {tell_length(likeness.apart)}",
        "小类相同" if likeness.same_class else "大类相同、小类不同",
        likeness.origin.label,
    ]
    for name, word in (("text", "描述"), ("address", "地址")):
        part = likeness.parts[name]
        parts.append(f"{word}相似 {part.value:.0%}" if part.known else f"{word}无从比较")
    return "，".join(parts)


def tell_length(length: timedelta) -> str:
    """Say how long something is: in minutes, in hours from two hours on, in days from two days on."""
    if length < 2 * _HOUR:
        return f"{length // _MINUTE} 分钟"
    if length < 2 * _DAY:
        return f"{length / _HOUR:.1f} 小时"
    return f"{length / _DAY:.1f} 天"
