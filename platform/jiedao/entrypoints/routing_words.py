"""Says the routing rules in Chinese: on what condition, what is done, and what became of a rule that was tried."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from jiedao.domain.profile import DistrictProfile
from jiedao.domain.routing_conditions import CONDITIONS
from jiedao.domain.routing_decision import RouteChange
from jiedao.domain.routing_rules import RoutingDay, RoutingHours, Then, When
from jiedao.domain.terms import Lifecycle, Platform, ReportFlag, Term

ALWAYS = "一切事件"
"""What a rule without conditions applies to."""

PERSON = "待人工判定"
"""Where an incident goes that no platform has."""

_FIELDS = {
    "platform": "平台",
    "department": "部门",
    "priority": "级别",
    "time_limit": "时限",
    "tags": "标签",
}


def _labelled(vocabulary: type[Term]) -> Mapping[object, str]:
    return {term.value: term.label for term in vocabulary}


class RoutingWords:
    """Puts rules into words, with the names that one district gives to codes."""

    def __init__(self, profile: DistrictProfile) -> None:
        classes = profile.class_table.classes.values()
        majors = {row.code.removesuffix(row.minor_code): row.major_class for row in classes}
        minors = {row.code: row.minor_class for row in classes}
        self._labels: dict[str, Mapping[object, str]] = {
            "classes": {code: f"{code} {name}" for code, name in (majors | minors).items()},
            "streets": {street.code: street.name for street in profile.streets},
            "sources": {name: source.label for name, source in profile.sources.items()},
            "lifecycles": _labelled(Lifecycle),
            "days": _labelled(RoutingDay),
            "hours": _labelled(RoutingHours),
            "flags": _labelled(ReportFlag),
        }

    def when(self, when: When) -> str:
        """Say a condition: ``分类 E0128 商业噪音、E0301 施工扰民；标签 夜间``."""
        return (
            "；".join(f"{CONDITIONS[name].label} {self.value(name, wanted)}" for name, wanted in when.asked()) or ALWAYS
        )

    def value(self, name: str, value: object) -> str:
        """Say what a condition asks for, or what it saw."""
        labels = self._labels.get(name, {})
        if isinstance(value, bool):
            return "是" if value else "否"
        if value is None or value == ():
            return "无"
        if isinstance(value, tuple):
            return "、".join(
                f"{one[0]}–{one[1]}" if isinstance(one, tuple) else labels.get(one, str(one)) for one in value
            )
        return labels.get(value, str(value))

    @staticmethod
    def then(then: Then) -> str:
        """Say what is done: ``平台 综合行政执法；级别 1``."""
        platform = platform_label(then.platform) if then.platform else None
        said: Iterable[tuple[str, object]] = (
            ("平台", platform),
            ("部门", then.department),
            ("级别", then.priority),
            ("时限", then.time_limit),
            ("标签", "、".join(then.tags)),
        )
        parts = [f"{name} {value}" for name, value in said if value]
        return "；".join([*([PERSON] if then.triage else []), *parts])


def platform_label(platform: str | None) -> str:
    """Say a platform; none is a person's to decide."""
    return _labelled(Platform).get(platform, platform or PERSON)


def change(one: RouteChange) -> str:
    """Say what a rule changed: ``平台 便民服务→综合行政执法``."""
    say: Callable[[str | None], str] = platform_label if one.field == "platform" else lambda value: value or "无"
    return f"{_FIELDS[one.field]} {say(one.before)}→{say(one.after)}"


def field_label(field: str) -> str:
    """Say a field of a route."""
    return _FIELDS[field]
