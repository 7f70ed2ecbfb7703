"""`jiedao routing`: what the rules are, why one applies, and what others would have done."""

from __future__ import annotations

import csv
import json

import pytest

from tests.e2e.cli.terminal import ROOT, ZHAOHUI, form

OWN = (ROOT / "config" / "districts" / "330103" / "routing.toml").read_text("utf-8")
HEAD = 'version = "tried"\neffective_from = 2026-01-01\n'
EVERYTHING_TO_SERVICE = (
    f'{HEAD}[[rules]]\nid = "all"\nname = "全部"\nthen = {{ platform = "service", department = "街道社区" }}\n'
)
NOISE = form("N1", class_code="S0404", title="深夜麻将扰民", description="")
PARKING = form("N2", class_code="S0403", title="停车难", description="")
BY_DAY = {"reported_at": "2026-11-24T10:00:00+08:00"}
"""On a Tuesday: at night and on days of rest the profile's rules put tags on whatever comes in."""


def _trial(terminal, content, *options):
    return terminal.ask("routing", "try", "--inputs", terminal.write("inputs.json", content), *options)


def test_the_rules_in_force_are_those_of_the_profile(terminal):
    shown = terminal.ask("routing", "show")
    assert shown["version"].startswith("330103-2026.1@")
    assert len(shown["rules"]) == OWN.count("[[rules]]")
    assert shown["unreachable"] == []
    told = terminal.run("routing", "show").stdout
    assert "night-noise" in told
    assert "假定 assumed" in told
    assert "时段 22:00–06:00" in told


def test_rules_of_a_file_are_shown_with_those_that_are_never_reached(terminal):
    file = terminal.write(
        "rules.toml", EVERYTHING_TO_SERVICE + EVERYTHING_TO_SERVICE.removeprefix(HEAD).replace('"all"', '"b"')
    )
    assert terminal.ask("routing", "show", "--rules", file)["unreachable"] == [{"rule": "b", "hidden_by": "all"}]
    assert "永不命中 never reached: b（all 之后）" in terminal.run("routing", "show", "--rules", file).stdout
    terminal.run("routing", "show", "--rules", file, "--as-of", "2026-11-24T09:30", code=2)


def test_there_were_no_rules_before_they_were_adopted(terminal):
    assert terminal.ask("routing", "show", "--as-of", "2020-01-01T00:00", code=3)["error"]["code"] == "not_found"


def test_a_made_up_report_is_tried_and_each_rule_says_which_condition_failed(terminal):
    inputs = {"source": "hotline", "class_code": "E0128", "reported_at": "2026-11-24T23:10:00+08:00"}
    found = _trial(terminal, inputs)
    assert (found["decision"]["rule_id"], found["decision"]["route"]["priority"]) == ("night-noise", 1)
    outcomes = {rule["rule_id"]: rule["outcome"] for rule in found["rules"]}
    assert (outcomes["petition"], outcomes["wulin-night-market"]) == ("failed", "not_reached")
    told = terminal.run("routing", "try", "--inputs", "-", content=json.dumps(inputs)).stdout
    assert "渠道 12345 不在 信访" in told
    assert "分类 E0128 商业噪音 符合 E0128 商业噪音、E0301 施工扰民；标签 夜间 符合 夜间" in told
    by_day = _trial(terminal, inputs | {"reported_at": "2026-11-24T10:00:00+08:00"})
    assert by_day["decision"]["rule_id"] is None


def test_an_incident_is_tried_by_the_rules_in_force_and_by_others(terminal):
    terminal.feed(NOISE)
    found = terminal.ask("routing", "try", "manual:N1")
    assert found["decision"] == found["recorded"]
    assert found["decision"]["rule_id"] == "neighbours-at-night"
    file = terminal.write("rules.toml", EVERYTHING_TO_SERVICE)
    other = terminal.ask("routing", "try", "manual:N1", "--rules", file)
    assert (other["decision"]["rule_id"], other["recorded"]["rule_id"]) == ("all", "neighbours-at-night")
    assert "已记录 recorded: neighbours-at-night" in terminal.run("routing", "try", "manual:N1", "--rules", file).stdout
    shown = terminal.run("incident", "show", "manual:N1").stdout
    assert "neighbours-at-night" in shown
    assert "夜间噪声" in shown
    assert "劝导" in shown  # what closing confirms
    assert "按派单规则 neighbours-at-night" in terminal.run("incident", "history", "manual:N1").stdout


@pytest.mark.parametrize("given", [(), ("manual:N1", "--inputs", "-")])
def test_a_trial_is_of_an_incident_or_of_a_report(terminal, given):
    terminal.run("routing", "try", *given, code=2)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [("{", "the inputs must be a JSON object"), ("[]", "the inputs must be a JSON object"),
     ('{"source": "fax"}', "there is no source 'fax'"), ('{"sauce": "x"}', "it knows no 'sauce'")],
)  # fmt: skip
def test_inputs_that_cannot_be_tried_are_told(terminal, content, sentence):
    assert sentence in terminal.run("routing", "try", "--inputs", terminal.write("i.json", content), code=1).stderr


def test_wrong_rules_are_refused_with_the_rule_that_has_the_fault(terminal):
    file = terminal.write("rules.toml", EVERYTHING_TO_SERVICE.replace("街道社区", "交警支队"))
    for command in (("show", "--rules", file), ("dry-run", "--rules", file, "--since", "2026-01-01")):
        assert "[rules all.then] department" in terminal.run("routing", *command, code=1).stderr


def test_a_dry_run_says_what_would_have_gone_from_whom_to_whom(terminal):
    reports = (NOISE, PARKING, form("N3"), form("N4"), form("N5", class_code="no-such-class"))
    terminal.feed(*(report | BY_DAY for report in reports))
    file = terminal.write("rules.toml", EVERYTHING_TO_SERVICE)
    rows = terminal.folder / "changes.csv"
    options = ("--rules", file, "--since", "2026-01-01", "--examples", "1", "--csv", rows)
    run = terminal.ask("routing", "dry-run", *options)
    assert (run["looked_at"], run["changed"], run["moved"]) == (5, 4, 4)
    ways = {(way["from"]["platform"], way["from"]["department"]): way for way in run["ways"]}
    assert {key: way["incidents"] for key, way in ways.items()} == {
        ("enforcement", "街道综合行政执法队"): 3, (None, None): 1,
    }  # fmt: skip
    assert all(way["to"] == {"platform": "service", "department": "街道社区"} for way in run["ways"])
    assert all(len(way["examples"]) == 1 for way in run["ways"])
    assert ways[None, None]["examples"][0]["external_id"] == "N5"
    assert run["applied"] == [{"rule": "all", "incidents": 5}]
    assert (run["fields"]["platform"], run["fields"]["tags"]) == (4, 1)
    with rows.open(encoding="utf-8", newline="") as written:
        listed = {row["external_id"]: row for row in csv.DictReader(written)}
    assert set(listed) == {"N1", "N3", "N4", "N5"}
    assert (listed["N1"]["rule_before"], listed["N1"]["rule_after"]) == ("neighbours-at-night", "all")
    assert "平台 综合行政执法→便民服务" in listed["N1"]["changed"]
    assert listed["N1"]["street_code"] == ZHAOHUI
    told = terminal.run("routing", "dry-run", *options, "--force").stdout
    assert "待人工判定" in told
    assert "去向不同 4 件，另有变化 0 件" in told
    assert "manual:N5" in told


def test_the_rules_in_force_replayed_change_nothing(terminal):
    terminal.feed(NOISE, PARKING)
    run = terminal.ask("routing", "dry-run", "--rules", terminal.write("own.toml", OWN), "--since", "2026-01-01")
    assert (run["looked_at"], run["changed"], run["ways"], run["fields"]) == (2, 0, [], {})


def test_a_dry_run_looks_at_whole_days_of_the_district(terminal):
    terminal.feed(
        form("N1", reported_at="2026-11-23T23:59:00+08:00"), form("N2", reported_at="2026-11-24T00:00:00+08:00")
    )
    file = terminal.write("rules.toml", EVERYTHING_TO_SERVICE)

    def looked_at(*days):
        return terminal.ask("routing", "dry-run", "--rules", file, *days)["looked_at"]

    assert looked_at("--since", "2026-11-24") == 1
    assert looked_at("--since", "2026-11-23") == 2
    assert looked_at("--since", "2026-11-23", "--until", "2026-11-23") == 1
    assert looked_at("--since", "2026-11-25") == 0
