"""The boundary set that ships with district 330103 is what its facts give, and is usable as it is."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import shapely

from jiedao.application.district_profile import load_profile
from jiedao.domain.report import ReportedPlace
from jiedao.geo.approximate import build, read_office_points, read_outline
from jiedao.geo.boundary_file import read_boundaries
from jiedao.geo.jurisdiction import BoundaryJurisdiction
from jiedao.geo.plane import area_m2
from jiedao.geo.street_index import StreetIndex

DISTRICT = Path(__file__).parents[3] / "config" / "districts" / "330103"
STREETS = ["330103001", "330103002", "330103003", "330103005", "330103006", "330103007", "330103008", "330103009"]


@pytest.fixture(scope="module")
def boundaries():
    return read_boundaries((DISTRICT / "boundaries.geojson").read_bytes()).require_whole()


def test_the_committed_file_is_what_the_facts_give():
    assert build(DISTRICT) == (DISTRICT / "boundaries.geojson").read_bytes()


def test_it_has_the_eight_streets_without_overlap_or_gap(boundaries):
    assert list(boundaries.codes) == STREETS
    assert (boundaries.report.overlaps, boundaries.report.gaps, boundaries.report.repairs) == ((), (), ())
    assert [polygon.geom_type for polygon in boundaries.polygons] == ["Polygon"] * 8


def test_it_covers_the_outline(boundaries):
    outline = read_outline(DISTRICT / "outline.geojson").polygon
    uncovered = shapely.symmetric_difference(shapely.union_all(np.array(boundaries.polygons)), outline)
    assert float(area_m2(uncovered)) < 500.0
    assert float(area_m2(outline)) == pytest.approx(29.5e6, rel=0.01)


def test_every_office_that_was_used_is_found_in_its_street(boundaries):
    points = [point for point in read_office_points(DISTRICT / "office_points.csv") if point.used]
    index = StreetIndex(boundaries.codes, boundaries.polygons)
    located = index.locate([point.lon for point in points], [point.lat for point in points], 0.0)
    assert [index.codes[street] for street in located.street] == [point.street_code for point in points]
    assert len(points) == 43


@pytest.mark.parametrize(
    ("address", "street"),
    [
        ("杭州市下城区朝晖街道稻香园社区", "330103006"),
        ("下城区德胜东村社区12幢", "330103008"),
        ("体育场路与东河社区交界", "330103005"),
        ("朝晖六区", "330103006"),
        ("武林广场喷泉", "330103003"),
        ("东新路100号", None),
        ("杭州市江干区凯旋路", None),
        ("请问社保卡如何办理", None),
    ],
)
def test_its_names_are_found_in_addresses(address, street):
    jurisdiction = BoundaryJurisdiction.of_profile(load_profile(DISTRICT))
    (decision,) = jurisdiction.decide([ReportedPlace(address=address)])
    assert decision.street_code == street
    assert decision.method == ("gazetteer" if street else "none")


def test_every_community_is_found_by_its_name_in_its_street():
    profile = load_profile(DISTRICT)
    jurisdiction = BoundaryJurisdiction.of_profile(profile)
    decisions = jurisdiction.decide(
        [ReportedPlace(address=f"杭州市下城区{community.name}3号") for community in profile.communities]
    )
    assert [(decision.street_code, decision.community_code) for decision in decisions] == [
        (community.street_code, community.code) for community in profile.communities
    ]


@pytest.mark.shared_data
def test_the_outline_is_close_to_the_published_one(shared_data):
    published = shapely.from_geojson((shared_data / "xiacheng" / "district_outline_gcj02.json").read_text())
    content = {"type": "FeatureCollection", "features": [{"properties": {"code": "d"}, "geometry": None}]}
    content["features"][0]["geometry"] = published.__geo_interface__
    truth = read_boundaries(content, crs="gcj02").polygons[0]
    ours = read_outline(DISTRICT / "outline.geojson").polygon
    assert float(area_m2(shapely.symmetric_difference(truth, ours))) < 0.02 * float(area_m2(truth))


@pytest.mark.shared_data
def test_the_office_points_are_the_published_ones(shared_data):
    with (shared_data / "xiacheng" / "points_gcj02.csv").open(encoding="utf-8") as file:
        published = {(row[2], row[12], row[13]) for row in csv.reader(file) if row[12] and row[2] != "下城区"}
    with (DISTRICT / "office_points.csv").open(encoding="utf-8") as file:
        assert {(row["name"], row["lon"], row["lat"]) for row in csv.DictReader(file)} == published
