import pytest

from jiedao.domain.errors import ConfigurationError
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
