"""The routing rules (派单规则) as data: on what condition what is done with an incident, the first that fits.

Tags (标签) are put on first, every one whose condition holds; the rules then may ask for them, too. A rule set is
effective from a day, and its version names exact content.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import date

from jiedao.domain.terms import Term


class RoutingDay(Term):
    """Days that a rule can ask for."""

    WORKDAY = "workday", "工作日"
    REST_DAY = "rest_day", "休息日"
    MONDAY = "monday", "星期一"
    TUESDAY = "tuesday", "星期二"
    WEDNESDAY = "wednesday", "星期三"
    THURSDAY = "thursday", "星期四"
    FRIDAY = "friday", "星期五"
    SATURDAY = "saturday", "星期六"
    SUNDAY = "sunday", "星期日"


WEEKDAYS = tuple(day.value for day in RoutingDay)[2:]
"""Monday to Sunday, as :meth:`datetime.date.weekday` counts them."""


class RoutingHours(Term):
    """Within the district's working hours on a working day, or not."""

    WORKING = "working", "工作时间"
    OFF = "off", "非工作时间"


@dataclass(frozen=True, slots=True)
class When:
    """On what condition: all that is asked must hold; what is empty or ``None`` is not asked.

    Of a list one entry is enough. ``classes`` are class codes or their beginnings (``E01``: a whole 大类), ``streets``
    codes, ``lifecycles`` words of :class:`~jiedao.domain.terms.Lifecycle`, ``flags`` of
    :class:`~jiedao.domain.terms.ReportFlag`, ``days`` of :class:`RoutingDay`, ``hours`` a word of
    :class:`RoutingHours`. ``times`` are spans ``[from, to)`` of the day as ``HH:MM``, through midnight where the end is
    not later than the beginning. ``words`` are found in title, description or address, in any writing of upper and
    lower case. Days and times are those at which the source took the report down, in the district's zone.
    """

    classes: tuple[str, ...] = ()
    classified: bool | None = None
    streets: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    lifecycles: tuple[str, ...] = ()
    priorities: tuple[int, ...] = ()
    urgent: bool | None = None
    days: tuple[str, ...] = ()
    hours: str | None = None
    times: tuple[tuple[str, str], ...] = ()
    tags: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    def asked(self) -> Iterator[tuple[str, object]]:
        """Yield the name of each condition that is asked, and what it asks for."""
        for field in fields(self):
            wanted = getattr(self, field.name)
            if wanted not in ((), None):
                yield field.name, wanted


@dataclass(frozen=True, slots=True)
class Then:
    """What is done: what is ``None`` or empty stays as the class says.

    ``priority`` is 1 to 4, one higher for an urgent report, as a class's is. ``time_limit`` runs from when the source
    took the report down; a superior platform's deadline still wins. With ``triage`` a person decides where it goes:
    such a rule is passed over once a person has decided its street or its class.
    """

    platform: str | None = None
    department: str | None = None
    priority: int | None = None
    time_limit: str | None = None
    tags: tuple[str, ...] = ()
    triage: bool = False


@dataclass(frozen=True, slots=True)
class TagRule:
    """A tag, and when it is put on."""

    tag: str
    when: When


@dataclass(frozen=True, slots=True)
class RoutingRule:
    """One rule; ``name`` is what people call it, ``assumed`` true where nobody of the district has confirmed it."""

    rule_id: str
    name: str
    when: When
    then: Then
    origin: str = ""
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class RoutingRules:
    """A version of the district's rules, in their order; they hold from ``effective_from`` on.

    ``departments`` are those that rules may name beside the ones of the class table.
    """

    version: str
    effective_from: date
    tags: tuple[TagRule, ...]
    rules: tuple[RoutingRule, ...]
    departments: tuple[str, ...] = ()

    def words(self) -> tuple[str, ...]:
        """Every word that a condition looks for, once."""
        conditions = (*(one.when for one in self.tags), *(rule.when for rule in self.rules))
        return tuple(dict.fromkeys(word for when in conditions for word in when.words))


def canonical_routing_rules(rules: RoutingRules) -> bytes:
    """Return the rules' content as bytes that are the same whenever the content is: what its hash is taken of.

    UTF-8 JSON with sorted keys; the version is left out, because it carries the hash.
    """
    content = asdict(rules)
    del content["version"]
    content["effective_from"] = rules.effective_from.isoformat()
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
