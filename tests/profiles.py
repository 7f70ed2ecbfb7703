"""A second district's profile, made from the shared reference data: the neighbourhood councils of Los Angeles.

It shows that a district is plain data: other codes, other words, another zone and calendar, no communities, no
cameras, no place names, and not a line of code of its own.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

LOS_ANGELES = "los-angeles"
RECORDS = Path("incidents", "la_311_requests_2020_seed.csv")

_DISTRICT = """\
code = "los-angeles"
name = "Los Angeles"
city = "Los Angeles"
timezone = "America/Los_Angeles"

[bounds]
west = -118.70
south = 33.65
east = -118.10
north = 34.40

[boundaries]
file = "boundaries.geojson"
version = "neighborhood-councils-2019"
effective_from = 2019-01-01
approximate = false
# The records' labels were given by plain containment.
edge_tolerance_m = 0.0

[class_table]
version = "la-311-2020"
effective_from = 2019-01-01

[working_hours]
spans = [["08:00", "17:00"]]

[calendar]
kind = "weekdays"

[origins]
la_types = "The request types of the city's 311 service; platform, department, priority and limit are assumed."
"""

_SOURCES = """\
[csv]
label = "MyLA311"
adapter = "csv"
lifecycle = "own"
crs = "wgs84"
timezone = "America/Los_Angeles"
channel = "311"
class_scheme = "la_311"
topic = "jiedao.los-angeles.csv"

[csv.options]
time_format = "%m/%d/%y %H:%M"

[csv.options.columns]
external_id = "srnumber"
title = "requesttype"
reported_at = "createddate"
updated_at = "updateddate"
lon = "longitude"
lat = "latitude"
address = "address"
class_code = "requesttype"
"""

# data_code of the request type: our class code, platform, department, priority, time limit
_CLASSES = {
    "Graffiti Removal": ("E0101", "enforcement", "Office of Community Beautification", 4, "3工作日"),
    "Homeless Encampment": ("G0101", "governance", "LA Sanitation", 2, "5工作日"),
    "Dead Animal Removal": ("E0102", "enforcement", "LA Sanitation", 2, "1天"),
    "Bulky Items": ("S0101", "service", "LA Sanitation", 4, "7天"),
    "Electronic Waste": ("S0102", "service", "LA Sanitation", 4, "7天"),
    "Illegal Dumping Pickup": ("E0103", "enforcement", "LA Sanitation", 3, "3工作日"),
    "Metal/Household Appliances": ("S0103", "service", "LA Sanitation", 4, "7天"),
    "Single Streetlight Issue": ("C0101", "enforcement", "Bureau of Street Lighting", 3, "5工作日"),
    "Multiple Streetlight Issue": ("C0102", "enforcement", "Bureau of Street Lighting", 2, "3工作日"),
    "Report Water Waste": ("M0101", "market", "Department of Water and Power", 3, "3工作日"),
    "Other": ("S0104", "service", "311", 4, "5工作日"),
    "Feedback": ("S0105", "service", "311", 4, ""),
}
_KINDS = {"E": "event", "C": "component"}
_CLASS_COLUMNS = (
    "code", "kind", "major_code", "major_class", "minor_code", "minor_class",
    "platform", "department", "priority", "time_limit", "filing_condition", "origin", "assumed",
)  # fmt: skip


def build_los_angeles_profile(shared_data: Path, directory: Path) -> Path:
    """Write the profile's files into a directory (made as needed) and return it."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "district.toml").write_text(_DISTRICT, "utf-8")
    (directory / "sources.toml").write_text(_SOURCES, "utf-8")
    _write_streets(shared_data / "polygons" / "la_neighborhood_councils_2019.geojson", directory)
    _write_classes(shared_data / "incidents" / "la_types.csv", directory)
    return directory


def _write_streets(councils: Path, directory: Path) -> None:
    features = json.loads(councils.read_text("utf-8"))["features"]
    areas = [
        {
            "type": "Feature",
            "properties": {"code": feature["properties"]["nc_id"], "name": feature["properties"]["name"]},
            "geometry": feature["geometry"],
        }
        for feature in features
    ]
    collection = json.dumps({"type": "FeatureCollection", "features": areas})
    (directory / "boundaries.geojson").write_text(collection, "utf-8")
    streets = [tuple(area["properties"].values()) for area in areas]
    _write_table(directory / "streets.csv", ("code", "name"), streets)


def _write_classes(types: Path, directory: Path) -> None:
    classes, mapping = [], []
    with types.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            code, platform, department, priority, limit = _CLASSES[row["data_code"]]
            kind = _KINDS.get(code[0], "category")
            classes.append(
                (code, kind, code[1:3], platform, code[3:], row["type_name"], platform, department, priority, limit,
                 row["description"], "la_types", "true")
            )  # fmt: skip
            mapping.append(("la_311", row["data_code"], code))
    _write_table(directory / "classes.csv", _CLASS_COLUMNS, classes)
    _write_table(directory / "class_mapping.csv", ("scheme", "source_code", "class_code"), mapping)


def _write_table(path: Path, header: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
