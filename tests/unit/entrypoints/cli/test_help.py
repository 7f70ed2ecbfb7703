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


def _find(path):
    command = cli
    for name in path:
        command = command.get_command(click.Context(command), name)
    return command


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


_GROUPS = [path for path in _paths(cli) if path and isinstance(_find(path), click.Group)]


@pytest.mark.parametrize("path", _GROUPS, ids=" ".join)
def test_a_group_shows_every_command_with_its_whole_line(path):
    shown = " ".join(CliRunner().invoke(cli, [*path, "--help"]).output.split())
    for name, command in _find(path).commands.items():
        line = (command.short_help or command.help.split("\n\n")[0]).replace("\b", "")
        assert f"{name} {' '.join(line.split()).split('. ')[0].rstrip('.')}" in shown
    assert "..." not in shown.partition("Commands:")[2]


def test_the_commands_of_an_incident_stand_in_the_order_of_the_work():
    names = list(_find(("incident",)).list_commands(click.Context(cli)))
    in_order = ["show", "admit", "file", "dispatch", "accept", "report-handled", "verify", "close", "revisit", "reopen"]
    assert [name for name in names if name in in_order] == in_order
