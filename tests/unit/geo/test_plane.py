from __future__ import annotations

import numpy as np
import pyproj
import pytest
import shapely

from jiedao.geo.plane import area_m2, degrees_from_mercator, mercator, metres_per_unit

LON = np.array([120.17, -118.24, 0.0, 179.9, -70.0])
LAT = np.array([30.29, 34.05, 0.0, 71.0, -53.2])


def test_mercator_is_that_of_proj():
    theirs = pyproj.Transformer.from_crs(4326, 3395, always_xy=True).transform(LON, LAT)
    assert np.allclose(mercator(LON, LAT), theirs, rtol=0, atol=1e-6)


def test_mercator_goes_back_exactly():
    back = degrees_from_mercator(*mercator(LON, LAT))
    assert np.allclose(back, (LON, LAT), rtol=0, atol=1e-12)


@pytest.mark.parametrize("azimuth", [0.0, 37.0, 90.0, 200.0])
def test_short_distances_are_those_on_the_ellipsoid(azimuth):
    lon, lat, _ = pyproj.Geod(ellps="WGS84").fwd(LON, LAT, np.full(5, azimuth), np.full(5, 100.0))
    ours = np.hypot(*(np.subtract(mercator(lon, lat), mercator(LON, LAT)))) * metres_per_unit(LAT)
    assert np.allclose(ours, 100.0, rtol=5e-5)


@pytest.mark.parametrize(("lon", "lat"), [(120.17, 30.29), (-118.24, 34.05), (25.0, -65.0)])
def test_areas_are_those_on_the_ellipsoid(lon, lat):
    shape = shapely.buffer(shapely.Point(lon, lat), 0.01)
    theirs, _ = pyproj.Geod(ellps="WGS84").geometry_area_perimeter(shapely.orient_polygons(shape))
    assert area_m2(shape) == pytest.approx(theirs, rel=1e-4)
