"""The conditions of routing rules in one table: what each looks at, when it holds, and when one makes another needless.

Every condition is asked of :class:`~jiedao.domain.routing_decision.RoutingInputs`, which the decision records: what is
not in there no rule can have seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from jiedao.domain.routing_decision import RoutingInputs
from jiedao.domain.routing_rules import RoutingDay, RoutingHours, RoutingRule, When

_WORKDAY, _REST_DAY = RoutingDay.WORKDAY.value, RoutingDay.REST_DAY.value
_WORKING, _OFF = RoutingHours.WORKING.value, RoutingHours.OFF.value
MINUTE = slice(11, 16)
"""Where an ISO 8601 time holds ``HH:MM``."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: the name is that of its field in :class:`~jiedao.domain.routing_rules.When`.

    ``seen`` is what it looks at, ``holds`` whether what is wanted was seen. ``covers`` tells that whatever fits a later
    wish also fits an earlier one.
    """

    name: str
    label: str
    seen: Callable[[RoutingInputs], object]
    holds: Callable[[Any, RoutingInputs], bool]
    covers: Callable[[Any, Any], bool]


def _among(earlier: Sequence[object], later: Sequence[object]) -> bool:
    return set(later) <= set(earlier)


def _beginnings(earlier: tuple[str, ...], later: Sequence[str]) -> bool:
    return all(code.startswith(earlier) for code in later)


def _same(earlier: object, later: object) -> bool:
    return earlier == later


def _of_class(wanted: tuple[str, ...], seen: RoutingInputs) -> bool:
    return seen.class_code is not None and seen.class_code.startswith(wanted)


def _on_days(wanted: Sequence[str], seen: RoutingInputs) -> bool:
    return seen.weekday in wanted or _day_kind(seen) in wanted


def _day_kind(seen: RoutingInputs) -> str:
    return _WORKDAY if seen.workday else _REST_DAY


def _hours(seen: RoutingInputs) -> str:
    return _WORKING if seen.working_time else _OFF


def _at_times(wanted: Sequence[tuple[str, str]], seen: RoutingInputs) -> bool:
    minute = seen.local_time[MINUTE]
    for opens, closes in wanted:  # a loop: a generator costs more than what it does here
        if opens <= minute < closes if opens < closes else minute >= opens or minute < closes:
            return True
    return False


def _one_of(name: str, label: str, attribute: str) -> Condition:
    """A list of which one entry is what was seen."""
    see = attrgetter(attribute)
    return Condition(name, label, see, lambda wanted, seen: see(seen) in wanted, _among)


def _one_in_both(name: str, label: str) -> Condition:
    """A list of which one entry is among what was seen."""
    see = attrgetter(name)
    return Condition(name, label, see, lambda wanted, seen: not frozenset(see(seen)).isdisjoint(wanted), _among)


def _whether(name: str, label: str, see: Callable[[RoutingInputs], object]) -> Condition:
    """What is wanted is what was seen."""
    return Condition(name, label, see, lambda wanted, seen: wanted == see(seen), _same)


_TABLE = (
    Condition("classes", "分类", attrgetter("class_code"), _of_class, _beginnings),
    _whether("classified", "已分类", lambda seen: seen.class_code is not None),
    _one_of("streets", "街道", "street_code"),
    _one_of("sources", "来源", "source"),
    _one_of("channels", "渠道", "channel"),
    _one_of("lifecycles", "案件", "lifecycle"),
    _one_of("priorities", "级别", "priority"),
    _whether("urgent", "紧急", attrgetter("urgent")),
    Condition("days", "日期", lambda seen: (seen.weekday, _day_kind(seen)), _on_days, _among),
    _whether("hours", "工作时间", _hours),
    Condition("times", "时段", lambda seen: seen.local_time[MINUTE], _at_times, _among),
    _one_in_both("tags", "标签"),
    _one_in_both("flags", "标记"),
    _one_in_both("words", "文字"),
)

CONDITIONS: Mapping[str, Condition] = MappingProxyType({one.name: one for one in _TABLE})
"""Name of the condition → how it is asked."""

PASSING = ("days", "hours", "times", "tags", "flags", "words")
"""Conditions about what differs from report to report."""

STANDING = tuple(name for name in CONDITIONS if name not in PASSING)
"""Conditions about what many reports have in common: class, street, source, channel, whose case, priority, urgency."""


def covers(earlier: When, later: When) -> bool:
    """Tell that whatever fits ``later`` fits ``earlier`` as well: each thing that it asks, the later one asks too."""
    wanted = dict(later.asked())
    return all(name in wanted and CONDITIONS[name].covers(asked, wanted[name]) for name, asked in earlier.asked())


def unreachable(rules: Sequence[RoutingRule]) -> list[tuple[RoutingRule, RoutingRule]]:
    """Return each rule that never applies, with an earlier one that always does before it.

    An earlier rule that hands over to a person hides nothing: it is passed over once a person has decided.
    """
    found = []
    for place, later in enumerate(rules):
        hidden_by = next((one for one in rules[:place] if not one.then.triage and covers(one.when, later.when)), None)
        if hidden_by is not None:
            found.append((later, hidden_by))
    return found
