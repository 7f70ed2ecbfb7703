"""The tables that decisions rest on, as the log holds them: adopting a version, and knowing which one is in force.

A boundary set, class table or set of routing rules is stored by its content's hash and adopted by an event, effective
from a day of the district's own calendar. A version names exact content for ever: the same name with other content is
refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from jiedao.application.district_application import DistrictApplication
from jiedao.domain.access import Holder
from jiedao.domain.classification import canonical_class_table
from jiedao.domain.context import EventContext
from jiedao.domain.errors import ConfigurationError, KeyReuseError, VersionConflictError
from jiedao.domain.identity import boundary_set_id, class_table_id, routing_rules_id
from jiedao.domain.ports import Clock, FileStore
from jiedao.domain.profile import ClassTable, DistrictProfile, IncidentClass
from jiedao.domain.reference import BoundarySet, ClassTableVersion, RoutingRulesVersion
from jiedao.domain.routing_rules import RoutingRule, RoutingRules, TagRule, canonical_routing_rules
from jiedao.geo.boundary_file import canonical_geojson, read_boundaries
from jiedao.geo.boundary_report import ImportedBoundaries
from jiedao.geo.district_areas import compared_with_district, under_district_codes
from jiedao.store.recorder import UnitContext

Adoption = BoundarySet.Adopted | ClassTableVersion.Adopted | RoutingRulesVersion.Adopted


@dataclass(frozen=True, slots=True)
class NewBoundarySet:
    """A boundary set that is to be adopted; ``origin`` says where it comes from."""

    version: str
    effective_from: date
    approximate: bool
    origin: str


class ReferenceTables:
    """Adopts versions of a district's tables and reads them."""

    def __init__(
        self, application: DistrictApplication, files: FileStore, clock: Clock, profile: DistrictProfile
    ) -> None:
        self._application = application
        self._files = files
        self._clock = clock
        self._profile = profile
        self._zone = ZoneInfo(profile.timezone)

    @property
    def zone(self) -> ZoneInfo:
        """The district's zone, in which days begin."""
        return self._zone

    def adopt_profile(self, actor: Holder) -> list[str]:
        """Adopt the profile's boundary set, class table and routing rules where they are not yet; returns what was new.

        Raises ConfigurationError when the profile changed a table and not its version.
        """
        profile = self._profile
        adopted = [self._adopt_shipped_boundaries(actor), self._adopt_classes(profile.class_table, actor)]
        names = [profile.boundaries_version, profile.class_table.version]
        if profile.routing is not None:
            adopted.append(self.adopt_routing(profile.routing, f"profile:{profile.code}", actor))
            names.append(profile.routing.version)
        return [name for name, is_new in zip(names, adopted, strict=True) if is_new]

    def _adopt_shipped_boundaries(self, actor: Holder) -> bool:
        """Adopt the profile's own boundary set; its overlaps and gaps are looked for only when it is new."""
        profile = self._profile
        new = NewBoundarySet(
            profile.boundaries_version,
            profile.boundaries_effective_from,
            profile.boundaries_approximate,
            f"profile:{profile.code}",
        )
        content = canonical_geojson(
            under_district_codes(read_boundaries(profile.boundaries, examine=False).require_whole(), profile)
        )
        digest = hashlib.sha256(content).hexdigest()
        if self._is_adopted(BoundarySet.Adopted, new.version, digest, new.effective_from):
            return False
        return self.adopt_boundaries(read_boundaries(profile.boundaries), new, actor)

    def adopt_boundaries(self, boundaries: ImportedBoundaries, new: NewBoundarySet, actor: Holder) -> bool:
        """Adopt a boundary set; false when this very set was adopted before.

        A street may be named by one of the profile's aliases. Raises InvalidInputError when the set is not whole, its
        streets are not those of the district or it is plainly wrong (see :meth:`of_district`), and ConfigurationError
        when the version is taken by another set.
        """
        boundaries = self.of_district(boundaries.require_whole())
        content = canonical_geojson(boundaries)
        digest = hashlib.sha256(content).hexdigest()
        if self._is_adopted(BoundarySet.Adopted, new.version, digest, new.effective_from):
            return False
        stored = self._files.put(content, "application/geo+json")
        report = boundaries.report
        stream = boundary_set_id(self._profile.code, new.version)
        adopted = BoundarySet.adopt(
            stream,
            version=new.version,
            effective_from=new.effective_from,
            approximate=new.approximate,
            content_sha256=stored.sha256,
            street_codes=boundaries.codes,
            overlaps=len(report.overlaps),
            overlap_area_m2=round(report.overlap_area_m2, 1),
            gaps=len(report.gaps),
            gap_area_m2=round(report.gap_area_m2, 1),
            repairs=tuple(str(repair) for repair in report.repairs),
            origin=new.origin,
            context=_context(actor, stream),
            at=self._clock.now(),
        )
        return self._record(adopted, new.version, digest, new.effective_from)

    def boundaries_in_force(self) -> BoundarySet.Adopted:
        """Return the boundary set that holds today: of those effective by now the latest, adopted last."""
        found = self._in_force(BoundarySet.Adopted)
        if not isinstance(found, BoundarySet.Adopted):
            raise ConfigurationError("no boundary set is in force today: import one that is effective by now")
        return found

    def classes_in_force(self) -> ClassTableVersion.Adopted:
        """Return the class table that holds today."""
        found = self._in_force(ClassTableVersion.Adopted)
        if not isinstance(found, ClassTableVersion.Adopted):
            raise ConfigurationError("no class table is in force today: correct its effective_from in the profile")
        return found

    def classes_by_day(self) -> list[ClassTableVersion.Adopted]:
        """Return the class tables that hold, each from its day on: the first one first, one for each day.

        Raises ConfigurationError where none holds yet today.
        """
        self.classes_in_force()
        by_day = {one.effective_from: one for one in self.adoptions() if isinstance(one, ClassTableVersion.Adopted)}
        return [by_day[day] for day in sorted(by_day)]

    def routing_in_force(self, as_of: datetime | None = None) -> RoutingRulesVersion.Adopted | None:
        """Return the routing rules that hold today, or held at a past moment; ``None`` where there were none."""
        found = self._in_force(RoutingRulesVersion.Adopted, as_of)
        return found if isinstance(found, RoutingRulesVersion.Adopted) else None

    def read_boundaries(self, adopted: BoundarySet.Adopted) -> ImportedBoundaries:
        """Read the content of an adopted boundary set."""
        return read_boundaries(self._files.get(adopted.content_sha256), examine=False).require_whole()

    def read_classes(self, adopted: ClassTableVersion.Adopted) -> ClassTable:
        """Read the content of an adopted class table."""
        content = _read_canonical(self._files.get(adopted.content_sha256))
        return ClassTable(
            version=adopted.version,
            effective_from=content.effective_from,
            classes={one.code: one for one in content.classes},
            mapping={(scheme, code): mapped for scheme, code, mapped in content.mapping},
        )

    def read_routing(self, adopted: RoutingRulesVersion.Adopted) -> RoutingRules:
        """Read the content of adopted routing rules."""
        content = _read_canonical_rules(self._files.get(adopted.content_sha256))
        return RoutingRules(
            adopted.version,
            content.effective_from,
            tuple(content.tags),
            tuple(content.rules),
            tuple(content.departments),
        )

    def adopt_routing(self, rules: RoutingRules, origin: str, actor: Holder) -> bool:
        """Adopt routing rules; false when this very version was adopted before."""
        content = canonical_routing_rules(rules)
        digest = hashlib.sha256(content).hexdigest()
        if self._is_adopted(RoutingRulesVersion.Adopted, rules.version, digest, rules.effective_from):
            return False
        stored = self._files.put(content, "application/json")
        stream = routing_rules_id(self._profile.code, rules.version)
        adopted = RoutingRulesVersion.adopt(
            stream,
            version=rules.version,
            effective_from=rules.effective_from,
            content_sha256=stored.sha256,
            rules=len(rules.rules),
            origin=origin,
            context=_context(actor, stream),
            at=self._clock.now(),
        )
        return self._record(adopted, rules.version, digest, rules.effective_from)

    def adoptions(self) -> Sequence[Adoption]:
        """Return every adoption, in the order in which they were recorded."""
        events = map(self._application.decode, self._application.district_log.select_adoptions())
        return [event for event in events if isinstance(event, Adoption)]

    def _in_force(self, kind: type[Adoption], as_of: datetime | None = None) -> Adoption | None:
        today = (as_of or self._clock.now()).astimezone(self._zone).date()
        effective = [
            one
            for one in self.adoptions()
            if isinstance(one, kind)
            and one.effective_from <= today
            and (as_of is None or one.timestamp <= as_of)  # what was adopted later did not hold then
        ]
        # max keeps the first of equals, so the one adopted last has to come first.
        return max(reversed(effective), key=lambda one: one.effective_from, default=None)

    def of_district(self, boundaries: ImportedBoundaries) -> ImportedBoundaries:
        """Give the areas the district's codes, and check that they can be those of its streets.

        Raises InvalidInputError naming the areas when streets lack or are not the district's, when an area lies out of
        the profile's bounds, is named as another street, or lies for the most part on another one.
        """
        return compared_with_district(under_district_codes(boundaries, self._profile), self._profile)

    def _adopt_classes(self, table: ClassTable, actor: Holder) -> bool:
        content = canonical_class_table(table)
        digest = hashlib.sha256(content).hexdigest()
        if self._is_adopted(ClassTableVersion.Adopted, table.version, digest, table.effective_from):
            return False
        stored = self._files.put(content, "application/json")
        stream = class_table_id(self._profile.code, table.version)
        adopted = ClassTableVersion.adopt(
            stream,
            version=table.version,
            effective_from=table.effective_from,
            content_sha256=stored.sha256,
            classes=len(table.classes),
            origin=f"profile:{self._profile.code}",
            context=_context(actor, stream),
            at=self._clock.now(),
        )
        return self._record(adopted, table.version, digest, table.effective_from)

    def _is_adopted(self, kind: type[Adoption], version: str, digest: str, effective_from: date) -> bool:
        for one in self.adoptions():
            if isinstance(one, kind) and one.version == version:
                if (one.content_sha256, one.effective_from) != (digest, effective_from):
                    raise ConfigurationError(
                        f"version {version!r} was adopted before with other content or another day"
                        f" (effective from {one.effective_from}); give what changed a version of its own"
                    )
                return True
        return False

    def _record(
        self,
        adopted: BoundarySet | ClassTableVersion | RoutingRulesVersion,
        version: str,
        digest: str,
        effective_from: date,
    ) -> bool:
        kind: type[Adoption] = type(adopted).Adopted
        try:
            self._application.record(
                [adopted], UnitContext("reference", f"{adopted.id}", digest.encode(), lane="people")
            )
        except (VersionConflictError, KeyReuseError):  # another process adopted it in this moment
            return not self._is_adopted(kind, version, digest, effective_from)
        return True


class _Canonical(msgspec.Struct):
    """The canonical form of a class table, see :func:`canonical_class_table`."""

    effective_from: date
    classes: list[IncidentClass]
    mapping: list[tuple[str, str, str]]


_read_canonical = msgspec.json.Decoder(_Canonical).decode


class _CanonicalRules(msgspec.Struct):
    """The canonical form of routing rules, see :func:`canonical_routing_rules`."""

    effective_from: date
    tags: list[TagRule]
    rules: list[RoutingRule]
    departments: list[str]


_read_canonical_rules = msgspec.json.Decoder(_CanonicalRules).decode


def _context(actor: Holder, stream: UUID) -> EventContext:
    return EventContext(actor.holder, actor.role.value, correlation_id=stream, causation_id=f"adopt:{stream}")
