"""Writes a bulletin as a workbook (XLSX) or as a text document (DOCX), on A4, with the head of a table on every page.

What a source wrote is only ever text: in a workbook nothing of it is taken for a formula, and what no XML can hold is
left out.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm
from docx.table import Table
from openpyxl import Workbook
from openpyxl.cell import Cell as SheetCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from jiedao.entrypoints.bulletins.composing import Bulletin, BulletinTable, Cell, Points, Share

_NOTHING = "—"
_NONE = "无 none"
_UNHOLDABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WIDEST = 60
_FONT, _CHINESE_FONT = "Calibri", "宋体"
_A4 = (Mm(297), Mm(210))
_POINTS_FORMAT = "+0.00;-0.00;0.00"


def write_xlsx(bulletin: Bulletin) -> bytes:
    """Write a workbook: a sheet a table, numbers as numbers, shares in per cent."""
    book = Workbook()
    book.remove(book.worksheets[0])
    book.properties.title = bulletin.title
    book.properties.creator = "jiedao"
    book.properties.created = book.properties.modified = _naive(bulletin.moment)
    for table in bulletin.tables:
        _write_sheet(book.create_sheet(table.name), bulletin, table)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _write_sheet(sheet: Worksheet, bulletin: Bulletin, table: BulletinTable) -> None:
    above = [bulletin.title, *bulletin.lines, table.title]
    for number, text in enumerate(above, 1):
        _fill(sheet.cell(number, 1), text).font = Font(bold=number in {1, len(above)})
    first = len(above) + 1
    for column, text in enumerate(table.head, 1):
        _fill(sheet.cell(first, column), text).font = Font(bold=True)
    for number, row in enumerate(table.rows, first + 1):
        for column, value in enumerate(row, 1):
            filled = _fill(sheet.cell(number, column), value)
            if isinstance(value, str) and _width(value) > _WIDEST:
                filled.alignment = Alignment(vertical="top", wrap_text=True)
    for number, note in enumerate(table.notes, first + len(table.rows) + 2):
        _fill(sheet.cell(number, 1), note)
    for column, text in enumerate(table.head, 1):
        longest = max([_width(text), *(_width(_text(row[column - 1])) for row in table.rows)])
        sheet.column_dimensions[get_column_letter(column)].width = min(longest + 2, _WIDEST)
    if not table.rows:
        _fill(sheet.cell(first + 1, 1), _NONE)
    sheet.freeze_panes = sheet.cell(first + 1, 2)
    sheet.print_title_rows = f"{first}:{first}"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.orientation = sheet.ORIENTATION_LANDSCAPE
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0  # as many pages long as it takes
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _fill(cell: SheetCell, value: Cell) -> SheetCell:
    if isinstance(value, Share | Points) and value.value is not None:
        cell.value = value.value
        cell.number_format = "0.00%" if isinstance(value, Share) else _POINTS_FORMAT
    elif isinstance(value, int):
        cell.value = value
    else:
        cell.value = _text(value)
        cell.data_type = "s"  # never a formula, whatever it begins with
        cell.alignment = Alignment(vertical="top")
    return cell


def write_docx(bulletin: Bulletin) -> bytes:
    """Write a text document on landscape pages: a heading and a table each."""
    document = Document()
    style = document.styles["Normal"]
    style.font.name = _FONT
    style.element.rPr.rFonts.set(qn("w:eastAsia"), _CHINESE_FONT)
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = _A4
    properties = document.core_properties
    properties.title, properties.author, properties.comments = bulletin.title, "jiedao", ""
    properties.created = properties.modified = _naive(bulletin.moment)
    document.add_heading(_clean(bulletin.title), level=0)
    for line in bulletin.lines:
        document.add_paragraph(_clean(line))
    for table in bulletin.tables:
        document.add_heading(_clean(table.title), level=1)
        shown = document.add_table(rows=0, cols=len(table.head), style="Table Grid")
        for row in (table.head, *table.rows):
            cells = shown.add_row().cells
            for cell, value in zip(cells, row, strict=True):
                cell.text = _text(value)
                if isinstance(value, int | Share | Points):
                    cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
        _repeat_head(shown)
        for note in table.notes if table.rows else (_NONE, *table.notes):
            document.add_paragraph(_clean(note))
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def _repeat_head(shown: Table) -> None:
    """The head is bold, and stands again on each page that the table goes on to."""
    head = shown.rows[0]
    head._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # noqa: SLF001  # python-docx has no word for it
    for cell in head.cells:
        for run in cell.paragraphs[0].runs:
            run.bold = True


def _text(value: Cell) -> str:
    if isinstance(value, Share):
        return _NOTHING if value.value is None else f"{value.value:.2%}"
    if isinstance(value, Points):
        return _NOTHING if value.value is None else f"{value.value:+.2f}"
    return _clean(str(value))


def _clean(text: str) -> str:
    return _UNHOLDABLE.sub("", text)


def _width(text: str) -> int:
    """How wide a text stands; a Chinese letter is twice as wide as a Latin one."""
    return sum(1 if letter.isascii() else 2 for letter in text)


def _naive(moment: datetime) -> datetime:
    """What both libraries write as UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0)


WRITERS: Mapping[str, tuple[Callable[[Bulletin], bytes], str]] = MappingProxyType(
    {
        "xlsx": (write_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        "docx": (write_docx, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    }
)
"""Format → what writes it, and its media type."""
