"""Thousands of areas are asked as surely as eight."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely

from jiedao.geo.boundary_file import read_boundaries
from jiedao.geo.street_index import StreetIndex
from tests.topojson import areas

pytestmark = pytest.mark.shared_data


@pytest.fixture(scope="module")
def villages(shared_data):
    codes, polygons = areas(shared_data / "polygons" / "taiwan_villages-10t.topojson", "villages", "VILLCODE")
    features = [
        {"properties": {"code": code}, "geometry": json.loads(text)}
        for code, text in zip(codes, shapely.to_geojson(np.array(polygons)), strict=True)
    ]
    return read_boundaries({"type": "FeatureCollection", "features": features})


def test_seven_thousand_villages_are_read_with_their_faults_named(villages):
    assert len(villages.codes) == 7_701
    assert villages.report.refused == ()
    made_valid = [repair for repair in villages.report.repairs if "made its outline valid" in repair.what]
    assert {repair.feature.code for repair in made_valid} > {"67000020010"}
    assert all(0.0 < overlap.area_m2 < 1e5 for overlap in villages.report.overlaps)


def test_points_inside_villages_are_found_in_them(villages):
    polygons = np.array(villages.polygons)
    inner = shapely.get_coordinates(shapely.point_on_surface(polygons))
    located = StreetIndex(villages.codes, polygons).locate(inner[:, 0], inner[:, 1], 10.0)
    held = shapely.intersects_xy(polygons[located.street], inner[:, 0], inner[:, 1])
    assert held.all()
    wrong = np.flatnonzero(located.street != np.arange(len(polygons)))
    overlapping = {code for overlap in villages.report.overlaps for code in (overlap.first, overlap.second)}
    assert {villages.codes[i] for i in wrong} <= overlapping
