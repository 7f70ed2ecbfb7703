"""The embedded PostgreSQL is killed, its owner is killed, its recovery is slow: nothing that was answered is lost."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from jiedao.domain.errors import UnavailableError
from jiedao.store.database import Database
from jiedao.store.embedded import EmbeddedPostgres, _has_owner, find_running, prepare_database
from jiedao.store.follow import LogFollower
from jiedao.store.postmaster import Postmaster
from jiedao.store.recorder import JiedaoRecorder
from jiedao.store.server_account import server_account
from jiedao.store.writer import GroupCommitWriter
from tests.log_samples import stored, unit
from tests.waiting import until

BOUND = 60.0
DISTRICT = "330103"
OWNER = """
import sys
from pathlib import Path
from jiedao.store.embedded import EmbeddedPostgres
address = EmbeddedPostgres(Path(sys.argv[1])).prepare("330103")
print(address.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder():
    place = Path(tempfile.mkdtemp(prefix="jiedao-pg-"))  # short, as a socket's path must be
    yield place / "postgres"
    if (place / "postgres" / "data").exists():
        Postmaster(place / "postgres" / "data", server_account()).stop()  # also what a failed test left running
    shutil.rmtree(place)


def test_a_killed_server_is_not_handed_out_and_comes_back_with_everything_that_was_answered(folder):
    with EmbeddedPostgres(folder) as server:
        address = server.prepare(DISTRICT)
        prepare_database(address.owner_url(DISTRICT))
        url = address.app_url(DISTRICT)
        with GroupCommitWriter(url) as writer, Database(url) as database, LogFollower(url) as follower:
            units = [unit(stored(), stored()) for _ in range(400)]
            writer.append(units[0])
            with ThreadPoolExecutor(8) as threads:
                answers: list[Future] = [threads.submit(writer.append, one) for one in units[1:]]
                until(lambda: sum(answer.done() for answer in answers) >= 40)
                os.kill(address.pid, signal.SIGKILL)
                until(lambda: find_running(folder) is None)
                revived = server.start()  # the writer goes on trying meanwhile
                appended = [answer.result(BOUND) for answer in answers]
            assert revived.pid != address.pid
            assert find_running(folder) == revived
            recorder = JiedaoRecorder(database, writer, follower)
            entries = recorder.select_log(0, 10_000)
            assert [entry.position for entry in entries] == list(range(1, 801))
            streams = {entry.position: entry.originator_id for entry in entries}
            for one, answer in zip(units[1:], appended, strict=True):
                assert [streams[position] for position in answer.positions] == [e.originator_id for e in one.events]


def test_a_server_whose_owner_was_killed_goes_on_and_is_taken_over(folder):
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with owner:
        pid = int(_number_printed(owner))
        address = find_running(folder)
        assert address.pid == pid
        owner.kill()
        owner.wait(BOUND)
    assert find_running(folder) is None  # it has no owner, so nobody should rely on it
    with psycopg.connect(address.superuser_url) as superuser:
        superuser.execute("SELECT 1")
    with EmbeddedPostgres(folder) as server:
        assert server.start().pid == pid
        assert find_running(folder) == server.start()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(address.superuser_url)


def _number_printed(process):
    """The number among what a program says; its log lines come between."""
    for line in process.stdout:
        if line.strip().isdigit():
            return line
    raise AssertionError("the program ended and printed no number")


def test_a_start_that_takes_longer_than_its_patience_is_waited_for_by_the_next(folder):
    gate = folder / "data" / "gate"
    with EmbeddedPostgres(folder) as server:
        address = server.prepare(DISTRICT)
        with psycopg.connect(address.superuser_url, autocommit=True) as superuser:
            superuser.execute("ALTER SYSTEM SET restore_command = 'until [ -e gate ]; do sleep 0.05; done; exit 1'")
    signal_file = folder / "data" / "recovery.signal"
    signal_file.touch()
    server_account().own(signal_file, 0o600)
    with pytest.raises(UnavailableError, match="may be recovering"):
        EmbeddedPostgres(folder, patience=1.0).start()
    assert find_running(folder) is None
    server = EmbeddedPostgres(folder)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(server.start)
        until(lambda: _has_owner(folder / "lock"))
        assert not waiting.done()
        gate.touch()
        recovered = waiting.result(BOUND)
    try:
        assert find_running(folder) == recovered
        with psycopg.connect(recovered.app_url(DISTRICT)) as application:
            assert application.execute("SELECT pg_is_in_recovery()").fetchone() == (False,)
    finally:
        server.stop()
