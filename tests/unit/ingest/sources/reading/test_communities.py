"""A community that a source names, by code or by name, and what is said where it cannot be told."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ingest.sources.city_brain import CityBrainAdapter
from ingest.sources.reading.communities import CommunityNames
from ingest.sources.reading.notes import Notes
from jiedao.domain.profile import Community
from jiedao.geo.jurisdiction import BoundaryJurisdiction

HUANBEI = "330103003053"  # 环北新村社区 of 天水街道 330103003
AT = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


def read(profile, *, code="", name="", street=None):
    notes = Notes()
    return CommunityNames(profile).asserted(code, name, street, notes), notes.flags, notes.details


@pytest.mark.parametrize(
    "written",
    [
        "环北新村社区",
        "环北新村",
        "环北新村社区居委会",
        "天水街道环北新村社区",
        "杭州市下城区天水街道环北新村社区第三网格",
        "330103003053",
    ],
)
def test_a_community_is_known_by_its_name_however_it_is_written(profile, written):
    assert read(profile, name=written) == (HUANBEI, (), {"community": written})


def test_a_name_in_the_field_for_the_code_is_read_as_a_name(profile):
    assert read(profile, code="环北新村社区") == (HUANBEI, (), {})
    assert read(profile, code="环北社区") == ("环北社区", (), {})  # the jurisdiction flags it


def test_a_name_that_no_community_bears_is_flagged_and_kept(profile):
    assert read(profile, name="环北社区") == (None, ("community_unknown",), {"community": "环北社区"})


def test_two_communities_in_one_name_are_none(profile):
    both = "环北新村社区与吴牙社区之间"
    assert read(profile, name=both) == (None, ("community_ambiguous",), {"community": both})


def test_the_code_outweighs_the_name_and_that_they_differ_is_flagged(profile):
    assert read(profile, code=HUANBEI, name="吴牙社区") == (
        HUANBEI,
        ("community_contradicted",),
        {"community": "吴牙社区"},
    )
    assert read(profile, code=HUANBEI, name="环北新村社区")[1] == ()


def test_a_known_name_stands_in_for_a_code_that_nobody_knows(profile):
    assert read(profile, code="330103003999", name="环北新村社区") == (
        HUANBEI,
        ("community_unknown",),
        {"community": "环北新村社区", "stated_community": "330103003999"},
    )


@pytest.mark.parametrize(
    ("street", "found", "flags"),
    [
        (None, None, ("community_ambiguous",)),
        ("天水街道", HUANBEI, ()),
        ("330103001", "330103001099", ()),
        ("330103009", None, ("community_ambiguous",)),
    ],
)
def test_the_street_decides_between_communities_of_one_name(profile, street, found, flags):
    twin = Community("330103001099", "环北新村社区", "330103001")
    two = replace(profile, communities=(*profile.communities, twin))
    assert read(two, name="环北新村社区", street=street)[:2] == (found, flags)


def test_a_district_without_a_table_of_communities_flags_none(profile):
    without = replace(profile, communities=())
    assert read(without, name="Echo Park") == (None, (), {"community": "Echo Park"})
    assert read(without, code="17", name="Echo Park") == ("17", (), {"community": "Echo Park"})


@pytest.fixture(scope="module")
def jurisdiction(profile):
    return BoundaryJurisdiction.of_profile(profile)


@pytest.mark.parametrize(
    ("said", "method", "street", "community", "flags"),
    [
        ({"community": "环北新村社区"}, "asserted", "330103003", HUANBEI, ()),
        (
            {"community": "环北新村社区", "street": "长庆街道"},
            "asserted",
            "330103001",
            None,
            ("community_contradicted",),
        ),
        ({"community": "吴牙社区", "address": "环北新村社区 3 幢"}, "gazetteer", "330103003", HUANBEI, ()),
        ({"community": "环北社区"}, "none", None, None, ()),
    ],
)
def test_a_report_with_nothing_but_a_communitys_name_goes_to_its_street(
    profile, jurisdiction, said, method, street, community, flags
):
    adapter = CityBrainAdapter(profile.sources["city_brain"], profile)
    (raw,) = adapter.split(str({"event_id": "1", "title": "x", **said}).replace("'", '"').encode(), "application/json")
    (decision,) = jurisdiction.decide([adapter.normalise(raw, AT).report.place])
    assert (decision.method, decision.street_code, decision.community_code) == (method, street, community)
    assert set(flags) <= set(decision.flags)
