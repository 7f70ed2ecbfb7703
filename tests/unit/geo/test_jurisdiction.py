from __future__ import annotations

import json

import numpy as np
import pytest
import shapely

from jiedao.domain.errors import InvalidInputError
from jiedao.domain.ports import Jurisdiction
from jiedao.domain.profile import Community, PlaceName, Street
from jiedao.domain.report import ReportedPlace
from jiedao.geo.boundary_file import read_boundaries
from jiedao.geo.crs import from_wgs84
from jiedao.geo.jurisdiction import BoundaryJurisdiction

ZHAOHUI, WENHUI = "330103006", "330103007"
METRE = 1 / 111_320 / np.cos(np.radians(30.29))
AREAS = {ZHAOHUI: shapely.box(120.15, 30.28, 120.17, 30.30), WENHUI: shapely.box(120.17, 30.28, 120.19, 30.30)}
BOUNDARIES = read_boundaries(
    {
        "type": "FeatureCollection",
        "features": [
            {"properties": {"code": code, "name": code}, "geometry": json.loads(shapely.to_geojson(area))}
            for code, area in AREAS.items()
        ],
    }
)
JURISDICTION = BoundaryJurisdiction(
    boundary_set="test-1",
    boundaries=BOUNDARIES,
    tolerance_m=15.0,
    streets=[Street(ZHAOHUI, "朝晖街道"), Street(WENHUI, "文晖街道")],
    communities=[Community("330103006064", "稻香园社区", ZHAOHUI), Community("330103007001", "打铁关社区", WENHUI)],
    place_names=[PlaceName("文晖路", "road", (ZHAOHUI, WENHUI))],
    street_aliases={"zhzhzx01": ZHAOHUI},
    district="下城区",
    city="杭州市",
)


def decide(**place):
    (decision,) = JURISDICTION.decide([ReportedPlace(**place)])
    assert decision.boundary_set == "test-1"
    return decision


def test_it_is_the_port():
    jurisdiction: Jurisdiction = JURISDICTION
    assert jurisdiction.boundary_set == "test-1"


def test_coordinates_decide_by_polygon():
    decision = decide(lon=120.16, lat=30.29)
    assert (decision.method, decision.street_code) == ("polygon", ZHAOHUI)
    assert (decision.lon, decision.lat) == (120.16, 30.29)
    assert decision.edge_distance_m == pytest.approx(962, abs=3)
    assert (decision.candidates, decision.note, decision.matched_text) == ((), None, None)


@pytest.mark.parametrize("crs", ["wgs84", "cgcs2000", "gcj02", "bd09"])
def test_every_coordinate_system_gives_the_same_decision_in_wgs84(crs):
    # 300 m from the border: taken for WGS-84, a GCJ-02 or BD-09 point would lie in the neighbour's street.
    lon, lat = from_wgs84([120.17 - 300 * METRE], [30.29], crs)
    decision = decide(lon=float(lon[0]), lat=float(lat[0]), crs=crs)
    assert (decision.method, decision.street_code) == ("polygon", ZHAOHUI)
    assert (decision.lon, decision.lat) == pytest.approx((120.17 - 300 * METRE, 30.29), abs=1e-8)


def test_near_a_border_the_method_is_edge_with_the_candidates():
    decision = decide(lon=120.17 - 5 * METRE, lat=30.29)
    assert (decision.method, decision.street_code) == ("edge", ZHAOHUI)
    assert decision.candidates == (ZHAOHUI, WENHUI)
    assert decision.edge_distance_m == pytest.approx(5.0, abs=0.05)


def test_coordinates_win_over_the_asserted_street_and_say_so():
    decision = decide(lon=120.16, lat=30.29, street_code=WENHUI)
    assert decision.street_code == ZHAOHUI
    assert decision.note == f"The source asserts {WENHUI}; the coordinates decide."
    assert decision.flags == ("street_contradicted",)
    for same in (ZHAOHUI, "zhzhzx01"):
        agreeing = decide(lon=120.16, lat=30.29, street_code=same)
        assert (agreeing.note, agreeing.flags) == (None, ())


def test_coordinates_win_over_the_address_and_say_so():
    decision = decide(lon=120.16, lat=30.29, address="打铁关社区")
    assert decision.street_code == ZHAOHUI
    assert decision.note == f"The address (打铁关社区) names {WENHUI}; the coordinates decide."
    assert decision.flags == ("address_contradicted",)
    assert decision.community_code is None


def test_the_community_is_known_from_the_address_or_the_source_where_it_lies_in_the_street():
    assert decide(lon=120.16, lat=30.29, address="稻香园社区").community_code == "330103006064"
    assert decide(lon=120.16, lat=30.29, community_code="330103006064").community_code == "330103006064"
    assert decide(lon=120.16, lat=30.29, community_code="330103007001").community_code is None
    assert decide(address="文晖街道打铁关社区").community_code == "330103007001"
    assert decide(street_code=WENHUI, community_code="330103007001").community_code == "330103007001"


def test_a_community_that_contradicts_or_is_not_known_is_said():
    other = decide(lon=120.16, lat=30.29, community_code="330103007001")
    assert (other.street_code, other.flags) == (ZHAOHUI, ("community_contradicted",))
    assert other.note == f"The source names community 330103007001 of {WENHUI}; {ZHAOHUI} was decided."
    unknown = decide(street_code=WENHUI, community_code="330103007999")
    assert (unknown.street_code, unknown.flags) == (WENHUI, ("community_unknown",))
    assert decide(address="打铁关社区", community_code="330103006064").flags == ("community_contradicted",)


def test_a_community_alone_asserts_its_street():
    decision = decide(community_code="330103006064")
    assert (decision.method, decision.street_code, decision.flags) == ("asserted", ZHAOHUI, ())
    assert decision.community_code == "330103006064"
    nowhere = decide(community_code="330103007999")
    assert (nowhere.method, nowhere.street_code, nowhere.flags) == ("none", None, ("community_unknown",))


def test_without_coordinates_the_address_decides():
    decision = decide(address="下城区打铁关社区3号")
    assert (decision.method, decision.street_code, decision.matched_text) == ("gazetteer", WENHUI, "打铁关社区")
    assert (decision.lon, decision.lat, decision.edge_distance_m) == (None, None, None)


def test_the_address_wins_over_the_asserted_street_and_says_so():
    decision = decide(address="打铁关社区", street_code=ZHAOHUI)
    assert (decision.method, decision.street_code) == ("gazetteer", WENHUI)
    assert decision.note == f"The source asserts {ZHAOHUI}; the address decides."
    assert decision.flags == ("street_contradicted",)


def test_an_ambiguous_address_leaves_it_to_the_asserted_street():
    decision = decide(address="文晖路8号", street_code=WENHUI)
    assert (decision.method, decision.street_code) == ("asserted", WENHUI)
    assert decision.candidates == (ZHAOHUI, WENHUI)


def test_an_ambiguous_address_alone_is_none_with_its_candidates():
    decision = decide(address="文晖路8号")
    assert (decision.method, decision.street_code, decision.matched_text) == ("none", None, "文晖路")
    assert decision.candidates == (ZHAOHUI, WENHUI)
    assert decision.note == "The address names places of several streets."


def test_an_asserted_street_is_known_by_code_or_alias():
    assert decide(street_code=WENHUI).method == "asserted"
    assert decide(street_code="zhzhzx01").street_code == ZHAOHUI


def test_an_unknown_asserted_street_is_none_and_said_so():
    decision = decide(street_code="330105001")
    assert (decision.method, decision.street_code) == ("none", None)
    assert decision.note == "The source asserts 330105001, which is no street of this district."
    assert decision.flags == ("street_unknown",)


def test_an_order_that_needs_no_place_has_none_unless_a_street_is_asserted():
    assert (decide(needed=False).method, decide(needed=False).street_code) == ("no_place", None)
    assert (decide(needed=False, street_code=WENHUI).method) == "asserted"


def test_nothing_known_is_none():
    assert decide().method == "none"


def test_coordinates_in_no_street_fall_on_to_words_and_say_so():
    outside = "The coordinates lie in no street of the boundary set."
    decision = decide(lon=120.25, lat=30.29, address="打铁关社区")
    assert (decision.method, decision.street_code, decision.note) == ("gazetteer", WENHUI, outside)
    assert (decision.lon, decision.lat) == (120.25, 30.29)
    assert decision.edge_distance_m == pytest.approx(5774, abs=20)
    assert decide(lon=120.25, lat=30.29, street_code=ZHAOHUI).method == "asserted"
    alone = decide(lon=120.25, lat=30.29)
    assert (alone.method, alone.street_code, alone.note) == ("none", None, outside)
    assert decision.flags == alone.flags == ("coordinates_in_no_street",)


def test_a_longitude_without_latitude_is_no_coordinate():
    decision = decide(lon=120.16, street_code=WENHUI)
    assert (decision.method, decision.lon) == ("asserted", None)


def test_a_batch_has_one_decision_a_place_in_its_order_and_each_as_if_alone():
    places = [
        ReportedPlace(lon=120.16, lat=30.29, crs="gcj02"),
        ReportedPlace(address="打铁关社区"),
        ReportedPlace(lon=120.18, lat=30.29),
        ReportedPlace(),
        ReportedPlace(lon=120.175, lat=30.295, crs="bd09", street_code=ZHAOHUI),
        ReportedPlace(needed=False),
    ]
    assert JURISDICTION.decide(places) == [JURISDICTION.decide([place])[0] for place in places]
    assert JURISDICTION.decide([]) == []


def test_decisions_hold_plain_values_only():
    decision = decide(lon=120.17 - 5 * METRE, lat=30.29)
    kinds = {type(getattr(decision, name)) for name in ("lon", "lat", "edge_distance_m")}
    assert (kinds, type(decision.method), type(decision.street_code)) == ({float}, str, str)


def test_an_unknown_coordinate_system_is_an_error():
    with pytest.raises(InvalidInputError, match="'xian80' is not known"):
        decide(lon=120.16, lat=30.29, crs="xian80")
