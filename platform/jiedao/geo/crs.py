"""Turns the coordinate systems that sources speak into WGS-84, which the store speaks, on whole arrays.

GCJ-02 and BD-09 are published only as their forward formulas; the way back is found by iterating those to a fixed
point, exact to well below a millimetre, so a point that goes there and back is the same point.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from jiedao.domain.errors import InvalidInputError
from jiedao.domain.terms import Crs

Floats = NDArray[np.float64]
Shift = Callable[[Floats, Floats], tuple[Floats, Floats]]

# GCJ-02 is defined on the Krasovsky 1940 ellipsoid: semi-major axis in metres, first eccentricity squared.
_KRASOVSKY_AXIS_M = 6378245.0
_KRASOVSKY_E2 = 0.00669342162296594323

# The rectangle in which GCJ-02 is in force, in degrees (west, south, east, north); elsewhere it is the identity.
GCJ02_RECTANGLE = (72.004, 0.8293, 137.8347, 55.8271)

# The constants of Baidu's published shift from GCJ-02 to BD-09.
_BD09_TURN = np.pi * 3000.0 / 180.0
_BD09_OFFSET = (0.0065, 0.006)

# Measured on 400,000 points over the whole rectangle: 5 rounds leave 0.2 micrometres, 6 and more what doubles can hold.
# The number is fixed, so that a point's answer never depends on which other points are in its batch.
_ROUNDS = 7


def to_wgs84(lon: ArrayLike, lat: ArrayLike, crs: str) -> tuple[Floats, Floats]:
    """Convert degrees in a coordinate system to degrees WGS-84.

    ``lon`` and ``lat`` are arrays of one shape; the answer has that shape.
    The result is exact to 1 mm: converted forward again it gives the input.
    CGCS2000 passes through unchanged: its ellipsoid differs from WGS-84's only in the flattening, by which
    coordinates differ by 0.11 mm at most, and its frame (ITRF97, epoch 2000.0) by less than a metre (Yang, 2009,
    Chinese Science Bulletin 54: 2714-2721), both less than any border here is known to.
    Within 1 km of the rectangle's border, far from any land of ours, GCJ-02 jumps and has no unique way back.
    Raises :class:`~jiedao.domain.errors.InvalidInputError` for a coordinate system that is not one of ours.
    """
    return _converted(_TO_WGS84, lon, lat, crs)


def from_wgs84(lon: ArrayLike, lat: ArrayLike, crs: str) -> tuple[Floats, Floats]:
    """Convert degrees WGS-84 to degrees in a coordinate system; shapes, limits and errors as :func:`to_wgs84`."""
    return _converted(_FROM_WGS84, lon, lat, crs)


def _converted(table: Mapping[str, Shift], lon: ArrayLike, lat: ArrayLike, crs: str) -> tuple[Floats, Floats]:
    convert = table.get(crs)
    if convert is None:
        known = ", ".join(sorted(table))
        raise InvalidInputError(f"The coordinate system {crs!r} is not known; say one of {known}.")
    return convert(np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64))


def _unchanged(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    return lon.copy(), lat.copy()


def _in_rectangle(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    west, south, east, north = GCJ02_RECTANGLE
    inside: NDArray[np.bool_] = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return inside


def _waves(angle: Floats, first: float, second: float) -> Floats:
    """Two of the three sine pairs of the GCJ-02 polynomial; ``angle`` in units of half turns."""
    return (20.0 * np.sin(first * angle * np.pi) + 20.0 * np.sin(second * angle * np.pi)) * 2.0 / 3.0


def _gcj02_shift(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """How far GCJ-02 lies from WGS-84 at points given in WGS-84, in degrees, without regard to the rectangle."""
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    shared = _waves(x, 6.0, 2.0)
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + shared
    north_m += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north_m += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y / 30.0 * np.pi)) * 2.0 / 3.0
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + shared
    east_m += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east_m += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0

    latitude = np.radians(lat)
    squared = 1.0 - _KRASOVSKY_E2 * np.sin(latitude) ** 2
    meridian_m = _KRASOVSKY_AXIS_M * (1.0 - _KRASOVSKY_E2) / (squared * np.sqrt(squared))
    parallel_m = _KRASOVSKY_AXIS_M / np.sqrt(squared) * np.cos(latitude)
    return np.degrees(east_m / parallel_m), np.degrees(north_m / meridian_m)


def _wgs84_to_gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    shift_lon, shift_lat = _gcj02_shift(lon, lat)
    inside = _in_rectangle(lon, lat)
    return np.where(inside, lon + shift_lon, lon), np.where(inside, lat + shift_lat, lat)


def _gcj02_to_wgs84(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    found_lon, found_lat = _fixed_point(_gcj02_shift, lon, lat)
    inside = _in_rectangle(lon, lat)
    return np.where(inside, found_lon, lon), np.where(inside, found_lat, lat)


def _bd09_shift(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """How far BD-09 lies from GCJ-02 at points given in GCJ-02, in degrees."""
    radius = np.hypot(lon, lat) + 2e-5 * np.sin(lat * _BD09_TURN)
    angle = np.arctan2(lat, lon) + 3e-6 * np.cos(lon * _BD09_TURN)
    return radius * np.cos(angle) + _BD09_OFFSET[0] - lon, radius * np.sin(angle) + _BD09_OFFSET[1] - lat


def _wgs84_to_bd09(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    lon, lat = _wgs84_to_gcj02(lon, lat)
    shift_lon, shift_lat = _bd09_shift(lon, lat)
    return lon + shift_lon, lat + shift_lat


def _bd09_to_wgs84(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    return _gcj02_to_wgs84(*_fixed_point(_bd09_shift, lon, lat))


def _fixed_point(shift: Shift, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Find the points that a shift moves onto the given ones: the p with p + shift(p) = given."""
    found_lon, found_lat = lon, lat
    for _ in range(_ROUNDS):
        shift_lon, shift_lat = shift(found_lon, found_lat)
        found_lon, found_lat = lon - shift_lon, lat - shift_lat
    return found_lon, found_lat


_TO_WGS84: Mapping[str, Shift] = {
    Crs.WGS84: _unchanged,
    Crs.CGCS2000: _unchanged,
    Crs.GCJ02: _gcj02_to_wgs84,
    Crs.BD09: _bd09_to_wgs84,
}

_FROM_WGS84: Mapping[str, Shift] = {
    Crs.WGS84: _unchanged,
    Crs.CGCS2000: _unchanged,
    Crs.GCJ02: _wgs84_to_gcj02,
    Crs.BD09: _wgs84_to_bd09,
}
