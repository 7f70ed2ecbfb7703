"""docs/cli.md says what there is: every command, every exit code, every setting."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import click
import pytest

from jiedao.entrypoints.cli.failing import EXIT_CODES
from jiedao.entrypoints.cli.options import shown_default, variable
from jiedao.entrypoints.cli.root import cli
from jiedao.entrypoints.settings import Settings

TEXT = (Path(__file__).parents[4] / "docs" / "cli.md").read_text(encoding="utf-8")


def _rows(heading):
    """The rows of the table under a heading, cell by cell, without the marks of code."""
    section = TEXT.split(f"## {heading}")[1].split("\n## ")[0]
    table = [line for line in section.splitlines() if line.startswith("| ")]
    return [[unescape(cell.strip().strip("`")) for cell in line.strip("|").split("|")] for line in table[2:]]


def _commands(command, path=()):
    if isinstance(command, click.Group):
        ctx = click.Context(command)
        for name in command.list_commands(ctx):
            yield from _commands(command.get_command(ctx, name), (*path, name))
    else:
        yield path


def test_the_table_of_settings_is_that_of_the_settings():
    assert _rows("设置 Settings") == [
        [f"--{name.replace('_', '-')}", variable(name), shown_default(setting), setting.description]
        for name, setting in Settings.model_fields.items()
    ]


def test_the_table_of_exit_codes_is_that_of_the_code():
    assert _rows("错误与退出码 Errors and exit codes") == [
        [str(code.value), meaning] for code, meaning in EXIT_CODES.items()
    ]


def test_the_document_of_a_command_is_told_once():
    told = [name.strip("`") for row in _rows("输出 Output") for name in row[0].split(", ")]
    assert sorted(told) == sorted(set(told))


@pytest.mark.parametrize("path", list(_commands(cli)), ids=" ".join)
def test_each_command_is_told_of_and_so_is_its_document(path):
    name = " ".join(path)
    assert re.search(rf"^\| `jiedao {re.escape(name)}[ `]", TEXT, re.MULTILINE), name
    if name not in {"serve", "demo"}:
        documents = [row[0] for row in _rows("输出 Output")]
        assert any(name in document for document in documents), name
