"""Nothing connects, reads a file, starts a thread or a process when it is imported."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.architecture.tree import ROOT, modules

EVERYTHING = ROOT / "tests" / "architecture" / "import_everything.py"


def imported(*names, path):
    """What these modules tried to do while they were imported, in a process of their own."""
    said = subprocess.run(
        [sys.executable, EVERYTHING, *names],
        env={"PYTHONPATH": ":".join(map(str, path)), "PATH": "/nowhere"},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert (said.returncode, said.stderr) == (0, "")
    return said.stdout.splitlines()


def test_no_module_does_anything_but_define_things_when_it_is_imported():
    assert len(modules()) > 100
    assert imported(*modules(), path=[ROOT / "platform", ROOT]) == []


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("open(__file__ + '.toml', 'w')", "open"),
        ("import pathlib; pathlib.Path('/etc/hostname').read_bytes()", "open"),
        ("import socket; socket.socket()", "socket.__new__"),
        ("import threading; threading.Thread(target=print).start()", "thread"),
        ("import subprocess; subprocess.run(['true'])", "subprocess.Popen"),
        ("import psycopg; psycopg.connect('host=/nowhere')", "psycopg.connect"),
    ],
)
def test_a_module_that_does_is_seen(tmp_path, code, seen):
    """The first import, with the doors open, must pass: it happens in a branch that only the second one takes."""
    (tmp_path / "ingest.py").write_text(
        f"import sys\nif hasattr(sys, 'been_here'):\n    {code}\nsys.been_here = True\n", encoding="utf-8"
    )
    (line,) = imported("ingest", path=[tmp_path])
    assert line.startswith("ingest: ")
    assert seen in line
