"""Fixtures of a sealed log."""

from __future__ import annotations

import psycopg
import pytest

from tests.integration.audit.sealing import SealedLog


@pytest.fixture
def log(recorder, tmp_path):
    return SealedLog(recorder, tmp_path)


@pytest.fixture
def superuser(database_url):
    """A connection of the database's superuser."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection
