"""Commands as processes: the embedded database they start or join, how they are stopped, and what goes where."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
from contextlib import contextmanager
from pathlib import Path

import pytest

from jiedao.store.embedded import find_running
from jiedao.store.postmaster import Postmaster
from jiedao.store.server_account import server_account
from tests.e2e.cli.terminal import form
from tests.installation import Installation
from tests.waiting import until


@pytest.fixture
def installation(database_url, tmp_path):
    return Installation(database_url, tmp_path, log_file="")


@pytest.fixture
def embedded():
    """An installation with nothing: no database, no key. Its folder's name is short, as a socket's path must be."""
    folder = Path(tempfile.mkdtemp(prefix="jd-"))
    installation = Installation("", folder, vault_key="", log_file="")
    yield installation
    data = folder / "data" / "postgres" / "data"
    if data.exists():
        Postmaster(data, server_account()).stop()  # also what a failed test left running
    shutil.rmtree(folder)


def _running(installation):
    return find_running(installation.folder / "data" / "postgres")


def _reads(process):
    """Whether a process has read all that was written to its standard input."""
    unread = fcntl.ioctl(process.stdin.fileno(), termios.FIONREAD, b"\0" * 4)
    return struct.unpack("i", unread)[0] == 0


@contextmanager
def _waiting(installation, *arguments):
    """Start a command that waits for more of its standard input."""
    with installation.start(
        *arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            process.stdin.write(b"lon,lat\n")
            process.stdin.flush()
            until(lambda: process.poll() is not None or _reads(process), "the command's reading of its input")
            yield process
        finally:
            process.kill()


def _ended(process, number):
    process.send_signal(number)
    output, errors = process.communicate(timeout=60)
    assert b"Traceback" not in errors, errors.decode()
    return process.returncode, output, errors


def test_a_command_alone_starts_the_database_for_its_own_duration(embedded):
    counts = embedded.ask("queue", "show")
    assert counts["total"] == 0
    assert _running(embedded) is None
    assert not (embedded.folder / "data" / "postgres" / "data" / "postmaster.pid").exists()


def test_commands_join_the_database_of_a_running_server_and_all_is_well(embedded):
    with embedded.serving() as client:
        running = _running(embedded)
        reports = embedded.folder / "reports.json"
        reports.write_text(json.dumps([form("M1"), form("M2")]))
        embedded.ask("ingest", "file", "manual", reports)
        diagnosis = embedded.ask("doctor")
        assert diagnosis["faults"] == 0, diagnosis
        rebuilt = embedded.ask("projections", "rebuild")
        assert embedded.ask("projections", "status")["active_generation"] == rebuilt["generation"]
        token = embedded.here.token("administrator")
        answer = client.get("/v1/queues", headers=token).json()
        assert answer["total"] == 2
        assert answer == embedded.ask("queue", "show")
        assert _running(embedded).pid == running.pid
    assert _running(embedded) is None


def test_ctrl_c_ends_a_command_cleanly(installation):
    with _waiting(installation, "boundaries", "match", "--file", "-") as process:
        code, output, errors = _ended(process, signal.SIGINT)
    assert code == 130
    assert output == b""
    assert errors.decode().splitlines()[-1] == "stopped"


def test_a_supervisors_stop_leaves_no_database_behind(embedded):
    with _waiting(embedded, "ingest", "file", "manual", "-", "--format", "jsonl") as process:
        assert _running(embedded) is not None
        process.send_signal(signal.SIGTERM)  # asks the feed to end after its unit; it waits for input, so once more
        until(lambda: process.poll() is not None or not _pending(process), "the first signal's arrival")
        code, _output, _errors = _ended(process, signal.SIGTERM)
    assert code in {130, 143}
    assert _running(embedded) is None
    assert not (embedded.folder / "data" / "postgres" / "data" / "postmaster.pid").exists()


def _pending(process):
    """Whether a signal is on its way to a process and was not taken yet."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    pending = [line.split()[1] for line in status.splitlines() if line.startswith(("SigPnd", "ShdPnd"))]
    return any(int(mask, 16) for mask in pending)


def test_a_reader_that_has_seen_enough_is_no_error(installation):
    read, write = os.pipe()
    process = installation.start("queue", "show", "--json", stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    os.close(read)
    errors = process.communicate(timeout=60)[1].decode()
    assert "Traceback" not in errors
    assert "BrokenPipe" not in errors
    assert "error:" not in errors


def test_logs_never_mix_with_the_answer(installation):
    process = installation.start("queue", "show", "--json", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    output, _errors = process.communicate(timeout=60)
    assert json.loads(output)["total"] == 0
    letter = "00000000-0000-0000-0000-000000000000"
    process = installation.start(
        "dead-letters", "show", letter, "--content", stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    output, errors = process.communicate(timeout=60)
    assert output == b""
    assert b"personal_data_read" in errors
    assert process.returncode == 3


def test_a_database_that_does_not_answer_is_told_apart_for_scripts(tmp_path):
    installation = Installation("postgresql://jiedao:hunter2@127.0.0.1:1/jiedao", tmp_path, log_file="")
    process = installation.start("queue", "show", "--json", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 4
    assert json.loads(output)["error"]["code"] == "unavailable"
    assert errors.decode().startswith("error: the database does not answer")
    assert b"hunter2" not in output + errors
