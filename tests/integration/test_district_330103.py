"""The shipped profile and the geography together: what people write and what cameras see leads to a street."""

from pathlib import Path

import pytest

from jiedao.application.district_profile import find_profile
from jiedao.domain.report import ReportedPlace
from jiedao.geo.jurisdiction import BoundaryJurisdiction


@pytest.fixture(scope="module")
def profile():
    return find_profile(Path(__file__).parents[2] / "config", "330103")


@pytest.fixture(scope="module")
def jurisdiction(profile):
    return BoundaryJurisdiction.of_profile(profile)


def test_every_community_that_an_address_names_leads_to_its_street(profile, jurisdiction):
    places = [ReportedPlace(address=f"杭州市下城区{community.name}3幢门口") for community in profile.communities]
    decisions = jurisdiction.decide(places)
    wrong = [c.name for c, d in zip(profile.communities, decisions, strict=True) if d.street_code != c.street_code]
    assert wrong == []


def test_a_road_along_a_border_alone_decides_nothing(jurisdiction):
    (decision,) = jurisdiction.decide([ReportedPlace(address="香积寺路西口")])
    assert decision.street_code is None
    assert sorted(decision.candidates) == ["330103007", "330103008"]


def test_every_camera_stands_in_the_street_that_its_registry_names(profile, jurisdiction):
    cameras = list(profile.cameras.values())
    decisions = jurisdiction.decide([ReportedPlace(camera.lon, camera.lat) for camera in cameras])
    assert [decision.street_code for decision in decisions] == [camera.street_code for camera in cameras]


@pytest.mark.parametrize("alias", ["朝晖", "朝晖街道", "zhzhzx01", "330103006000"])
def test_a_street_that_the_source_asserts_is_known_by_its_aliases(jurisdiction, alias):
    (decision,) = jurisdiction.decide([ReportedPlace(street_code=alias)])
    assert (decision.method, decision.street_code) == ("asserted", "330103006")
