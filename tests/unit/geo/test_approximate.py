from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import shapely

from jiedao.domain.errors import ConfigurationError
from jiedao.geo.approximate import (
    OfficePoint,
    Outline,
    approximate_boundaries,
    build,
    main,
    read_office_points,
    read_outline,
)
from jiedao.geo.boundary_file import read_boundaries
from jiedao.geo.plane import area_m2

OUTLINE = Outline(shapely.Polygon([(120.0, 30.0), (120.03, 30.001), (120.028, 30.02), (120.002, 30.019)]), "a survey")
COLUMNS = "code,name,street_code,street_name,lon,lat,crs,used,remark,source\n"


def office(code, street, lon, lat, *, used=True):
    return OfficePoint(code, f"office {code}", street, f"street {street}", lon, lat, used, "", "a list")


OFFICES = [
    office("a1", "a", 120.005, 30.005),
    office("a2", "a", 120.006, 30.015),
    office("b1", "b", 120.02, 30.01),
    office("c1", "c", 120.025, 30.018),
]


def areas(points=OFFICES, outline=OUTLINE):
    return read_boundaries(approximate_boundaries(points, outline))


def test_the_areas_cover_the_outline_without_overlap_or_gap():
    read = areas()
    assert read.codes == ("a", "b", "c")
    assert (read.report.overlaps, read.report.gaps) == ((), ())
    assert shapely.coverage_is_valid(np.array(read.polygons))
    assert area_m2(np.array(read.polygons)).sum() == pytest.approx(float(area_m2(OUTLINE.polygon)), rel=1e-6)


def test_every_office_lies_in_its_own_street():
    read = areas()
    for point in OFFICES:
        assert shapely.contains_xy(read.polygons[read.codes.index(point.street_code)], point.lon, point.lat)


def test_the_border_lies_half_way_between_offices():
    read = areas([office("a1", "a", 120.01, 30.01), office("b1", "b", 120.02, 30.01)])
    border = shapely.get_coordinates(read.polygons[0] & read.polygons[1])
    assert border[:, 0] == pytest.approx([120.015, 120.015], abs=1e-7)


def test_what_it_is_made_of_stands_in_each_feature():
    features = json.loads(approximate_boundaries(OFFICES, OUTLINE))["features"]
    assert features[0]["properties"] == {
        "code": "a",
        "name": "street a",
        "approximate": True,
        "derivation": "ground nearest to one of 2 offices (Voronoi), within a simplified outline",
        "sources": ["a list", "a survey"],
    }


def test_the_order_of_the_points_changes_no_byte():
    assert approximate_boundaries(OFFICES[::-1], OUTLINE) == approximate_boundaries(OFFICES, OUTLINE)


def test_a_point_that_is_not_used_changes_no_ground():
    stray = office("b2", "b", 120.004, 30.004, used=False)
    assert approximate_boundaries([*OFFICES, stray], OUTLINE) == approximate_boundaries(OFFICES, OUTLINE)


def test_too_few_points_or_a_street_without_any_is_a_fault_of_the_profile():
    with pytest.raises(ConfigurationError, match="Fewer than two usable office points"):
        areas(OFFICES[:1])
    with pytest.raises(ConfigurationError, match="The street c has no usable office point"):
        areas([*OFFICES[:3], replace(OFFICES[3], used=False)])


def test_a_bad_row_of_office_points_is_named_by_file_and_line(tmp_path):
    file = tmp_path / "office_points.csv"
    file.write_text(COLUMNS + "a,n,a,s,120.0,30.0,wgs84,yes,,own\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"office_points\.csv, line 2: .* used must be true or false"):
        read_office_points(file)
    file.write_text("code,name\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="lacks the columns crs, lat, lon"):
        read_office_points(file)


def test_an_outline_without_its_properties_is_a_fault_of_the_profile(tmp_path):
    file = tmp_path / "outline.geojson"
    file.write_text('{"features": [{"properties": {}}]}', encoding="utf-8")
    with pytest.raises(ConfigurationError, match="must hold one feature"):
        read_outline(file)


def test_the_command_writes_the_file_that_is_built(tmp_path):
    outline = {"type": "Feature", "properties": {"code": "d", "name": "d", "crs": "wgs84", "source": "own"}}
    outline["geometry"] = json.loads(shapely.to_geojson(OUTLINE.polygon))
    (tmp_path / "outline.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [outline]}))
    rows = "a,n,a,s,120.01,30.01,wgs84,true,,own\nb,n,b,t,120.02,30.01,wgs84,true,,own\n"
    (tmp_path / "office_points.csv").write_text(COLUMNS + rows, encoding="utf-8")
    assert main([str(tmp_path)]) == 0
    assert (tmp_path / "boundaries.geojson").read_bytes() == build(tmp_path)
    assert main([]) == 2
