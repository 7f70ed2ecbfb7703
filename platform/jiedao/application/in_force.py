"""The boundary set and the class table that hold now, ready to decide by, also after another one came into force.

A set that was adopted elsewhere, or whose day has come, is taken up within seconds, between two batches; a batch is
decided by one version.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Lock
from time import monotonic
from typing import Generic, Protocol, TypeVar

from jiedao.application.reference_tables import ReferenceTables
from jiedao.domain.classification import OWN_SCHEME, Classifier
from jiedao.domain.decisions import ClassDecision, JurisdictionDecision
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.incident import Incident
from jiedao.domain.ports import Deadlines
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.report import IncidentReport, ReportedPlace, SourceClass
from jiedao.geo.jurisdiction import BoundaryJurisdiction

LOOK_SECONDS = 2.0
"""How long a version is used before it is asked again whether it still holds."""


class _Adopted(Protocol):
    @property
    def version(self) -> str: ...


Adopted = TypeVar("Adopted", bound=_Adopted)
Made = TypeVar("Made")


class _InForce(Generic[Adopted, Made]):
    """What was made of the version in force; made anew when another one is. Threads may share it."""

    def __init__(self, look: Callable[[], Adopted], make: Callable[[Adopted], Made]) -> None:
        self._look = look
        self._make = make
        self._lock = Lock()
        self._looked_at = float("-inf")
        self._version: str | None = None
        self._made: Made | None = None

    def get(self) -> Made:
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
        self._in_force = _InForce(
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


class ClassesInForce:
    """Gives reports to classes under the class table in force."""

    def __init__(self, tables: ReferenceTables, deadlines: Deadlines) -> None:
        self._in_force = _InForce(
            tables.classes_in_force, lambda adopted: Classifier(tables.read_classes(adopted), deadlines)
        )

    def decide(self, reports: Sequence[IncidentReport]) -> Sequence[ClassDecision]:
        """Decide for each report."""
        return self._in_force.get().decide(reports)

    def of_code(self, incident: Incident, class_code: str) -> ClassDecision:
        """Decide an incident's class by the district's own code; raises InvalidInputError for an unknown one."""
        named = replace(incident.report, source_class=SourceClass(OWN_SCHEME, class_code))
        (decision,) = self.decide([named])
        if decision.class_code is None:
            raise InvalidInputError(f"the class table in force knows no class {class_code!r}", "/class_code")
        return decision
