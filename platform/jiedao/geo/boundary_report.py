"""What was found when a boundary file was read: what was repaired, what was refused, where areas overlap or leave gaps.

A finding names its feature the way a person finds it in the file: by code, by name and by its number in the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import shapely

from jiedao.domain.errors import InvalidInputError

MOST_NAMED = 5
"""How many findings of one kind a sentence names; whoever reads more of them does not read on."""


@dataclass(frozen=True, slots=True)
class FeatureName:
    """Which feature of the file: ``number`` counts from 1; code and name are empty where the file has none."""

    number: int
    code: str
    name: str

    def __str__(self) -> str:
        """Say it for people."""
        return f"feature {self.number} ({self.code or 'without code'}, {self.name or 'without name'})"


@dataclass(frozen=True, slots=True)
class Repair:
    """Something about a feature that was safely put right; ``what`` is a sentence."""

    feature: FeatureName
    what: str

    def __str__(self) -> str:
        """Say it for people."""
        return f"{self.feature}: {self.what}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A feature that cannot be used; ``reason`` is a sentence that says what to do."""

    feature: FeatureName
    reason: str

    def __str__(self) -> str:
        """Say it for people."""
        return f"{self.feature}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Overlap:
    """Ground that two streets both claim: their codes, its area in m2, a point in it (degrees WGS-84)."""

    first: str
    second: str
    area_m2: float
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Gap:
    """Ground between streets that none claims: its neighbours' codes, its area in m2, a point in it (WGS-84)."""

    between: tuple[str, ...]
    area_m2: float
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class LostGround:
    """Ground that a street had under the set in force and that no street has under another set.

    ``area_m2`` is all of it in m2; the point (degrees WGS-84) lies in its largest piece.
    """

    street_code: str
    area_m2: float
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class UnknownName:
    """What the file calls a street's area, where no street of the district is called so."""

    street_code: str
    name: str


@dataclass(frozen=True, slots=True)
class BoundaryReport:
    """All findings of one file, in the order of the features, overlaps and gaps from the largest down.

    ``examined`` is false when nobody looked for overlaps and gaps; that none are listed then means nothing.
    ``unknown_names`` are found once the set is compared with a district.
    """

    overlaps: tuple[Overlap, ...]
    gaps: tuple[Gap, ...]
    repairs: tuple[Repair, ...]
    refused: tuple[Refusal, ...]
    examined: bool = True
    unknown_names: tuple[UnknownName, ...] = ()

    @property
    def overlap_area_m2(self) -> float:
        """The areas of all overlaps together, in m2."""
        return sum(overlap.area_m2 for overlap in self.overlaps)

    @property
    def gap_area_m2(self) -> float:
        """The areas of all gaps together, in m2."""
        return sum(gap.area_m2 for gap in self.gaps)


@dataclass(frozen=True, slots=True)
class ImportedBoundaries:
    """A set of areas as read from a file, without a version yet.

    ``codes``, ``names`` and ``polygons`` go together, sorted by code; the polygons are valid, in degrees WGS-84, with
    7 decimals (1 cm). Refused features are in the report and not among them.
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    polygons: tuple[shapely.Geometry, ...]
    report: BoundaryReport

    def require_whole(self) -> ImportedBoundaries:
        """Return itself when nothing was refused; raises InvalidInputError naming the first refused features else."""
        if self.report.refused:
            raise InvalidInputError(f"The boundary set cannot be taken in whole: {some_of(self.report.refused, '; ')}")
        return self


def some_of(findings: Sequence[object], separator: str = ", ") -> str:
    """Say the first MOST_NAMED findings for people, and how many more there are."""
    more = len(findings) - MOST_NAMED
    said = [str(finding) for finding in findings[:MOST_NAMED]]
    return separator.join([*said, f"and {more} more"] if more > 0 else said)
