"""What today's boundary set, class table and routing rules would decide on what was seen then (按现行规则).

It compares and records nothing. What was seen is the report as it stands in the log; what a person decided stays beside
it, marked as such, because no rule ever decided that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from jiedao.application.routing_in_force import Routing
from jiedao.domain.decisions import ClassDecision, JurisdictionDecision
from jiedao.domain.incident import Incident
from jiedao.domain.ports import Clock, Jurisdiction
from jiedao.domain.report import IncidentReport
from jiedao.domain.routing import ToRoute
from jiedao.domain.routing_decision import Route, class_route
from jiedao.domain.terms import ClassMethod, MatchMethod


class ClassesOfToday(Protocol):
    """Gives reports to classes by the table that holds now, whenever they were reported."""

    def decide_as_of(self, reports: Sequence[IncidentReport], moment: datetime) -> Sequence[ClassDecision]:
        """Decide for each report by the table that holds at a moment."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One thing that was decided: what happened beside what would happen today, as text, each with what it rests on.

    ``field`` names it (``street_code``, ``platform`` …). ``by_person`` says that a person decided what happened.
    """

    field: str
    label: str
    happened: str | None
    happened_by: str | None
    today: str | None
    today_by: str | None
    by_person: bool

    @property
    def differs(self) -> bool:
        """Whether today's tables would decide otherwise."""
        return self.happened != self.today


@dataclass(frozen=True, slots=True)
class CurrentRules:
    """Decides anew on what was seen, under what holds now. Threads may share it."""

    jurisdiction: Jurisdiction
    classes: ClassesOfToday
    routing: Routing
    clock: Clock

    def compare(self, incident: Incident) -> list[Compared]:
        """Compare what was decided of an incident, as it stands, with what would be decided now."""
        place, klass = incident.jurisdiction, incident.classification
        (new_place,) = self.jurisdiction.decide([incident.report.place])
        (new_class,) = self.classes.decide_as_of([incident.report], self.clock.now())
        new_route, rule = self._route(incident.report, new_place, new_class)
        placed_by_person = place is not None and place.method == MatchMethod.MANUAL
        classed_by_person = klass is not None and klass.method == ClassMethod.MANUAL
        compared = [
            Compared(
                "street_code",
                "街道",
                place.street_code if place else None,
                place.boundary_set if place else None,
                new_place.street_code,
                new_place.boundary_set,
                placed_by_person,
            ),
            Compared(
                "class_code",
                "类别",
                klass.class_code if klass else None,
                klass.class_table if klass else None,
                new_class.class_code,
                new_class.class_table,
                classed_by_person,
            ),
        ]
        happened_by = _rule(incident.routing.rule_set, incident.routing.rule_id) if incident.routing else None
        return compared + [
            Compared(
                name,
                label,
                _text(getattr(incident.route, name)),
                happened_by or (klass.class_table if klass else None),
                _text(getattr(new_route, name)),
                rule or new_class.class_table,
                placed_by_person or classed_by_person,
            )
            for name, label in _ROUTED
        ]

    def _route(
        self, report: IncidentReport, place: JurisdictionDecision, klass: ClassDecision
    ) -> tuple[Route, str | None]:
        router = self.routing.router()
        if router is None:
            return class_route(klass), None
        (decision,) = router.decide([ToRoute(report, place.street_code, klass, by_person=False)])
        return decision.route, _rule(decision.rule_set, decision.rule_id)


_ROUTED = (
    ("platform", "平台"),
    ("department", "部门"),
    ("priority", "级别"),
    ("time_limit", "时限"),
    ("tags", "标签"),
)
"""What of a route is compared, with its Chinese."""


def _rule(rule_set: str, rule_id: str | None) -> str:
    return f"{rule_set} {rule_id or '无规则命中'}"


def _text(value: object) -> str | None:
    if isinstance(value, tuple):
        return "、".join(map(str, value)) or None
    return None if value is None else str(value)
