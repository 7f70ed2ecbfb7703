"""Versions of the tables that decisions rest on: boundary sets, class tables, routing rules, effective from a date.

Their content is stored by hash in the file store; the event records the hash, so a decision that names
a version names exact bytes.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from eventsourcing.domain import AggregateCreated

from jiedao.domain.aggregate import RecordedAggregate
from jiedao.domain.context import EventContext


class BoundarySet(RecordedAggregate):
    """A version of the streets' boundaries (辖区边界)."""

    TOPIC = "jiedao.boundary_set"

    class Event(RecordedAggregate.Event):
        """The base of its events."""

    class Adopted(Event, AggregateCreated):
        """The set was taken in; it holds from ``effective_from`` on.

        ``content_sha256`` is the hash of the stored GeoJSON (WGS-84), ``overlaps`` and ``gaps`` are the
        numbers of such places found at import, with their total areas in square metres.
        """

        TOPIC = "jiedao.boundary_set.adopted"
        version: str
        effective_from: date
        approximate: bool
        content_sha256: str
        street_codes: tuple[str, ...]
        overlaps: int
        overlap_area_m2: float
        gaps: int
        gap_area_m2: float
        repairs: tuple[str, ...]
        origin: str

    def __init__(self, version: str, effective_from: date, content_sha256: str, *, approximate: bool) -> None:
        """Start from the adopted content."""
        self.set_version = version
        self.effective_from = effective_from
        self.content_sha256 = content_sha256
        self.approximate = approximate

    @classmethod
    def adopt(  # noqa: PLR0913  # an event's whole content, by keyword
        cls,
        set_id: UUID,
        *,
        version: str,
        effective_from: date,
        approximate: bool,
        content_sha256: str,
        street_codes: tuple[str, ...],
        overlaps: int,
        overlap_area_m2: float,
        gaps: int,
        gap_area_m2: float,
        repairs: tuple[str, ...],
        origin: str,
        context: EventContext,
        at: datetime,
    ) -> BoundarySet:
        """Take a boundary set in."""
        adopted: BoundarySet = cls._create(
            cls.Adopted,
            id=set_id,
            version=version,
            effective_from=effective_from,
            approximate=approximate,
            content_sha256=content_sha256,
            street_codes=street_codes,
            overlaps=overlaps,
            overlap_area_m2=overlap_area_m2,
            gaps=gaps,
            gap_area_m2=gap_area_m2,
            repairs=repairs,
            origin=origin,
            context=context,
            timestamp=at,
        )
        return adopted


class ClassTableVersion(RecordedAggregate):
    """A version of the district's class table (分类表) with its source-code mappings."""

    TOPIC = "jiedao.class_table"

    class Event(RecordedAggregate.Event):
        """The base of its events."""

    class Adopted(Event, AggregateCreated):
        """The table was taken in; it holds from ``effective_from`` on."""

        TOPIC = "jiedao.class_table.adopted"
        version: str
        effective_from: date
        content_sha256: str
        classes: int
        origin: str

    def __init__(self, version: str, effective_from: date, content_sha256: str) -> None:
        """Start from the adopted content."""
        self.table_version = version
        self.effective_from = effective_from
        self.content_sha256 = content_sha256

    @classmethod
    def adopt(  # noqa: PLR0913  # an event's whole content, by keyword
        cls,
        table_id: UUID,
        *,
        version: str,
        effective_from: date,
        content_sha256: str,
        classes: int,
        origin: str,
        context: EventContext,
        at: datetime,
    ) -> ClassTableVersion:
        """Take a class table in."""
        adopted: ClassTableVersion = cls._create(
            cls.Adopted,
            id=table_id,
            version=version,
            effective_from=effective_from,
            content_sha256=content_sha256,
            classes=classes,
            origin=origin,
            context=context,
            timestamp=at,
        )
        return adopted


class RoutingRulesVersion(RecordedAggregate):
    """A version of the district's routing rules (派单规则)."""

    TOPIC = "jiedao.routing_rules"

    class Event(RecordedAggregate.Event):
        """The base of its events."""

    class Adopted(Event, AggregateCreated):
        """The rules were taken in; they hold from ``effective_from`` on."""

        TOPIC = "jiedao.routing_rules.adopted"
        version: str
        effective_from: date
        content_sha256: str
        rules: int
        origin: str

    def __init__(self, version: str, effective_from: date, content_sha256: str) -> None:
        """Start from the adopted content."""
        self.rules_version = version
        self.effective_from = effective_from
        self.content_sha256 = content_sha256

    @classmethod
    def adopt(  # noqa: PLR0913  # an event's whole content, by keyword
        cls,
        rules_id: UUID,
        *,
        version: str,
        effective_from: date,
        content_sha256: str,
        rules: int,
        origin: str,
        context: EventContext,
        at: datetime,
    ) -> RoutingRulesVersion:
        """Take a version of the rules in."""
        adopted: RoutingRulesVersion = cls._create(
            cls.Adopted,
            id=rules_id,
            version=version,
            effective_from=effective_from,
            content_sha256=content_sha256,
            rules=rules,
            origin=origin,
            context=context,
            timestamp=at,
        )
        return adopted
