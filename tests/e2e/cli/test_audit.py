"""`jiedao audit`: an incident replayed, events asked for, who looked, and samples, as an auditor does it."""

from __future__ import annotations

import csv
import json

from tests.e2e.cli.terminal import CHANGQING, PHONE, ZHAOHUI, form


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def test_nobody_believes_that_a_command_without_tokens_acts_as_the_tokens_holder(filled):
    told = filled.run("audit", "replay", "manual:M1", JIEDAO_TOKEN="jd_of_somebody").stderr
    assert "jiedao audit replay takes no token: recorded is console:" in told
    assert "takes no token" not in filled.run("audit", "replay", "manual:M1").stderr


def test_an_incident_is_replayed_event_by_event_from_the_log(filled):
    filled.run("incident", "decide-jurisdiction", "manual:M1", "--street-code", CHANGQING, "--reason", "实地核对")
    filled.run("incident", "admit", "manual:M1")
    told = filled.ask("audit", "replay", "manual:M1")
    events = [step["event"] for step in told["steps"]]
    assert events[:4] == ["received", "jurisdiction_decided", "class_decided", "routed"]
    received, placed, *_ = told["steps"]
    assert {change["field"] for change in received["changes"]} >= {"state", "title", "reporter"}
    (street,) = [one for one in placed["changes"] if one["field"] == "street_code"]
    assert (street["before"], street["after"], street["after_label"]) == (None, ZHAOHUI, "朝晖街道")
    assert placed["rests_on"]["boundary_set"]
    (moved,) = [
        change for step in told["steps"] for change in step["changes"] if change["before"] == ZHAOHUI
    ]  # fmt: skip
    assert (moved["after"], moved["label"], moved["before_label"]) == (CHANGQING, "街道", "朝晖街道")
    assert told["standing"]["state"] == told["steps"][-1]["standing"]["state"] == "admitted"
    assert told["verified"] is False
    shown = filled.run("audit", "replay", "manual:M1").stdout
    assert "不核验记录；核验日志 jiedao audit verify" in shown
    assert "→ \n" not in shown, "an empty text is nothing, and no change"
    for text in (
        "街道: 朝晖街道 330103006 → 长庆街道 330103001",
        "状态: 待受理 received → 待立案 admitted",
        "依据 边界版本",
    ):
        assert text in shown
    assert '"boundary_set"' not in shown
    assert '"boundary_set"' in filled.run("audit", "replay", "manual:M1", "--inputs").stdout
    assert PHONE not in shown

    early = told["steps"][2]["position"]
    then = filled.ask("audit", "replay", "manual:M1", "--as-of", early)
    assert then["standing"]["street_code"] == ZHAOHUI
    assert [one["position"] for one in then["steps"]] == [one["position"] for one in told["steps"][:4]], (
        "a unit is whole"
    )
    assert filled.ask("incident", "show", "manual:M1", "--as-of", early)["street_code"] == ZHAOHUI
    assert "截至日志位置" in filled.run("incident", "show", "manual:M1", "--as-of", early).stdout
    filled.run("incident", "show", "manual:M1", "--as-of", "0", code=3)

    found = filled.ask("audit", "diff", "manual:M1", "--from", early)
    changes = {one["field"]: (one["before"], one["after"]) for one in found["changes"]}
    assert changes["street_code"] == (ZHAOHUI, CHANGQING)
    assert changes["state"] == ("received", "admitted")
    assert [one["label"] for one in found["events"]][-1] == "受理"
    assert "朝晖街道 330103006" in filled.run("audit", "diff", "manual:M1", "--from", early).stdout
    back = filled.ask("audit", "diff", "manual:M1", "--from", found["to_position"], "--to", early)
    assert {one["field"]: (one["after"], one["before"]) for one in back["changes"]} == changes

    looks = filled.ask("audit", "access", "--access", "replay", "--incident", "manual:M1")["items"]
    assert [one["details"] for one in looks][-1] == {}  # the first look: of the whole
    assert {"as_of": str(then["as_of"])} in [one["details"] for one in looks]


def test_step_by_step_a_person_goes_on_with_enter_and_a_program_gets_one_object_a_line(filled):
    steps = lines(filled.run("audit", "replay", "manual:M1", "--step", "--json").stdout)
    assert [step["version"] for step in steps] == list(range(1, len(steps) + 1))
    shown = filled.run("audit", "replay", "manual:M1", "--step", content="\nq\n")
    assert shown.stdout.count("position") == 2
    assert f"2/{len(steps)}" in shown.stderr


def test_todays_rules_are_laid_beside_what_happened(filled):
    same = filled.ask("audit", "replay", "manual:M1", "--under-current-rules")
    assert same["differs"] is False
    filled.run("incident", "decide-jurisdiction", "manual:M1", "--street-code", CHANGQING, "--reason", "实地核对")
    told = filled.ask("audit", "replay", "manual:M1", "--under-current-rules")
    (street,) = [one for one in told["items"] if one["field"] == "street_code"]
    assert (street["differs"], street["by_person"]) == (True, True)
    assert street["happened"].endswith(CHANGQING)
    assert street["today"].endswith(ZHAOHUI)
    shown = filled.run("audit", "replay", "manual:M1", "--under-current-rules").stdout
    assert "≠ 不同" in shown
    filled.run("audit", "replay", "manual:M1", "--under-current-rules", "--step", code=2)


def test_events_are_asked_for_and_exported_and_that_is_recorded(filled):
    filled.run("incident", "decide-jurisdiction", "manual:M1", "--street-code", CHANGQING, "--reason", "实地核对")
    filled.run("incident", "close", "manual:M1", code=1)
    filled.run("incident", "intervene", "manual:M1", "--who", "某经营户亲属", "--what", "要求从轻")
    (refused,) = filled.ask("audit", "events", "--question", "refusals")["items"]
    assert (refused["kind"], refused["command"], refused["street_code"]) == ("refusal", "close", CHANGQING)
    (change,) = filled.ask("audit", "events", "--question", "jurisdiction_changes", "--street", "朝晖")["items"]
    assert (change["street_before"], change["street_code"]) == (ZHAOHUI, CHANGQING)
    (leaned,) = filled.ask("audit", "events", "--question", "interventions")["items"]
    assert "要求从轻" in leaned["summary"]
    commands = filled.ask("audit", "events", "--question", "commands_on_incident", "--incident", "manual:M1")["items"]
    assert list(dict.fromkeys(one["command"] for one in commands)) == ["decide_jurisdiction", "close", "intervene"]
    assert filled.ask("audit", "events", "--question", "by_person", code=1)["error"]["code"] == "invalid_input"
    who = commands[0]["actor"]
    mine = filled.ask("audit", "events", "--question", "by_person", "--actor", who, "--all")["items"]
    assert {one["position"] for one in commands} < {one["position"] for one in mine}
    assert "拒绝结案" in filled.run("audit", "events", "--kind", "refusal").stdout
    assert "refusals" in filled.run("audit", "questions").stdout
    assert filled.ask("audit", "questions")["items"][0]["needs"] == "actor"
    assert filled.ask("audit", "refusals")["items"] == []

    out = filled.folder / "events.csv"
    written = filled.ask("audit", "events", "--format", "csv", "--out", out)
    rows = list(csv.DictReader(out.read_text(encoding="utf-8-sig").splitlines()))
    assert [int(row["position"]) for row in rows] == list(range(1, written["rows"] + 1))
    assert written["position"] > written["rows"]
    assert PHONE not in out.read_text(encoding="utf-8")
    lined = filled.folder / "events.jsonl"
    filled.run("audit", "events", "--kind", "command", "--kind", "refusal", "--format", "jsonl", "--out", lined)
    assert {one["kind"] for one in lines(lined.read_text(encoding="utf-8"))} <= {"command", "refusal"}
    assert [one.name for one in filled.folder.glob("*.part")] == []
    (latest, first) = filled.ask("audit", "access", "--access", "export")["items"]
    assert (first["details"], first["actor"]) == ({"format": "csv"}, who)
    assert latest["details"] == {"format": "jsonl", "kinds": "command,refusal"}
    filled.run("audit", "events", "--format", "csv", code=2)
    filled.run("audit", "events", "--format", "csv", "--out", out, "--newest-first", code=2)


def test_a_reporter_and_a_dead_letter_are_read_only_with_a_record_of_it(filled):
    shown = filled.ask("incident", "reporter", "manual:M1", "--reason", "回访核实")
    assert (shown["name"], shown["phone"], shown["masked"], shown["erased"]) == ("王小二", PHONE, False, False)
    (letter, *_) = filled.ask("dead-letters", "list")["items"]
    filled.run("dead-letters", "show", letter["dead_letter_id"], "--content")
    assert PHONE in filled.run("incident", "reporter", "manual:M1", "--reason", "再次核实").stdout
    filled.run("incident", "reporter", "manual:M1", "--reason", " ", code=1)
    read = filled.ask("audit", "access", "--access", "personal_data")["items"]
    assert [(one["subject"].partition(":")[0], one["reason"]) for one in read] == [
        ("incident", "再次核实"), ("dead_letter", None), ("incident", "回访核实"),
    ]  # fmt: skip
    assert read[0]["details"] == {"fields": "reporter", "masked": "no"}
    assert "读取个人信息" in filled.run("audit", "access").stdout
    assert "王小二" not in filled.run("audit", "events", "--all").stdout


def test_a_reporter_is_read_as_the_holder_of_the_token_that_is_shown(filled):
    def token(role, *limits):
        return filled.ask("tokens", "create", "--role", role, "--holder", f"user:{role}", *limits)["token"]

    reading = ("incident", "reporter", "manual:M1", "--reason", "回访核实")
    shown = filled.ask(*reading, "--token", token("handler"))
    assert (shown["name"], shown["masked"]) == ("王**", True)
    assert PHONE not in shown["phone"]
    assert filled.ask(*reading, "--role", "handler")["masked"]
    (_, read) = filled.ask("audit", "access", "--access", "personal_data")["items"]
    assert (read["actor"], read["role"], read["details"]["masked"]) == ("user:handler", "handler", "yes")
    filled.run(*reading, "--token", token("integrator"), code=1)
    filled.run(*reading, "--token", "jd_nobody", code=1)
    told = filled.ask("audit", "events", "--question", "refusals")["items"]
    assert "user:integrator" in {one["actor"] for one in told}
    assert len(filled.ask("audit", "access", "--access", "personal_data")["items"]) == 2


def test_a_sample_is_drawn_again_by_its_seed_and_position(filled):
    for number in ("M1", "M2", "M3"):
        filled.run("incident", "admit", f"manual:{number}")
        filled.run("incident", "settle-on-spot", f"manual:{number}", "--result", "已劝离")
    drawn = filled.ask("audit", "sample", "--size", "2", "--seed", "2026-11", "--reason", "月度抽查")
    assert (drawn["population"], len(drawn["drawn"])) == (3, 2)
    filled.feed(form("M9"))
    filled.run("incident", "admit", "manual:M9")
    filled.run("incident", "settle-on-spot", "manual:M9", "--result", "已劝离")
    again = filled.ask("audit", "sample", "--size", "2", "--seed", "2026-11", "--as-of", drawn["as_of"])
    assert again["drawn"] == drawn["drawn"]
    assert filled.ask("audit", "sample", "--size", "9")["population"] == 4
    (*_, first) = filled.ask("audit", "events", "--kind", "sample", "--newest-first")["items"]
    assert "种子 2026-11" in first["summary"]
    assert first["reason"] == "月度抽查"
