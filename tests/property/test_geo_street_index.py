"""The street index says what a slow, plain-Python reading of its rules in exact arithmetic says, point by point."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jiedao.domain.terms import Crs
from jiedao.geo.crs import from_wgs84, to_wgs84
from jiedao.geo.street_index import StreetIndex

STEP = 2.0**-10  # some 100 m; sums of it with the corner are exact
TOLERANCE_M = 20.0
METRES_LAT = 110_860.0  # of a degree at 30.25 north
METRES_LON = 96_230.0


def at(column, row):
    return (120.125 + column * STEP, 30.25 + row * STEP)


@st.composite
def districts(draw):
    """A few streets: boxes that share borders, and triangles that overlap them, touch them or lie apart."""
    columns = draw(st.lists(st.integers(1, 9), min_size=1, max_size=3))
    edges = [0, *np.cumsum(columns).tolist()]
    top = draw(st.integers(2, 9))
    shapes = [[at(left, 0), at(right, 0), at(right, top), at(left, top)] for left, right in pairwise(edges)]
    for _ in range(draw(st.integers(0, 2))):
        column, row = draw(st.integers(-3, 12)), draw(st.integers(-3, 9))
        width, height = draw(st.integers(1, 6)), draw(st.integers(1, 6))
        shapes.append([at(column, row), at(column + width, row), at(column, row + height)])
    codes = draw(st.permutations([f"{number:03}" for number in range(len(shapes))]))
    return codes, shapes


def crossings(ring, x, y):
    """+1 or -1 for a point inside a ring, 0 outside, None on it; in exact arithmetic (winding number)."""
    winding = 0
    for (ax, ay), (bx, by) in zip(ring, [*ring[1:], ring[0]], strict=True):
        side = (Fraction(bx) - Fraction(ax)) * (Fraction(y) - Fraction(ay)) - (Fraction(x) - Fraction(ax)) * (
            Fraction(by) - Fraction(ay)
        )
        if side == 0 and min(ax, bx) <= x <= max(ax, bx) and min(ay, by) <= y <= max(ay, by):
            return None
        if ay <= y < by and side > 0:
            winding += 1
        elif by <= y < ay and side < 0:
            winding -= 1
    return winding


def sides(ring):
    return list(zip(ring, [*ring[1:], ring[0]], strict=True))


def slanting(rings):
    """The sides that slant: straight in degrees, they bend by 2 mm in 500 m where distances are measured."""
    return [side for ring in rings for side in sides(ring) if side[0][0] != side[1][0] and side[0][1] != side[1][1]]


def on_a_slope(rings, x, y, metres=0.0):
    """Whether a slanting side is here, or so far away."""
    sloping = slanting(rings)
    return bool(sloping) and metres_to(sloping, x, y) < metres + 0.05


def metres_to(sides, x, y):
    """The distance to sides in a plane laid at the point: equirectangular, good to 0.1 % over some hundred metres."""
    scale = METRES_LON * math.cos(math.radians(y)) / math.cos(math.radians(30.25))
    best = math.inf
    for (ax, ay), (bx, by) in sides:
        px, py, qx, qy = (ax - x) * scale, (ay - y) * METRES_LAT, (bx - x) * scale, (by - y) * METRES_LAT
        dx, dy = qx - px, qy - py
        part = min(1.0, max(0.0, -(px * dx + py * dy) / (dx * dx + dy * dy)))
        best = min(best, math.hypot(px + part * dx, py + part * dy))
    return best


def expected(codes, rings, x, y):
    """The rules, read aloud: the code ("" for none) and whether edge; None too near a threshold for this arithmetic."""
    distances = [metres_to(sides(ring), x, y) for ring in rings]
    near_threshold = any(abs(distance - TOLERANCE_M) < 0.1 for distance in distances)
    holding = [code for code, ring in zip(codes, rings, strict=True) if crossings(ring, x, y) != 0]
    on_border = [code for code, distance in zip(codes, distances, strict=True) if distance < 0.0005]
    if near_threshold or on_a_slope(rings, x, y) or any(0.0005 <= distance < 0.05 for distance in distances):
        return None
    edge = min(distances) <= TOLERANCE_M
    if holding or on_border:
        return max(holding + on_border), edge
    if not edge:
        return "", False
    near = sorted((distance, code) for distance, code in zip(distances, codes, strict=True))
    if len(near) > 1 and 0 < near[1][0] - near[0][0] < 0.05:
        return None
    if len(near) > 1 and near[1][0] == near[0][0] and on_a_slope(rings, x, y, near[0][0]):
        return None  # sides of different length on one slope bend differently: which is nearer is a matter of 2 mm
    return max(code for distance, code in near if distance - near[0][0] < 0.001), True


def answers(index, lon, lat):
    located = index.locate(lon, lat, TOLERANCE_M)
    return [
        (index.codes[street] if street >= 0 else "", edge)
        for street, edge in zip(located.street.tolist(), located.edge.tolist(), strict=True)
    ]


def points_about(rings, random, count):
    """Random points about the areas, every corner, points along every side, and points a little beside those."""
    corners = np.array([corner for ring in rings for corner in ring])
    following = np.array([corner for ring in rings for corner in [*ring[1:], ring[0]]])
    part = random.uniform(0, 1, (len(corners), 1))
    on_sides = np.concatenate([corners, (corners + following) / 2, corners + part * (following - corners)])
    beside = on_sides + random.normal(0, 15 / METRES_LAT, on_sides.shape)
    low, high = corners.min(axis=0) - STEP, corners.max(axis=0) + STEP
    return np.concatenate([random.uniform(low, high, (count, 2)), on_sides, beside])


# Two triangles with slopes of different length on one line, and points beside them that are equally far from both.
ONE_SLOPE = ["000", "002", "001"], [
    [at(0, 0), at(1, 0), at(1, 2), at(0, 2)], [at(4, 6), at(6, 6), at(4, 8)], [at(4, 4), at(8, 4), at(4, 8)],
]  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(districts(), st.integers(0, 2**32 - 1), st.sampled_from(list(Crs)))
@example(ONE_SLOPE, 1962, Crs.WGS84)
def test_every_point_in_every_coordinate_system_is_where_brute_force_puts_it(district, seed, crs):
    codes, rings = district
    points = points_about(rings, np.random.default_rng(seed), 40)
    index = StreetIndex(codes, [shapely.Polygon(ring) for ring in rings])
    lon, lat = to_wgs84(*from_wgs84(points[:, 0], points[:, 1], crs), crs)
    decided = 0
    for (x, y), answer in zip(points.tolist(), answers(index, lon, lat), strict=True):
        wanted = expected(codes, rings, x, y)
        if wanted is not None:
            decided += 1
            assert answer == wanted, (x, y)
    assert decided > len(points) // 2


@settings(max_examples=60, deadline=None)
@given(districts(), st.integers(0, 2**32 - 1))
def test_the_order_of_streets_and_points_changes_nothing(district, seed):
    codes, rings = district
    random = np.random.default_rng(seed)
    points = points_about(rings, random, 40)
    polygons = [shapely.Polygon(ring) for ring in rings]
    straight = answers(StreetIndex(codes, polygons), points[:, 0], points[:, 1])
    turned = StreetIndex(codes[::-1], [shapely.reverse(polygon) for polygon in polygons[::-1]])
    order = random.permutation(len(points))
    shuffled = answers(turned, points[order, 0], points[order, 1])
    assert [straight[i] for i in order] == shuffled
    alone = [answers(turned, points[i : i + 1, 0], points[i : i + 1, 1])[0] for i in order[:10]]
    assert alone == shuffled[:10]


@pytest.mark.parametrize("crs", list(Crs))
def test_points_on_shared_borders_have_one_street_whatever_coordinate_system_they_come_in(crs):
    codes = ["001", "002", "003"]
    rings = [[at(i, 0), at(i + 1, 0), at(i + 1, 4), at(i, 4)] for i in range(3)]
    index = StreetIndex(codes, [shapely.Polygon(ring) for ring in rings])
    lat = np.linspace(at(0, 0)[1], at(0, 4)[1], 500)
    for border, code in ((1, "002"), (2, "003")):
        lon, moved = from_wgs84(np.full(500, at(border, 0)[0]), lat, crs)
        assert set(answers(index, *to_wgs84(lon, moved, crs))) == {(code, True)}
