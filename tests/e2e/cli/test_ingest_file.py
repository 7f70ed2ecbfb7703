"""`jiedao ingest file`: broken files beside good ones."""

from __future__ import annotations

import json

from tests.e2e.cli.terminal import form


def _list_of(*numbers):
    return json.dumps([form(number) for number in numbers], ensure_ascii=False)


def _fed(answer):
    return [(item["file"].rpartition("/")[2], item["records"], item["outcomes"]) for item in answer["items"]]


def test_a_list_that_was_cut_off_gives_all_records_before_the_cut(terminal):
    cut = terminal.write("cut.json", _list_of("C1", "C2", "C3")[:-40])
    answer = terminal.ask("ingest", "file", "manual", cut, code=1)
    assert _fed(answer) == [("cut.json", 3, {"accepted": 2, "dead": 1})]
    (dead,) = answer["items"][0]["dead"]
    assert (dead["origin"], dead["reason"]) == ("file:cut.json#3", "not_json")
    assert terminal.ask("incident", "show", "manual:C2")["external_id"] == "C2"


def test_a_file_in_which_nothing_can_be_told_apart_is_a_dead_letter_and_says_why(terminal):
    broken = terminal.write("broken.json", '[{"id": "B1"')
    (item,) = terminal.ask("ingest", "file", "manual", broken, code=1)["items"]
    assert (item["records"], item["outcomes"], item["error"]) == (1, {"dead": 1}, None)
    assert "nothing can be told apart" in item["unparted"]
    (letter,) = terminal.ask("dead-letters", "list")["items"]
    shown = terminal.ask("dead-letters", "show", letter["dead_letter_id"], "--content")
    assert shown["content"] == '[{"id": "B1"'


def test_a_file_that_cannot_be_taken_does_not_keep_the_others_from_it(terminal):
    empty, unknown = terminal.write("empty.json", b""), terminal.write("orders.xls", b"x")
    good = terminal.write("good.json", _list_of("G1"))
    result = terminal.run("ingest", "file", "manual", empty, unknown, good, "--json", code=1)
    answer = json.loads(result.stdout)
    assert _fed(answer) == [("empty.json", 0, {}), ("orders.xls", 0, {}), ("good.json", 1, {"accepted": 1})]
    errors = [item["error"] for item in answer["items"]]
    assert errors[0] == "the payload is empty"
    assert "orders.xls does not end in one of" in errors[1]
    assert errors[2] is None
    told = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert [
        line.removeprefix("error: ").startswith(str(path)) for line, path in zip(told, (empty, unknown), strict=True)
    ]


def test_without_json_each_file_says_what_became_of_it(terminal):
    empty, good = terminal.write("empty.json", b""), terminal.write("good.json", _list_of("G1"))
    shown = terminal.run("ingest", "file", "manual", empty, good, code=1).stdout
    assert "the payload is empty" in shown
    assert "good.json" in shown
