"""`jiedao queue`: what waits where, now and in the past."""

from __future__ import annotations

import re

from tests.e2e.cli.terminal import CHANGQING, ZHAOHUI, form


def test_without_a_street_everything_is_counted_in_chinese(filled):
    counts = filled.ask("queue", "show")
    streets = {street["code"]: street for street in counts["streets"]}
    assert len(streets) == 8
    assert streets[ZHAOHUI]["platforms"]["enforcement"] == 3
    assert streets[ZHAOHUI]["triage"] == 1
    assert streets[CHANGQING]["total"] == 0
    assert counts["district"]["triage"] == 1
    assert (counts["triage"], counts["total"]) == (2, 5)
    assert counts["boundaries"]["approximate"] is True

    shown = filled.run("queue", "show").stdout
    assert "近似" in shown
    (row,) = [line.split() for line in shown.splitlines() if line.startswith("朝晖街道")]
    assert row == ["朝晖街道", "0", "0", "3", "0", "1", "4"]
    (sums,) = [line.split() for line in shown.splitlines() if line.startswith("合计")]
    assert sums == ["合计", "total", "0", "0", "3", "0", "2", "5"]


def test_a_queue_is_asked_for_by_code_name_or_alias_and_answers_the_same(filled):
    by_name = filled.ask("queue", "show", "朝晖", "综合行政执法")
    assert by_name == filled.ask("queue", "show", ZHAOHUI, "enforcement")
    assert {item["external_id"] for item in by_name["items"]} == {"M1", "M2", "M3"}
    assert by_name["street_name"] == "朝晖街道"
    assert all(item["due_at"].endswith("Z") for item in by_name["items"])
    assert filled.ask("queue", "show", "朝晖街道", "market")["items"] == []


def test_a_street_alone_shows_all_its_platforms(filled):
    assert len(filled.ask("queue", "show", "朝晖")["items"]) == 3


def test_what_a_person_must_decide_is_a_queue_of_its_own(filled):
    everywhere = filled.ask("queue", "show", "--state", "triage")["items"]
    assert {item["external_id"] for item in everywhere} == {"M4", "M5"}
    assert [item["external_id"] for item in filled.ask("queue", "show", "朝晖", "--state", "triage")["items"]] == ["M4"]


def test_who_decides_a_class_sees_by_which_code_the_source_named_it(filled):
    (item,) = filled.ask("queue", "show", "朝晖", "--state", "triage")["items"]
    assert (item["class_code"], item["source_class"]) == (None, "manual:no-such-class")
    assert "manual:no-such-class" in filled.run("queue", "show", "--state", "triage").stdout
    assert filled.ask("incident", "show", "manual:M4")["source_class"] == "manual:no-such-class"
    known = filled.ask("queue", "show", "朝晖", "enforcement")["items"]
    assert {one["source_class"] for one in known} == {f"manual:{one['class_code']}" for one in known}


def test_a_queue_shows_every_open_state_and_is_narrowed_to_one(filled):
    filled.run("incident", "admit", "manual:M1")
    filled.run("incident", "decline", "manual:M2", "--reason", "不属本区")
    shown = filled.ask("queue", "show", "朝晖")
    assert {(one["external_id"], one["state"]) for one in shown["items"]} == {("M1", "admitted"), ("M3", "received")}
    assert shown["state"] is None
    assert [one["external_id"] for one in filled.ask("queue", "show", "朝晖", "--state", "admitted")["items"]] == ["M1"]
    assert filled.ask("queue", "show")["total"] == 4
    assert "待立案" in filled.run("queue", "show", "朝晖").stdout
    filled.run("queue", "show", "朝晖", "--state", "closed", code=2)


def test_orders_without_a_street_are_the_districts_own(filled):
    assert filled.ask("queue", "show", "district")["items"] == []
    assert "区级" in filled.run("queue", "show", "区级").stdout


def test_a_table_for_people_holds_whole_ids_and_says_when_more_follows(filled):
    shown = filled.run("queue", "show", "朝晖", "--limit", "2").stdout
    ids = [item["incident_id"] for item in filled.ask("queue", "show", "朝晖", "--limit", "2")["items"]]
    assert all(one in shown for one in ids)
    assert "--cursor" in shown


def test_pages_follow_each_other_without_overlap_and_all_is_all(filled):
    first = filled.ask("queue", "show", "朝晖", "--limit", "2")
    second = filled.ask("queue", "show", "朝晖", "--limit", "2", "--cursor", first["next_cursor"])
    every = filled.ask("queue", "show", "朝晖", "--all")
    assert first["items"] + second["items"] == every["items"]
    assert second["next_cursor"] is every["next_cursor"] is None
    refused = filled.ask("queue", "show", "长庆", "--cursor", first["next_cursor"], code=1)
    assert refused["error"]["code"] == "invalid_input"


def test_a_queue_as_of_a_position_or_a_time_is_as_it_stood_then(filled):
    before = filled.ask("queue", "show", "朝晖")
    filled.feed(form("M8"))
    assert len(filled.ask("queue", "show", "朝晖")["items"]) == 4
    assert len(filled.ask("queue", "show", "朝晖", "--as-of", before["position"])["items"]) == 3
    received = max(item["received_at"] for item in before["items"])
    assert len(filled.ask("queue", "show", "朝晖", "--as-of", received)["items"]) == 3
    assert filled.ask("queue", "show", "--as-of", "0")["total"] == 0
    early = filled.run("queue", "show", "--as-of", "2026-01-01T08:00", code=1).stderr
    assert re.search(r"nothing was recorded before the log began, at 20.*\+08:00$", early.strip()), early
    assert filled.ask("queue", "show", "--as-of", before["position"])["total"] == 5


def test_what_there_is_not_is_told_with_what_there_is(filled):
    missing = filled.ask("queue", "show", "西湖", code=3)
    assert missing["error"]["code"] == "not_found"
    assert "朝晖街道" in missing["error"]["message"]
    assert "综治工作" in filled.run("queue", "show", "朝晖", "traffic", code=1).stderr
