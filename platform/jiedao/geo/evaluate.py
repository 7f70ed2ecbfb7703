"""Measures a boundary set against records whose street is already known: how often we would have said the same.

It looks at plain containment and the tie-break alone. The edge tolerance plays no part unless asked for, because
giving points outside every area to the nearest one would hide how many the set misses.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from jiedao.domain.errors import InvalidInputError
from jiedao.domain.terms import Crs
from jiedao.geo.boundary_file import read_boundaries
from jiedao.geo.crs import to_wgs84
from jiedao.geo.plane import Floats
from jiedao.geo.street_index import StreetIndex


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How the labels of n records compare with a boundary set; each record is counted once.

    ``agree``: the area that we choose is the labelled one. ``overlap``: the labelled area is among several that hold
    the point, the tie-break chose another. ``differ``: areas hold the point, the labelled one does not.
    ``missed``: no area holds the labelled point. ``unlabelled``: no label. ``no_coordinates``: nothing to match.
    ``overlapping`` counts the labelled points, among the first three kinds, that several areas hold.
    """

    agree: int
    overlap: int
    differ: int
    missed: int
    unlabelled: int
    no_coordinates: int
    overlapping: int

    @property
    def total(self) -> int:
        """The number of records."""
        return self.agree + self.overlap + self.differ + self.missed + self.unlabelled + self.no_coordinates


@dataclass(frozen=True, slots=True)
class LabelledPoints:
    """Records to compare with: degrees in the records' coordinate system (NaN without), labels (empty without)."""

    lon: Floats
    lat: Floats
    labels: tuple[str, ...]


def evaluate(
    index: StreetIndex, points: LabelledPoints, *, crs: str = Crs.WGS84, tolerance_m: float | None = None
) -> Evaluation:
    """Compare labels with the areas of an index.

    With ``tolerance_m`` (metres) a point that no area holds, but one within that distance has its border, counts as
    held by the nearest; without, as missed.
    """
    lon, lat = to_wgs84(points.lon, points.lat, crs)
    there = np.isfinite(lon) & np.isfinite(lat)
    point, street = index.holding(lon, lat)
    held: list[list[str]] = [[] for _ in points.labels]
    for i, j in zip(point.tolist(), street.tolist(), strict=True):
        # In the order of choice: the first one is the street that we would say.
        held[i].append(index.codes[j])
    if tolerance_m is not None:
        for i, j in enumerate(index.locate(lon, lat, tolerance_m).street.tolist()):
            if j >= 0 and not held[i]:
                held[i].append(index.codes[j])
    counts = dict.fromkeys(Evaluation.__dataclass_fields__, 0)
    for label, codes, has_point in zip(points.labels, held, there.tolist(), strict=True):
        counts[_kind(label, codes, has_point=has_point)] += 1
        counts["overlapping"] += bool(label) and len(codes) > 1
    return Evaluation(**counts)


def _kind(label: str, codes: Sequence[str], *, has_point: bool) -> str:
    if not has_point:
        return "no_coordinates"
    if not label:
        return "unlabelled"
    if not codes:
        return "missed"
    if label not in codes:
        return "differ"
    return "agree" if codes[0] == label else "overlap"


def evaluate_file(  # noqa: PLR0913  # the options of the command, by keyword
    boundaries: bytes,
    records: bytes,
    *,
    code: str,
    lon: str,
    lat: str,
    expected: str,
    name: str = "name",
    crs: str = Crs.WGS84,
    records_crs: str | None = None,
    tolerance_m: float | None = None,
) -> Evaluation:
    """Compare a CSV file of records with a GeoJSON file of areas; the work of ``jiedao boundaries evaluate``.

    ``code`` and ``name`` are properties of the areas, ``lon``, ``lat`` and ``expected`` columns of the records;
    ``records_crs`` is the records' coordinate system where it is not the areas'.
    Raises :class:`~jiedao.domain.errors.InvalidInputError` when a file cannot be read or an area cannot be used.
    """
    areas = read_boundaries(boundaries, code=code, name=name, crs=crs, examine=False).require_whole()
    points = read_labelled_points(records, lon=lon, lat=lat, expected=expected)
    index = StreetIndex(areas.codes, areas.polygons)
    return evaluate(index, points, crs=records_crs or crs, tolerance_m=tolerance_m)


def read_labelled_points(records: bytes, *, lon: str, lat: str, expected: str) -> LabelledPoints:
    """Read records from CSV (UTF-8, with a header row).

    An empty or ``nan`` coordinate means none; one that is no number is an InvalidInputError that names the line.
    """
    try:
        rows = csv.DictReader(io.StringIO(records.decode("utf-8-sig"), newline=""))
    except UnicodeDecodeError as error:
        raise InvalidInputError(
            f"The records are not UTF-8 ({error.reason} at byte {error.start}); save them so."
        ) from error
    missing = [column for column in (lon, lat, expected) if column not in (rows.fieldnames or ())]
    if missing:
        raise InvalidInputError(
            f"The records have no column {', '.join(missing)}; they have {', '.join(rows.fieldnames or ())}."
        )
    read = [
        (_degrees(row, lon, rows.line_num), _degrees(row, lat, rows.line_num), _label(row[expected])) for row in rows
    ]
    lons, lats, labels = zip(*read, strict=True) if read else ((), (), ())
    return LabelledPoints(np.array(lons, dtype=np.float64), np.array(lats, dtype=np.float64), tuple(labels))


def _degrees(row: Mapping[str, str | None], column: str, line: int) -> float:
    text = (row[column] or "").strip()
    try:
        value = float(text) if text else math.nan
    except ValueError as error:
        raise InvalidInputError(f"Line {line} of the records has {text!r} as {column}; degrees are numbers.") from error
    return value if math.isfinite(value) else math.nan


def _label(text: str | None) -> str:
    """A label as text; a whole number that was exported as a float loses its ``.0``."""
    label = (text or "").strip()
    return label.removesuffix(".0") if label.removesuffix(".0").isdigit() else label
