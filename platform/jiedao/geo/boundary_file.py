"""Reads a file of street areas (GeoJSON) and writes them in the one form in which they are stored by their hash.

Nothing about a file is put right in silence: what was repaired, refused, overlapping or left out is in the report.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
import shapely

from jiedao.domain.errors import InvalidInputError
from jiedao.domain.terms import Crs
from jiedao.geo.boundary_checks import gaps, overlaps
from jiedao.geo.boundary_repair import UnusableShapeError, usable_area
from jiedao.geo.boundary_report import BoundaryReport, FeatureName, ImportedBoundaries, Refusal, Repair

# What the superseded "crs" member of GeoJSON may say without contradicting degrees, longitude first.
_DEGREES = ("CRS84", "EPSG::4326", "EPSG:4326", "EPSG::4490", "EPSG:4490")
_DECIMALS = 7


def read_boundaries(
    content: bytes | Mapping[str, object],
    *,
    code: str = "code",
    name: str = "name",
    crs: str = Crs.WGS84,
    examine: bool = True,
) -> ImportedBoundaries:
    """Read a GeoJSON FeatureCollection of Polygons and MultiPolygons.

    ``content`` is the file's bytes or what they parse to; ``code`` and ``name`` are the properties that hold each
    street's code and name; ``crs`` is the coordinate system of the corners (a :class:`~jiedao.domain.terms.Crs`
    value). Coordinates come out in degrees WGS-84 with 7 decimals.
    With ``examine`` overlaps and gaps are looked for, which takes seconds for large sets.
    A feature that cannot be used is refused in the report and left out; its neighbours are read.
    Raises :class:`~jiedao.domain.errors.InvalidInputError` when the whole is not a FeatureCollection, when the file
    declares coordinates other than degrees, or when ``crs`` is not known.
    """
    if crs not in set(Crs):
        raise InvalidInputError(f"The coordinate system {crs!r} is not known; say one of {', '.join(Crs)}.")
    features = _features(content)
    repairs: list[Repair] = []
    refused: list[Refusal] = []
    areas: dict[str, tuple[FeatureName, shapely.Geometry]] = {}
    for number, feature in enumerate(features, start=1):
        named = _named(number, feature, code, name)
        try:
            _require_code(named, code, feature, areas)
            drawing = usable_area(feature.get("geometry"), crs)
        except UnusableShapeError as error:
            refused.append(Refusal(named, str(error)))
            continue
        areas[named.code] = (named, drawing.shape)
        repairs.extend(Repair(named, what) for what in drawing.repairs)
    codes = tuple(sorted(areas))
    polygons = np.array([areas[key][1] for key in codes], dtype=object)
    report = BoundaryReport(
        overlaps=overlaps(codes, polygons) if examine else (),
        gaps=gaps(codes, polygons) if examine else (),
        repairs=tuple(repairs),
        refused=tuple(refused),
        examined=examine,
    )
    return ImportedBoundaries(codes, tuple(areas[key][0].name for key in codes), tuple(polygons), report)


def canonical_geojson(
    boundaries: ImportedBoundaries, properties: Mapping[str, Mapping[str, object]] | None = None
) -> bytes:
    """Write a boundary set as GeoJSON in WGS-84: the same areas give the same bytes on every machine.

    Features are sorted by code, shells run against the clock, rings start at a fixed corner, coordinates have at most
    7 decimals, one feature stands on a line. ``properties`` are further ones by street code, beside code and name.
    """
    lines = []
    for street_code, street_name, polygon in zip(boundaries.codes, boundaries.names, boundaries.polygons, strict=True):
        more = (properties or {}).get(street_code, {})
        shape = shapely.orient_polygons(shapely.normalize(polygon), exterior_cw=False)
        feature = {
            "type": "Feature",
            "properties": {"code": street_code, "name": street_name, **dict(sorted(more.items()))},
            "geometry": {
                "type": shape.geom_type,
                "coordinates": _rounded(shapely.geometry.mapping(shape)["coordinates"]),
            },
        }
        lines.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
    body = ",\n".join(lines)
    return f'{{"type":"FeatureCollection","features":[\n{body}\n]}}\n'.encode()


def _rounded(coordinates: object) -> object:
    if isinstance(coordinates, list | tuple):
        return [_rounded(inner) for inner in coordinates]
    return round(float(coordinates), _DECIMALS)  # type: ignore[arg-type]  # the leaves of GeoJSON coordinates are numbers


def _features(content: bytes | Mapping[str, object]) -> Sequence[Mapping[str, object]]:
    if isinstance(content, bytes):
        try:
            content = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise InvalidInputError(f"The boundary file is not JSON: {error}. Give a GeoJSON file in UTF-8.") from error
    if not isinstance(content, Mapping) or content.get("type") != "FeatureCollection":
        raise InvalidInputError("The boundary file is not a GeoJSON FeatureCollection; export it as one.")
    declared = json.dumps(content.get("crs"))
    if content.get("crs") is not None and not any(system in declared for system in _DEGREES):
        raise InvalidInputError(
            f"The boundary file declares the coordinate system {declared}; export it in degrees, longitude first."
        )
    features = content.get("features")
    if not isinstance(features, list) or not features:
        raise InvalidInputError("The boundary file holds no features; export the streets' areas into it.")
    return [feature if isinstance(feature, Mapping) else {} for feature in features]


def _named(number: int, feature: Mapping[str, object], code: str, name: str) -> FeatureName:
    properties = feature.get("properties")
    values = properties if isinstance(properties, Mapping) else {}
    return FeatureName(number, _as_text(values.get(code)), _as_text(values.get(name)))


def _as_text(value: object) -> str:
    """A property as text; a whole number that was stored as a float loses its ``.0``."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _require_code(
    named: FeatureName,
    code: str,
    feature: Mapping[str, object],
    taken: Mapping[str, tuple[FeatureName, shapely.Geometry]],
) -> None:
    if not named.code:
        properties = feature.get("properties")
        has = ", ".join(sorted(properties)) if isinstance(properties, Mapping) and properties else "none"
        raise UnusableShapeError(f"it has no property {code!r}; name the one that holds the code (it has: {has})")
    if named.code in taken:
        raise UnusableShapeError(f"its code was given to {taken[named.code][0]} already; merge the two or correct one")
