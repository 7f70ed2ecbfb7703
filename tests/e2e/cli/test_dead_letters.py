"""`jiedao dead-letters`: what could not be read, and sending it through again."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from tests.e2e.cli.terminal import BROKEN, PHONE, form


@pytest.fixture
def letters(terminal):
    """The ids of two dead letters, by reason."""
    terminal.feed(*BROKEN, code=1)
    found = {item["reason"]: item["dead_letter_id"] for item in terminal.ask("dead-letters", "list")["items"]}
    assert len(found) == 2
    return found


def test_they_are_listed_with_their_reason_and_without_their_content(terminal, letters):
    found = terminal.ask("dead-letters", "list", "--source", "manual", "--unresolved")
    assert {item["dead_letter_id"] for item in found["items"]} == set(letters.values())
    assert all(not item["resolved"] for item in found["items"])
    assert terminal.ask("dead-letters", "list", "--reason", "id_missing")["items"][0]["pointer"] == "/id"
    assert terminal.ask("dead-letters", "list", "--resolved")["items"] == []
    shown = terminal.run("dead-letters", "list").stdout
    assert letters["id_missing"] in shown
    assert "缺少编号 id_missing" in shown
    assert PHONE not in shown
    one = terminal.run("dead-letters", "show", letters["id_missing"])
    assert "缺少编号 id_missing" in one.stdout
    assert PHONE not in one.output
    assert terminal.ask("dead-letters", "show", letters["id_missing"])["reason_label"] == "缺少编号"


def test_pages_of_them_follow_each_other(terminal, letters):
    first = terminal.ask("dead-letters", "list", "--limit", "1")
    second = terminal.ask("dead-letters", "list", "--limit", "1", "--cursor", first["next_cursor"])
    assert {item["dead_letter_id"] for item in first["items"] + second["items"]} == set(letters.values())
    assert second["next_cursor"] is None


def test_the_content_is_shown_only_when_asked_for_and_that_is_recorded(terminal, letters):
    letter = letters["id_missing"]
    result = terminal.run("dead-letters", "show", letter, "--content")
    assert json.loads(result.stdout_bytes) == BROKEN[0]
    assert "personal_data_read" in result.stderr
    assert letter in result.stderr
    assert "actor=console:" in result.stderr
    (look,) = terminal.ask("audit", "access")["items"]
    assert (look["subject"], look["access_label"]) == (f"dead_letter:{letter}", "读取个人信息")
    assert PHONE not in result.stderr
    document = terminal.ask("dead-letters", "show", letter, "--content")
    assert document["encoding"] == "utf-8"
    assert json.loads(document["content"]) == BROKEN[0]


def test_content_that_is_no_text_is_base64_in_json(terminal):
    terminal.run("ingest", "file", "manual", terminal.write("bad.jsonl", b'{"id": "\xff\xfe"}\n'), code=1)
    (letter,) = terminal.ask("dead-letters", "list")["items"]
    document = terminal.ask("dead-letters", "show", letter["dead_letter_id"], "--content")
    assert document["encoding"] == "base64"


def test_a_corrected_record_becomes_an_incident(terminal, letters):
    corrected = terminal.write("corrected.json", form("M6"))
    result = terminal.ask("dead-letters", "replay", letters["id_missing"], "--corrected", corrected)
    (item,) = result["items"]
    assert (item["outcome"], item["resolved"], result["resolved"]) == ("accepted", True, 1)
    assert terminal.ask("incident", "show", "manual:M6")["incident_id"] == item["incident_id"]
    assert terminal.ask("dead-letters", "show", letters["id_missing"])["last_outcome"] == "accepted"
    told = terminal.ask("incident", "history", "manual:M6")["deliveries"]
    assert [(one["outcome"], one["transport"]) for one in told] == [("dead", "file"), ("accepted", "replay")]
    assert told[0]["dead_letter_id"] == letters["id_missing"]


def test_what_contradicts_a_recorded_report_stays_on_the_list_until_it_is_corrected(terminal):
    first = form("M7")
    terminal.feed(first)
    terminal.feed({**first, "title": "另一件事"}, code=1)
    (letter,) = terminal.ask("dead-letters", "list", "--reason", "same_revision_other_content")["items"]
    (item,) = terminal.ask("dead-letters", "replay", letter["dead_letter_id"], code=1)["items"]
    assert (item["resolved"], item["incident_id"]) == (False, None)
    (after,) = terminal.ask("dead-letters", "list", "--unresolved")["items"]
    assert (after["dead_letter_id"], after["incident_id"], after["last_outcome"]) == (
        letter["dead_letter_id"],
        None,
        "dead",
    )


def test_the_correction_may_come_from_standard_input(terminal, letters):
    content = json.dumps(form("M6"))
    terminal.run("dead-letters", "replay", letters["id_missing"], "--corrected", "-", content=content)
    terminal.run("incident", "show", "manual:M6")


def test_those_that_fail_again_do_not_stop_the_others_and_the_end_says_so(terminal, letters):
    unknown = uuid4()
    terminal.ask("dead-letters", "replay", letters["id_missing"], "--corrected", terminal.write("c.json", form("M6")))
    result = terminal.ask("dead-letters", "replay", unknown, *letters.values(), code=1)
    reasons = {item["dead_letter_id"]: (item["outcome"], item["reason"]) for item in result["items"]}
    others = set(letters.values()) - {letters["id_missing"]}
    assert reasons[str(unknown)] == ("failed", "not_found")
    assert reasons[letters["id_missing"]] == ("failed", "invalid_input")
    assert all(reasons[one][0] == "dead" for one in others)
    assert result["counts"] == {"failed": 2, "dead": len(others)}


def test_all_that_are_left_are_replayed_and_narrowed_by_source_and_reason(terminal, letters):
    narrowed = terminal.ask("dead-letters", "replay", "--all", "--source", "manual", "--reason", "id_missing", code=1)
    assert [item["dead_letter_id"] for item in narrowed["items"]] == [letters["id_missing"]]
    assert len(terminal.ask("dead-letters", "replay", "--all", code=1)["items"]) == len(letters)
    assert terminal.ask("dead-letters", "replay", "--all", "--source", "hotline")["items"] == []
    assert "死信" in terminal.run("dead-letters", "replay", "--all", code=1).stdout


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--all", "2e136950-1dc9-51c4-8be9-d2c0f50859f5"),
        ("--all", "--corrected", "-"),
        ("--source", "manual", "2e136950-1dc9-51c4-8be9-d2c0f50859f5"),
        ("not-an-id",),
    ],
)
def test_what_does_not_go_together_is_a_wrong_call(terminal, arguments):
    assert terminal.ask("dead-letters", "replay", *arguments, code=2)["error"]["code"] == "usage"


def test_all_that_is_wrong_with_a_record_is_told_by_the_import_and_by_the_letter(terminal):
    bad = form("M1", title=None, reported_at="昨天", attachments=[{"sha256": "12"}])
    told = [
        ("field_missing", "/title"), ("time_unreadable", "/reported_at"), ("attachment_invalid", "/attachments/0/sha256"),
    ]  # fmt: skip
    (fed,) = terminal.feed(bad, code=1)["items"][0]["dead"]
    (letter,) = terminal.ask("dead-letters", "list")["items"]
    document = terminal.ask("dead-letters", "show", letter["dead_letter_id"])
    for faults in (fed["faults"], letter["faults"], document["faults"]):
        assert [(fault["reason"], fault["pointer"]) for fault in faults] == told
    shown = terminal.run("dead-letters", "show", letter["dead_letter_id"]).stdout
    assert all(reason in shown and pointer in shown for reason, pointer in told)
    table = terminal.run("ingest", "file", "manual", terminal.write("bad.json", bad), code=1).stdout
    assert all(reason in table for reason, _ in told)
