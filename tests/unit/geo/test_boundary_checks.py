from __future__ import annotations

import numpy as np
import pytest
import shapely

from jiedao.geo.boundary_checks import gaps, lost_ground, overlaps
from jiedao.geo.boundary_report import BoundaryReport, ImportedBoundaries
from jiedao.geo.plane import area_m2

METRE = 1 / 111_320 / np.cos(np.radians(30.005))


def areas(*shapes):
    return np.array(shapes, dtype=object)


def test_streets_that_share_a_border_neither_overlap_nor_leave_gaps():
    pair = areas(shapely.box(120.0, 30.0, 120.01, 30.01), shapely.box(120.01, 30.0, 120.02, 30.01))
    assert overlaps(["a", "b"], pair) == ()
    assert gaps(["a", "b"], pair) == ()


def test_overlaps_are_listed_with_their_streets_and_areas_the_largest_first():
    three = areas(
        shapely.box(120.0, 30.0, 120.01, 30.01),
        shapely.box(120.009, 30.0, 120.02, 30.01),
        shapely.box(120.018, 30.0, 120.03, 30.01),
    )
    found = overlaps(["a", "b", "c"], three)
    assert [(overlap.first, overlap.second) for overlap in found] == [("b", "c"), ("a", "b")]
    assert found[0].area_m2 == pytest.approx(area_m2(shapely.box(120.018, 30.0, 120.02, 30.01)), rel=1e-6)
    assert shapely.intersects_xy(three[0] & three[1], found[1].lon, found[1].lat)


def test_a_street_within_another_overlaps_it():
    pair = areas(shapely.box(120.0, 30.0, 120.01, 30.01), shapely.box(120.004, 30.004, 120.005, 30.005))
    (found,) = overlaps(["a", "b"], pair)
    assert found.area_m2 == pytest.approx(float(area_m2(pair[1])), rel=1e-6)


def test_enclosed_ground_is_a_gap_with_its_neighbours():
    hole = shapely.box(120.009, 30.004, 120.011, 30.006)
    pair = areas(shapely.box(120.0, 30.0, 120.01, 30.01) - hole, shapely.box(120.01, 30.0, 120.02, 30.01) - hole)
    (found,) = gaps(["a", "b"], pair)
    assert found.between == ("a", "b")
    assert found.area_m2 == pytest.approx(float(area_m2(hole)), rel=1e-6)
    assert shapely.intersects_xy(hole, found.lon, found.lat)


def test_a_narrow_slit_open_to_the_outside_is_a_gap():
    east = 120.01 + 4 * METRE
    pair = areas(shapely.box(120.0, 30.0, 120.01, 30.01), shapely.box(east, 30.0, 120.02, 30.01))
    (found,) = gaps(["a", "b"], pair)
    assert found.between == ("a", "b")
    assert found.area_m2 == pytest.approx(float(area_m2(shapely.box(120.01, 30.0, east, 30.01))), rel=0.01)


def test_a_wide_space_and_a_bay_of_a_single_street_are_no_gaps():
    far = areas(shapely.box(120.0, 30.0, 120.01, 30.01), shapely.box(120.01 + 40 * METRE, 30.0, 120.02, 30.01))
    assert gaps(["a", "b"], far) == ()
    bay = shapely.box(120.005, 30.005, 120.005 + 4 * METRE, 30.02)
    assert gaps(["a"], areas(shapely.box(120.0, 30.0, 120.01, 30.01) - bay)) == ()


def test_rounding_is_neither_overlap_nor_gap():
    east = 120.01 - 0.05 * METRE
    pair = areas(shapely.box(120.0, 30.0, 120.01, 30.0001), shapely.box(east, 30.0, 120.02, 30.0001))
    assert overlaps(["a", "b"], pair) == ()
    assert gaps(["a"], areas(shapely.box(120.0, 30.0, 120.01, 30.01))) == ()
    assert gaps([], areas()) == ()


def imported(**streets):
    nothing = BoundaryReport((), (), (), (), examined=False)
    return ImportedBoundaries(tuple(streets), tuple(streets), tuple(streets.values()), nothing)


def test_ground_open_to_the_outside_that_is_given_up_is_no_gap_but_lost_ground():
    west, east = shapely.box(120.0, 30.0, 120.01, 30.01), shapely.box(120.01, 30.0, 120.02, 30.01)
    given_up = shapely.box(120.009, 30.0, 120.011, 30.005)
    before, after = imported(a=west, b=east), imported(a=west - given_up, b=east - given_up)
    assert gaps(after.codes, areas(*after.polygons)) == ()
    found = lost_ground(before, after)
    assert [lost.street_code for lost in found] == ["a", "b"]
    assert sum(lost.area_m2 for lost in found) == pytest.approx(float(area_m2(given_up)), rel=1e-6)
    assert all(shapely.intersects_xy(given_up, lost.lon, lost.lat) for lost in found)


def test_ground_that_passes_to_a_neighbour_or_is_new_is_not_lost():
    west, east = shapely.box(120.0, 30.0, 120.01, 30.01), shapely.box(120.01, 30.0, 120.02, 30.01)
    moved = imported(a=shapely.box(120.0, 30.0, 120.005, 30.01), b=shapely.box(120.005, 30.0, 120.03, 30.01))
    assert lost_ground(imported(a=west, b=east), moved) == ()


def test_lost_ground_that_two_streets_claimed_is_counted_once_for_the_higher_code():
    both = shapely.box(120.0, 30.0, 120.01, 30.01)
    (found,) = lost_ground(imported(a=both, b=both), imported(a=shapely.box(120.5, 30.0, 120.51, 30.01)))
    assert (found.street_code, found.area_m2) == ("b", pytest.approx(float(area_m2(both)), rel=1e-6))
