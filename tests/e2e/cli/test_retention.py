"""`jiedao retention`: what ended long ago is archived, proves itself without the database, and is read back."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import subprocess
import sys

import psycopg
import pytest

from tests.e2e.cli.terminal import PHONE, ROOT, form
from tests.tampering import unguard


@pytest.fixture
def archived(terminal, tmp_path):
    """A district where what has ended may be archived at once: three that ended, one of them held, and one open."""
    config = tmp_path / "config"
    shutil.copytree(ROOT / "config", config)
    path = config / "districts" / "330103" / "district.toml"
    text = path.read_text("utf-8")
    for period in ("10年", "3年", "2年", "1年"):
        text = text.replace(f'"{period}"', '"0日"')
    path.write_text(text, "utf-8")
    terminal.env["JIEDAO_CONFIG"] = str(config)
    terminal.feed(form("M1"), form("M2"))
    for number in ("M1", "M2"):
        terminal.run("incident", "decline", f"manual:{number}", "--reason", "不属本区")
    terminal.feed(form("M3"), form("M4"))
    terminal.run("incident", "decline", "manual:M4", "--reason", "不属本区")
    terminal.run("incident", "hold", "manual:M4", "--ground", "litigation", "--reason", "起诉", "--reference", "12号")
    return terminal


def test_ranges_between_what_must_stay_are_archived_verified_and_read_back(archived):
    terminal = archived
    planned = terminal.ask("retention", "plan", "--least", "5")
    assert planned["in_the_way"].keys() >= {"open", "held", "kept"}
    (one,) = planned["items"]
    assert (one["then"], one["then_why"]) == ("manual:M3", "open")
    assert "未办结" in terminal.run("retention", "plan", "--least", "5").stdout
    refused = terminal.run("retention", "archive", "--reason", "年度归档", "--least", "5", code=1)
    assert "not all sealed" in refused.stderr
    terminal.run("audit", "seal")
    beyond = f"{one['first']}-{one['last'] + 3}"
    assert "not within the plan" in terminal.run("retention", "archive", beyond, "--reason", "年度归档", code=1).stderr
    done = terminal.ask("retention", "archive", "--reason", "年度归档", "--least", "5")
    (manifest,) = done["items"]
    assert (manifest["first"], manifest["last"], manifest["streams"]) == (one["first"], one["last"], 2)
    assert terminal.ask("retention", "list")["items"] == [manifest]
    assert terminal.ask("retention", "plan", "--least", "5")["items"] == []
    looked = terminal.ask("audit", "access", "--access", "export")["items"]
    assert looked[0]["subject"] == f"archive:{manifest['first']}-{manifest['last']}"

    told = terminal.ask("retention", "read-back", "manual:M2", "--reason", "复核")["items"]
    events = [row["event"] for row in told]
    assert (events[0], events[-1]) == ("received", "declined")
    history = terminal.ask("incident", "history", "manual:M2")["events"]
    assert [row["summary"] for row in told][-1] == history[-1]["summary"]
    assert [row["position"] for row in told] == [row["position"] for row in history]
    told = terminal.run("retention", "read-back", "manual:M1", "--reason", "复核").stdout
    assert "不予受理" in told
    assert "（受理员）" in told
    assert "no archive" in terminal.run("retention", "read-back", "manual:M4", "--reason", "复核", code=3).stderr

    # Without any database, and with the key that was kept.
    folder = terminal.data / "archives" / "330103"
    file = folder / manifest["file"]
    key = manifest["keys"][0]
    assert PHONE.encode() not in gzip.decompress(file.read_bytes())
    nowhere = "postgresql://nobody@nowhere/x"
    (whole,) = terminal.ask("retention", "verify", file, "--key", key, JIEDAO_DATABASE_URL=nowhere)["items"]
    assert (whole["events"], whole["signed_by"]) == (one["events"], key)

    # A byte of one event, an event less, another key: each is told.
    lines = gzip.decompress(file.read_bytes()).splitlines(keepends=True)
    altered = json.loads(lines[1]) | {"version": 7}
    for content, why in (
        ([lines[0], json.dumps(altered).encode() + b"\n", *lines[2:]], f"position {one['first'] + 1}"),
        (lines[:-1], "fewer leaves"),
        ([lines[0], *lines[2:]], f"position {one['first'] + 1} is missing"),
    ):
        _write(folder, manifest, b"".join(content))
        assert why in terminal.run("retention", "verify", file, code=1).stderr.replace("\n", " ")
    file.write_bytes(b"nothing")
    assert "SHA-256" in terminal.run("retention", "verify", file, code=1).stderr


def _write(folder, manifest, content):
    """An archive as somebody would make it who wants it to be believed: its manifest fits the file."""
    packed = gzip.compress(content, mtime=0)
    (folder / manifest["file"]).write_bytes(packed)
    changed = manifest | {"sha256": hashlib.sha256(packed).hexdigest(), "size": len(packed)}
    path = folder / manifest["file"].replace(".jsonl.gz", ".manifest.json")
    path.write_text(json.dumps({name: changed[name] for name in json.loads(path.read_bytes())}), "utf-8")


@pytest.fixture
def approved(archived, database_url):
    """The archive of a range whose removal two people approved."""
    terminal = archived
    terminal.env["JIEDAO_DATABASE_OWNER_URL"] = database_url
    second, reviewer = (
        terminal.ask("tokens", "create", "--role", role, "--holder", f"user:{role}")["token"]
        for role in ("administrator", "legal_reviewer")
    )
    terminal.run("audit", "seal")
    (manifest,) = terminal.ask("retention", "archive", "--reason", "年度归档", "--least", "5")["items"]
    terminal.run("audit", "seal")
    assert "there are" in terminal.run("retention", "request", "1-3", "--reason", "x", code=3).stderr
    name = f"{manifest['first']}-{manifest['last']}"
    asked = terminal.ask("retention", "request", name, "--reason", "在线期限已满")
    assert (asked["state"], asked["sha256"]) == ("asked", manifest["sha256"])
    request = asked["request_id"]
    assert "由两人批准" in terminal.run("retention", "show", request).stdout
    assert "own access token" in terminal.run("retention", "approve", request, code=1).stderr
    assert "not approved by two" in terminal.run("retention", "remove", request, code=1).stderr
    assert terminal.ask("retention", "approve", request, JIEDAO_TOKEN=second)["state"] == "approved_once"
    done = terminal.ask("retention", "approve", request, JIEDAO_TOKEN=reviewer)
    assert [one["seat_label"] for one in done["approvals"]] == ["系统管理", "法制监督"]
    return terminal, manifest, request


def answers(terminal):
    """What is asked of an incident whose events are archived, and of one whose are not."""
    return {
        "history": terminal.ask("incident", "history", "manual:M2")["events"],
        "replay": terminal.ask("audit", "replay", "manual:M2"),
        "shown": terminal.ask("incident", "show", "manual:M2"),
        "other": terminal.ask("audit", "replay", "manual:M3"),
    }


def test_a_range_leaves_the_database_by_two_approvals_and_every_command_reads_on(approved):
    terminal, manifest, request = approved
    before = answers(terminal)
    refused = terminal.run("retention", "remove", request, code=1, JIEDAO_DATABASE_OWNER_URL="")
    assert "JIEDAO_DATABASE_OWNER_URL" in refused.stderr
    done = terminal.run("retention", "remove", request)
    assert "已移除" in done.stdout
    assert manifest["file"] in done.stderr
    (listed,) = terminal.ask("retention", "list")["items"]
    assert listed["removed_at"]
    assert [one["state"] for one in terminal.ask("retention", "requests")["items"]] == ["carried_out"]
    told = terminal.ask("audit", "events", "--kind", "retention")["items"]
    assert [one["topic"].rpartition(".")[2] for one in told] == ["asked", "approved", "approved", "carried_out"]
    assert answers(terminal) == before
    terminal.run("projections", "rebuild")
    assert answers(terminal) == before
    terminal.run("audit", "seal")
    verified = terminal.ask("audit", "verify")
    assert (verified["whole"], verified["unread"], len(verified["removals"])) == (True, [], 1)
    assert len(terminal.ask("audit", "prove", "manual:M2")["proofs"]) == len(before["history"])
    bundle = terminal.data / "bundle.zip"
    terminal.run("audit", "export", "manual:M2", "--out", bundle)
    command = [sys.executable, ROOT / "docs" / "verify" / "verify.py", bundle]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.endswith(
        "✓ 成立 everything holds\n"
    )


def test_without_its_archive_what_was_not_read_is_said_and_the_rest_goes_on(approved, database_url):
    terminal, manifest, request = approved
    before = answers(terminal)
    terminal.run("retention", "remove", request)
    assert _of_doctor(terminal)[0] == "ok"
    terminal.run("audit", "seal")
    file = terminal.data / "archives" / "330103" / manifest["file"]
    away = file.rename(file.with_suffix(".away"))
    (unread,) = terminal.ask("audit", "verify", code=4)["unread"]
    assert (unread["first_position"], unread["last_position"]) == (manifest["first"], manifest["last"])
    for command in (("audit", "replay", "manual:M2"), ("projections", "rebuild")):
        told = terminal.run(*command, code=4).stderr
        assert f"positions {manifest['first']} to {manifest['last']}" in told
        assert manifest["file"] in told
    assert terminal.ask("incident", "show", "manual:M2") == before["shown"]
    assert terminal.ask("audit", "replay", "manual:M3") == before["other"]
    assert [one["file"] for one in terminal.ask("retention", "list", code=4)["missing"]] == [manifest["file"]]
    assert _of_doctor(terminal)[0] == "fault"
    away.rename(file)
    assert answers(terminal) == before

    # A backup of before is restored: the doctor says so.
    with psycopg.connect(database_url, autocommit=True) as connection:
        unguard(connection)
        connection.execute("TRUNCATE event_removal, removed_event")
    assert "a backup of before was restored" in _of_doctor(terminal)[1]


def _of_doctor(terminal):
    """What it says of the archives; it does not like that tests connect as a superuser."""
    items = terminal.ask("doctor", code=1)["items"]
    found = [one for one in items if one["part"] == "archives"][-1]
    return found["grade"], found["sentence"]
