"""The borders of a set of areas as straight segments, ready to be asked how far many points are from the nearest one.

A grid remembers for each of its cells the few segments that can be the nearest one to any point in it, so a batch is
answered by arithmetic on arrays; a tree's search for the nearest, point by point, takes about ten times as long.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from jiedao.geo.plane import Floats, Geometries, in_mercator, mercator, metres_per_unit

Indices = NDArray[np.intp]

# Two borders whose distances from a point differ by less than this are equally near: doubles cannot tell them apart.
SAME_DISTANCE_M = 1e-6

# Some cells a segment keep the cells' lists short; the cap keeps the making of the grid at some 3 s for the 240,000
# segments of 7,701 areas.
_CELLS_PER_SEGMENT = 8
_MOST_CELLS_A_SIDE = 256
# Points are answered in blocks of this many, so that memory stays bounded whatever the batch.
_BLOCK = 32_768


@dataclass(frozen=True, slots=True)
class Nearness:
    """Border segments near points: the point, the area whose border it is, the distance in metres."""

    point: Indices
    area: Indices
    distance_m: Floats


NOWHERE_NEAR = Nearness(np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0))


class Borders:
    """The borders of areas given in degrees WGS-84; outer and inner rings alike.

    Distances are taken in the Mercator plane with the scale at the point. They err by less than 0.01 % up to 1 km,
    and by the sagitta between a straight line in degrees and one in the plane, which is 1 cm for an edge of 1 km.
    """

    def __init__(self, areas: Geometries) -> None:
        """Cut the rings into segments and prepare tree and grid."""
        self._ends, self._area = _segments(in_mercator(areas))
        self._lines = shapely.linestrings(self._ends.reshape(-1, 2, 2))
        self._tree = shapely.STRtree(self._lines)
        self._grid = _Grid(self._ends, self._tree) if len(self._ends) else None

    def distance_m(self, lon: Floats, lat: Floats) -> Floats:
        """Metres from each point (degrees WGS-84, shape (n,)) to the nearest border; NaN where a point is no number."""
        distance = np.full(len(lon), np.nan)
        finite = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
        if self._grid is None:
            return distance
        x, y = mercator(lon[finite], lat[finite])
        for start in range(0, len(finite), _BLOCK):
            block = slice(start, start + _BLOCK)
            distance[finite[block]] = self._grid.distance(x[block], y[block])
        distance[finite] *= metres_per_unit(lat[finite])
        return distance

    def near(self, lon: Floats, lat: Floats, reach_m: float) -> Nearness:
        """Return every border segment within a reach of each point; the points must be numbers."""
        if not len(lon):
            return NOWHERE_NEAR
        scale = metres_per_unit(lat)
        points = shapely.points(*mercator(lon, lat))
        # A hair more than asked, so that rounding never drops the very border that is exactly at the reach.
        reach = (reach_m + SAME_DISTANCE_M) / scale
        point, segment = self._tree.query(points, predicate="dwithin", distance=reach)
        distance_m = shapely.distance(self._lines[segment], points[point]) * scale[point]
        return Nearness(point, self._area[segment], distance_m)


class _Grid:
    """Cells over the borders, each with the segments that can be the nearest to a point in it.

    If the nearest segment is ``d`` from a cell's centre and ``h`` is half the cell's diagonal, then it is at most
    ``d + h`` from any point in the cell; so whatever is nearest to such a point is within ``d + 2 h`` of the centre.
    """

    def __init__(self, ends: Floats, tree: shapely.STRtree) -> None:
        corners = ends.reshape(-1, 2)
        self._origin = corners.min(axis=0)
        extent = np.maximum(corners.max(axis=0) - self._origin, 1.0)
        side = int(np.clip(np.sqrt(_CELLS_PER_SEGMENT * len(ends)), 8, _MOST_CELLS_A_SIDE))
        self._cell = extent / side
        self._side = side
        steps = np.arange(side) + 0.5
        centres = shapely.points(
            np.tile(self._origin[0] + steps * self._cell[0], side),
            np.repeat(self._origin[1] + steps * self._cell[1], side),
        )
        nearest, distance = tree.query_nearest(centres, return_distance=True, all_matches=False)
        reach = np.empty(side * side)
        reach[nearest[0]] = distance + np.hypot(*self._cell)
        cell, segment = tree.query(centres, predicate="dwithin", distance=reach * (1.0 + 1e-12))
        order = np.argsort(cell, kind="stable")
        self._segments = segment[order]
        self._starts = np.searchsorted(cell[order], np.arange(side * side + 1))
        self._tree = tree
        self._from = ends[:, :2]
        self._along = ends[:, 2:] - ends[:, :2]
        squared = (self._along**2).sum(axis=1)
        self._per_length = np.divide(1.0, squared, out=np.zeros_like(squared), where=squared > 0.0)

    def distance(self, x: Floats, y: Floats) -> Floats:
        """Distances to the nearest segment, in the plane's units."""
        column = np.floor((x - self._origin[0]) / self._cell[0])
        row = np.floor((y - self._origin[1]) / self._cell[1])
        covered = (column >= 0) & (column < self._side) & (row >= 0) & (row < self._side)
        distance = np.empty(len(x))
        inside, outside = np.flatnonzero(covered), np.flatnonzero(~covered)
        if len(inside):
            cell = (row[inside] * self._side + column[inside]).astype(np.intp)
            distance[inside] = self._in_cells(cell, x[inside], y[inside])
        if len(outside):
            points = shapely.points(x[outside], y[outside])
            (asked, _), found = self._tree.query_nearest(points, return_distance=True, all_matches=False)
            distance[outside[asked]] = found
        return distance

    def _in_cells(self, cell: Indices, x: Floats, y: Floats) -> Floats:
        """Measure each point against all segments of its cell; every cell has at least one."""
        counts = self._starts[cell + 1] - self._starts[cell]
        first = np.cumsum(counts) - counts
        segment = self._segments[np.arange(counts.sum()) + np.repeat(self._starts[cell] - first, counts)]
        dx = np.repeat(x, counts) - self._from[segment, 0]
        dy = np.repeat(y, counts) - self._from[segment, 1]
        along_x, along_y = self._along[segment, 0], self._along[segment, 1]
        part = np.clip((dx * along_x + dy * along_y) * self._per_length[segment], 0.0, 1.0)
        dx -= part * along_x
        dy -= part * along_y
        least: Floats = np.sqrt(np.minimum.reduceat(dx * dx + dy * dy, first))
        return least


def _segments(areas: Geometries) -> tuple[Floats, Indices]:
    """Cut all rings into segments: their ends as rows (x, y, x, y), and the index of the area of each."""
    parts, area = shapely.get_parts(areas, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    corners, ring = shapely.get_coordinates(rings, return_index=True)
    joined = ring[1:] == ring[:-1]
    ends = np.concatenate([corners[:-1], corners[1:]], axis=1)[joined]
    return ends, np.asarray(area, dtype=np.intp)[part[ring[:-1][joined]]]
