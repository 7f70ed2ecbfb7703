"""The application's database role runs the projections, whoever made the views, and cannot do more than that."""

from __future__ import annotations

import psycopg
import pytest

from jiedao.store.database import Database
from projections.queries import ReadModel
from projections.rebuild import rebuild
from projections.runner import ProjectionRunner
from tests.integration.projections.journal import Decoder, queued


@pytest.fixture
def application_url(database_url):
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS projecting")
        connection.execute("CREATE ROLE projecting LOGIN IN ROLE jiedao_app")
    yield psycopg.conninfo.make_conninfo(database_url, user="projecting")
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("DROP OWNED BY projecting CASCADE")
        connection.execute("DROP ROLE projecting")


def test_the_application_goes_on_with_views_that_the_owner_rebuilt_and_the_other_way_round(
    application_url, journal, runner
):
    journal.append(queued(1))
    with Database(application_url) as database:
        application = ProjectionRunner(database, journal, Decoder())
        assert application.catch_up() == 3
        assert rebuild(runner).generation == 2
        journal.append(queued(2))
        assert application.catch_up() == 6
        assert rebuild(application).dropped == (1,)
        assert rebuild(runner).dropped == (2,)
        assert ReadModel(database).counts()[0].incidents == 2


def test_the_application_cannot_make_a_schema_of_another_name(application_url):
    with psycopg.connect(application_url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("CREATE SCHEMA elsewhere")
