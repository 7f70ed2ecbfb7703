"""``jiedao bench``: numbers for programs from the sources, and nothing left behind, also when it is broken off."""

from __future__ import annotations

import json
import signal

import pytest
from click.testing import CliRunner

from jiedao.entrypoints.cli import bench
from jiedao.entrypoints.cli.root import cli
from tests.installation import Installation
from tests.waiting import is_alive, until


@pytest.fixture
def here(tmp_path):
    """An installation whose temporary files lie in a folder of the test."""
    installation = Installation("", tmp_path)
    installation.env["TMPDIR"] = str(tmp_path)
    return installation


def test_each_line_has_value_limit_ratio_and_unit_in_a_file_where_the_user_stands_and_people_see_a_table(here):
    printed = here.run("bench", "geo", "--quick", "--json", "numbers.jsonl")
    lines = [json.loads(line) for line in (here.folder / "numbers.jsonl").read_text("utf-8").splitlines()]
    assert {tuple(line) for line in lines} == {("name", "value", "limit", "ratio", "unit")}
    first = lines[0]
    assert first["unit"] == "points/s"
    assert first["ratio"] == pytest.approx(first["value"] / first["limit"])
    assert [line["name"] for line in lines if line["name"] not in printed] == []


def test_what_does_not_end_in_time_is_said_and_fails(here):
    (line,) = here.run("bench", "geo", "--seconds", "1", "--json", "-", code=1).splitlines()
    assert json.loads(line)["failed"]
    assert json.loads(line)["value"] is None


def test_broken_off_it_stops_its_servers_and_takes_its_files_along(here):
    process = here.start("bench", "pipeline")
    with process:
        until(lambda: any(here.folder.glob("jiedao-bench-*/jiedao-bench-*/files")), "the district, on its server")
        (pid_file,) = here.folder.glob("jiedao-bench-*/postgres/postmaster.pid")
        postmaster = int(pid_file.read_text().split()[0])
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 128 + signal.SIGTERM
    assert not is_alive(postmaster)
    assert list(here.folder.glob("jiedao-bench-*")) == []


def test_without_the_sources_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "CHECKOUT", tmp_path)
    result = CliRunner().invoke(cli, ["bench"])
    assert result.exit_code == 3
    assert "run `make bench` in a checkout" in result.stderr


def test_only_a_time_that_somebody_names_is_handed_on(monkeypatch):
    commands = []
    monkeypatch.setattr(bench, "_run_to_end", lambda command: commands.append(command) or 0)
    for given in ([], ["--seconds", "90"]):
        assert CliRunner().invoke(cli, ["bench", "simulation", *given]).exit_code == 0
    assert [command[3:] for command in commands] == [["simulation"], ["simulation", "--seconds", "90.0"]]
