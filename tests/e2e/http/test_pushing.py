"""A source pushes reports, and is told what became of each."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from jiedao.entrypoints.http.models import ReportsAnswer
from tests.e2e.http.district import CITY_BRAIN, EAST, HOTLINE, WEST, fresh_orders, order

PUSH = "/v1/sources/city_brain/reports"


def test_a_report_becomes_an_incident_in_its_streets_queue(call):
    answer = call.push(order(1, EAST))
    assert answer.status_code == 200
    document = ReportsAnswer.model_validate_json(answer.content)
    (result,) = document.results
    assert (result.outcome, result.outcome_label, result.external_id) == ("accepted", "已接收", "N1")
    assert (result.street_code, result.street_name, result.platform, result.state) == (
        EAST, "文晖街道", "enforcement", "received",
    )  # fmt: skip
    assert document.counts == {"accepted": 1}
    queue = call.get(f"/v1/streets/{EAST}/queues/enforcement", min_position=document.position).json()
    assert [entry["incident_id"] for entry in queue["items"]] == [str(result.incident_id)]


def test_the_same_report_twice_is_one_incident(call):
    first = call.push(order(1)).json()["results"][0]
    second = call.push(order(1)).json()
    assert second["results"][0]["outcome"] == "duplicate"
    assert second["results"][0]["incident_id"] == first["incident_id"]
    assert second["position"] is None


def test_a_batch_is_answered_record_by_record_and_a_bad_one_stops_nobody(call):
    answer = call.push([order(1), {"title": "无编号"}, order(2, EAST)])
    assert answer.status_code == 200
    document = answer.json()
    assert [result["outcome"] for result in document["results"]] == ["accepted", "dead", "accepted"]
    assert document["counts"] == {"accepted": 2, "dead": 1}
    dead = document["results"][1]
    assert (dead["index"], dead["reason"], dead["pointer"]) == (1, "id_missing", "/id")
    assert (dead["reason_label"], document["results"][0]["reason_label"]) == ("缺少编号", None)
    letter = call.get(f"/v1/dead-letters/{dead['dead_letter_id']}", min_position=document["position"]).json()
    assert letter["origin"].endswith("#1")
    assert letter["reason_label"] == "缺少编号"


def test_a_batch_of_one_bad_record_is_still_a_batch(call):
    assert call.push([{"title": "无编号"}]).status_code == 200


def test_a_single_unreadable_record_is_a_problem_that_points_to_the_field_and_names_its_dead_letter(call):
    answer = call.push({"title": "无编号"})
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["type"] == "urn:jiedao:problem:unreadable_record"
    assert problem["errors"] == [{"pointer": "/id", "detail": problem["detail"], "in": "body"}]
    assert (problem["reason"], problem["reason_label"]) == ("id_missing", "缺少编号")
    again = call.push({"title": "无编号"})
    assert again.status_code == 422
    assert again.json()["dead_letter_id"] == problem["dead_letter_id"]
    letters = call.get("/v1/dead-letters", min_position=1).json()["items"]
    assert [letter["dead_letter_id"] for letter in letters] == [problem["dead_letter_id"]]


def test_every_bad_field_of_a_single_record_is_pointed_to(call):
    bad = order(1, title=["占道"], phone=13800001111)
    told = [
        {"pointer": "/title", "detail": "the title must be a text", "in": "body"},
        {"pointer": "/phone", "detail": "the phone must be a text", "in": "body"},
    ]
    for answer in (call.push(bad, validate="only"), call.push(bad), call.push(bad)):
        assert (answer.status_code, answer.json()["errors"]) == (422, told)
    assert answer.json()["external_id"] == "N1"
    letter = call.get("/v1/dead-letters", min_position=1).json()["items"][0]
    faults = [{"reason": "wrong_type", "detail": one["detail"], "pointer": one["pointer"]} for one in told]
    assert letter["faults"] == faults
    assert (letter["reason"], letter["pointer"]) == ("wrong_type", "/title")
    good, dead = call.push([order(2), bad]).json()["results"]
    assert (good["faults"], dead["faults"], dead["outcome"]) == ([], faults, "duplicate")


def test_a_body_that_is_no_json_at_all_is_set_aside_whole(call):
    answer = call.post(PUSH, content=b'{"id": "N1"', headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["reason"] == "not_json"
    assert answer.json()["dead_letter_id"]


def test_validate_only_says_what_would_happen_and_records_nothing(call):
    answer = call.push([order(1), {"title": "无编号"}], validate="only").json()
    assert answer["recorded"] is False
    assert [result["outcome"] for result in answer["results"]] == ["accepted", "dead"]
    assert answer["results"][1]["dead_letter_id"] is None
    assert answer["position"] is None
    single = call.push({"title": "无编号"}, validate="only")
    assert single.status_code == 422
    assert "dead_letter_id" not in single.json()
    assert call.push(order(1)).json()["results"][0]["outcome"] == "accepted"
    assert call.get("/v1/dead-letters").json()["items"] == []


def test_lines_of_json_are_a_batch(call):
    lines = "\n".join(json.dumps(order(number)) for number in range(3))
    answer = call.post(PUSH, content=lines, headers={"Content-Type": "application/x-ndjson; charset=utf-8"})
    assert answer.json()["counts"] == {"accepted": 3}


def test_a_large_batch_is_recorded_in_steps_and_answered_whole(call):
    orders = fresh_orders(2_500)
    document = call.push(orders).json()
    assert document["counts"] == {"accepted": 2_500}
    assert [result["external_id"] for result in document["results"]] == [one["id"] for one in orders]


@pytest.mark.parametrize(
    ("headers", "content", "status", "code"),
    [
        ({"Content-Type": "text/plain"}, b"x", 415, "unsupported_media_type"),
        ({}, b"x", 415, "unsupported_media_type"),
        ({"Content-Type": "application/json", "Content-Encoding": "gzip"}, b"x", 415, "unsupported_media_type"),
        ({"Content-Type": "application/json"}, b"", 400, "invalid_input"),
        ({"Content-Type": "application/json"}, b"[]", 400, "invalid_input"),
        ({"Content-Type": "application/json"}, b"[" + b"0," * 10_000 + b"0]", 413, "too_large"),
        ({"Content-Type": "application/json"}, b" " * (16 * 1024 * 1024 + 1), 413, "too_large"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_the_reason(call, headers, content, status, code):
    answer = call.post(PUSH, content=content, headers=headers)
    assert answer.status_code == status
    assert answer.json()["type"] == f"urn:jiedao:problem:{code}"


def test_a_body_without_announced_length_is_cut_off_at_the_limit(call):
    def endless():
        for _ in range(10_000):
            yield b" " * 65_536

    answer = call.post(PUSH, content=endless(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


def test_many_single_pushes_at_once_are_each_answered_with_their_own_outcome(call):
    orders = fresh_orders(120)
    bad = {"title": "无编号"}
    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(call.push, [*orders, bad]))
    assert answers.pop().status_code == 422
    assert [answer.json()["results"][0]["external_id"] for answer in answers] == [one["id"] for one in orders]
    assert {answer.json()["results"][0]["outcome"] for answer in answers} == {"accepted"}


def test_a_source_reconciles_its_day_and_looks_up_a_record(call):
    call.push([order(1), order(2), {"title": "无编号"}, order(1)], "hotline")
    call.push(order(1, revision=2, title="占道经营（补充）"), "hotline")
    today = call.get("/v1/sources/hotline/reports/N1", HOTLINE).json()
    assert [delivery["outcome"] for delivery in today["deliveries"]] == ["accepted", "duplicate", "revised"]
    day = today["deliveries"][0]["received_at"]
    assert day.endswith("Z")
    found = call.get("/v1/sources/hotline/reconciliation", HOTLINE, date=_local_day(day)).json()
    assert {name: found[name] for name in ("received", "accepted", "revised", "late", "duplicate", "dead")} == {
        "received": 5, "accepted": 3, "revised": 1, "late": 0, "duplicate": 1, "dead": 1,
    }  # fmt: skip
    assert [one["external_id"] for one in found["records"]["accepted"]] == ["N1", "N2"]
    assert found["next_cursor"] is None
    assert call.get("/v1/sources/hotline/reconciliation", HOTLINE, date="2020-01-01").json()["received"] == 0
    assert call.get("/v1/sources/hotline/reports/N99", HOTLINE).status_code == 404


def test_a_days_deliveries_are_read_page_by_page_and_by_outcome(call):
    call.push([order(number) for number in range(1, 6)] + [order(1)], "hotline")
    day = _local_day(call.get("/v1/sources/hotline/reports/N1", HOTLINE).json()["deliveries"][0]["received_at"])
    path, found, cursor = "/v1/sources/hotline/reconciliation", [], {}
    while True:
        page = call.get(path, HOTLINE, date=day, limit=4, **cursor).json()
        assert (page["received"], page["duplicate"]) == (6, 1)
        found += [one["external_id"] for one in page["records"]["accepted"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert found == ["N1", "N2", "N3", "N4", "N5"]
    alone = call.get(path, HOTLINE, date=day, outcome="duplicate").json()["records"]
    assert {outcome: [one["external_id"] for one in many] for outcome, many in alone.items() if many} == {
        "duplicate": ["N1"]
    }
    refused = call.get(path, HOTLINE, date=day, outcome="duplicate", **cursor)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/cursor")


def test_a_number_with_a_slash_can_be_looked_up(call):
    call.push(order(1, id="HZ/2026/7"), "hotline")
    assert call.get("/v1/sources/hotline/reports/HZ/2026/7").json()["external_id"] == "HZ/2026/7"


def test_a_source_pushes_its_own_reports_and_nobody_elses(call):
    assert call.push(order(1), "city_brain", CITY_BRAIN).status_code == 200
    refused = [call.push(order(1), source, CITY_BRAIN) for source in ("hotline", "no_such_source")]
    assert [answer.status_code for answer in refused] == [403, 403]
    assert len({answer.json()["detail"] for answer in refused}) == 1
    assert call.push(order(1), "no_such_source").status_code == 404


def test_where_it_belongs_follows_from_place_and_class(call):
    results, _ = call.push_and_see([
        order(1, WEST), order(2, lon=None, lat=None), order(3, **{"class": "unknown"}),
        order(4, lon=None, lat=None, needed=False, **{"class": "H0101"}),
    ])  # fmt: skip
    assert [(one["street_code"], one["platform"], one["state"]) for one in results] == [
        (WEST, "enforcement", "received"), (None, "enforcement", "triage"), (WEST, None, "triage"),
        (None, "service", "received"),
    ]  # fmt: skip
    assert results[2]["flags"] == ["class_unknown"]


def _local_day(moment):
    return datetime.fromisoformat(moment).astimezone(ZoneInfo("Asia/Shanghai")).date().isoformat()
