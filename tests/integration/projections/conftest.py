"""A log of the test's own, a runner that applies it, and the questions asked of the result."""

from __future__ import annotations

import pytest

from jiedao.store.database import Database
from projections.queries import ReadModel
from projections.runner import ProjectionRunner
from tests.integration.projections.journal import Decoder, Journal


@pytest.fixture
def database(database_url):
    with Database(database_url) as database:
        yield database


@pytest.fixture
def journal(database_url):
    journal = Journal(database_url)
    yield journal
    journal.close()


@pytest.fixture
def second_reader(database_url):
    reader = Journal(database_url)
    yield reader
    reader.close()


@pytest.fixture
def third_reader(database_url):
    reader = Journal(database_url)
    yield reader
    reader.close()


@pytest.fixture
def runner(database, journal):
    return ProjectionRunner(database, journal, Decoder())


@pytest.fixture
def read(database):
    return ReadModel(database)
