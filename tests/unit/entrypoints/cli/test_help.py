"""What `--help` shows of each command: sentences, and examples as they are typed."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from jiedao.entrypoints.cli.root import cli


def _paths(command, path=()):
    yield path
    if isinstance(command, click.Group):
        ctx = click.Context(command)
        for name in command.list_commands(ctx):
            yield from _paths(command.get_command(ctx, name), (*path, name))


@pytest.mark.parametrize("path", list(_paths(cli)), ids=" ".join)
def test_no_mark_that_is_meant_for_click_is_shown(path):
    shown = CliRunner().invoke(cli, [*path, "--help"]).output
    assert "Usage:" in shown
    assert "\\" not in shown
    assert "\b" not in shown


def test_the_examples_of_feeding_files_stand_on_lines_of_their_own():
    lines = [line.strip() for line in CliRunner().invoke(cli, ["ingest", "file", "--help"]).output.splitlines()]
    assert "jiedao ingest file hotline orders-2026-11-24.jsonl" in lines
    assert "zcat alarms.jsonl.gz | jiedao ingest file video - --format jsonl" in lines
