from __future__ import annotations

import json

import pytest
import shapely

from jiedao.domain.errors import InvalidInputError
from jiedao.geo.crs import from_wgs84
from jiedao.geo.evaluate import Evaluation, evaluate_file, read_labelled_points

AREAS = {
    "1": shapely.box(120.0, 30.0, 120.1, 30.1),
    "2": shapely.box(120.1, 30.0, 120.2, 30.1),
    "3": shapely.box(120.15, 30.0, 120.3, 30.1),
}
BOUNDARIES = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {"properties": {"id": int(code)}, "geometry": json.loads(shapely.to_geojson(area))}
            for code, area in AREAS.items()
        ],
    }
).encode()
HEADER = "x,y,street\n"


def evaluated(*lines, **options):
    records = (HEADER + "\n".join(lines)).encode()
    return evaluate_file(BOUNDARIES, records, code="id", lon="x", lat="y", expected="street", **options)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("120.05,30.05,1", "agree"),
        ("120.05,30.05,1.0", "agree"),
        ("120.17,30.05,3", "agree"),
        ("120.17,30.05,2", "overlap"),
        ("120.05,30.05,2", "differ"),
        ("120.5,30.05,2", "missed"),
        ("120.5,30.05,", "unlabelled"),
        ("120.05,30.05,", "unlabelled"),
        (",,1", "no_coordinates"),
        ("nan,30.05,1", "no_coordinates"),
    ],
)
def test_each_record_is_counted_once_as_what_it_is(line, kind):
    result = evaluated(line)
    assert getattr(result, kind) == 1
    assert result.total == 1


def test_points_that_several_areas_hold_are_counted_beside():
    result = evaluated("120.17,30.05,3", "120.17,30.05,2", "120.17,30.05,1", "120.05,30.05,1")
    assert result == Evaluation(2, 1, 1, 0, 0, 0, overlapping=3)


def test_a_point_just_outside_is_missed_unless_a_tolerance_is_asked_for():
    assert evaluated("119.99995,30.05,1").missed == 1
    assert evaluated("119.99995,30.05,1", tolerance_m=10.0).agree == 1


def test_records_may_have_another_coordinate_system():
    (lon,), (lat,) = from_wgs84([120.0998], [30.05], "gcj02")
    assert evaluated(f"{lon},{lat},1", records_crs="gcj02").agree == 1
    assert evaluated(f"{lon},{lat},1").differ == 1


def test_a_missing_column_or_a_bad_number_is_named():
    with pytest.raises(InvalidInputError, match="no column lon; they have x, y, street"):
        read_labelled_points(HEADER.encode(), lon="lon", lat="y", expected="street")
    with pytest.raises(InvalidInputError, match="Line 3 of the records has 'here' as x"):
        evaluated("120.05,30.05,1", "here,30.05,1")
    with pytest.raises(InvalidInputError, match="not UTF-8"):
        read_labelled_points("街道".encode("gb18030"), lon="x", lat="y", expected="street")


def test_no_records_count_nothing():
    assert evaluated().total == 0
