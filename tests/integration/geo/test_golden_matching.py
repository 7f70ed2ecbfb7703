"""Real records whose cities labelled each with its area: what we say agrees as often as exact containment allows."""

from __future__ import annotations

import csv
import math

import numpy as np
import pytest

from jiedao.domain.profile import Street
from jiedao.domain.report import ReportedPlace
from jiedao.geo.boundary_file import canonical_geojson, read_boundaries
from jiedao.geo.evaluate import Evaluation, LabelledPoints, evaluate, evaluate_file, read_labelled_points
from jiedao.geo.jurisdiction import BoundaryJurisdiction
from jiedao.geo.street_index import StreetIndex

pytestmark = pytest.mark.shared_data

BOROUGHS = {"MANHATTAN": 1, "BRONX": 2, "BROOKLYN": 3, "QUEENS": 4, "STATEN ISLAND": 5}
LOS_ANGELES = Evaluation(
    agree=9_813, overlap=4, differ=33, missed=112, unlabelled=27, no_coordinates=11, overlapping=19
)


def test_ten_thousand_records_of_los_angeles(shared_data):
    result = evaluate_file(
        (shared_data / "polygons" / "la_neighborhood_councils_2019.geojson").read_bytes(),
        (shared_data / "incidents" / "la_311_requests_2020_seed.csv").read_bytes(),
        code="nc_id",
        lon="longitude",
        lat="latitude",
        expected="nc",
    )
    assert result == LOS_ANGELES
    assert result.agree + result.overlap == 9_817
    assert result.total == 10_000


def test_what_is_stored_matches_like_the_file_it_came_from(shared_data):
    file = (shared_data / "polygons" / "la_neighborhood_councils_2019.geojson").read_bytes()
    stored = read_boundaries(canonical_geojson(read_boundaries(file, code="nc_id", examine=False)), examine=False)
    records = (shared_data / "incidents" / "la_311_requests_2020_seed.csv").read_bytes()
    points = read_labelled_points(records, lon="longitude", lat="latitude", expected="nc")
    assert evaluate(StreetIndex(stored.codes, stored.polygons), points) == LOS_ANGELES


def test_the_jurisdiction_gives_the_same_areas_and_counts_its_edges(shared_data):
    file = (shared_data / "polygons" / "la_neighborhood_councils_2019.geojson").read_bytes()
    boundaries = read_boundaries(file, code="nc_id", examine=False)
    records = (shared_data / "incidents" / "la_311_requests_2020_seed.csv").read_bytes()
    points = read_labelled_points(records, lon="longitude", lat="latitude", expected="nc")
    jurisdiction = BoundaryJurisdiction(
        boundary_set="la-2019",
        boundaries=boundaries,
        tolerance_m=0.0,
        streets=[Street(code, name) for code, name in zip(boundaries.codes, boundaries.names, strict=True)],
    )
    decisions = jurisdiction.decide(
        [
            ReportedPlace() if math.isnan(lon) else ReportedPlace(lon=lon, lat=lat)
            for lon, lat in zip(points.lon.tolist(), points.lat.tolist(), strict=True)
        ]
    )
    agreed = sum(
        decision.street_code == label for decision, label in zip(decisions, points.labels, strict=True) if label
    )
    assert agreed == LOS_ANGELES.agree
    assert sum(decision.method == "none" for decision in decisions) == 112 + 27 + 11
    assert sum(len(decision.candidates) > 1 for decision in decisions) == 19


def test_a_thousand_records_of_new_york(shared_data):
    file = (shared_data / "polygons" / "nyc_community_districts.geojson").read_bytes()
    boundaries = read_boundaries(file, code="BoroCD", name="BoroCD", examine=False)
    with (shared_data / "incidents" / "nyc_311_2024_1000.csv").open(encoding="utf-8") as records:
        rows = list(csv.DictReader(records))
    points = LabelledPoints(
        np.array([float(row["longitude"] or "nan") for row in rows]),
        np.array([float(row["latitude"] or "nan") for row in rows]),
        tuple(district_code(row["community_board"]) for row in rows),
    )
    result = evaluate(StreetIndex(boundaries.codes, boundaries.polygons), points)
    assert result == Evaluation(984, 0, 4, 0, 0, 12, overlapping=0)


def district_code(board: str) -> str:
    """The city's district number of a board that the records write as ``12 MANHATTAN``; those name a borough too."""
    number, _, borough = board.partition(" ")
    return f"{BOROUGHS[borough]}{number}" if number.isdigit() and borough in BOROUGHS else ""
