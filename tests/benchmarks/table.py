"""Writes what was measured: a table for people, one JSON object a line for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from rich.table import Table

from tests.benchmarks.measured import Line

COLUMNS = ("name", "value", "limit", "ratio", "unit")
"""What each JSON object holds, in this order; ``failed`` follows where a benchmark did."""


def json_lines(lines: Iterable[Line]) -> str:
    """Return the lines as JSON Lines."""
    whole = ({name: line.get(name) for name in COLUMNS} | line for line in lines)
    return "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in whole)


def table_of(lines: Sequence[Line]) -> Table:
    """Return the lines for a person: the ratio last, where the eye ends."""
    table = Table("measured", "value", "beside", "unit", "ratio", box=None, header_style="bold")
    for column in (1, 2, 4):
        table.columns[column].justify = "right"
    for line in lines:
        figures = [_figure(line.get(key)) for key in ("value", "limit")]
        row = [str(line["name"]), *figures, str(line.get("unit") or ""), _figure(line.get("ratio"))]
        table.add_row(*row, style="red" if line.get("failed") else "")
    return table


def _figure(number: object) -> str:
    if not isinstance(number, int | float):
        return ""
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.2f}"
