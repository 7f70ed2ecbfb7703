from __future__ import annotations

import csv

import numpy as np
import pytest

from jiedao.domain.errors import InvalidInputError
from jiedao.domain.terms import Crs
from jiedao.geo.crs import GCJ02_RECTANGLE, from_wgs84, to_wgs84

METRES_PER_DEGREE = 111_320.0
SHORT = {"wgs": Crs.WGS84, "gcj": Crs.GCJ02, "bd": Crs.BD09}
# The eviltransform rows back from BD-09 disagree with an accurate inverse by 10 m and 41 m.
WRONG = ("googollee/eviltransform python/test.py", "bd2wgs")
# What the published pairs promise: forward formulas all their digits, the ways back one round of the iteration or less.
FORWARD_M, BACKWARD_M = 0.01, 0.5


def metres(lon, lat, other_lon, other_lat):
    return np.hypot((lon - other_lon) * np.cos(np.radians(lat)), lat - other_lat) * METRES_PER_DEGREE


@pytest.mark.shared_data
def test_published_pairs_are_met(shared_data):
    with (shared_data / "codes" / "crs_reference_pairs.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if (row["source"], row["op"]) != WRONG]
    assert len(rows) == 14
    for row in rows:
        source, target = row["op"].removesuffix("_firstorder").split("2")
        lon, lat = from_wgs84(*to_wgs84(float(row["in_lon"]), float(row["in_lat"]), SHORT[source]), SHORT[target])
        forward = (source, target) in {("wgs", "gcj"), ("gcj", "bd")}
        off = metres(float(row["out_lon"]), float(row["out_lat"]), lon, lat)
        assert off < (FORWARD_M if forward else BACKWARD_M), row


def test_a_point_of_the_district_moves_by_half_a_kilometre():
    lon, lat = from_wgs84([120.17], [30.29], Crs.GCJ02)
    assert metres(120.17, 30.29, lon, lat)[0] == pytest.approx(517, abs=5)


def test_there_and_back_is_the_same_point_within_a_millimetre():
    random = np.random.default_rng(7)
    west, south, east, north = GCJ02_RECTANGLE
    # Not within 3 km of the rectangle's border, where GCJ-02 jumps.
    lon = random.uniform(west + 0.03, east - 0.03, 20_000)
    lat = random.uniform(south + 0.03, north - 0.03, 20_000)
    for crs in Crs:
        back = to_wgs84(*from_wgs84(lon, lat, crs), crs)
        assert metres(lon, lat, *back).max() < 1e-6


@pytest.mark.parametrize(("lon", "lat"), [(-118.24, 34.05), (2.35, 48.85), (151.2, -33.87)])
def test_gcj02_is_the_identity_outside_its_rectangle(lon, lat):
    assert from_wgs84(lon, lat, Crs.GCJ02) == (lon, lat)
    assert to_wgs84(lon, lat, Crs.GCJ02) == (lon, lat)


@pytest.mark.parametrize("crs", [Crs.WGS84, Crs.CGCS2000])
def test_wgs84_and_cgcs2000_pass_unchanged_as_copies(crs):
    lon, lat = np.array([120.1, 120.2]), np.array([30.1, 30.2])
    got_lon, got_lat = to_wgs84(lon, lat, crs)
    got_lon[0] = got_lat[0] = 0.0
    assert lon.tolist() == [120.1, 120.2]
    assert lat.tolist() == [30.1, 30.2]


def test_what_a_point_becomes_does_not_depend_on_its_batch():
    random = np.random.default_rng(3)
    lon, lat = random.uniform(120.1, 120.3, 1001), random.uniform(30.2, 30.4, 1001)
    for crs in (Crs.GCJ02, Crs.BD09):
        together = to_wgs84(lon, lat, crs)
        alone = [to_wgs84(lon[i : i + 1], lat[i : i + 1], crs) for i in range(0, 1001, 50)]
        assert [(x[0], y[0]) for x, y in alone] == list(zip(together[0][::50], together[1][::50], strict=True))


def test_no_points_and_points_that_are_no_numbers_are_no_trouble():
    assert to_wgs84([], [], Crs.BD09)[0].shape == (0,)
    assert np.isnan(to_wgs84([np.nan], [30.0], Crs.GCJ02)[0]).all()


def test_an_unknown_coordinate_system_is_an_error_that_names_the_known_ones():
    with pytest.raises(InvalidInputError, match=r"'beijing54' is not known; say one of bd09, cgcs2000, gcj02, wgs84"):
        to_wgs84([120.0], [30.0], "beijing54")
