"""`jiedao clocks`: what is due next, by the limits of district 330103."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.e2e.cli.terminal import ZHAOHUI


def test_what_waits_has_clocks_and_what_is_dispatched_has_those_of_its_task(filled):
    first = filled.ask("clocks", "list")
    found = first["items"]
    assert {(one["external_id"], one["clock"]) for one in found} == {
        ("M1", "admit"), ("M2", "admit"), ("M3", "admit"), ("M4", "triage"), ("M5", "triage"),
    }  # fmt: skip
    for words in (("admit",), ("file",), ("dispatch", "--kind", "platform", "--to", "朝晖街道")):
        filled.run("incident", words[0], "manual:M3", *words[1:])
    found = filled.ask("clocks", "list", "--incident", "manual:M3")["items"]
    assert {(one["clock"], one["task_id"]) for one in found} == {
        ("accept", "T1"), ("handle", "T1"), ("total", None),
    }  # fmt: skip
    accept = next(one for one in found if one["clock"] == "accept")
    since, due = (datetime.fromisoformat(accept[name]) for name in ("since", "due_at"))
    assert (due - since, accept["time_limit"], accept["clock_label"]) == (timedelta(hours=1), "1小时", "签收时限")
    then = filled.ask("clocks", "list", "--incident", "manual:M3", "--as-of", first["position"])["items"]
    assert [(one["clock"], one["state"]) for one in then] == [("admit", "received")]
    listed = filled.ask("incident", "list", "--state", "dispatched")["items"]
    assert [one["external_id"] for one in listed] == ["M3"]
    assert filled.ask("incident", "list", "--state", "dispatched", "--as-of", first["position"])["items"] == []
    told = filled.ask("incident", "history", "manual:M3", "--as-of", first["position"])
    assert told["incident"]["state"] == "received"
    assert max(event["position"] for event in told["events"]) <= first["position"]
    assert "截至日志位置" in filled.run("incident", "history", "manual:M3", "--as-of", first["position"]).stdout
    assert "before the log began" in filled.run("incident", "list", "--as-of", "2020-01-01", code=1).stderr


def test_a_list_is_narrowed_in_the_words_of_people(filled):
    assert len(filled.ask("clocks", "list", "--street", "朝晖")["items"]) == 4
    assert filled.ask("clocks", "list", "--street", ZHAOHUI, "--clock", "handle")["items"] == []
    assert len(filled.ask("clocks", "list", "--platform", "综合行政执法", "--clock", "admit")["items"]) == 3
    assert filled.ask("clocks", "list", "--due-before", "2020-01-01T08:00")["items"] == []
    assert len(filled.ask("clocks", "list", "--due-before", "2100-01-01T08:00", "--all")["items"]) == 5


def test_the_table_says_it_in_chinese_and_by_the_districts_time(filled):
    shown = filled.run("clocks", "list").stdout
    assert "受理时限" in shown
    assert "判定时限" in shown
    assert "朝晖街道" in shown
    assert "已超期" not in shown
