"""Conversion there and back is the identity, wherever a point lies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiedao.domain.terms import Crs
from jiedao.geo.crs import GCJ02_RECTANGLE, from_wgs84, to_wgs84

WEST, SOUTH, EAST, NORTH = GCJ02_RECTANGLE
MILLIMETRE = 1e-3 / 111_320
# GCJ-02 jumps at the rectangle's border; 0.03 degrees are more than it ever moves a point.
JUMP = 0.03


def beside_the_jump(lon, lat):
    inside = WEST + JUMP < lon < EAST - JUMP and SOUTH + JUMP < lat < NORTH - JUMP
    outside = not (WEST - JUMP < lon < EAST + JUMP and SOUTH - JUMP < lat < NORTH + JUMP)
    return not (inside or outside)


@given(st.floats(-180, 180), st.floats(-85, 85), st.sampled_from(list(Crs)))
def test_there_and_back_anywhere_on_earth(lon, lat, crs):
    if beside_the_jump(lon, lat):
        return
    back_lon, back_lat = to_wgs84(*from_wgs84(lon, lat, crs), crs)
    assert float(back_lon) == pytest.approx(lon, abs=MILLIMETRE)
    assert float(back_lat) == pytest.approx(lat, abs=MILLIMETRE)


@given(st.floats(WEST + JUMP, EAST - JUMP), st.floats(SOUTH + JUMP, NORTH - JUMP), st.sampled_from(list(Crs)))
def test_back_and_there_again_in_china(lon, lat, crs):
    again_lon, again_lat = from_wgs84(*to_wgs84(lon, lat, crs), crs)
    assert float(again_lon) == pytest.approx(lon, abs=MILLIMETRE)
    assert float(again_lat) == pytest.approx(lat, abs=MILLIMETRE)
