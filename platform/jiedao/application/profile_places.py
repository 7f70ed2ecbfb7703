"""Reads a district's streets and what lies in them: communities, place names, cameras, other names of streets.

Positions may stand in any coordinate system that the file names; the profile holds degrees WGS-84.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping

import numpy as np

from jiedao.application.profile_tables import Columns, Row, TableReader, read_text
from jiedao.domain.errors import ConfigurationError
from jiedao.domain.profile import Camera, Community, PlaceName, Street
from jiedao.domain.terms import Crs
from jiedao.geo.approximate import read_office_points
from jiedao.geo.crs import to_wgs84

STREETS_FILE = "streets.csv"
COMMUNITIES_FILE = "communities.csv"
PLACE_NAMES_FILE = "place_names.csv"
ALIASES_FILE = "street_aliases.csv"
CAMERAS_FILE = "cameras.csv"

_STREETS = Columns(required=("code", "name"))
_COMMUNITIES = Columns(required=("code", "name", "street_code"))
_PLACE_NAMES = Columns(required=("name", "kind", "street_codes"))
_ALIASES = Columns(required=("alias", "street_code"))
_CAMERAS = Columns(required=("name", "lon", "lat", "crs"), optional=("gb_code", "index_code", "street_code"))


def read_streets(tables: TableReader) -> tuple[Street, ...]:
    """Read the streets; there is at least one."""
    rows = tables.unique(STREETS_FILE, tables.read(STREETS_FILE, _STREETS, needed=True), "code")
    return tuple(Street(row["code"], row["name"]) for row in rows)


def read_communities(tables: TableReader, streets: Collection[str], office_points: str) -> tuple[Community, ...]:
    """Read the communities, with the office points of those that have a known one; both files may lack."""
    rows = tables.unique(COMMUNITIES_FILE, tables.read(COMMUNITIES_FILE, _COMMUNITIES, needed=False), "code")
    points = _office_points(tables, office_points) if office_points else {}
    for row in rows:
        _check_street(tables, COMMUNITIES_FILE, row, row["street_code"], streets)
    return tuple(Community(row["code"], row["name"], row["street_code"], points.get(row["code"])) for row in rows)


def _office_points(tables: TableReader, file: str) -> dict[str, tuple[float, float]]:
    try:
        points = read_office_points(tables.directory / file)
    except (ConfigurationError, OSError, UnicodeDecodeError) as error:
        tables.faults.add(file, None, str(error))
        return {}
    return {point.code: (point.lon, point.lat) for point in points if point.used}


def read_place_names(tables: TableReader, streets: Collection[str]) -> tuple[PlaceName, ...]:
    """Read the place names; ``street_codes`` is a list parted by spaces, more than one for what is a border."""
    rows = tables.read(PLACE_NAMES_FILE, _PLACE_NAMES, needed=False)
    names = []
    for row in tables.unique(PLACE_NAMES_FILE, rows, "name"):
        codes = tuple(row["street_codes"].split())
        for code in codes:
            _check_street(tables, PLACE_NAMES_FILE, row, code, streets)
        names.append(PlaceName(row["name"], row["kind"], codes))
    return tuple(names)


def read_aliases(tables: TableReader, streets: tuple[Street, ...]) -> dict[str, str]:
    """Read what else streets are called by sources; each street's code and official name always stand for it."""
    aliases = {street.code: street.code for street in streets} | {street.name: street.code for street in streets}
    known = {street.code for street in streets}
    for row in tables.unique(ALIASES_FILE, tables.read(ALIASES_FILE, _ALIASES, needed=False), "alias"):
        _check_street(tables, ALIASES_FILE, row, row["street_code"], known)
        if aliases.setdefault(row["alias"], row["street_code"]) != row["street_code"]:
            tables.faults.add(ALIASES_FILE, row.line, f"{row['alias']!r} is another street's official name; remove it")
    return aliases


def read_cameras(tables: TableReader, streets: Collection[str]) -> dict[str, Camera]:
    """Read the camera registry, by each of the codes that a camera is known by (GB/T 28181, Hikvision index code)."""
    rows = tables.read(CAMERAS_FILE, _CAMERAS, needed=False)
    cameras: dict[str, Camera] = {}
    for row, lon, lat in _in_wgs84(tables, rows):
        if row["street_code"]:
            _check_street(tables, CAMERAS_FILE, row, row["street_code"], streets)
        codes = [code for code in (row["gb_code"], row["index_code"]) if code]
        if not codes:
            tables.faults.add(CAMERAS_FILE, row.line, "a camera needs a gb_code or an index_code; write one")
        for code in codes:
            if code in cameras:
                tables.faults.add(CAMERAS_FILE, row.line, f"the code {code} is another camera's; correct one")
            cameras[code] = Camera(code, row["name"], lon, lat, row["street_code"] or None)
    return cameras


def _in_wgs84(tables: TableReader, rows: list[Row]) -> Iterator[tuple[Row, float, float]]:
    """Convert the rows' positions, in one call for each coordinate system."""
    for crs in Crs:
        chosen = [row for row in rows if row["crs"] == crs]
        lons = np.array([tables.number(CAMERAS_FILE, row, "lon") for row in chosen])
        lats = np.array([tables.number(CAMERAS_FILE, row, "lat") for row in chosen])
        converted = to_wgs84(lons, lats, crs)
        yield from zip(chosen, converted[0].tolist(), converted[1].tolist(), strict=True)
    for row in rows:
        tables.one_of(CAMERAS_FILE, row, "crs", list(Crs))


def read_boundaries_file(tables: TableReader, file: str, streets: Collection[str]) -> Mapping[str, object]:
    """Read the boundary set that ships with the profile: one GeoJSON area or more for every street, none for others.

    The shapes themselves are checked where they are indexed.
    """
    text = read_text(tables.directory / file, file, tables.faults, needed=True)
    if not text:
        return {}
    try:
        content = json.loads(text)
        codes = [feature["properties"]["code"] for feature in content["features"]]
    except (ValueError, KeyError, TypeError):
        tables.faults.add(file, None, "not a GeoJSON FeatureCollection whose features have a property code; correct it")
        return {}
    for code in codes:
        if streets and code not in streets:
            tables.faults.add(file, None, f"the area {code!r} is no street of {STREETS_FILE}; add or correct it")
    for code in streets:
        if code not in codes:
            tables.faults.add(file, None, f"the street {code} has no area; add one")
    boundaries: Mapping[str, object] = content
    return boundaries


def _check_street(tables: TableReader, file: str, row: Row, code: str, streets: Collection[str]) -> None:
    if streets and code not in streets:  # without any street that is the fault to tell
        tables.faults.add(file, row.line, f"there is no street {code!r} in {STREETS_FILE}; add or correct it")
