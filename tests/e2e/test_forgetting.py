"""A reporter is forgotten as people do it, at the terminal and over HTTP, and is nowhere any more afterwards.

Looked for in every table, in PostgreSQL's own files, in the logs, in every answer; and the key is gone from the table.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import psycopg

from tests.e2e.test_personal_data import Planted, everything_in, hotline_order
from tests.installation import ROOT, Installation


def at_once(folder):
    """The district's own configuration, but what has ended need not be kept."""
    config = folder / "config"
    shutil.copytree(ROOT / "config", config)
    path = config / "districts" / "330103" / "district.toml"
    text = path.read_text("utf-8")
    for years in ("10年", "3年", "1年"):
        text = text.replace(f'keep = "{years}"', 'keep = "0日"')
    path.write_text(text, "utf-8")
    return config


def test_a_reporter_is_forgotten_by_two_people_and_is_nowhere_any_more(database_url, tmp_path):  # noqa: PLR0915  # one way, told in its order
    planted, others = Planted(), Planted()
    theirs, another = hotline_order(planted), hotline_order(others)
    broken = hotline_order(planted, order_no=theirs["order_no"], title=5)
    installation = Installation(database_url, tmp_path, config=at_once(tmp_path))
    answers = []
    with installation.serving() as client:
        source = installation.token("integrator", holder="source:hotline", sources=["hotline"])
        operator = installation.token("intake_operator")
        leader = installation.token("shift_leader")
        reviewer = installation.token("legal_reviewer")

        def send(order):
            content = json.dumps([order], ensure_ascii=False).encode()
            answer = client.post("/v1/sources/hotline/reports", content=content, headers=source | JSON)
            answers.append(answer)
            return answer.json()["results"][0]

        def say(path, body, who, status=200):
            answer = client.post(f"/v1/{path}", json=body, headers=who)
            answers.append(answer)
            assert answer.status_code == status, answer.text
            return answer.json()

        incident = send(theirs)["incident_id"]
        kept = send(another)["incident_id"]
        letter = send(broken)["dead_letter_id"]
        whom = {"source": "hotline", "external_id": theirs["order_no"]}
        asking = whom | {"reason": "本人申请"}
        refused = say("privacy/erasures", asking, operator, 409)
        assert (refused["type"], refused["again_at"]) == ("urn:jiedao:problem:command_refused", None)
        assert [one["kind"] for one in refused["obstacles"]] == ["open"]
        say(f"incidents/{incident}/commands/return_case", {"reason": "不属本区"}, leader)
        known = say("privacy/find", {"phone": theirs["callerPhone"]}, operator)
        assert [one["incident_id"] for one in known["incidents"]] == [incident]
        assert (known["obstacles"], known["dead_letters"]) == ([], [letter])

        # Asked over HTTP by one, approved over HTTP by another and at the terminal by a third.
        request = say("privacy/erasures", {"phone": theirs["callerPhone"], "reason": "本人申请"}, operator)
        path = f"privacy/erasures/{request['request_id']}"
        say(f"{path}/approve", {}, operator, 403)
        assert say(f"{path}/approve", {"note": "已核对"}, reviewer)["state"] == "approved_once"
        shown = client.get(f"/v1/incidents/{incident}/reporter", params={"reason": "回电"}, headers=leader).json()
        assert shown["phone"] == theirs["callerPhone"]
        installation.ask("privacy", "approve", request["request_id"], "--role", "legal_reviewer", code=1)
        installation.ask("privacy", "approve", request["request_id"], code=1)
        shown = ("--token", installation.token("administrator")["Authorization"].removeprefix("Bearer "))
        done = installation.ask("privacy", "approve", request["request_id"], *shown)
        assert (done["state"], done["incidents"], done["dead_letters"]) == ("carried_out", [incident], [letter])

        # Everything still answers, and says so.
        reader = {"reason": "回电"}
        gone = client.get(f"/v1/incidents/{incident}/reporter", params=reader, headers=leader).json()
        assert (gone["phone"], gone["name"], gone["erased"]) == (None, None, True)
        history = client.get(f"/v1/incidents/{incident}/history", headers=leader).json()
        first = history["events"][0]["inputs"]
        assert (first["raw"], first["reporter"]) == ("«已删除»", "«已删除»")
        replayed = client.get(f"/v1/audit/incidents/{incident}/replay", headers=reviewer)
        answers.append(replayed)
        assert "«已删除»" in replayed.text
        assert replayed.json()["standing"]["reporter"] == "«已删除»"
        assert "«已加密»" not in replayed.text
        assert "reporter:" not in replayed.text
        (told,) = (
            one
            for one in client.get("/v1/dead-letters", headers=leader).json()["items"]
            if one["dead_letter_id"] == letter
        )
        assert told["erased"] is True
        assert "已删除" in installation.run("dead-letters", "show", letter)
        installation.run("dead-letters", "show", letter, "--content", code=3)
        still = client.get(f"/v1/incidents/{kept}/reporter", params=reader, headers=leader).json()
        assert still["phone"] == another["callerPhone"]

        # A new report of theirs is a new one, under a new key.
        again = send(theirs | {"order_no": f"{theirs['order_no']}-2"})["incident_id"]
        shown = client.get(f"/v1/incidents/{again}/reporter", params=reader, headers=leader).json()
        assert shown["phone"] == theirs["callerPhone"]
        assert say("privacy/erasures", asking, operator, 409)["obstacles"][0]["incident_id"] == again
        listed = client.get("/v1/privacy/erasures", params={"limit": 2}, headers=reviewer).json()
        assert [one["state"] for one in listed["items"]] == ["refused", "carried_out"]
        assert listed["next_cursor"] is not None

    by_name = planted.marks
    for answer in answers:
        assert not [mark for mark in by_name if mark in answer.text], answer.text
    with psycopg.connect(database_url, autocommit=True) as connection:
        found = {
            (table, column)
            for table, column, content in everything_in(connection)
            if planted.found_in(content) or others.found_in(content)
        }
        assert not found
        living = connection.execute(
            "SELECT count(*) FROM subject_key WHERE key_id = ANY(%s) AND wrapped_key IS NOT NULL",
            [list(_erased_keys(connection))],
        ).fetchone()
        assert living == (0,)
        connection.execute("CHECKPOINT")
        directory = Path(connection.execute("SHOW data_directory").fetchone()[0])
    files = [path for folder in (directory, tmp_path) for path in folder.rglob("*") if path.is_file()]
    assert installation.log in files
    assert not [path for path in files if planted.found_in(_content(path))]


JSON = {"Content-Type": "application/json"}


def _erased_keys(connection):
    rows = connection.execute("SELECT state FROM event WHERE topic = 'jiedao.erasure_request.carried_out'").fetchall()
    keys = [key for (state,) in rows for key in json.loads(state)["key_ids"]]
    assert len(keys) == 2  # the reporter's, and that of the record that could not be read
    return keys


def _content(path):
    try:
        return path.read_bytes()
    except FileNotFoundError:  # PostgreSQL removes files of its own while it runs
        return b""
