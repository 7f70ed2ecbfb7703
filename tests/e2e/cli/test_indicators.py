"""`jiedao indicators`: how well the work is done, with the formulas."""

from __future__ import annotations

import csv
import io
import shutil

from jiedao.entrypoints.settings import shipped_config
from tests.e2e.cli.terminal import ZHAOHUI


def figure(figures, name):
    (one,) = [one for one in figures if one["name"] == name]
    return one["numerator"], one["denominator"]


def test_figures_of_each_street_and_of_all(filled):
    filled.run("incident", "settle-on-spot", "manual:M1", "--result", "当场劝离")
    found = filled.ask("indicators", "show")
    groups = {group["label"]: group["figures"] for group in found["groups"]}
    assert figure(groups["朝晖街道"], "filing_rate") == (1, 4)
    assert figure(groups["未定"], "filing_rate") == (0, 1)
    assert figure(found["total"], "filing_rate") == (1, 5)
    shown = filled.run("indicators", "show").stdout
    (row,) = [line for line in shown.splitlines() if line.startswith("朝晖街道")]
    assert row.split()[1:3] == ["25.00%", "1/4"]
    assert "立案率 = （其中已立案（含即查即结）的案件数）÷（未作废且未并案、自办的案件数），按登记时间计入时段" in shown
    assert "—" in row


def test_figures_are_asked_for_in_the_districts_words_and_time(filled):
    before = filled.ask("indicators", "show")
    filled.run("incident", "settle-on-spot", "manual:M1", "--result", "当场劝离")
    then = filled.ask("indicators", "show", "--as-of", before["position"])
    assert figure(then["total"], "filing_rate") == (0, 5)
    by_class = filled.ask("indicators", "show", "--by", "class", "--street", "朝晖", "--platform", "综合行政执法")
    assert {group["code"] for group in by_class["groups"]} == {"E0101", "E0102"}
    assert all(group["label"] != group["code"] for group in by_class["groups"]), "classes are called by their name"
    assert filled.ask("indicators", "show", "--from", "2026-11-01")["since"] == "2026-10-31T16:00:00Z"
    refused = filled.ask("indicators", "show", "--from", "2026-11-02", "--to", "2026-11-01", code=1)
    assert refused["error"]["code"] == "invalid_input"
    filled.ask("indicators", "show", "--source", "telegraph", code=3)


def test_csv_is_for_a_spreadsheet_and_not_together_with_json(filled):
    written = filled.run("indicators", "show", "--csv").stdout
    head, *rows = csv.reader(io.StringIO(written.removeprefix("\ufeff")))
    assert head[:2] == ["分组 by", "编码 code"]
    assert {row[1] for row in rows} == {"", ZHAOHUI}
    assert {row[2] for row in rows} == {"全区", "朝晖街道", "未定"}
    filled.run("indicators", "show", "--csv", "--json", code=2)


def test_formulas_are_told_without_a_database(terminal):
    found = terminal.ask("indicators", "formulas", JIEDAO_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert next(one["label"] for one in found["items"] if one["name"] == "rework_rate") == "返工率"
    shown = terminal.run("indicators", "formulas").stdout
    assert "推定 assumed" in shown
    assert "金华" in shown


def test_a_district_with_formulas_of_its_own_needs_no_code(filled, tmp_path):
    """Its folder is as before, but for a list of indicators with one of its own."""
    config = tmp_path / "config"
    shipped = filled_config(config)
    text = (shipped / "indicators.toml").read_text(encoding="utf-8")
    own = text + (
        '\n[on_the_spot_rate]\nlabel = "即查即结率"\nlabel_en = "on-the-spot rate"\nmeaning = "结案中即查即结的"\n'
        'meaning_en = "settled on the spot"\nperiod = "closed"\ndenominator = ["counted", "closed"]\n'
        'numerator = ["settled"]\nbetter = "higher"\norigin = "本区"\nassumed = false\n'
    )
    (config / "districts" / "330103" / "indicators.toml").write_text(own, encoding="utf-8")
    filled.run("incident", "settle-on-spot", "manual:M1", "--result", "当场劝离", JIEDAO_CONFIG=str(config))
    found = filled.ask("indicators", "show", JIEDAO_CONFIG=str(config))
    assert figure(found["total"], "on_the_spot_rate") == (1, 1)


def filled_config(config):
    """Copy the shipped profile; returns the folder that it came from."""
    (config / "districts").mkdir(parents=True)
    shutil.copytree(shipped_config() / "districts" / "330103", config / "districts" / "330103")
    return shipped_config()
