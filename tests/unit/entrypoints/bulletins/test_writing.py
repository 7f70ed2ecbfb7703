"""A bulletin is opened again by other means, and says in each cell what it was given."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from docx import Document
from openpyxl import load_workbook

from jiedao.domain.errors import InvalidInputError
from jiedao.entrypoints.bulletins.composing import Bulletin, BulletinKind, BulletinTable, Points, Share, period_of
from jiedao.entrypoints.bulletins.writing import WRITERS, write_docx, write_xlsx
from projections.bulletins import Period

NOON = datetime(2026, 11, 24, 4, 0, 0, 5, tzinfo=UTC)
HOSTILE = '=HYPERLINK("http://a.example","中奖")'
BULLETIN = Bulletin(
    title="下城区街道综合指挥平台日报（2026-11-24）",
    lines=("统计时段 period: 2026-11-24 00:00 起", "第二行"),
    tables=(
        BulletinTable(
            "指标", "考核评议指标 Indicators", ("指标", "本期", "增减", "分母"),
            (("立案率", Share(0.25), Points(-12.5), 8), ("满意率", Share(None), Points(None), 0)), ("说明一", "说明二"),
        ),
        BulletinTable("超期在办", "超期在办 Open", ("标题", "已超"), ((HOSTILE, 3), ("井盖\x00缺\x0b失\ud800", 4), ("+1", 5))),
    ),
    period=Period(NOON - timedelta(hours=12), NOON + timedelta(hours=12)),
    moment=NOON,
    position=42,
)  # fmt: skip


def sheets(content):
    book = load_workbook(io.BytesIO(content))
    return {sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book.worksheets}


def test_a_workbook_has_a_sheet_for_each_table_with_numbers_as_numbers():
    assert sheets(write_xlsx(BULLETIN)) == {
        "指标": [
            ["下城区街道综合指挥平台日报（2026-11-24）", None, None, None],
            ["统计时段 period: 2026-11-24 00:00 起", None, None, None],
            ["第二行", None, None, None],
            ["考核评议指标 Indicators", None, None, None],
            ["指标", "本期", "增减", "分母"],
            ["立案率", 0.25, -12.5, 8],
            ["满意率", "—", "—", 0],
            [None, None, None, None],
            ["说明一", None, None, None],
            ["说明二", None, None, None],
        ],
        "超期在办": [
            ["下城区街道综合指挥平台日报（2026-11-24）", None],
            ["统计时段 period: 2026-11-24 00:00 起", None],
            ["第二行", None],
            ["超期在办 Open", None],
            ["标题", "已超"],
            [HOSTILE, 3],
            ["井盖缺失", 4],
            ["+1", 5],
        ],
    }


def test_what_a_source_wrote_is_never_a_formula_of_the_workbook_and_shares_are_shown_in_per_cent():
    book = load_workbook(io.BytesIO(write_xlsx(BULLETIN)))
    overdue, indicators = book["超期在办"], book["指标"]
    assert [overdue.cell(row, 1).data_type for row in (6, 7, 8)] == ["s", "s", "s"]
    assert [indicators.cell(6, column).number_format for column in (2, 3, 4)] == [
        "0.00%",
        "+0.00;-0.00;0.00",
        "General",
    ]
    assert indicators.freeze_panes == "B6"
    assert indicators.cell(5, 1).font.bold
    assert indicators.column_dimensions["A"].width == 8.0  # three Chinese letters, and room


def test_a_text_document_has_the_same_tables_as_they_are_read():
    document = Document(io.BytesIO(write_docx(BULLETIN)))
    assert [[[cell.text for cell in row.cells] for row in table.rows] for table in document.tables] == [
        [["指标", "本期", "增减", "分母"], ["立案率", "25.00%", "-12.50", "8"], ["满意率", "—", "—", "0"]],
        [["标题", "已超"], [HOSTILE, "3"], ["井盖缺失", "4"], ["+1", "5"]],
    ]
    assert [paragraph.text for paragraph in document.paragraphs] == [
        "下城区街道综合指挥平台日报（2026-11-24）", "统计时段 period: 2026-11-24 00:00 起", "第二行", "考核评议指标 Indicators",
        "说明一", "说明二", "超期在办 Open",
    ]  # fmt: skip
    section = document.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (297, 210)
    assert (
        document.styles["Normal"].element.rPr.rFonts.get(
            "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}eastAsia"
        )
        == "宋体"
    )


def test_both_are_laid_out_for_a4_with_the_head_on_every_page():
    sheet = load_workbook(io.BytesIO(write_xlsx(BULLETIN)))["指标"]
    assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "landscape")  # 9 is A4
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.print_title_rows == "$5:$5"
    for table in Document(io.BytesIO(write_docx(BULLETIN))).tables:
        heads = [row._tr.xpath("./w:trPr/w:tblHeader") != [] for row in table.rows]
        assert heads == [True, *[False] * (len(table.rows) - 1)]


def test_a_table_of_nothing_says_so_and_a_long_sentence_is_wrapped():
    sentence = "按期办结的案件数÷" * 10
    tables = (
        BulletinTable("超期在办", "超期在办 Open", ("标题", "已超"), ()),
        BulletinTable("指标", "指标", ("公式",), ((sentence,),)),
    )
    bulletin = replace(BULLETIN, tables=tables)
    assert sheets(write_xlsx(bulletin))["超期在办"][-1] == ["无 none", None]
    assert load_workbook(io.BytesIO(write_xlsx(bulletin)))["指标"].cell(6, 1).alignment.wrap_text
    texts = [paragraph.text for paragraph in Document(io.BytesIO(write_docx(bulletin))).paragraphs]
    assert texts[texts.index("超期在办 Open") + 1] == "无 none"


def test_documents_carry_the_moment_as_of_which_they_were_written_and_no_other():
    moment = datetime(2026, 11, 24, 4, 0)  # noqa: DTZ001  # as the libraries read UTC
    book = load_workbook(io.BytesIO(write_xlsx(BULLETIN)))
    document = Document(io.BytesIO(write_docx(BULLETIN)))
    assert book.properties.created == document.core_properties.created.replace(tzinfo=None) == moment
    assert book.properties.title == document.core_properties.title == BULLETIN.title
    assert set(WRITERS) == {"xlsx", "docx"}


def test_a_week_begins_on_monday_and_both_begin_at_the_districts_midnight():
    zone = ZoneInfo("Asia/Shanghai")
    tuesday = date(2026, 11, 24)
    assert period_of(BulletinKind.DAILY, tuesday, zone) == Period(
        datetime(2026, 11, 23, 16, tzinfo=UTC), datetime(2026, 11, 24, 16, tzinfo=UTC)
    )
    week = Period(datetime(2026, 11, 22, 16, tzinfo=UTC), datetime(2026, 11, 29, 16, tzinfo=UTC))
    for day in (date(2026, 11, 23), tuesday, date(2026, 11, 29)):
        assert period_of(BulletinKind.WEEKLY, day, zone) == week
    assert week.before == Period(datetime(2026, 11, 15, 16, tzinfo=UTC), week.since)


def test_a_day_on_which_the_clocks_are_put_back_has_twenty_five_hours():
    day = period_of(BulletinKind.DAILY, date(2026, 11, 1), ZoneInfo("America/Los_Angeles"))
    assert day.until - day.since == timedelta(hours=25)


@pytest.mark.parametrize("day", [date.min, date.max, date(1949, 12, 31)])
def test_days_beyond_any_calendar_are_refused(day):
    with pytest.raises(InvalidInputError, match="1950 to 2200"):
        period_of(BulletinKind.WEEKLY, day, ZoneInfo("Asia/Shanghai"))
