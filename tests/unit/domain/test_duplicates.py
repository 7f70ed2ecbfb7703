"""How alike two incidents are: the parts, what is not compared at all, and the same answer from either side."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from jiedao.domain.distance import box_around, distance_m
from jiedao.domain.duplicates import (
    DuplicateRules,
    DuplicateWeights,
    Origin,
    Reach,
    Sighting,
    compare,
    dice,
    major_of,
    origin_of,
    overlap,
)

AT = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
RULES = DuplicateRules(
    DuplicateWeights(distance=40, time=20, same_class=10, text=10, address=10, origin=10),
    Reach(100.0, timedelta(hours=10)),
    {"E0102": Reach(50.0, timedelta(hours=2)), "E02": Reach(400.0, timedelta(hours=1))},
)
CAMERA = Sighting(
    UUID(int=1), "video", "camera", None, "E0101", "330103006", AT, 120.165, 30.285, "占道经营", "朝晖路182号"
)
CALLER = replace(
    CAMERA, incident_id=UUID(int=2), source="hotline", channel="12345", reporter_key="r1", at=AT + timedelta(hours=1),
    text="有人占道经营", address="下城区朝晖街道朝晖路182号门口",
)  # fmt: skip
METRE = 1 / 111_194.93  # degrees of latitude on the mean sphere


def test_the_score_is_the_weighted_sum_of_its_parts():
    likeness = compare(CAMERA, replace(CALLER, lat=30.285 + 25 * METRE), RULES)
    values = {name: round(part.value, 3) for name, part in likeness.parts.items()}
    # 占道 道经 经营 | 有人 人占 占道 道经 经营: 2 x 3 / (3 + 5); all of 朝晖路182号 stands in the longer address.
    assert values == {"distance": 0.75, "time": 0.9, "same_class": 1.0, "text": 0.75, "address": 1.0, "origin": 1.0}
    assert {name: part.share for name, part in likeness.parts.items()} == pytest.approx(
        {"distance": 0.4, "time": 0.2, "same_class": 0.1, "text": 0.1, "address": 0.1, "origin": 0.1}
    )
    assert likeness.score == pytest.approx(0.3 + 0.18 + 0.1 + 0.075 + 0.1 + 0.1, abs=0.0005)
    assert (likeness.apart, likeness.same_class, likeness.origin) == (timedelta(hours=1), True, Origin.OTHER_SOURCE)
    assert likeness.distance_m == pytest.approx(25.0, abs=0.01)


@pytest.mark.parametrize(
    "other",
    [
        replace(CALLER, incident_id=CAMERA.incident_id),
        replace(CALLER, class_code="E0201"),
        replace(CALLER, lat=30.285 + 100.5 * METRE),
        replace(CALLER, at=AT + timedelta(hours=10, seconds=1)),
        replace(CALLER, at=AT - timedelta(hours=10, seconds=1)),
        replace(CALLER, lon=None, lat=None, address="西湖区文三路1号"),
        replace(CALLER, lon=None, lat=None, address=""),
        replace(CALLER, lon=None, lat=None, address="下城区朝晖街道朝晖路18号门口"),
        replace(CALLER, lon=None, lat=None, address="下城区朝晖街道朝晖路门口"),
        replace(CALLER, lon=None, lat=None, street_code="330103001"),
        replace(CALLER, lon=None, lat=None, street_code=None),
    ],
)
def test_what_is_the_same_or_not_near_is_not_compared(other):
    assert compare(CAMERA, other, RULES) is None
    assert compare(other, CAMERA, RULES) is None


def test_at_the_very_edge_of_the_reach_it_still_is():
    assert compare(CAMERA, replace(CALLER, lat=30.285 + 99.9 * METRE, at=AT + timedelta(hours=10)), RULES) is not None


def test_of_two_classes_with_another_reach_the_smaller_counts():
    minor = replace(CALLER, class_code="E0102", at=AT)
    assert compare(CAMERA, replace(minor, lat=30.285 + 49 * METRE), RULES).parts["same_class"].value == 0.0
    assert compare(CAMERA, replace(minor, lat=30.285 + 51 * METRE), RULES) is None
    assert compare(CAMERA, replace(minor, at=AT + timedelta(hours=2, minutes=1)), RULES) is None


def test_a_class_without_a_reach_of_its_own_has_that_of_its_major_class():
    assert RULES.reach_of("E0102") == Reach(50.0, timedelta(hours=2))
    assert RULES.reach_of("E0299") == Reach(400.0, timedelta(hours=1))
    assert RULES.reach_of("C0101") == Reach(100.0, timedelta(hours=10))
    assert RULES.farthest_m == 400.0
    assert major_of("E0102") == "E01"


def test_without_coordinates_the_street_and_the_address_say_where_it_is():
    likeness = compare(CAMERA, replace(CALLER, lon=None, lat=None), RULES)
    assert likeness.distance_m is None
    assert (likeness.parts["distance"].value, likeness.parts["distance"].known) == (0.5, False)


def test_what_cannot_be_told_counts_neither_for_nor_against():
    likeness = compare(replace(CAMERA, text="", address="路"), CALLER, RULES)
    for name in ("text", "address"):
        assert (likeness.parts[name].value, likeness.parts[name].known) == (0.5, False)


# The origins, by hand: source, channel, reporter of each.
ORIGINS = [
    (("video", "camera", None), ("hotline", "12345", "r1"), "other_source"),
    (("hotline", "12345", "r1"), ("work_order", "app", "r1"), "other_source"),
    (("hotline", "12345", "r1"), ("hotline", "app", "r2"), "other_channel"),
    (("hotline", "12345", None), ("hotline", "app", None), "other_channel"),
    (("hotline", "12345", "r1"), ("hotline", "12345", "r2"), "other_reporter"),
    (("hotline", "12345", "r1"), ("hotline", "12345", "r1"), "same_reporter"),
    (("hotline", "12345", "r1"), ("hotline", "app", "r1"), "same_reporter"),
    (("hotline", "12345", "r1"), ("hotline", "12345", None), "same"),
    (("video", "camera", None), ("video", "camera", None), "same"),
]


@pytest.mark.parametrize(("one", "other", "origin"), ORIGINS)
def test_where_two_reports_come_from(one, other, origin):
    mine, theirs = (replace(CAMERA, source=s, channel=c, reporter_key=r) for s, c, r in (one, other))
    assert origin_of(mine, theirs) == origin_of(theirs, mine) == origin


def test_texts_are_compared_by_pairs_of_characters_whatever_their_writing():
    assert dice("占道经营", "占道经营") == 1.0
    assert dice("占道经营！", "【占道经营】") == 1.0
    assert dice("ＡＢ12", "ab12") == 1.0
    assert dice("占道经营", "井盖缺失") == 0.0
    assert dice("占", "占道经营") is None
    assert dice("", "") is None
    assert overlap("朝晖路182号", "下城区朝晖街道朝晖路182号") == 1.0
    assert overlap("朝晖路182号", "") is None
    assert overlap("朝晖路182号", "朝晖路18号") == 0.5  # a number is one piece


def test_metres_are_those_of_the_earth():
    # A degree of latitude is 111,195 m on the mean sphere; of longitude that times the cosine.
    assert distance_m(120.0, 30.0, 120.0, 31.0) == pytest.approx(111_195, abs=1)
    assert distance_m(120.0, 60.0, 121.0, 60.0) == pytest.approx(55_597, abs=10)
    assert distance_m(120.0, 30.0, 120.0, 30.0) == 0.0


def test_the_box_holds_what_is_within_the_distance():
    west, south, east, north = box_around(120.0, 30.0, 1000.0)
    assert distance_m(120.0, 30.0, 120.0, north) == pytest.approx(1000.0, abs=0.01)
    assert distance_m(120.0, south, 120.0, 30.0) == pytest.approx(1000.0, abs=0.01)
    assert 1000.0 <= distance_m(120.0, 30.0, east, 30.0) < 1001.0
    assert 120.0 - west == pytest.approx(east - 120.0)
