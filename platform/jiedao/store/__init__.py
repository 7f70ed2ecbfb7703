"""PostgreSQL: the embedded server, the recorder, the vault, named queries, migrations."""
