"""Duplicates over HTTP: suggested with what speaks for them, dismissed by people, and told together."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.e2e.http.district import CITY_BRAIN, DISPATCHER, EAST, HOTLINE, WESTERNER, order

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def matter(call):
    """A camera and two callers at one place, and one far away; their ids, and where the views show them."""
    seen, _ = call.push_and_see(order("camera"))
    calls, _ = call.push_and_see([order("c1", phone="13900000001"), order("c2", phone="13900000002")], source="hotline")
    far, position = call.push_and_see(order("far", EAST))
    return [one["incident_id"] for one in (*seen, *calls, *far)], position


def duplicates(call, incident_id, position, token=DISPATCHER, **query):
    return call.get(f"/v1/incidents/{incident_id}/duplicates", token, min_position=position, **query)


def say(call, what, one, other, token=DISPATCHER, body=None):
    address = f"/v1/incidents/{one}/duplicates/{other}/{what}"
    return call.post(address, token, json={"reason": "两处"} if body is None else body)


def test_each_suggestion_has_a_score_its_parts_and_a_sentence(call, matter):
    (camera, first, second, _far), position = matter
    answer = duplicates(call, camera, position).json()
    assert {one["incident"]["incident_id"] for one in answer["items"]} == {first, second}
    assert (answer["compared"], answer["complete"], answer["assumed"], answer["note"]) == (2, True, True, None)
    best = answer["items"][0]
    assert best["score"] == pytest.approx(sum(part["value"] * part["share"] for part in best["parts"]), abs=0.01)
    assert [part["label"] for part in best["parts"]] == ["距离", "时间", "分类", "描述", "地址", "来源"]
    assert best["sentence"].startswith("相距 0 米，相隔 0 分钟，小类相同，来源不同，描述相似")
    assert (best["origin"], best["origin_label"], best["distance_m"]) == ("other_source", "来源不同", 0.0)
    assert len(duplicates(call, camera, position, limit=1).json()["items"]) == 1
    assert duplicates(call, camera, position, limit=0).status_code == 422


def test_who_may_not_see_an_incident_gets_no_suggestions_of_it(call, matter):
    (camera, *_, far), position = matter
    assert duplicates(call, far, position, WESTERNER).status_code == 404
    assert duplicates(call, camera, position, WESTERNER).status_code == 200
    assert duplicates(call, camera, position, CITY_BRAIN).status_code == 403


def test_what_a_person_said_to_be_two_is_not_suggested_until_that_is_taken_back(call, matter):
    (camera, first, second, _far), _position = matter
    done = say(call, "dismiss", camera, first).json()
    assert (done["incident_id"], done["other_id"], done["are_two"]) == (camera, first, True)
    assert say(call, "dismiss", first, camera).json()["position"] is None
    after = duplicates(call, camera, done["position"]).json()
    assert [one["incident"]["incident_id"] for one in after["items"]] == [second]
    (judgement,) = after["not_duplicates"]
    assert (judgement["incident_id"], judgement["reason"], judgement["actor"]) == (first, "两处", "user:dispatch")
    back = say(call, "withdraw", camera, first).json()
    assert len(duplicates(call, first, back["position"]).json()["items"]) == 2


def test_a_judgement_that_cannot_be_is_told_why(call, matter):
    (camera, first, *_), _position = matter
    assert say(call, "dismiss", camera, first, WESTERNER).status_code == 403
    assert say(call, "withdraw", camera, first).status_code == 400
    assert say(call, "dismiss", camera, camera).status_code == 400
    for body, pointer in (({}, ""), ({"reason": ""}, "/reason"), ({"reason": "x", "more": 1}, "")):
        refused = say(call, "dismiss", camera, first, body=body)
        assert refused.status_code == 400
        assert [one["pointer"] for one in refused.json().get("errors", [{"pointer": ""}])] == [pointer]
    plain = call.post(f"/v1/incidents/{camera}/duplicates/{first}/dismiss", DISPATCHER, content=b"x")
    assert plain.status_code == 415


def test_several_complaints_of_one_matter_are_shown_together(call, matter):
    (camera, first, second, far), position = matter
    span = {"since": "2026-11-24T00:00:00+08:00", "until": "2026-11-25T00:00:00+08:00", "min_position": position}
    answer = call.get("/v1/repeated-complaints", DISPATCHER, **span).json()
    (told,) = answer["items"]
    assert {one["incident_id"] for one in told["incidents"]} == {camera, first, second}
    assert (told["reports"], told["reporters"], told["sources"]) == (3, 2, ["city_brain", "hotline"])
    assert told["matter_id"] == told["incidents"][0]["incident_id"]
    assert far not in {one["incident_id"] for one in told["incidents"]}
    assert call.get("/v1/repeated-complaints", WESTERNER, street=EAST, **span).status_code == 403
    assert call.get("/v1/repeated-complaints", DISPATCHER, street=EAST, **span).json()["items"] == []
    assert call.get("/v1/repeated-complaints", HOTLINE, **span).status_code == 403
    too_long = {"since": "2026-01-01T00:00:00Z", "until": "2026-11-25T00:00:00Z"}
    assert call.get("/v1/repeated-complaints", DISPATCHER, **too_long).json()["errors"][0]["pointer"] == "/since"


def test_without_a_span_the_last_seven_days_are_looked_through(call):
    answer = call.get("/v1/repeated-complaints", DISPATCHER).json()
    since, before = (datetime.fromisoformat(answer[name]).astimezone(SHANGHAI) for name in ("since", "before"))
    assert before - since == timedelta(days=7)
    assert before.time() == time.min
