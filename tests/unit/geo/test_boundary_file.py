from __future__ import annotations

import json

import numpy as np
import pytest
import shapely

from jiedao.domain.errors import InvalidInputError
from jiedao.geo.boundary_file import canonical_geojson, read_boundaries
from jiedao.geo.crs import from_wgs84
from jiedao.geo.plane import area_m2


def square(west, south, size=0.01):
    """A ring round a square, against the clock."""
    east, north = west + size, south + size
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def feature(code, *rings, name="街道", **geometry):
    shape = geometry or {"type": "Polygon", "coordinates": list(rings)}
    return {"type": "Feature", "properties": {"code": code, "name": name}, "geometry": shape}


def collection(*features, **more):
    return json.dumps({"type": "FeatureCollection", "features": list(features), **more}).encode()


def repairs_of(*rings):
    read = read_boundaries(collection(feature("a", *rings))).require_whole()
    return [repair.what for repair in read.report.repairs], read.polygons[0]


def refusal_of(broken):
    read = read_boundaries(collection(feature("b", square(120.2, 30.0)), broken))
    assert read.codes == ("b",)
    (refusal,) = read.report.refused
    return str(refusal)


def test_a_clean_file_is_read_as_it_is():
    read = read_boundaries(collection(feature("b", square(120.01, 30.0)), feature("a", square(120.0, 30.0))))
    assert read.codes == ("a", "b")
    assert read.names == ("街道", "街道")
    assert read.polygons[0].equals(shapely.box(120.0, 30.0, 120.01, 30.01))
    assert (read.report.repairs, read.report.refused, read.report.overlaps, read.report.gaps) == ((), (), (), ())


def test_code_and_name_come_from_the_properties_that_are_named():
    body = collection({**feature("x", square(120.0, 30.0)), "properties": {"id": 47.0, "label": "Lincoln"}})
    read = read_boundaries(body, code="id", name="label")
    assert (read.codes, read.names) == (("47",), ("Lincoln",))


def test_coordinates_are_converted_to_wgs84():
    ring = np.array(square(120.17, 30.29))
    shifted = np.stack(from_wgs84(ring[:, 0], ring[:, 1], "gcj02"), axis=1).tolist()
    read = read_boundaries(collection(feature("a", shifted)), crs="gcj02")
    assert shapely.get_coordinates(shapely.normalize(read.polygons[0])) == pytest.approx(
        shapely.get_coordinates(shapely.normalize(shapely.Polygon(ring))), abs=1e-7
    )


def test_an_unclosed_ring_is_closed_and_said_so():
    whats, polygon = repairs_of(square(120.0, 30.0)[:-1])
    assert whats == ["closed 1 ring(s) that did not end where they began"]
    assert polygon.equals(shapely.box(120.0, 30.0, 120.01, 30.01))


def test_repeated_corners_are_dropped_and_said_so():
    ring = square(120.0, 30.0)
    whats, polygon = repairs_of([ring[0], ring[0], ring[1], *ring[1:]])
    assert whats == ["dropped 2 corner(s) that repeated the one before"]
    assert shapely.get_num_coordinates(polygon) == 5


def test_rings_that_run_the_wrong_way_are_turned_and_said_so():
    whats, polygon = repairs_of(square(120.0, 30.0)[::-1], square(120.002, 30.002, 0.001))
    assert whats == ["turned 2 ring(s) round: shells run against the clock, holes with it"]
    assert shapely.is_ccw(polygon.exterior)
    assert not shapely.is_ccw(polygon.interiors[0])


def test_specks_and_pinholes_are_removed_and_said_so():
    speck = [square(120.5, 30.0, 1e-6)]
    body = {"type": "MultiPolygon", "coordinates": [[square(120.0, 30.0), square(120.002, 30.002, 1e-6)[::-1]], speck]}
    read = read_boundaries(collection(feature("a", **body))).require_whole()
    assert [repair.what for repair in read.report.repairs] == [
        "dropped 1 part(s) smaller than 1 m2",
        "filled 1 hole(s) smaller than 1 m2",
    ]
    assert read.polygons[0].equals(shapely.box(120.0, 30.0, 120.01, 30.01))


def test_a_border_that_touches_itself_is_made_valid_when_the_area_stays():
    ring = square(120.0, 30.0)
    spike = [*ring[:3], [120.005, 30.012], [120.01, 30.01], *ring[3:]]
    whats, polygon = repairs_of(spike)
    (what,) = whats
    assert what.startswith("made its outline valid (Self-intersection")
    assert area_m2(polygon) == pytest.approx(area_m2(shapely.box(120.0, 30.0, 120.01, 30.01)), rel=1e-4)


def test_a_bow_tie_is_refused_by_name():
    bow_tie = [[120.0, 30.0], [120.01, 30.01], [120.01, 30.0], [120.0, 30.01], [120.0, 30.0]]
    said = refusal_of(feature("a", bow_tie, name="东新街道"))
    assert said.startswith("feature 2 (a, 东新街道): its border is not a valid outline (Self-intersection")
    assert said.endswith("correct the border in the file")


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ({**feature("a"), "geometry": None}, "it has no geometry"),
        (feature("a", type="LineString", coordinates=[[120.0, 30.0], [120.1, 30.0]]), "its geometry is a LineString"),
        (feature("a"), "its Polygon has no rings"),
        (feature("a", [[120.0, 30.0], [120.1, 30.0]]), "no ring of it has three different corners"),
        (feature("a", [["x", 30.0], [120.1, 30.0], [120.1, 30.1]]), r"not a list of \[longitude, latitude\] numbers"),
        (feature("a", [[float("nan"), 30.0], [120.1, 30.0], [120.1, 30.1]]), "not a finite number"),
        (feature("a", square(13_377_000.0, 3_540_000.0, 100.0)), "give degrees"),
        (feature("a", [[lat, lon] for lon, lat in square(120.0, 30.0)]), "longitude first"),
        (feature("", square(120.0, 30.0)), "it has no property 'code'.*it has: code, name"),
        (feature("b", square(120.0, 30.0)), r"its code was given to feature 1 \(b, 街道\) already"),
        (feature("a", square(120.0, 30.0, 1e-6)), "its area is below 1 m2"),
        ({"type": "Feature"}, r"feature 2 \(without code, without name\): it has no property 'code'"),
        ("no feature", "it has no property 'code'"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_reason_and_its_neighbours_are_read(broken, reason):
    said = refusal_of(broken)
    with pytest.raises(AssertionError, match=reason):
        raise AssertionError(said)


def test_a_set_with_a_refused_feature_is_not_whole():
    read = read_boundaries(collection(feature("a", square(120.0, 30.0)), feature("a", square(120.1, 30.0))))
    with pytest.raises(InvalidInputError, match=r"cannot be taken in whole: feature 2 \(a, 街道\)"):
        read.require_whole()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xff\xfe", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b'{"type": "Feature"}', "not a GeoJSON FeatureCollection"),
        (b'{"type": "FeatureCollection", "features": []}', "holds no features"),
        (
            collection(feature("a", square(120.0, 30.0)), crs={"properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}),
            "declares the coordinate system .*3857",
        ),
    ],
)
def test_what_is_no_boundary_file_is_an_error_that_says_what_to_do(content, reason):
    with pytest.raises(InvalidInputError, match=reason):
        read_boundaries(content)


def test_an_unknown_coordinate_system_is_an_error():
    with pytest.raises(InvalidInputError, match="say one of wgs84, cgcs2000, gcj02, bd09"):
        read_boundaries(collection(feature("a", square(120.0, 30.0))), crs="epsg:3857")


def test_canonical_bytes_do_not_depend_on_how_the_areas_were_written():
    ring = square(120.0, 30.0)
    one = read_boundaries(collection(feature("b", square(120.01, 30.0)), feature("a", ring)))
    other = read_boundaries(collection(feature("a", [*ring[2:], *ring[1:3]][::-1]), feature("b", square(120.01, 30.0))))
    assert canonical_geojson(one) == canonical_geojson(other)


def test_canonical_bytes_come_back_as_the_same_set():
    content = canonical_geojson(
        read_boundaries(collection(feature("a", square(120.0, 30.0), square(120.002, 30.002, 0.001)[::-1]))),
        {"a": {"approximate": True}},
    )
    again = read_boundaries(content)
    assert again.report.repairs == ()
    assert canonical_geojson(again, {"a": {"approximate": True}}) == content
    assert json.loads(content)["features"][0]["properties"] == {"code": "a", "name": "街道", "approximate": True}
