"""The routing rules that hold now, compiled, and how they are asked anew where an incident changed (派单).

Rules are acts of today: an incident is routed by the version in force when it is decided, whenever it was reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from jiedao.application.in_force import InForce
from jiedao.application.reference_tables import ReferenceTables
from jiedao.domain.context import EventContext
from jiedao.domain.incident import Incident
from jiedao.domain.reference import RoutingRulesVersion
from jiedao.domain.routing import LocalTime, Router, ToRoute
from jiedao.domain.terms import ClassMethod, MatchMethod


class Routing(Protocol):
    """Knows the routing rules in force."""

    def router(self) -> Router | None:
        """Return the compiled rules; ``None`` where the district has none. A batch is routed by one of them."""


class NoRouting:
    """A district without routing rules: every incident goes as its class says."""

    def router(self) -> Router | None:
        """Return nothing."""
        return None


@dataclass(frozen=True, slots=True)
class _Adopted:
    """What is in force; ``rules`` is ``None``, and the version empty, where nothing is."""

    rules: RoutingRulesVersion.Adopted | None

    @property
    def version(self) -> str:
        return self.rules.version if self.rules else ""


class RoutingInForce:
    """The rules in force, compiled once for each version."""

    def __init__(self, tables: ReferenceTables, local_time: LocalTime) -> None:
        def make(adopted: _Adopted) -> Sequence[Router]:
            return [Router(tables.read_routing(adopted.rules), local_time)] if adopted.rules else []

        self._in_force = InForce(lambda: _Adopted(tables.routing_in_force()), make)

    def router(self) -> Router | None:
        """Return the compiled rules; ``None`` where the district has none."""
        return next(iter(self._in_force.get()), None)


def to_route(incident: Incident) -> ToRoute | None:
    """Return what the rules may see of an incident; ``None`` while no class was decided."""
    if incident.classification is None:
        return None
    return ToRoute(incident.report, incident.street_code, incident.classification, decided_by_person(incident))


def decided_by_person(incident: Incident) -> bool:
    """Whether a person decided its street or its class."""
    return (incident.jurisdiction is not None and incident.jurisdiction.method == MatchMethod.MANUAL) or (
        incident.classification is not None and incident.classification.method == ClassMethod.MANUAL
    )


def route(incident: Incident, router: Router | None, context: EventContext, at: datetime) -> None:
    """Route an incident by the rules, on what is decided of it; the same decision again changes nothing."""
    seen = to_route(incident)
    if router is None or seen is None:
        return
    incident.decide_routing(router.decide_one(seen), context=context, at=at)


def route_revised(incident: Incident, router: Router | None, context: EventContext, at: datetime) -> None:
    """Route what a report opened or revised, unless a person decided what it is, and the class is the one they saw.

    Another class undoes the routing (see :class:`~jiedao.domain.incident.Incident.ClassDecided`): it is routed anew.
    """
    if incident.routing is None or not decided_by_person(incident):
        route(incident, router, context, at)
