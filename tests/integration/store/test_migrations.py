"""The schema that the migrations make, whichever way they are applied."""

import psycopg
import pytest

from jiedao.store.migrations import available, migrate

CATALOGUE = """
SELECT 'column', table_name || '.' || column_name, data_type || ' ' || is_nullable || coalesce(column_default, '')
    FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT 'function', p.oid::regprocedure::text, pg_get_functiondef(p.oid)
    FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT 'trigger', c.relname || '.' || tgname, pg_get_triggerdef(t.oid) || tgenabled::text
    FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid WHERE NOT tgisinternal
UNION ALL SELECT 'grant', c.relname, coalesce(relacl::text, '') FROM pg_class c
    WHERE relnamespace = 'public'::regnamespace
UNION ALL SELECT 'function grant', p.oid::regprocedure::text, coalesce(proacl::text, '')
    FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
ORDER BY 1, 2, 3
"""


@pytest.fixture
def empty_database(postgres_url):
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute("CREATE DATABASE jiedao_empty")
        with psycopg.connect(postgres_url.replace("/postgres?", "/jiedao_empty?"), autocommit=True) as connection:
            yield connection
        admin.execute("DROP DATABASE jiedao_empty WITH (FORCE)")


def test_migrations_applied_one_release_at_a_time_make_the_same_schema(empty_database, database_url, monkeypatch):
    steps = available()
    for released in range(1, len(steps) + 1):
        monkeypatch.setattr("jiedao.store.migrations.available", lambda released=released: steps[:released])
        assert [step.number for step in migrate(empty_database)] == [released]
    with psycopg.connect(database_url) as connection:
        expected = connection.execute(CATALOGUE).fetchall()
    assert empty_database.execute(CATALOGUE).fetchall() == expected
    assert len(expected) > 50


def test_a_database_of_a_newer_version_is_refused(empty_database, monkeypatch):
    steps = available()
    migrate(empty_database)
    monkeypatch.setattr("jiedao.store.migrations.available", lambda: steps[:-1])
    with pytest.raises(Exception, match="newer than this version: upgrade"):
        migrate(empty_database)


def test_no_function_that_runs_with_its_owners_rights_is_open_to_everybody(database_url):
    query = """
        SELECT p.oid::regprocedure::text FROM pg_proc p
        WHERE pronamespace = 'public'::regnamespace AND prosecdef
          AND (has_function_privilege('public', p.oid, 'EXECUTE') OR proconfig IS NULL)
    """
    with psycopg.connect(database_url) as connection:
        assert connection.execute(query).fetchall() == []
