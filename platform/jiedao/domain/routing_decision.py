"""Where an incident goes (去向), and the decision by the routing rules (派单规则) that says so.

A :class:`Route` has one meaning for the aggregate and for the read side: it follows from the class alone, until the
routing rules have refined it. What was decided last holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from jiedao.domain.decisions import ClassDecision
from jiedao.domain.quickly_made import quickly_made


@quickly_made
@dataclass(frozen=True, slots=True)
class Route:
    """Where an incident goes, and within what time.

    ``platform`` is a :class:`~jiedao.domain.terms.Platform` value, ``None`` where a person has to decide it;
    ``department`` is who is suggested to handle it. ``priority`` is 1 (most urgent) to 4, ``time_limit`` a text such
    as ``2工作日``. ``tags`` (标签) are the words that the rules put on it. ``due_at`` and ``due_provisional`` were
    recorded by an earlier version; no deadline is read there.
    """

    platform: str | None = None
    department: str | None = None
    priority: int | None = None
    time_limit: str | None = None
    due_at: datetime | None = None
    due_provisional: bool = False
    tags: tuple[str, ...] = ()


@quickly_made
@dataclass(frozen=True, slots=True)
class RoutingInputs:
    """What the rules saw of an incident.

    ``priority`` is that of the class, already raised where the report is urgent. ``local_time`` is when the source
    took the report down, in the district's zone (ISO 8601, to the second), ``weekday`` a word such as ``monday``,
    ``workday`` whether people work on that day, ``working_time`` whether it was within the district's working hours.
    ``tags`` are those that the rules put on it before they route, ``words`` those of the rule set's words that title,
    description or address hold. ``by_person`` says that a person decided its street or its class.
    """

    source: str
    channel: str
    lifecycle: str
    class_code: str | None
    street_code: str | None
    priority: int | None
    urgent: bool
    local_time: str
    weekday: str
    workday: bool
    working_time: bool
    flags: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    by_person: bool = False


@dataclass(frozen=True, slots=True)
class RouteChange:
    """One thing that a rule decided otherwise than the class does: a field of :class:`Route`, as text."""

    field: str
    before: str | None
    after: str | None


@quickly_made
@dataclass(frozen=True, slots=True)
class RoutingDecision:
    """Which rule of which version of the rules applied, and where the incident goes by it.

    ``rule_id`` is ``None`` where no rule did: the route is then the class's own, with the tags.
    """

    rule_set: str
    rule_id: str | None
    rule_name: str | None
    route: Route
    changed: tuple[RouteChange, ...]
    inputs: RoutingInputs


def class_route(classification: ClassDecision | None, tags: tuple[str, ...] = ()) -> Route:
    """Return where an incident goes by its class alone, with tags where it has any."""
    if classification is None:
        return Route(tags=tags)
    return Route(
        platform=classification.platform,
        department=classification.department,
        priority=classification.priority,
        time_limit=classification.time_limit,
        tags=tags,
    )


def changes(before: Route, after: Route) -> tuple[RouteChange, ...]:
    """Return what differs, in the order of :data:`COMPARED`."""
    return tuple(
        RouteChange(name, _text(getattr(before, name)), _text(getattr(after, name)))
        for name in COMPARED
        if getattr(before, name) != getattr(after, name)
    )


COMPARED = ("platform", "department", "priority", "time_limit", "tags")
"""What of a route people decide."""


def _text(value: object) -> str | None:
    if isinstance(value, tuple):
        return "、".join(value) or None
    return None if value is None else str(value)
