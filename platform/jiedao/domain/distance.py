"""How far apart two places are: the great circle on the mean sphere, and a box in degrees that holds all that is near.

Pure and exactly symmetric. Against the WGS-84 ellipsoid it errs by 0.6 % at most: below a metre in the few hundred that
it is used for.
"""

from __future__ import annotations

from math import asin, cos, degrees, pi, radians, sin, sqrt

_RADIUS_M = 6_371_008.8  # the mean radius of the ellipsoid (IUGG)
_MARGIN = 1e-9  # degrees; more than doubles round off, less than a millimetre


def distance_m(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Return the metres between two places in degrees WGS-84 (the haversine formula)."""
    across = sin(radians(other_lat - lat) / 2) ** 2
    along = sin(radians(other_lon - lon) / 2) ** 2
    part = across + cos(radians(lat)) * cos(radians(other_lat)) * along
    return 2 * _RADIUS_M * asin(min(1.0, sqrt(part)))


def box_around(lon: float, lat: float, metres: float) -> tuple[float, float, float, float]:
    """Return (west, south, east, north) in degrees: whatever lies within so many metres lies in this box.

    It does not reach around the antimeridian or over a pole; no district does.
    """
    angle = metres / _RADIUS_M
    high = degrees(angle) + _MARGIN
    reach = sin(min(angle, pi / 2)) / max(cos(radians(lat)), 1e-12)
    wide = (degrees(asin(reach)) if reach < 1 else 180.0) + _MARGIN
    return lon - wide, lat - high, lon + wide, lat + high
