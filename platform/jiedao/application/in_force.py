"""The boundary set that holds now and the class tables of each day, ready to decide by, also after others were adopted.

A set that was adopted elsewhere, or whose day has come, is taken up within seconds, between two batches; a batch is
decided by one version. A report is classed by the table of the day on which its source took it down: what a code
meant then it means for that incident for ever, also when a later revision of it comes in after the next table.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from threading import Lock
from time import monotonic
from typing import Generic, Protocol, TypeVar
from zoneinfo import ZoneInfo

from jiedao.application.reference_tables import ReferenceTables
from jiedao.domain.classification import OWN_SCHEME, Classifier
from jiedao.domain.decisions import ClassDecision, JurisdictionDecision
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.incident import Incident
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.reference import ClassTableVersion
from jiedao.domain.report import IncidentReport, ReportedPlace, SourceClass
from jiedao.geo.jurisdiction import BoundaryJurisdiction

LOOK_SECONDS = 2.0
"""How long a version is used before it is asked again whether it still holds."""


class _Adopted(Protocol):
    @property
    def version(self) -> str: ...


Adopted = TypeVar("Adopted", bound=_Adopted)
Made = TypeVar("Made")


class InForce(Generic[Adopted, Made]):
    """What was made of the version in force; made anew when another one is. Threads may share it."""

    def __init__(self, look: Callable[[], Adopted], make: Callable[[Adopted], Made]) -> None:
        self._look = look
        self._make = make
        self._lock = Lock()
        self._looked_at = float("-inf")
        self._version: str | None = None
        self._made: Made | None = None

    def get(self) -> Made:
        """Return it, at most :data:`LOOK_SECONDS` after another version came into force."""
        with self._lock:
            if self._made is None or monotonic() - self._looked_at >= LOOK_SECONDS:
                adopted = self._look()
                if self._made is None or adopted.version != self._version:
                    self._made, self._version = self._make(adopted), adopted.version
                self._looked_at = monotonic()
            return self._made


class JurisdictionInForce:
    """Gives places to streets under the boundary set in force; implements the port ``Jurisdiction``."""

    def __init__(self, tables: ReferenceTables, profile: DistrictProfile) -> None:
        self._in_force = InForce(
            tables.boundaries_in_force,
            lambda adopted: BoundaryJurisdiction.of_profile(
                profile, boundaries=tables.read_boundaries(adopted), boundary_set=adopted.version
            ),
        )

    @property
    def boundary_set(self) -> str:
        """The version of the boundary set in use."""
        return self._in_force.get().boundary_set

    def decide(self, places: Sequence[ReportedPlace]) -> Sequence[JurisdictionDecision]:
        """Decide for each place; see :meth:`BoundaryJurisdiction.decide`."""
        return self._in_force.get().decide(places)


@dataclass(frozen=True, slots=True)
class _ClassTables:
    """The adopted class tables, the first one first; ``version`` names all of them."""

    adopted: Sequence[ClassTableVersion.Adopted]

    @property
    def version(self) -> str:
        return " ".join(f"{one.effective_from}:{one.version}" for one in self.adopted)


class _ClassesByDay:
    """The classifier of each day. What holds first also holds before its day: nothing older is known."""

    def __init__(
        self, tables: _ClassTables, zone: ZoneInfo, classifier: Callable[[ClassTableVersion.Adopted], Classifier]
    ) -> None:
        self._adopted = tables.adopted
        self._starts = [datetime.combine(one.effective_from, time.min, zone) for one in tables.adopted[1:]]
        self._classifier = classifier

    def of(self, moment: datetime) -> Classifier:
        """The classifier of the table that held at a moment."""
        return self._classifier(self._adopted[bisect_right(self._starts, moment)])

    def decide(self, reports: Sequence[IncidentReport]) -> list[ClassDecision]:
        """Decide for each report, by the table of its day."""
        if not self._starts:
            return self._classifier(self._adopted[0]).decide(reports)
        return [decision for one in reports for decision in self.of(one.reported_at).decide([one])]


class ClassesInForce:
    """Gives reports to classes, each under the class table of the day on which it was reported."""

    def __init__(self, tables: ReferenceTables) -> None:
        self._tables = tables
        self._classifiers: dict[str, Classifier] = {}
        self._in_force = InForce(
            lambda: _ClassTables(tables.classes_by_day()),
            lambda adopted: _ClassesByDay(adopted, tables.zone, self._classifier),
        )

    def _classifier(self, adopted: ClassTableVersion.Adopted) -> Classifier:
        """Return the classifier of a table; a version names one content for ever."""
        known = self._classifiers.get(adopted.version)
        if known is None:
            known = self._classifiers[adopted.version] = Classifier(self._tables.read_classes(adopted))
        return known

    def decide(self, reports: Sequence[IncidentReport]) -> Sequence[ClassDecision]:
        """Decide for each report."""
        return self._in_force.get().decide(reports)

    def decide_as_of(self, reports: Sequence[IncidentReport], moment: datetime) -> Sequence[ClassDecision]:
        """Decide for each report by the table that holds at a moment, whenever it was reported."""
        return self._in_force.get().of(moment).decide(reports)

    def of_code(self, incident: Incident, class_code: str) -> ClassDecision:
        """Decide an incident's class by the district's own code; raises InvalidInputError for an unknown one."""
        named = replace(incident.report, source_class=SourceClass(OWN_SCHEME, class_code))
        (decision,) = self.decide([named])
        if decision.class_code is None:
            raise InvalidInputError(
                f"the class table of the day on which it was reported, {decision.class_table}, knows no class"
                f" {class_code!r}",
                "/class_code",
            )
        return decision
