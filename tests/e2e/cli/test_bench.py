"""``jiedao bench``: numbers for programs from the sources, and nothing left behind, also when it is broken off."""

from __future__ import annotations

import json
import signal
from subprocess import PIPE

import psycopg
import pytest
from click.testing import CliRunner
from psycopg.conninfo import make_conninfo

from jiedao.entrypoints.cli import bench
from jiedao.entrypoints.cli.root import cli
from tests.benchmarks.__main__ import BENCHES
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


def databases(url):
    """The databases of benchmarks that stand on a server."""
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'jiedao\\_bench%'")
        return [name for (name,) in found]


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.kafka] if name == "kafka" else []) for name in BENCHES]
)
def test_each_can_still_measure_and_leaves_no_database_on_a_server_that_is_named(name, here, postgres_url):
    lines = here.run("bench", name, "--quick", "--server", postgres_url, "--json", "-", code=None).splitlines()
    assert lines
    assert [line for line in map(json.loads, lines) if line.get("failed")] == []
    assert databases(postgres_url) == []


def test_broken_off_it_shows_what_was_measured_and_takes_its_database_from_a_server_that_is_named(here, postgres_url):
    command = ("bench", "append", "pipeline", "--quick", "--server", postgres_url)
    with here.start(*command, stdout=PIPE, text=True) as process:
        until(lambda: any(here.folder.glob("jiedao-bench-*/jiedao-bench-*/files")), "the district, on its server")
        assert len(databases(postgres_url)) == 1
        assert not any(here.folder.glob("jiedao-bench-*/postgres"))
        process.send_signal(signal.SIGTERM)
        printed, _errors = process.communicate(timeout=60)
        assert process.returncode == 128 + signal.SIGTERM
    assert "append of single events" in printed
    assert databases(postgres_url) == []


@pytest.mark.parametrize(
    ("role", "lacking"),
    [
        ("LOGIN", "ALTER ROLE measuring CREATEDB; CREATE ROLE jiedao_app NOLOGIN"),
        ("LOGIN CREATEDB", "CREATE ROLE jiedao_app NOLOGIN"),
        ("LOGIN CREATEROLE", "ALTER ROLE measuring CREATEDB"),
    ],
)
def test_a_role_that_may_not_make_a_database_is_told_what_it_lacks(role, lacking, postgres_url, monkeypatch):
    monkeypatch.setattr(bench, "_RIGHTS", bench._RIGHTS.replace("'jiedao_app'", "'nobody_has_made_this'"))
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE measuring {role} PASSWORD 'm'")
        try:
            address = make_conninfo(postgres_url, user="measuring", password="m")
            result = CliRunner().invoke(cli, ["bench", "geo", "--server", address])
        finally:
            connection.execute("DROP ROLE measuring")
    assert result.exit_code == 1
    assert result.stderr.endswith(f"administrator of that server: {lacking}\n")


def test_a_server_that_is_none_is_said_without_its_password():
    for address, code in (("nonsense:s3cret", 1), ("postgresql://m:s3cret@127.0.0.1:1/postgres", 4)):
        result = CliRunner().invoke(cli, ["bench", "geo", "--server", address])
        assert result.exit_code == code
        assert "s3cret" not in result.output


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
