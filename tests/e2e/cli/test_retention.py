"""`jiedao retention`: what ended long ago is archived, proves itself without the database, and is read back."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil

import pytest

from tests.e2e.cli.terminal import PHONE, ROOT, form


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
    assert "不予受理" in terminal.run("retention", "read-back", "manual:M1", "--reason", "复核").stdout
    assert "no archive" in terminal.run("retention", "read-back", "manual:M4", "--reason", "复核", code=3).stderr

    # Without any database, and with the key that was kept.
    folder = terminal.data / "archives"
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
    path.write_text(json.dumps(changed), "utf-8")
