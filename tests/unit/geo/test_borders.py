from __future__ import annotations

import numpy as np
import pytest
import shapely

from jiedao.geo.borders import Borders
from jiedao.geo.plane import in_mercator, mercator, metres_per_unit


def star(lon, lat, corners, seed):
    """An area with a ragged border and a hole, around a point."""
    random = np.random.default_rng(seed)
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    radius = random.uniform(0.005, 0.01, corners)
    outside = np.stack([lon + radius * np.cos(angles), lat + radius * np.sin(angles)], axis=1)
    hole = np.stack([lon + 0.002 * np.cos(angles), lat + 0.002 * np.sin(angles)], axis=1)
    return shapely.Polygon(outside, [hole])


AREAS = np.array([star(120.16, 30.28, 40, 1), star(120.19, 30.30, 300, 2), star(120.17, 30.33, 7, 3)], dtype=object)


def test_the_grid_gives_the_distance_that_looking_at_every_border_gives():
    random = np.random.default_rng(5)
    lon, lat = random.uniform(120.13, 120.22, 3000), random.uniform(30.25, 30.36, 3000)
    border = shapely.union_all(shapely.boundary(in_mercator(AREAS)))
    every = shapely.distance(border, shapely.points(*mercator(lon, lat))) * metres_per_unit(lat)
    assert np.allclose(Borders(AREAS).distance_m(lon, lat), every, rtol=0, atol=1e-7)


def test_batches_larger_than_a_block_are_answered_whole():
    lon, lat = np.full(70_000, 120.16), np.linspace(30.27, 30.29, 70_000)
    borders = Borders(AREAS)
    assert borders.distance_m(lon, lat)[[0, 33_000, 69_999]] == pytest.approx(
        borders.distance_m(lon[[0, 33_000, 69_999]], lat[[0, 33_000, 69_999]])
    )


def test_a_point_far_away_has_a_distance_too():
    assert Borders(AREAS).distance_m(np.array([-118.0]), np.array([34.0]))[0] > 9e6


def test_near_lists_every_border_within_reach_and_none_beyond():
    borders = Borders(np.array([shapely.box(120.0, 30.0, 120.1, 30.1), shapely.box(120.1, 30.0, 120.2, 30.1)]))
    lon, lat = np.array([120.1, 120.0999]), np.array([30.05, 30.05])
    near = borders.near(lon, lat, 5.0)
    assert near.point.tolist() == [0, 0]
    assert sorted(near.area.tolist()) == [0, 1]
    assert near.distance_m == pytest.approx([0.0, 0.0], abs=1e-6)
    assert sorted(borders.near(lon, lat, 10.0).point.tolist()) == [0, 0, 1, 1]


def test_no_areas_have_no_borders():
    assert np.isnan(Borders(np.empty(0, dtype=object)).distance_m(np.array([120.0]), np.array([30.0]))).all()
