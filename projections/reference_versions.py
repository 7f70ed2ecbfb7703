"""The versions of the tables that decisions rest on: which were adopted, and when."""

from __future__ import annotations

from collections.abc import Mapping

from psycopg import Connection
from psycopg.rows import TupleRow

from jiedao.domain.reference import BoundarySet, ClassTableVersion, RoutingRulesVersion
from projections.folding import Folded, UnappliableEventError
from projections.log import PositionedEvent
from projections.rows import copy_rows

BOUNDARIES = "boundaries"
CLASSES = "classes"
ROUTING = "routing"

_TOPICS = (f"{BoundarySet.TOPIC}.", f"{ClassTableVersion.TOPIC}.", f"{RoutingRulesVersion.TOPIC}.")
_COLUMNS = (
    "position", "kind", "version", "effective_from", "approximate", "content_sha256", "origin", "adopted_at",
    "adopted_by", "facts",
)  # fmt: skip


class ReferenceVersions:
    """Writes ``reference_versions``."""

    name = "reference_versions"
    revision = 2
    topics = _TOPICS

    def write(self, connection: Connection[TupleRow], folded: Folded) -> None:
        """Add the versions that the batch adopted."""
        rows = [_row(recorded) for recorded in folded.events if recorded.topic.startswith(_TOPICS)]
        if rows:
            copy_rows(connection, "reference_versions", _COLUMNS, rows)


def _row(recorded: PositionedEvent) -> tuple[object, ...]:
    event = recorded.event
    facts: Mapping[str, object]
    approximate: bool | None
    match event:
        case BoundarySet.Adopted():
            kind, approximate = BOUNDARIES, event.approximate
            facts = {
                "street_codes": event.street_codes,
                "overlaps": event.overlaps,
                "overlap_area_m2": event.overlap_area_m2,
                "gaps": event.gaps,
                "gap_area_m2": event.gap_area_m2,
                "repairs": event.repairs,
            }
        case ClassTableVersion.Adopted():
            kind, approximate = CLASSES, None
            facts = {"classes": event.classes}
        case RoutingRulesVersion.Adopted():
            kind, approximate = ROUTING, None
            facts = {"rules": event.rules}
        case _:
            raise UnappliableEventError(recorded.position, f"{recorded.topic} is not known to the reference versions")
    return (
        recorded.position, kind, event.version, event.effective_from, approximate, event.content_sha256,
        event.origin, recorded.recorded_at, event.context.actor, facts,
    )  # fmt: skip
