"""Draws an approximate set of street areas from public facts, for a district whose official borders are not public.

Every piece of ground goes to the street of the nearest known office (street or community) inside a simplified outline
of the district; so each street's area is of the right order and in the right place, and no border of it is to be
relied on. ``python -m jiedao.geo.approximate config/districts/330103`` writes the district's file anew.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

from jiedao.domain.errors import ConfigurationError
from jiedao.geo.boundary_file import canonical_geojson, read_boundaries
from jiedao.geo.boundary_repair import GRID_DEGREES
from jiedao.geo.crs import to_wgs84
from jiedao.geo.plane import Floats, Geometries, degrees_from_mercator, in_mercator, mercator

OFFICE_POINTS_FILE = "office_points.csv"
OUTLINE_FILE = "outline.geojson"
BOUNDARIES_FILE = "boundaries.geojson"
_COLUMNS = frozenset({"code", "name", "street_code", "street_name", "lon", "lat", "crs", "used", "remark", "source"})


@dataclass(frozen=True, slots=True)
class OfficePoint:
    """The office of a street or a community, in degrees WGS-84.

    ``used`` is false for a point that contradicts another fact; ``remark`` says which.
    """

    code: str
    name: str
    street_code: str
    street_name: str
    lon: float
    lat: float
    used: bool
    remark: str
    source: str


@dataclass(frozen=True, slots=True)
class Outline:
    """The outline of a district: one polygon in degrees WGS-84, and where it comes from."""

    polygon: shapely.Polygon
    source: str


def read_office_points(path: Path) -> tuple[OfficePoint, ...]:
    """Read office points and convert them to WGS-84, in the order of the file.

    Columns: code, name, street_code, street_name, lon, lat, crs, used (true or false), remark, source.
    Raises :class:`~jiedao.domain.errors.ConfigurationError` naming file and line when one cannot be read.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        missing = _COLUMNS - set(rows.fieldnames or ())
        if missing:
            raise ConfigurationError(f"{path} lacks the columns {', '.join(sorted(missing))}; add them.")
        return tuple(_office_point(path, rows.line_num, row) for row in rows)


def _office_point(path: Path, line: int, row: Mapping[str, str]) -> OfficePoint:
    try:
        lon, lat = to_wgs84(float(row["lon"]), float(row["lat"]), row["crs"])
        used = {"true": True, "false": False}[row["used"]]
    except (ValueError, KeyError) as error:
        raise ConfigurationError(
            f"{path}, line {line}: lon and lat must be degrees and used must be true or false; correct it."
        ) from error
    return OfficePoint(
        code=row["code"],
        name=row["name"],
        street_code=row["street_code"],
        street_name=row["street_name"],
        lon=float(lon),
        lat=float(lat),
        used=used,
        remark=row["remark"],
        source=row["source"],
    )


def read_outline(path: Path) -> Outline:
    """Read the outline: a FeatureCollection of one Polygon whose properties name ``crs`` and ``source``."""
    content = json.loads(path.read_bytes())
    try:
        (feature,) = content["features"]
        properties = feature["properties"]
        boundaries = read_boundaries(content, crs=properties["crs"]).require_whole()
        return Outline(boundaries.polygons[0], properties["source"])
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(
            f"{path} must hold one feature with the properties code, name, crs and source; correct it."
        ) from error


def approximate_boundaries(points: Sequence[OfficePoint], outline: Outline) -> bytes:
    """Divide an outline among the streets by the nearest office; the same facts give the same bytes.

    The areas cover the outline and neither overlap nor leave gaps: they are put together from shared faces whose
    corners lie on the 7-decimal grid. Returns canonical GeoJSON (WGS-84), each feature marked ``approximate``.
    Raises :class:`~jiedao.domain.errors.ConfigurationError` with fewer than two usable points, or when a street
    would get no ground.
    """
    offices = sorted((point for point in points if point.used), key=lambda point: point.code)
    if len(offices) < 2:  # noqa: PLR2004  # between fewer than two there is no border
        raise ConfigurationError("Fewer than two usable office points; there is no border to draw between them.")
    sites = np.stack(
        mercator(np.array([point.lon for point in offices]), np.array([point.lat for point in offices])), axis=1
    )
    faces = _faces(sites, outline.polygon)
    inner = shapely.get_coordinates(in_mercator(shapely.point_on_surface(faces)))
    nearest = np.argmin(((inner[:, None, :] - sites[None, :, :]) ** 2).sum(axis=2), axis=1)
    street_of_face = np.array([offices[site].street_code for site in nearest])
    names = {point.street_code: point.street_name for point in points}
    features = []
    properties: dict[str, Mapping[str, object]] = {}
    for street_code in sorted(names):
        own = faces[street_of_face == street_code]
        if not len(own):
            raise ConfigurationError(f"The street {street_code} has no usable office point; add one.")
        features.append(_feature(street_code, names[street_code], shapely.coverage_union_all(own)))
        used = [point for point in offices if point.street_code == street_code]
        properties[street_code] = {
            "approximate": True,
            "derivation": f"ground nearest to one of {len(used)} offices (Voronoi), within a simplified outline",
            "sources": sorted({outline.source, *(point.source for point in used)}),
        }
    boundaries = read_boundaries({"type": "FeatureCollection", "features": features}).require_whole()
    return canonical_geojson(boundaries, properties)


def _faces(sites: Floats, outline: shapely.Polygon) -> Geometries:
    """The faces into which the borders between nearest offices cut the outline, corners on the grid."""
    between = shapely.voronoi_polygons(
        shapely.multipoints(sites), extend_to=shapely.envelope(in_mercator(outline)), only_edges=True
    )
    lines = shapely.transform(between, degrees_from_mercator, interleaved=False)
    noded = shapely.union(lines, shapely.boundary(outline), grid_size=GRID_DEGREES)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    inside: Geometries = faces[shapely.contains(outline, shapely.point_on_surface(faces))]
    return inside


def _feature(code: str, name: str, area: shapely.Geometry) -> Mapping[str, object]:
    return {
        "type": "Feature",
        "properties": {"code": code, "name": name},
        "geometry": json.loads(shapely.to_geojson(area)),
    }


def build(directory: Path) -> bytes:
    """Draw the approximate areas of a district from the facts in its configuration directory."""
    return approximate_boundaries(
        read_office_points(directory / OFFICE_POINTS_FILE), read_outline(directory / OUTLINE_FILE)
    )


def main(arguments: Sequence[str]) -> int:
    """Write the boundaries of the district whose configuration directory is named; returns the exit status."""
    if len(arguments) != 1:
        sys.stderr.write("Usage: python -m jiedao.geo.approximate DISTRICT_DIRECTORY\n")
        return 2
    directory = Path(arguments[0])
    (directory / BOUNDARIES_FILE).write_bytes(build(directory))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
