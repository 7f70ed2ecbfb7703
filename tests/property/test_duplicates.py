"""Likeness is the same from either side, and grouping is that of comparing everything with everything, in any order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from jiedao.domain.distance import box_around, distance_m
from jiedao.domain.duplicates import DuplicateRules, Reach, Sighting, compare
from jiedao.domain.repeated_complaints import are_one_matter, pair_of, repeated_complaints

START = datetime(2026, 11, 25, tzinfo=UTC)
RULES = DuplicateRules(
    reach=Reach(100.0, timedelta(hours=6)),
    by_class={"E0102": Reach(40.0, timedelta(hours=2)), "G01": Reach(500.0, timedelta(hours=30))},
)
TEXTS = st.sampled_from(["占道经营", "商铺占道经营堆物", "噪音扰民", "", "井"])
ADDRESSES = st.sampled_from(["朝晖路182号", "下城区朝晖路182号", "再行路1号", ""])


@st.composite
def sightings(draw, number):
    placed = draw(st.integers(0, 3)) > 0
    return Sighting(
        incident_id=UUID(int=number),
        source=draw(st.sampled_from(["video", "hotline"])),
        channel=draw(st.sampled_from(["12345", "app"])),
        reporter_key=draw(st.sampled_from([None, "r1", "r2", "r3"])),
        class_code=draw(st.sampled_from(["E0101", "E0102", "G0101"])),
        street_code=draw(st.sampled_from([None, "330103006", "330103007"])),
        at=START + timedelta(minutes=draw(st.integers(0, 1000))),
        lon=120.165 + draw(st.integers(-60, 60)) * 1e-5 if placed else None,
        lat=30.285 + draw(st.integers(-60, 60)) * 1e-5 if placed else None,
        text=draw(TEXTS),
        address=draw(ADDRESSES),
        merged_into=draw(st.sampled_from([None, None, None, UUID(int=0), UUID(int=99)])) if number else None,
    )


MANY = st.integers(2, 14).flatmap(lambda count: st.tuples(*(sightings(number) for number in range(count))))


def by_comparing_all(many, distinct):
    """The slow way: start with everybody alone and melt groups together as long as two of them belong together."""
    ids = {one.incident_id for one in many}
    groups = [{one.incident_id} for one in many]
    edges = [{one.incident_id, one.merged_into} for one in many if one.merged_into in ids]
    edges += [
        {one.incident_id, other.incident_id}
        for index, one in enumerate(many)
        for other in many[:index]
        if pair_of(one.incident_id, other.incident_id) not in distinct and are_one_matter(one, other, RULES)
    ]
    for edge in edges:
        touched = [group for group in groups if group & edge]
        groups = [group for group in groups if not group & edge] + [set().union(*touched)]
    return {frozenset(group) for group in groups if len(group) > 1}


@given(many=MANY)
def test_likeness_is_the_same_from_either_side(many):
    for one in many:
        for other in many:
            there, back = compare(one, other, RULES), compare(other, one, RULES)
            assert there == back
            assert there is None or 0.0 <= there.score <= 1.0


@given(many=MANY, at_least=st.floats(0, 1))
def test_leaving_the_texts_out_early_never_leaves_out_what_is_alike(many, at_least):
    for one in many:
        for other in many:
            whole, quick = compare(one, other, RULES), compare(one, other, RULES, at_least)
            assert quick in (whole, None)
            assert quick == whole or whole.score < at_least


@settings(max_examples=300)
@given(many=MANY, data=st.data())
def test_matters_are_those_of_comparing_everything_in_whatever_order(many, data):
    ids = st.sampled_from([one.incident_id for one in many])
    pairs = data.draw(st.lists(st.tuples(ids, ids), max_size=3), "said to be two")
    distinct = frozenset(pair_of(*pair) for pair in pairs)
    found = repeated_complaints(many, RULES, distinct)
    assert {frozenset(matter.incident_ids) for matter in found} == by_comparing_all(many, distinct)
    assert repeated_complaints(data.draw(st.permutations(many), "order"), RULES, distinct) == found
    moments = {one.incident_id: one.at for one in many}
    for matter in found:
        times = [moments[one] for one in matter.incident_ids]
        assert times == sorted(times)
        assert (matter.since, matter.latest) == (times[0], times[-1])
    assert [matter.latest for matter in found] == sorted((matter.latest for matter in found), reverse=True)


@given(
    lon=st.floats(-170, 170), lat=st.floats(-80, 80), metres=st.floats(1, 5000),
    east=st.floats(-1, 1), north=st.floats(-1, 1),
)  # fmt: skip
def test_nothing_within_the_distance_lies_outside_the_box(lon, lat, metres, east, north):
    west_edge, south_edge, east_edge, north_edge = box_around(lon, lat, metres)
    other_lon, other_lat = lon + east * (east_edge - lon) * 1.5, lat + north * (north_edge - lat) * 1.5
    if distance_m(lon, lat, other_lon, other_lat) <= metres:
        assert west_edge <= other_lon <= east_edge
        assert south_edge <= other_lat <= north_edge
