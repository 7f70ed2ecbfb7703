"""`jiedao roster` and `jiedao handover`."""

from __future__ import annotations

import pwd
from types import SimpleNamespace

import pytest

from tests.e2e.cli.terminal import form

HEAD = "date,start,end,person,name,role,street,platform\n"
DAY = (
    "2026-11-25,08:00,20:00,user:zhang,张伟,处置人员,朝晖,综合行政执法\n2026-11-25,20:00,08:00,user:li,李娜,值班长,,\n"
)


def test_a_roster_is_imported_and_shown(terminal):
    file = terminal.write("roster.csv", HEAD + DAY)
    assert terminal.ask("roster", "import", file)["new"] == ["2026-11-25"]
    assert terminal.ask("roster", "import", file)["unchanged"] == ["2026-11-25"]
    (one,) = terminal.ask("roster", "show", "--at", "2026-11-25T09:00", "--street", "朝晖")["items"]
    assert (one["name"], one["role_label"], one["street_name"]) == ("张伟", "处置人员", "朝晖街道")
    assert one["planned_by"].startswith("console:")
    shown = terminal.run("roster", "show", "--at", "2026-11-26T07:00", "--role", "值班长", "--all").stdout
    assert "李娜" in shown
    assert "区级" in shown
    bad = terminal.write("bad.csv", HEAD + "2026-11-25,08:00,20:00,user:zhang,张伟,厨师,,\n")
    assert "line 2" in terminal.run("roster", "import", bad, code=1).stderr


@pytest.fixture
def somebody_else(monkeypatch):
    """The next person who sits down at this terminal."""

    def sit_down():
        monkeypatch.setattr(pwd, "getpwuid", lambda _uid: SimpleNamespace(pw_name="coming"))

    return sit_down


def test_a_shift_is_handed_over_and_taken_over_by_somebody_else(terminal, somebody_else):
    terminal.feed(form("M1"), form("M2"))
    terminal.run("incident", "supervise", "manual:M1")
    made = terminal.ask("handover", "offer", "--street", "朝晖", "--remarks", "夜间有雨")
    terminal.run("handover", "accept", made["handover_id"], code=1)
    told = terminal.ask("handover", "show", made["handover_id"], "--sheet", terminal.folder / "sheet.html")
    assert [(one["external_id"], one["ground_labels"]) for one in told["items"] if "督办" in one["ground_labels"]]
    assert "交接班记录" in (terminal.folder / "sheet.html").read_text(encoding="utf-8")
    assert "夜间有雨" in terminal.run("handover", "show", made["handover_id"]).stdout
    somebody_else()
    assert terminal.ask("handover", "accept", made["handover_id"], "--note", "已核对")["state"] == "accepted"
    shown = terminal.run("handover", "list").stdout
    assert "已接班" in shown
    assert "console:coming" in shown
    second = terminal.ask("handover", "offer", "--key", "k1")
    assert terminal.ask("handover", "offer", "--key", "k1")["handover_id"] == second["handover_id"]
    terminal.run("handover", "object", second["handover_id"], "--reason", "x", code=1)
    terminal.run("handover", "show", "00000000-0000-0000-0000-000000000000", code=3)
