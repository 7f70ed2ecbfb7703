"""Metres and square metres of what is drawn in degrees: two projections of the WGS-84 ellipsoid, on whole arrays.

The Mercator projection keeps angles, so near a point a distance in it is one in metres but for a factor;
the cylindrical equal-area projection keeps areas. Both hold anywhere on earth, so no district needs a zone of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Geometries = NDArray[np.object_]

AXIS_M = 6378137.0
_FLATTENING = 1.0 / 298.257223563
_E2 = _FLATTENING * (2.0 - _FLATTENING)
_E = float(np.sqrt(_E2))


def mercator(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Project degrees WGS-84 to ellipsoidal Mercator, in metres on the equator (EPSG:3395)."""
    sine = np.sin(np.radians(lat))
    return AXIS_M * np.radians(lon), AXIS_M * (np.arctanh(sine) - _E * np.arctanh(_E * sine))


def metres_per_unit(lat: Floats) -> Floats:
    """How many metres on the ground one unit of :func:`mercator` is at a latitude.

    Used for a whole distance it errs by the part tan(latitude) x distance / 6,378 km / 2: 5 cm in 1 km at 30 degrees.
    """
    sine = np.sin(np.radians(lat))
    scale: Floats = np.cos(np.radians(lat)) / np.sqrt(1.0 - _E2 * sine * sine)
    return scale


def degrees_from_mercator(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Turn :func:`mercator` back into degrees WGS-84, exact to a micrometre."""
    isometric = y / AXIS_M
    sine = np.tanh(isometric)
    # The error shrinks by e^2 (0.0067) a round: 8 rounds go below what doubles can hold.
    for _ in range(8):
        sine = np.tanh(isometric + _E * np.arctanh(_E * sine))
    return np.degrees(x / AXIS_M), np.degrees(np.arcsin(sine))


def in_mercator(geometries: Any) -> Geometries:
    """Project geometries in degrees WGS-84, vertex by vertex, to :func:`mercator`."""
    projected: Geometries = shapely.transform(geometries, mercator, interleaved=False)
    return projected


def area_m2(geometries: Any) -> Floats:
    """Areas in square metres of polygons in degrees WGS-84.

    Edges are taken as straight in the equal-area projection; for edges below 1 km that changes nothing that shows.
    """
    areas: Floats = shapely.area(shapely.transform(geometries, _equal_area, interleaved=False))
    return areas


def _equal_area(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """The cylindrical equal-area projection (Snyder, Map Projections, USGS PP 1395, 10-15 and 3-12), in metres."""
    sine = np.sin(np.radians(lat))
    q = (1.0 - _E2) * (sine / (1.0 - _E2 * sine * sine) + np.arctanh(_E * sine) / _E)
    return AXIS_M * np.radians(lon), AXIS_M * q / 2.0
