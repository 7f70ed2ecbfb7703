"""`jiedao report`: the daily and the weekly bulletin, opened again and read."""

from __future__ import annotations

from docx import Document
from openpyxl import load_workbook


def table(sheet, title):
    """The rows below the head of a sheet's table, up to the first empty one."""
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    start = next(number for number, row in enumerate(rows) if row[0] == title)
    body = rows[start + 1 :]
    end = next((number for number, row in enumerate(body) if row[0] is None), len(body))
    return body[:end]


def test_the_daily_workbook_says_what_came_in_and_how_well_it_was_dealt_with(filled, tmp_path):
    filled.run("incident", "settle-on-spot", "manual:M1", "--result", "当场劝离")
    told = filled.ask("report", "daily", "--output", tmp_path / "日报.xlsx")
    assert (told["kind"], told["format"]) == ("daily", "xlsx")
    book = load_workbook(tmp_path / "日报.xlsx")
    assert book.sheetnames == ["概况", "按来源", "按街道", "按平台", "指标", "各街道指标", "超期在办"]
    assert book["概况"]["A1"].value == told["title"]
    assert told["title"].startswith("下城区街道综合指挥平台日报（20")
    assert table(book["概况"], "概况 Overview") == [
        ["项目", "本期 this", "上期 before", "增减 change"],
        ["登记 received", 5, 0, 5], ["立案 filed", 1, 0, 1], ["派遣 dispatched", 0, 0, 0], ["处置完毕 handled", 1, 0, 1],
        ["结案 closed", 1, 0, 1], ["期末在办 open", 4, 0, 4], ["期末超期 overdue", 0, 0, 0],
    ]  # fmt: skip
    assert table(book["按街道"], "按街道 By street")[1:] == [
        ["朝晖街道", 4, 1, 0, 1, 1, 3, 0], ["未定", 1, 0, 0, 0, 0, 1, 0], ["合计 total", 5, 1, 0, 1, 1, 4, 0],
    ]  # fmt: skip
    assert [row[0] for row in table(book["按来源"], "按来源 By source")[1:]] == ["手工登记", "合计 total"]
    assert [row[0] for row in table(book["按平台"], "按平台 By platform")[1:]] == ["综合行政执法", "未定", "合计 total"]
    indicators = table(book["指标"], "考核评议指标 Indicators")
    assert indicators[1] == [
        "立案率", 0.2, 1, 5, "—", "—", "（其中已立案（含即查即结）的案件数）÷（未作废且未并案、自办的案件数），按登记时间计入时段",
    ]  # fmt: skip
    assert table(book["各街道指标"], "各街道指标 Indicators of each street")[1][:2] == ["朝晖街道", 0.25]


def test_the_weekly_text_has_the_same_and_its_form_follows_the_files_name(filled, tmp_path):
    told = filled.ask("report", "weekly", "--output", tmp_path / "week.docx")
    assert (told["kind"], told["format"]) == ("weekly", "docx")
    document = Document(tmp_path / "week.docx")
    assert document.paragraphs[0].text == told["title"]
    overview = [[cell.text for cell in row.cells] for row in document.tables[0].rows]
    assert overview[1] == ["登记 received", "5", "0", "5"]
    assert len(document.tables) == 7
    assert "周报" in filled.run("report", "weekly", "--format", "xlsx", "--output", tmp_path / "week").stdout


def test_of_a_day_on_which_nothing_happened_it_says_so(filled, tmp_path):
    filled.ask("report", "daily", "--date", "2020-02-29", "--output", tmp_path / "old.xlsx")
    book = load_workbook(tmp_path / "old.xlsx")
    assert table(book["概况"], "概况 Overview")[1] == ["登记 received", 0, 0, 0]
    assert table(book["按街道"], "按街道 By street")[1:] == [["合计 total", 0, 0, 0, 0, 0, 0, 0]]


def test_what_cannot_be_written_is_refused(terminal, tmp_path):
    for given in (["--date", "2199-01-01"], ["--date", "yesterday"], ["--date", "0001-01-01"]):
        refused = terminal.ask("report", "daily", "--output", tmp_path / "x.xlsx", *given, code=1)
        assert refused["error"]["code"] == "invalid_input", given
    assert terminal.ask("report", "daily", "--output", tmp_path / "x.pdf", code=1)["error"]["code"] == "invalid_input"
    assert not list(tmp_path.glob("x.*"))
