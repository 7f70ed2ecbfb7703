"""Refusals are counted a minute at a time, survive concurrent writers, and cannot be removed by the application."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from jiedao.domain.errors import InvalidInputError
from jiedao.store.database import Database
from jiedao.store.refusals import Refusal, RefusalLog

AT = datetime(2026, 11, 24, 9, 30, 5, tzinfo=UTC)
ONE = Refusal(AT, 403, "not_allowed", "GET", "/v1/incidents", "t1", "user:zhang", "handler", "203.0.113.7", "r1")


@pytest.fixture
def refusals(database_url):
    with Database(database_url, max_connections=4) as database:
        yield RefusalLog(database)


def test_the_same_refusal_within_a_minute_is_one_row_with_a_count(refusals):
    refusals.record([ONE, replace(ONE, at=AT + timedelta(seconds=10), request_id="r2")])
    refusals.record([replace(ONE, at=AT + timedelta(seconds=20), request_id="r3")])
    refusals.record([replace(ONE, at=AT + timedelta(minutes=1), request_id="r4")])
    later, earlier = refusals.recent(AT)
    assert (earlier.times, earlier.first_at, earlier.last_at, earlier.request_id) == (
        3, AT, AT + timedelta(seconds=20), "r3",
    )  # fmt: skip
    assert (later.times, later.request_id) == (1, "r4")
    assert (earlier.holder, earlier.role, earlier.client) == ("user:zhang", "handler", "203.0.113.7")


def test_other_askers_routes_and_reasons_are_rows_of_their_own(refusals):
    others = [replace(ONE, token_id="t2"), replace(ONE, route="/v1/queues"), replace(ONE, client="203.0.113.8"),
              replace(ONE, status=401, reason="unauthenticated", token_id="", holder="", role="")]  # fmt: skip
    refusals.record([ONE, *others])
    assert len(refusals.recent(AT)) == 5
    assert [found.token_id for found in refusals.recent(AT, token_id="t2")] == ["t2"]
    assert refusals.recent(AT + timedelta(seconds=1)) == []
    assert len(refusals.recent(AT, limit=2)) == 2
    with pytest.raises(InvalidInputError):
        refusals.recent(AT, limit=0)


def test_nothing_is_lost_between_writers_at_the_same_time(refusals):
    batches = [[replace(ONE, token_id=f"t{number % 3}") for number in range(30)] for _ in range(20)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(refusals.record, batches))
    assert sum(found.times for found in refusals.recent(AT)) == 600


def test_the_application_can_neither_remove_a_refusal_nor_change_whose_it_is(refusals, database_url):
    refusals.record([ONE])
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SET ROLE jiedao_app")
        for statement in (
            "DELETE FROM refusal", "TRUNCATE refusal", "UPDATE refusal SET token_id = ''", "UPDATE refusal SET status = 401",
        ):  # fmt: skip
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
        connection.execute("UPDATE refusal SET times = times + 1")
