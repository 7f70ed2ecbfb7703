"""Checking coordinates: used, or flagged and kept, never repaired."""

import pytest

from ingest.sources.reading.coordinates import PositionReader
from ingest.sources.reading.json_fields import Found
from ingest.sources.reading.notes import Notes

BOUNDS = (118.33, 29.18, 120.73, 30.57)
WGS84 = PositionReader("wgs84", BOUNDS)


def read(lon, lat, reader=WGS84):
    notes = Notes()
    found = [None if value is None else Found(value, "/x") for value in (lon, lat)]
    return reader.read(*found, notes), notes.flags, notes.details.get("stated_coordinates")


def read_pair(value):
    notes = Notes()
    return WGS84.read_pair(Found(value, "/x"), notes), notes.flags, notes.details.get("stated_coordinates")


@pytest.mark.parametrize(
    ("lon", "lat"), [(120.17, 30.28), ("120.17", " 30.28 "), ("１２０．１７", "30.28"), ("1.2017e2", "+30.28")]
)
def test_plausible_coordinates_are_used(lon, lat):
    assert read(lon, lat) == ((120.17, 30.28), (), None)


@pytest.mark.parametrize(
    "pair",
    [
        "120.17,30.28",
        "120.17，30.28",
        "120.17 30.28",
        "(120.17, 30.28)",
        "POINT (120.17 30.28)",
        "[120.17;30.28]",
        [120.17, "30.28"],
    ],
)
def test_a_pair_in_one_field_is_used(pair):
    assert read_pair(pair) == ((120.17, 30.28), (), None)


@pytest.mark.parametrize(
    ("lon", "lat", "flag"),
    [
        (0, 0, "coordinates_zero"),
        ("0.000000", "30.28", "coordinates_zero"),
        (-1, -1, "coordinates_placeholder"),
        (1, 1, "coordinates_placeholder"),
        (9999, 9999, "coordinates_placeholder"),
        ("1.0E-6", "1.0E-6", "coordinates_placeholder"),
        (999.0, 30.28, "coordinates_placeholder"),
        (111111, 111111, "coordinates_placeholder"),
        (30.28, 120.17, "coordinates_swapped"),
        (116.397, 39.909, "coordinates_outside"),
        (83211.52, 84512.1, "coordinates_outside"),
        (-120.17, 30.28, "coordinates_outside"),
        ("东经120", "北纬30", "coordinates_unreadable"),
        ("120°10'", "30°16'", "coordinates_unreadable"),
        ("nan", "inf", "coordinates_unreadable"),
        ("1_20.17", "30.28", "coordinates_unreadable"),
        (True, 30.28, "coordinates_unreadable"),
        (120.17, None, "coordinates_unreadable"),
        (10**400, 30.28, "coordinates_unreadable"),
        ({"x": 1}, [], "coordinates_unreadable"),
    ],
)  # fmt: skip
def test_implausible_coordinates_are_flagged_and_not_used(lon, lat, flag):
    position, flags, _ = read(lon, lat)
    assert (position, flags) == (None, (flag,))


def test_what_was_not_used_is_kept_as_it_was_written():
    assert read("30.280", 120.17)[2] == "30.280,120.17"
    assert read(120.17, None)[2] == "120.17,"
    assert read_pair("somewhere\x00near")[2] == "somewhere near"
    assert read("1" * 300, 1)[2] == "…,1"


def test_no_coordinates_at_all_are_nothing_odd():
    assert read(None, None) == (None, (), None)


@pytest.mark.parametrize("pair", ["120.17", "120.17,30.28,5", "", [], [1], {}, True, 120.17])
def test_what_is_no_pair_is_unreadable(pair):
    assert read_pair(pair)[:2] == (None, ("coordinates_unreadable",))


def test_other_systems_have_a_margin_at_the_bounds_and_wgs84_has_none():
    just_outside = (120.745, 30.4)
    assert read(*just_outside)[1] == ("coordinates_outside",)
    assert read(*just_outside, PositionReader("cgcs2000", BOUNDS))[1] == ("coordinates_outside",)
    assert read(*just_outside, PositionReader("bd09", BOUNDS)) == (just_outside, (), None)
    assert read(120.76, 30.4, PositionReader("bd09", BOUNDS))[1] == ("coordinates_outside",)


def test_a_district_at_the_equator_keeps_its_zeros_and_ones():
    around_zero = PositionReader("wgs84", (-1.5, -1.5, 1.5, 1.5))
    assert read(0, 0, around_zero)[0] == (0.0, 0.0)
    assert read(1, 1, around_zero)[0] == (1.0, 1.0)
