"""The views follow in a process of their own, and here whenever there is none: nothing is left out, and nothing runs on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import psycopg
import pytest
import structlog

from ingest.records import FeedRecord
from jiedao.entrypoints import views_following as module
from jiedao.entrypoints.views_following import views_following
from tests.benchmarks.district import ACTOR, opened_district
from tests.benchmarks.orders import Orders
from tests.installation import Installation
from tests.waiting import is_alive, until


@pytest.fixture
def district(database_url):
    with opened_district(database_url) as district:
        yield district


@pytest.fixture
def orders():
    return Orders()


def record(district, orders, count=3):
    """Record some orders and wait until the views show them."""
    records = [FeedRecord(raw, "test", district.clock.now()) for raw in orders.batch(count)]
    district.pipeline.run("hotline", records, transport="file", actor=ACTOR)
    until(lambda: shown(district), "the views")


def shown(district):
    status = district.read.status()
    return status.position == status.head


def test_a_process_of_their_own_keeps_the_views_and_ends_with_the_block(district, orders, monkeypatch):
    with views_following(district) as keeper:
        until(lambda: keeper.pid, "the process of the views")
        pid = keeper.pid
        until(lambda: not keeper.follows_here, "this process to let go")
        monkeypatch.setattr(district.runner, "step", lambda _number: pytest.fail("the views are kept elsewhere"))
        record(district, orders)
    assert not is_alive(pid)


def test_killed_it_is_missed_by_nobody_and_started_anew(district, orders, monkeypatch):
    monkeypatch.setattr(module, "_ANEW_SECONDS", 0.1)
    with structlog.testing.capture_logs() as lines, views_following(district) as keeper:
        killed = set()
        for _ in range(2):
            until(lambda: keeper.pid not in {None, *killed}, "the process of the views")
            record(district, orders)
            killed.add(keeper.pid)
            os.kill(keeper.pid, signal.SIGKILL)
            record(district, orders)
    assert [line["exit_code"] for line in lines if line["event"] == "views_process_lost"] == [-signal.SIGKILL] * 2


def test_one_that_stands_still_is_given_up(district, orders, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 1.0)
    with structlog.testing.capture_logs() as lines, views_following(district) as keeper:
        until(lambda: keeper.pid, "the process of the views")
        pid = keeper.pid
        os.kill(pid, signal.SIGSTOP)
        record(district, orders)
    assert not is_alive(pid)
    assert [line["event"] for line in lines if line["log_level"] == "warning"] == [
        "views_process_stands_still",
        "views_process_lost",
    ]


@pytest.mark.parametrize("how", ["the setting", "one processor", "it does not start"])
def test_without_it_this_process_keeps_the_views(how, district, orders, monkeypatch):
    if how == "the setting":
        settings = district.settings.model_copy(update={"views_process": 0})
        monkeypatch.setattr(type(district), "settings", settings, raising=False)
    elif how == "one processor":
        monkeypatch.setattr(module, "processors", lambda: 1)
    else:
        monkeypatch.setattr(module, "VIEWS_PROCESS", "jiedao.no_such_module")
    with views_following(district) as keeper:
        record(district, orders)
        assert keeper.pid is None
        assert keeper.follows_here


def test_views_that_cannot_go_on_are_said_to_and_nothing_is_started_anew(district, orders, database_url, monkeypatch):
    monkeypatch.setattr(module, "_ANEW_SECONDS", 0.1)
    with structlog.testing.capture_logs() as lines, views_following(district) as keeper:
        until(lambda: keeper.pid, "the process of the views")
        with psycopg.connect(database_url, autocommit=True) as connection:
            (schema,) = connection.execute(
                "SELECT table_schema FROM information_schema.tables WHERE table_name = 'incident_view'"
            ).fetchone()
            connection.execute(f"ALTER TABLE {schema}.incident_view RENAME TO lost_view")
        records = [FeedRecord(raw, "test", district.clock.now()) for raw in orders.batch(1)]
        district.pipeline.run("hotline", records, transport="file", actor=ACTOR)
        until(lambda: [line for line in lines if line["event"] == "views_stopped"], "the sentence")
        assert keeper.pid is None
        assert district.read.status().fault is not None


def test_it_ends_with_a_server_that_is_killed(database_url, tmp_path):
    installation = Installation(database_url, tmp_path)
    with installation.start("serve", "--port", 0, "--json", stdout=subprocess.PIPE) as server:
        assert json.loads(server.stdout.readline())["event"] == "ready"
        (pid,) = until(lambda: children(server.pid), "the process of the views")
        server.kill()
    until(lambda: not is_alive(pid), "its end")


def children(pid):
    """The processes that a process started, by any of its threads, and that are there."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for thread in threads for child in (thread / "children").read_text().split()]
