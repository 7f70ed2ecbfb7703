"""A district whose views another version filled: served again at once, and told plainly on the command line."""

from __future__ import annotations

import psycopg

from tests.installation import Installation


def test_views_of_another_version_are_rebuilt_before_anything_is_served(database_url, tmp_path):
    installation = Installation(database_url, tmp_path)
    installation.here.ask("queue", "show")
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE projection_generation SET digest = 'sha256:of another version'")
        told = installation.here.run("queue", "show", code=1)
        assert told == ""
        with installation.serving() as client:
            answer = client.get("/v1/queues", headers=installation.here.token("auditor"))
            assert answer.status_code == 200
        states = connection.execute("SELECT number, state FROM projection_generation ORDER BY number").fetchall()
    assert states[-1][1] == "active"
    assert len(states) == 2
    installation.here.ask("queue", "show")
