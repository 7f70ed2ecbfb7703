"""What a command says: JSON for programs, tables in which nothing is cut off for people."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID
from zoneinfo import ZoneInfo

import click
from click.testing import CliRunner
from rich.console import Console

from jiedao.domain.terms import Role
from jiedao.entrypoints.cli.failing import AS_JSON
from jiedao.entrypoints.cli.output import answer, facts, line, local, page, table, to_json

ID = "2e136950-1dc9-51c4-8be9-d2c0f50859f5"


@dataclass(frozen=True, slots=True)
class Row:
    number: UUID
    at: datetime
    streets: frozenset[str] | None
    role: Role


def _printed(width, *tables):
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=True, color_system=None)
    for one in tables:
        console.print(one)
    return out.getvalue()


def _answered(document, *tell, as_json=False):
    @click.command()
    @click.pass_context
    def command(ctx):
        ctx.meta[AS_JSON] = as_json
        answer(document, *tell)

    result = CliRunner().invoke(command)
    assert result.exception is None
    return result.output


def test_times_are_utc_and_sets_are_sorted_in_json():
    shanghai = timezone(timedelta(hours=8))
    row = Row(UUID(ID), datetime(2026, 11, 25, 9, 30, tzinfo=shanghai), frozenset({"b", "a"}), Role.HANDLER)
    assert json.loads(to_json(page([row], None, position=3))) == {
        "items": [{"number": ID, "at": "2026-11-25T01:30:00Z", "streets": ["a", "b"], "role": "handler"}],
        "next_cursor": None,
        "position": 3,
    }


def test_chinese_stays_chinese_in_json():
    assert "朝晖街道" in to_json({"name": "朝晖街道"})


def test_an_answer_is_one_json_document_or_what_people_read():
    assert json.loads(_answered({"a": 1}, lambda: line("one"), as_json=True)) == {"a": 1}
    assert _answered({"a": 1}, lambda: line("one")) == "one\n"


def test_in_a_pipe_a_row_is_one_line_without_colour_however_long_it_is():
    long = "占道经营" * 100
    shown = _answered({}, lambda: table("", ("id", "标题"), [(ID, long), (ID, "a\nb")]))
    assert "\x1b" not in shown
    (first,) = [one for one in shown.splitlines() if long in one]
    assert ID in first
    assert "a ⏎ b" in shown


def test_on_a_narrow_terminal_an_id_is_folded_and_not_cut_off():
    shown = _printed(30, table("", ("id", "标题 title"), [(ID, "占道经营" * 5)]))
    cells = [one[: one.index("  ", 3)].strip() if "  " in one[3:] else one.strip() for one in shown.splitlines()]
    assert "…" not in shown
    assert ID in "".join(cells).replace(" ", "")


def test_what_a_source_wrote_is_neither_markup_nor_steers_the_terminal():
    shown = _answered({}, lambda: table("", ("标题",), [("[red]危险[/red] \x1b[2J",)]), lambda: facts([("a", "\x07")]))
    assert "[red]危险[/red] \\x1b[2J" in shown
    assert "\\x07" in shown
    assert "\x1b" not in shown


def test_nothing_is_shown_as_such():
    assert _answered({}, lambda: facts([("地址", None), ("标题", ""), ("数", 0)])).split() == [
        "地址",
        "—",
        "标题",
        "—",
        "数",
        "0",
    ]


def test_times_are_shown_as_the_districts_clocks_do():
    assert local(datetime(2026, 11, 25, 16, 30, tzinfo=UTC), ZoneInfo("Asia/Shanghai")) == "2026-11-26 00:30:00"
    assert local(None, ZoneInfo("Asia/Shanghai")) == ""
