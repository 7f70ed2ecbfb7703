"""Finds, for a whole batch of points at once, the street in whose area each lies, and how close to a border.

One point has one answer: it depends on nothing but the point, the areas and their codes, neither on the other
points of the batch nor on the order in which the areas were given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from jiedao.domain.errors import InvalidInputError
from jiedao.geo.borders import SAME_DISTANCE_M, Borders, Nearness
from jiedao.geo.plane import Floats

Indices = NDArray[np.intp]
Flags = NDArray[np.bool_]

# Converted coordinates are exact to this; so a point no farther from a border lies on it.
ON_BORDER_M = 1e-3
_LON_LIMIT, _LAT_LIMIT = 180.0, 90.0


@dataclass(frozen=True, slots=True)
class Located:
    """Where n points lie; every array has one entry a point.

    ``street`` is an index into :attr:`StreetIndex.codes`, or -1 where no street holds the point.
    ``edge`` is true where the point was given to its street although a border is no farther than the tolerance.
    ``border_m`` is the distance in metres to the nearest border of the whole set, inside or outside; NaN for a point
    that is no place on earth. The candidates of point i (the streets between which the choice was made, the chosen one
    first) are ``candidates[starts[i]:starts[i + 1]]``; a single one where nothing had to be chosen.
    """

    street: Indices
    edge: Flags
    border_m: Floats
    starts: Indices
    candidates: Indices


@dataclass(frozen=True, slots=True)
class _Pairs:
    """(point, rank) pairs, sorted by point, then by rank; a rank is a place in the order of choice."""

    point: Indices
    rank: Indices

    def write_best(self, into: Indices) -> None:
        """Write each point's first, so best, rank into an array over the points."""
        # Backwards, so that of several pairs of a point the first is written last and stays.
        into[self.point[::-1]] = self.rank[::-1]


class StreetIndex:
    """The areas of a set of streets, ready to be asked for many points, by several threads at once.

    ``codes`` are distinct; ``polygons`` are valid shapely Polygons or MultiPolygons in degrees WGS-84, one a code.

    The rules, in their order:

    1. A street holds a point when the point is in its area, by exact predicates on degrees, or on its border. A point
       within 1 mm of a border is on it: converted coordinates are no more exact, and so a point has the same street in
       every coordinate system. A border is straight in degrees and measured where it is straight on a Mercator map:
       at this latitude a slanting side of 500 m lies 2 mm beside itself in its middle, one of 100 m less than 0.1 mm.
    2. Where several streets hold a point, the highest code has it. Codes are given out in sequence, so the higher
       code is the younger street, cut out of the older one whose area was not redrawn. On the Los Angeles records,
       whose city labelled each, this agrees for 15 of 19 doubly held points (largest area 10, smallest area 9,
       lowest code 4).
    3. A point that no street holds, but whose nearest border is within the tolerance, belongs to the street of that
       border, and to the highest code where several are equally near.
    4. A point that has a street and lies within the tolerance of any border (or on one) is marked ``edge``; all
       streets that hold it or have a border within the tolerance are its candidates.
    """

    def __init__(self, codes: Sequence[str], polygons: Sequence[shapely.Geometry]) -> None:
        """Build the trees; raises InvalidInputError when codes repeat or do not match the polygons."""
        if len(codes) != len(polygons):
            raise InvalidInputError(f"There are {len(codes)} codes for {len(polygons)} areas; give one for each.")
        if len(set(codes)) != len(codes):
            raise InvalidInputError("A street code stands twice; give each street one (multi-part) area.")
        self.codes = tuple(codes)
        self._by_rank: Indices = np.array(sorted(range(len(codes)), key=codes.__getitem__, reverse=True), dtype=np.intp)
        self._polygons = np.array([polygons[i] for i in self._by_rank], dtype=object)
        _prepare(self._polygons)
        self._areas = shapely.STRtree(self._polygons)
        self._borders = Borders(self._polygons)

    def __len__(self) -> int:
        """How many streets there are."""
        return len(self.codes)

    def holding(self, lon: ArrayLike, lat: ArrayLike) -> tuple[Indices, Indices]:
        """Return every (point, street) pair such that the street's area or border holds the point, exactly.

        ``lon`` and ``lat`` are arrays (n,) in degrees WGS-84. The pairs come as two arrays, sorted by point and then
        in the order of choice (rule 2); street is an index into :attr:`codes`. No tolerance plays a part, not even
        the millimetre of rule 1.
        """
        pairs = self._holding(*_as_points(lon, lat))
        return pairs.point, self._by_rank[pairs.rank]

    def locate(self, lon: ArrayLike, lat: ArrayLike, tolerance_m: float) -> Located:
        """Find the street of each point, under the rules above.

        ``lon`` and ``lat`` are arrays (n,) in degrees WGS-84; ``tolerance_m`` is the edge tolerance in metres, 0 or
        more. A point that is not a number, or lies beyond 180 degrees east or west or 90 north or south, has no street.
        """
        x, y = _as_points(lon, lat)
        held = self._holding(x, y)
        border_m = self._borders.distance_m(x, y)
        close: Flags = border_m <= max(tolerance_m, ON_BORDER_M)
        rank: Indices = np.full(len(x), -1, dtype=np.intp)
        candidates = held
        if close.any():
            near = self._near(x, y, np.flatnonzero(close), tolerance_m)
            _nearest_of(near).write_best(rank)
            on_border = near.distance_m <= ON_BORDER_M
            held = _sorted_pairs(
                np.concatenate([held.point, near.point[on_border]]), np.concatenate([held.rank, near.area[on_border]])
            )
            held.write_best(rank)
            candidates = _merged(held, near, rank)
        else:
            held.write_best(rank)
        starts: Indices = np.searchsorted(candidates.point, np.arange(len(x) + 1)).astype(np.intp)
        street = np.where(rank < 0, -1, self._by_rank[rank]) if len(self) else rank
        return Located(street, close & (rank >= 0), border_m, starts, self._by_rank[candidates.rank])

    def _holding(self, x: Floats, y: Floats) -> _Pairs:
        found: NDArray[np.intp] = self._areas.query(shapely.points(x, y))
        point, rank = found
        # Prepared areas answer many times faster than the tree's own predicate, which prepares the points instead.
        inside = shapely.intersects_xy(self._polygons[rank], x[point], y[point])
        return _sorted_pairs(point[inside], rank[inside])

    def _near(self, x: Floats, y: Floats, close: Indices, tolerance_m: float) -> Nearness:
        near = self._borders.near(x[close], y[close], max(tolerance_m, ON_BORDER_M))
        return Nearness(close[near.point], near.area, near.distance_m)


def _prepare(polygons: NDArray[np.object_]) -> None:
    """Prepare areas for many questions, all of it now.

    GEOS (3.14, libgeos/geos issue 825) makes the parts of a prepared area when it is asked, without a lock: a plain
    locator for the first question and, only at the second, the index that it then keeps. Threads that both ask the
    second question both build that index, and the process dies in ``free``. Asked twice here, with a point that lies
    within (one outside the area's box is answered without any locator), an area only reads itself from then on.
    """
    shapely.prepare(polygons)
    inner = shapely.get_coordinates(shapely.point_on_surface(polygons))
    for _question in range(2):
        shapely.intersects_xy(polygons, inner[:, 0], inner[:, 1])


def _as_points(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """The points as two arrays; what is no place on earth, such as swapped degrees, is NaN in both."""
    x, y = np.atleast_1d(np.asarray(lon, dtype=np.float64)), np.atleast_1d(np.asarray(lat, dtype=np.float64))
    # The poles count as no place: the plane in which distances are measured has none.
    on_earth = (np.abs(x) <= _LON_LIMIT) & (np.abs(y) < _LAT_LIMIT)
    return np.where(on_earth, x, np.nan), np.where(on_earth, y, np.nan)


def _sorted_pairs(point: Indices, rank: Indices) -> _Pairs:
    order = np.lexsort((rank, point))
    return _Pairs(point[order], rank[order])


def _nearest_of(near: Nearness) -> _Pairs:
    """The streets of the nearest borders of each point, several where they are equally near."""
    least = np.full(int(near.point.max(initial=-1)) + 1, np.inf)
    np.minimum.at(least, near.point, near.distance_m)
    equally_near = near.distance_m <= least[near.point] + SAME_DISTANCE_M
    return _sorted_pairs(near.point[equally_near], near.area[equally_near])


def _merged(held: _Pairs, near: Nearness, chosen: Indices) -> _Pairs:
    """The candidates of every point: those that hold it and those near it, the chosen one first, each once."""
    point = np.concatenate([held.point, near.point])
    rank = np.concatenate([held.rank, near.area])
    order = np.lexsort((rank, rank != chosen[point], point))
    point, rank = point[order], rank[order]
    again = np.zeros(len(point), dtype=np.bool_)
    again[1:] = (point[1:] == point[:-1]) & (rank[1:] == rank[:-1])
    return _Pairs(point[~again], rank[~again])
