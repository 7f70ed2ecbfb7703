"""The map of the product: what `jiedao --help` shows, and how quickly."""

from __future__ import annotations

import json
import resource
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from jiedao import __version__
from jiedao.entrypoints.cli.root import MAP, cli

HEAVY = ("numpy", "shapely", "fastapi", "pydantic", "psycopg", "kafka", "eventsourcing", "rich")
HELP = f"""
import json, sys
from jiedao.entrypoints.cli.root import cli
try:
    cli(["--help"], prog_name="jiedao")
finally:
    print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]), file=sys.stderr)
"""


def _entries():
    return {name: entry for section in MAP.values() for name, entry in section.items()}


def test_help_shows_every_command_in_the_order_of_the_work():
    shown = CliRunner().invoke(cli, ["--help"]).output
    places = [shown.index(f"\n  {name} ") for name in _entries()]
    assert places == sorted(places)
    assert list(_entries()) == [
        "serve",
        "demo",
        "doctor",
        "ingest",
        "dead-letters",
        "queue",
        "clocks",
        "incident",
        "outbox",
        "indicators",
        "report",
        "roster",
        "handover",
        "workflow",
        "routing",
        "boundaries",
        "audit",
        "projections",
        "privacy",
        "retention",
        "tokens",
        "simulate",
        "bench",
    ]
    for title in MAP:
        assert f"{title}:" in shown


def test_each_line_of_the_map_has_the_chinese_word_beside_the_english():
    for entry in _entries().values():
        chinese, english = entry.line.split(" ", 1)
        assert not chinese.isascii()
        assert english.isascii()
        assert english.endswith(".")


@pytest.mark.parametrize("name", list(_entries()))
def test_each_command_of_the_map_can_be_loaded(name):
    command = _entries()[name].load()
    assert isinstance(command, click.Command)
    assert command.name == name
    assert not command.help.split()[0].isascii() or isinstance(command, click.Group)


def test_help_imports_nothing_heavy_and_takes_less_than_half_a_second():
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    shown = subprocess.run([sys.executable, "-c", HELP], capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert json.loads(shown.stderr) == []
    # Of the processor, not of the wall: how busy the machine is does not count.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.5


def test_an_unknown_command_is_a_wrong_call():
    result = CliRunner().invoke(cli, ["frobnicate"])
    assert result.exit_code == 2
    assert "No such command 'frobnicate'" in result.stderr


def test_a_wrong_call_that_asked_for_json_is_answered_as_json():
    result = CliRunner().invoke(cli, ["queue", "frobnicate", "--json"])
    assert result.exit_code == 2
    assert json.loads(result.stdout) == {"error": {"code": "usage", "message": "No such command 'frobnicate'."}}


def test_the_version_is_told():
    assert CliRunner().invoke(cli, ["--version"]).output == f"jiedao {__version__}\n"
