from contextlib import ExitStack

import psycopg
import pytest

from jiedao.domain.errors import ConfigurationError, UnavailableError
from jiedao.store.database import Database
from jiedao.store.migrations import available, migrate


def test_a_migrated_database_needs_no_further_migration(database_url):
    with Database(database_url) as database, database.connection() as connection:
        assert migrate(connection) == []
        assert len(available()) >= 1


def test_a_changed_migration_is_refused(database_url):
    with Database(database_url) as database, database.connection() as connection:
        connection.execute("UPDATE migration SET digest = 'other' WHERE number = 1")
        with pytest.raises(ConfigurationError, match="changed after"):
            migrate(connection)


CONNECTIONS = 3
CUT = b"""
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
PID = b"SELECT pg_backend_pid()"


def cut_all(database_url, database):
    """Cut every connection of the pool, while all of them are idle; returns the pids that they had."""
    with ExitStack() as stack:
        lent = [stack.enter_context(database.connection()) for _ in range(CONNECTIONS)]
        pids = {one.execute(PID).fetchone()[0] for one in lent}
    with psycopg.connect(database_url, autocommit=True) as other:
        other.execute(CUT)
    return pids


def ask_by_itself(database):
    return database.rows(PID)[0][0]


def ask_in_a_transaction(database):
    with database.connection() as connection:
        return connection.execute(PID).fetchone()[0]


@pytest.mark.parametrize("ask", [ask_by_itself, ask_in_a_transaction])
def test_connections_that_were_cut_are_replaced_and_nobody_notices(database_url, ask):
    with Database(database_url, max_connections=CONNECTIONS) as database:
        before = cut_all(database_url, database)
        assert len(before) == CONNECTIONS
        assert ask(database) not in before
        assert ask(database) not in before


def write_and_be_cut(database_url, database):
    with database.connection() as connection:
        connection.execute("INSERT INTO tracking VALUES ('lost', 1)")
        with psycopg.connect(database_url, autocommit=True) as other:
            other.execute(CUT)
        connection.execute(PID)


def write_and_fail(database):
    with database.connection() as connection:
        connection.execute("INSERT INTO tracking VALUES ('half', 1)")
        connection.execute("SELECT * FROM nothing_of_the_kind")


def test_one_that_is_cut_in_a_transaction_says_so_and_the_next_works(database_url):
    with Database(database_url, max_connections=CONNECTIONS) as database:
        with pytest.raises(psycopg.OperationalError):
            write_and_be_cut(database_url, database)
        assert database.rows(b"SELECT 1 FROM tracking WHERE application_name = 'lost'") == []


def test_what_fails_is_rolled_back_and_the_connection_goes_on_working(database_url):
    with Database(database_url, max_connections=1) as database:
        with pytest.raises(psycopg.errors.UndefinedTable):
            write_and_fail(database)
        with pytest.raises(psycopg.errors.UndefinedTable):
            database.rows(b"SELECT * FROM nothing_of_the_kind")
        assert database.rows(b"SELECT 1 FROM tracking WHERE application_name = 'half'") == []
        with database.connection() as connection:
            connection.execute("INSERT INTO tracking VALUES ('whole', 1)")
        assert database.rows(b"SELECT position FROM tracking WHERE application_name = 'whole'") == [(1,)]


def test_a_server_that_does_not_answer_is_unavailable(tmp_path):
    database = Database(f"host={tmp_path} dbname=none", max_connections=1)
    database._pool.timeout = 0.1  # what a reader would wait for 15 s
    with database, pytest.raises(UnavailableError):
        database.rows(PID)
