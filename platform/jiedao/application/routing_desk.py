"""Shows the routing rules and tries them (派单规则试算): which rule would apply to an incident, and why no other.

Nothing is recorded by it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from jiedao.application.deciding import Classes, Incidents
from jiedao.application.reference_tables import ReferenceTables
from jiedao.application.routing_in_force import Routing, to_route
from jiedao.domain.access import Holder
from jiedao.domain.classification import OWN_SCHEME
from jiedao.domain.errors import InvalidInputError, NotFoundError
from jiedao.domain.incident import Incident
from jiedao.domain.ports import Clock
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.report import IncidentReport, ReportedPlace, SourceClass
from jiedao.domain.routing import LocalTime, Router, RuleTrial, ToRoute
from jiedao.domain.routing_decision import RoutingDecision
from jiedao.domain.routing_rules import RoutingRules
from jiedao.domain.terms import Lifecycle, ReportFlag

_PRIORITIES = range(1, 5)
_TRIED = "try"


@dataclass(frozen=True, slots=True)
class TriedReport:
    """A report that nobody made, to try the rules on.

    Channel and lifecycle are the source's own, and the time is now, where they are not said. ``class_code`` is one of
    the district's, ``priority`` 1 to 4 instead of the class's, ``by_person`` as in
    :class:`~jiedao.domain.routing_decision.RoutingInputs`.
    """

    source: str
    class_code: str | None = None
    street_code: str | None = None
    channel: str | None = None
    lifecycle: str | None = None
    reported_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    title: str = ""
    description: str = ""
    address: str = ""
    priority: int | None = None
    urgent: bool = False
    flags: tuple[str, ...] = ()
    by_person: bool = False


@dataclass(frozen=True, slots=True)
class RoutingTrial:
    """What the rules would decide, what became of each, and what was decided before (``None`` where nothing was)."""

    decision: RoutingDecision
    rules: tuple[RuleTrial, ...]
    recorded: RoutingDecision | None = None


class RoutingDesk:
    """Answers what the rules are and what they would do. Threads may share it."""

    def __init__(  # noqa: PLR0913  # the composition root wires each part by name
        self,
        *,
        profile: DistrictProfile,
        tables: ReferenceTables,
        incidents: Incidents,
        routing: Routing,
        classes: Classes,
        local_time: LocalTime,
        clock: Clock,
    ) -> None:
        self._profile = profile
        self._tables = tables
        self._incidents = incidents
        self._routing = routing
        self._classes = classes
        self._local_time = local_time
        self._clock = clock

    def rules(self, as_of: datetime | None = None) -> RoutingRules:
        """Return the rules in force now, or at a past moment; raises NotFoundError where there were none."""
        adopted = self._tables.routing_in_force(as_of)
        if adopted is None:
            raise NotFoundError("no routing rules are in force; every incident goes as its class says")
        return self._tables.read_routing(adopted)

    def router_of(self, rules: RoutingRules) -> Router:
        """Compile rules that are not in force, to try them."""
        return Router(rules, self._local_time)

    def try_incident(self, incident_id: UUID, actor: Holder, router: Router | None = None) -> RoutingTrial:
        """Say how an incident would be routed as it stands now, by the rules in force or by others.

        Raises NotFoundError for an incident that the actor may not know of.
        """
        incident = self._incidents.load([incident_id]).get(incident_id)
        if incident is None or not _may_see(actor, incident):
            raise NotFoundError(f"there is no incident {incident_id}")
        seen = to_route(incident)
        if seen is None:
            raise InvalidInputError("no class was decided for this incident yet; there is nothing to route")
        decision, rules = (router or self._router()).explain(seen)
        return RoutingTrial(decision, rules, incident.routing)

    def try_report(self, tried: TriedReport, router: Router | None = None) -> RoutingTrial:
        """Say how a report would be routed; raises InvalidInputError that points to what the district does not have."""
        decision, rules = (router or self._router()).explain(self._as_report(tried))
        return RoutingTrial(decision, rules)

    def _router(self) -> Router:
        router = self._routing.router()
        if router is None:
            raise NotFoundError("no routing rules are in force; every incident goes as its class says")
        return router

    def _as_report(self, tried: TriedReport) -> ToRoute:
        source = self._profile.sources.get(tried.source)
        if source is None:
            raise InvalidInputError(f"there is no source {tried.source!r}", "/source")
        if tried.street_code and tried.street_code not in {street.code for street in self._profile.streets}:
            raise InvalidInputError(f"there is no street {tried.street_code!r}", "/street_code")
        if tried.lifecycle and tried.lifecycle not in list(Lifecycle):
            raise InvalidInputError("a lifecycle is own or upstream", "/lifecycle")
        if tried.priority is not None and tried.priority not in _PRIORITIES:
            raise InvalidInputError("a priority is 1 to 4", "/priority")
        for place, flag in enumerate(tried.flags):
            if flag not in list(ReportFlag):
                raise InvalidInputError(f"there is no flag {flag!r}", f"/flags/{place}")
        report = IncidentReport(
            source=tried.source,
            external_id=_TRIED,
            revision=1,
            lifecycle=tried.lifecycle or source.lifecycle,
            channel=tried.channel or source.channel,
            title=tried.title,
            description=tried.description,
            reported_at=tried.reported_at or self._clock.now(),
            place=ReportedPlace(address=tried.address),
            source_class=SourceClass(OWN_SCHEME, tried.class_code) if tried.class_code else None,
            urgent=tried.urgent,
            flags=tried.flags,
        )
        (classification,) = self._classes.decide([report])
        if tried.class_code and classification.class_code is None:
            raise InvalidInputError(
                f"the class table {classification.class_table} knows no class {tried.class_code!r}", "/class_code"
            )
        if tried.priority is not None:
            classification = replace(classification, priority=tried.priority)
        return ToRoute(report, tried.street_code, classification, tried.by_person)


def _may_see(actor: Holder, incident: Incident) -> bool:
    return actor.may_see_street(incident.street_code) and (
        actor.sources is None or incident.report.source in actor.sources
    )
