"""Replays routing rules over past incidents (派单规则试运行): what would have gone elsewhere. Records nothing.

Incidents come in batches and go again: however many there are, what is kept is counts and a few examples.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from jiedao.application.routing_in_force import to_route
from jiedao.domain.incident import Incident
from jiedao.domain.routing import Router
from jiedao.domain.routing_decision import Route, RouteChange, changes


@dataclass(frozen=True, slots=True)
class Destination:
    """Whom an incident goes to; without a platform a person decides (待判定)."""

    platform: str | None
    department: str | None


@dataclass(frozen=True, slots=True)
class Rerouted:
    """An incident that the tried rules would have treated otherwise; ``changed`` is from what holds to what would.

    ``rule_before`` and ``rule_after`` are the rules that apply, ``None`` where the class alone says.
    """

    incident_id: UUID
    source: str
    external_id: str
    title: str
    street_code: str | None
    class_code: str | None
    before: Destination
    after: Destination
    rule_before: str | None
    rule_after: str | None
    changed: tuple[RouteChange, ...]

    @property
    def moves(self) -> bool:
        """Whether it would go to somebody else."""
        return self.before != self.after


@dataclass(slots=True)
class DryRun:
    """What a replay came to so far.

    ``moved`` counts (from, to), ``fields`` what of a route would differ, ``rules`` how many incidents each of the tried
    rules would apply to. ``examples`` keeps the first few of each (from, to).
    """

    keep: int = 3
    looked_at: int = 0
    rerouted: int = 0
    moved: Counter[tuple[Destination, Destination]] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    rules: Counter[str | None] = field(default_factory=Counter)
    examples: dict[tuple[Destination, Destination], list[Rerouted]] = field(default_factory=dict)

    def replay(self, router: Router, batches: Iterable[Sequence[Incident]]) -> Iterator[Rerouted]:
        """Route each incident as it stands by the rules; yields those that would be treated otherwise."""
        for batch in batches:
            for incident in batch:
                found = self._route(router, incident)
                if found is not None:
                    yield found

    def _route(self, router: Router, incident: Incident) -> Rerouted | None:
        seen = to_route(incident)
        self.looked_at += 1
        if seen is None:
            return None
        (decision,) = router.decide([seen])
        self.rules[decision.rule_id] += 1
        changed = changes(incident.route, decision.route)
        if not changed:
            return None
        found = Rerouted(
            incident_id=incident.id,
            source=incident.report.source,
            external_id=incident.report.external_id,
            title=incident.report.title,
            street_code=incident.street_code,
            class_code=seen.classification.class_code,
            before=_destination(incident.route),
            after=_destination(decision.route),
            rule_before=incident.routing.rule_id if incident.routing else None,
            rule_after=decision.rule_id,
            changed=changed,
        )
        self._count(found)
        return found

    def _count(self, found: Rerouted) -> None:
        self.rerouted += 1
        self.fields.update(change.field for change in found.changed)
        if found.moves:
            way = (found.before, found.after)
            self.moved[way] += 1
            kept = self.examples.setdefault(way, [])
            if len(kept) < self.keep:
                kept.append(found)


def _destination(route: Route) -> Destination:
    return Destination(route.platform, route.department)
