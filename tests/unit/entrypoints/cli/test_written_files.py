"""Files that commands write: what is there stays unless it is said otherwise, and nothing is ever half."""

from __future__ import annotations

import os
from threading import Thread

import click
import pytest
from click.testing import CliRunner

from jiedao.entrypoints.cli.root import cli
from jiedao.entrypoints.cli.written_files import whole_file, writes_file


def writing(what):
    """A command that writes a file, and does ``what`` with it in the middle."""

    @click.command()
    @writes_file("--out", help="The file.")
    def write(out):
        with whole_file(out) as file:
            file.write(b"first ")
            what(out)
            file.write(b"second")

    return lambda *given: CliRunner().invoke(write, [str(one) for one in given])


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out.txt"


def left_in(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_a_file_gets_its_name_when_it_is_whole(out):
    seen = []
    assert writing(lambda path: seen.append(path.exists()))("--out", out).exit_code == 0
    assert (seen, left_in(out.parent)) == ([False], {"out.txt": "first second"})


def test_a_file_that_is_there_is_replaced_only_where_that_is_said(out):
    out.write_text("kept")
    write = writing(lambda _path: None)
    refused = write("--out", out)
    assert (refused.exit_code, "文件已存在" in refused.output, "--force" in refused.output) == (2, True, True)
    assert left_in(out.parent) == {"out.txt": "kept"}
    assert write("--force", "--out", out).exit_code == write("--out", out, "--force").exit_code == 0
    assert left_in(out.parent) == {"out.txt": "first second"}


def stop(_path):
    raise KeyboardInterrupt


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_what_is_broken_off_leaves_nothing_and_takes_nothing(out, force):
    if force:
        out.write_text("kept")
    assert writing(stop)("--out", out, *force).exit_code == 1
    assert left_in(out.parent) == ({"out.txt": "kept"} if force else {})


def test_a_file_that_came_into_being_meanwhile_is_left(out):
    done = writing(lambda path: path.write_text("another's"))("--out", out)
    assert "has come into being meanwhile" in str(done.exception)
    assert left_in(out.parent) == {"out.txt": "another's"}


def test_a_medium_without_links_gets_the_file_all_the_same(out, monkeypatch):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr("pathlib.Path.hardlink_to", refuse)
    assert writing(lambda _path: None)("--out", out).exit_code == 0
    assert left_in(out.parent) == {"out.txt": "first second"}
    done = writing(lambda path: path.write_text("another's"))("--out", out.with_name("second.txt"))
    assert "has come into being meanwhile" in str(done.exception)


def test_a_folder_that_is_not_there_is_told_before_any_work(tmp_path):
    refused = writing(lambda _path: None)("--out", tmp_path / "nowhere" / "out.txt")
    assert (refused.exit_code, "there is no folder" in refused.output) == (2, True)


def test_a_pipe_is_written_as_it_comes(tmp_path):
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    assert writing(lambda _path: None)("--out", pipe).exit_code == 0
    reader.join(10)
    assert read == ["first second"]


def options_of(command, path=()):
    """Each command's name with its options."""
    if isinstance(command, click.Group):
        ctx = click.Context(command)
        for name in command.list_commands(ctx):
            yield from options_of(command.get_command(ctx, name), (*path, name))
    else:
        yield " ".join(path), [one for one in command.params if isinstance(one, click.Option)]


def writes(option):
    """Whether an option names a file that need not be there; the settings' own are not meant."""
    kind = option.type
    return isinstance(kind, click.Path) and kind.file_okay and not kind.exists and option.envvar is None


def test_every_command_that_writes_a_file_asks_before_it_replaces_one():
    writing = {
        name: any("--force" in one.opts for one in options)
        for name, options in options_of(cli)
        if any(map(writes, options))
    }
    assert len(writing) >= 9
    assert [name for name, asks in writing.items() if not asks] == ["bench"], "numbers of a measurement come as they go"
