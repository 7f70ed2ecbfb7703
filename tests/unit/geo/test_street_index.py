from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import shapely

from jiedao.domain.errors import InvalidInputError
from jiedao.geo.street_index import StreetIndex

METRE = 1 / 111_320 / np.cos(np.radians(30.05))  # of longitude, in degrees, at the latitude of these tests
# Two streets side by side, a third that overlaps the second; their common border is at 120.1.
WEST = shapely.box(120.0, 30.0, 120.1, 30.1)
EAST = shapely.box(120.1, 30.0, 120.2, 30.1)
ENCLAVE = shapely.box(120.15, 30.04, 120.25, 30.06)
INDEX = StreetIndex(["001", "002", "003"], [WEST, EAST, ENCLAVE])


def answer(lon, lat=30.05, tolerance_m=10.0, index=INDEX):
    located = index.locate([lon], [lat], tolerance_m)
    (street,) = located.street
    candidates = [index.codes[i] for i in located.candidates[located.starts[0] : located.starts[1]]]
    return (index.codes[street] if street >= 0 else None), bool(located.edge[0]), candidates


def test_a_point_well_inside_belongs_to_its_street():
    assert answer(120.05) == ("001", False, ["001"])


def test_a_point_in_two_streets_belongs_to_the_higher_code_and_names_both():
    assert answer(120.17) == ("003", False, ["003", "002"])


def test_a_point_on_a_shared_border_is_at_the_edge_of_the_higher_code():
    assert answer(120.1) == ("002", True, ["002", "001"])
    assert answer(120.1, tolerance_m=0.0) == ("002", True, ["002", "001"])


def test_a_point_within_a_millimetre_of_a_shared_border_is_on_it():
    assert answer(120.1 - 0.0005 * METRE, tolerance_m=0.0) == ("002", True, ["002", "001"])
    assert answer(120.1 - 0.005 * METRE, tolerance_m=0.0) == ("001", False, ["001"])


def test_a_point_near_a_border_keeps_the_street_that_holds_it_and_is_at_its_edge():
    assert answer(120.1 - 5 * METRE) == ("001", True, ["001", "002"])
    assert answer(120.1 + 5 * METRE) == ("002", True, ["002", "001"])


def test_a_point_just_outside_belongs_to_the_street_of_the_nearest_border():
    assert answer(120.0 - 5 * METRE) == ("001", True, ["001"])
    assert answer(120.0 - 15 * METRE) == (None, False, [])


def test_a_point_outside_between_two_equally_near_streets_belongs_to_the_higher_code():
    apart = StreetIndex(["a", "b"], [shapely.box(120.0, 30.0, 120.1, 30.1), shapely.box(120.1002, 30.0, 120.2, 30.1)])
    assert answer(120.1001, index=apart) == ("b", True, ["b", "a"])


def test_distances_are_in_metres():
    located = INDEX.locate([120.05, 120.0 - 5 * METRE], [30.05, 30.05], 10.0)
    assert located.border_m == pytest.approx([4817, 5.0], rel=0.003)


def test_holes_belong_to_nobody():
    ring = StreetIndex(["a"], [shapely.Polygon(WEST.exterior, [shapely.box(120.04, 30.04, 120.06, 30.06).exterior])])
    assert answer(120.05, index=ring) == (None, False, [])


def test_the_order_of_areas_and_points_plays_no_part():
    random = np.random.default_rng(11)
    lon, lat = random.uniform(119.99, 120.26, 4000), random.uniform(29.99, 30.11, 4000)
    turned = StreetIndex(["003", "001", "002"], [ENCLAVE, WEST, EAST])
    order = random.permutation(4000)
    first, second = INDEX.locate(lon, lat, 50.0), turned.locate(lon[order], lat[order], 50.0)
    codes = [INDEX.codes[i] if i >= 0 else None for i in first.street[order]]
    assert codes == [turned.codes[i] if i >= 0 else None for i in second.street]
    assert first.edge[order].tolist() == second.edge.tolist()
    assert first.border_m[order].tolist() == second.border_m.tolist()


def test_threads_that_ask_at_once_get_what_one_gets():
    random = np.random.default_rng(12)
    rings = [shapely.buffer(shapely.Point(120.0 + i / 50, 30.0), 0.013, quad_segs=50) for i in range(10)]
    lon, lat = random.uniform(119.9, 120.3, 20_000), random.uniform(29.98, 30.02, 20_000)
    codes = [f"{i:03}" for i in range(10)]
    alone = StreetIndex(codes, rings).locate(lon, lat, 10.0).street.tolist()
    fresh = StreetIndex(codes, [shapely.from_wkb(shapely.to_wkb(ring)) for ring in rings])
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: fresh.locate(lon, lat, 10.0).street.tolist(), range(8)))
    assert answers == [alone] * 8


# Large areas, so that building a part takes long enough for the threads to meet in it.
ASK_AT_ONCE = """
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
import numpy as np, shapely
from jiedao.geo.street_index import _prepare

ring = shapely.to_wkb(shapely.buffer(shapely.Point(120.0, 30.0), 0.013, quad_segs=10_000))
together = Barrier(8)

def ask(areas):
    together.wait(20)
    return shapely.intersects_xy(areas, np.linspace(119.988, 120.012, 10), np.full(10, 30.0)).all()

with ThreadPoolExecutor(8) as threads:
    for _round in range(5):
        areas = shapely.from_wkb(np.full(10, ring))
        _prepare(areas)
        assert all(threads.map(ask, [areas] * 8))
"""


def test_a_prepared_area_has_nothing_left_to_build_when_threads_first_ask_it():
    """Where GEOS has, without a lock, a part still to build, that process dies or hangs."""
    asked = subprocess.run([sys.executable, "-c", ASK_AT_ONCE], check=False, timeout=60, capture_output=True)
    assert (asked.returncode, asked.stderr) == (0, b"")


def test_points_that_are_no_numbers_have_no_street():
    located = INDEX.locate([np.nan, 120.05, np.inf], [30.05, np.nan, 30.05], 10.0)
    assert located.street.tolist() == [-1, -1, -1]
    assert not located.edge.any()
    assert located.starts.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(("lon", "lat"), [(30.26, 120.16), (30.26, -120.16), (190.0, 30.05), (120.05, 90.0)])
def test_degrees_that_are_no_place_have_no_street_and_leave_their_neighbours_alone(lon, lat):
    located = INDEX.locate([lon, 120.05, lon], [lat, 30.05, lat], 10.0)
    assert located.street.tolist() == [-1, 0, -1]
    assert np.isnan(located.border_m).tolist() == [True, False, True]
    alone = INDEX.locate([lon], [lat], 10.0)
    assert (alone.street.tolist(), alone.starts.tolist()) == ([-1], [0, 0])
    assert INDEX.holding([lon], [lat])[0].tolist() == []


def test_no_points_and_no_streets_are_no_trouble():
    assert len(INDEX.locate([], [], 10.0).street) == 0
    assert StreetIndex([], []).locate([120.0], [30.0], 10.0).street.tolist() == [-1]


def test_codes_must_be_distinct_and_as_many_as_the_areas():
    with pytest.raises(InvalidInputError, match="stands twice"):
        StreetIndex(["a", "a"], [WEST, EAST])
    with pytest.raises(InvalidInputError, match="1 codes for 2 areas"):
        StreetIndex(["a"], [WEST, EAST])
