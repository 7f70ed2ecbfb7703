"""Bulletins over HTTP, opened again."""

from __future__ import annotations

import io
from urllib.parse import unquote

from docx import Document
from openpyxl import load_workbook

from tests.e2e.http.district import EAST, HOTLINE, WESTERNER, order


def test_a_daily_workbook_and_a_weekly_text_are_handed_over_as_files(call):
    _results, position = call.push_and_see([order(1, title="=1+1"), order(2, EAST)])
    daily = call.get("/v1/reports/daily", min_position=position)
    assert daily.status_code == 200
    assert daily.headers["content-type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    disposition = unquote(daily.headers["content-disposition"])
    assert 'attachment; filename="daily.xlsx"' in disposition
    assert "下城区街道综合指挥平台日报（" in disposition
    book = load_workbook(io.BytesIO(daily.content))
    streets = [[cell.value for cell in row[:2]] for row in book["按街道"].iter_rows(min_row=7)]
    assert streets == [["朝晖街道", 1], ["文晖街道", 1], ["合计 total", 2]]
    weekly = call.get("/v1/reports/weekly", format="docx")
    assert weekly.headers["content-type"] == "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    assert "周报" in Document(io.BytesIO(weekly.content)).paragraphs[0].text


def test_a_token_gets_the_bulletin_of_its_streets_and_one_of_a_source_none(call):
    _results, position = call.push_and_see([order(1), order(2, EAST)])
    answer = call.get("/v1/reports/daily", WESTERNER, min_position=position)
    sheet = load_workbook(io.BytesIO(answer.content))["按街道"]
    assert [row[0].value for row in sheet.iter_rows(min_row=7)] == ["朝晖街道", "合计 total"]
    assert call.get("/v1/reports/daily", HOTLINE).status_code == 403


def test_what_cannot_be_written_points_to_the_parameter(call):
    for query, pointer in [
        ({"date": "2199-01-01"}, "/date"), ({"date": "yesterday"}, "/date"), ({"date": "9999-12-31"}, "/date"),
        ({"format": "pdf"}, "/format"),
    ]:  # fmt: skip
        problem = call.get("/v1/reports/weekly", **query)
        assert problem.status_code in {400, 422}, query
        assert [error["pointer"] for error in problem.json()["errors"]] == [pointer]
