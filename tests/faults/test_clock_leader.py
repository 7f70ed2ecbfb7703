"""A leader of the clocks that is killed, cut off: another process takes over, nothing is missed or doubled."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from contextlib import ExitStack, contextmanager
from datetime import timedelta

import httpx
import msgspec
import psycopg
import pytest

from jiedao.entrypoints.clock import SystemClock
from jiedao.store.leadership import Leadership
from tests.faults.test_recorder_faults import cut
from tests.installation import Installation
from tests.integration.clocks.conftest import ClockedDistrict
from tests.waiting import until

TAKEN_OVER = timedelta(seconds=10)
DEADLINES = 120
EVERY = timedelta(milliseconds=100)
decode = msgspec.json.Decoder(dict).decode


@pytest.fixture
def admin(database_url):
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


# ---------------------------------------------------------------------------------- leadership by itself


def test_one_leads_and_the_other_takes_over_when_it_resigns(database_url):
    first, second = Leadership(database_url), Leadership(database_url)
    try:
        assert (first.look(), second.look()) == (True, False)
        assert (first.look(), second.look()) == (True, False)
        first.resign()
        assert (first.leads, second.look(), first.look()) == (False, True, False)
    finally:
        first.resign()
        second.resign()


def test_a_leader_whose_connection_is_cut_knows_with_its_next_look(database_url, admin):
    first, second = Leadership(database_url), Leadership(database_url)
    try:
        assert first.look()
        assert cut(admin, "jiedao-clock-leader") == 1
        until(second.look)
        assert not first.look()
        assert not first.look()  # with a connection anew it stands by
    finally:
        first.resign()
        second.resign()


def test_two_districts_have_a_leader_each(database_url, second_database_url):
    first, second = Leadership(database_url), Leadership(second_database_url)
    try:
        assert (first.look(), second.look()) == (True, True)
    finally:
        first.resign()
        second.resign()


def test_without_a_database_nobody_leads():
    assert not Leadership("host=/nowhere dbname=none").look()


# ------------------------------------------------------------------------------------- real processes


class Replica:
    """A ``jiedao serve`` of its own."""

    def __init__(self, installation):
        self.process = installation.start("serve", "--port", 0, "--json", stdout=subprocess.PIPE)
        ready = json.loads(self.process.stdout.readline() or "{}")
        assert ready.get("event") == "ready", installation.log.read_text(encoding="utf-8")
        self.address = ready["address"]

    def part(self):
        """What readiness says of its clocks."""
        return httpx.get(f"{self.address}/health/ready", timeout=10).json()["parts"]["clocks"]

    def leads(self):
        return self.part()["sentence"].startswith("leads")


@contextmanager
def two_replicas(database_url, folder):
    with ExitStack() as stack:
        installation, replicas = Installation(database_url, folder), []
        for _ in range(2):
            replica = Replica(installation)
            stack.callback(_end, replica.process)
            replicas.append(replica)
        yield replicas


def _end(process):
    process.kill()
    process.wait()
    process.stdout.close()


def overdue(admin):
    """Incident → how late each of its 超期 was recorded."""
    rows = admin.execute(
        "SELECT originator_id, state, recorded_at FROM event WHERE topic = 'jiedao.incident.clock_overdue'"
    ).fetchall()
    return [(row[0], row[2] - msgspec.convert(decode(row[1])["due_at"], type(row[2]))) for row in rows]


def test_when_the_leader_is_killed_the_other_records_all_that_comes_due_each_once(database_url, tmp_path, admin):
    with two_replicas(database_url, tmp_path) as replicas, ExitStack() as stack:
        until(lambda: [one for one in replicas if one.leads()])
        (leader,) = [one for one in replicas if one.leads()]
        (standby,) = [one for one in replicas if one is not leader]
        district = ClockedDistrict(database_url, stack)
        first = SystemClock().now() + timedelta(seconds=6)
        deadlines = [first + one * EVERY for one in range(DEADLINES)]
        incidents = {
            district.receive(first - timedelta(minutes=10), lifecycle="upstream", deadline=deadline)
            for deadline in deadlines
        }
        until(lambda: len(overdue(admin)) >= DEADLINES // 4)
        seen = len(overdue(admin))
        leader.process.kill()
        assert seen < DEADLINES
        until(standby.leads)
        until(lambda: len(overdue(admin)) >= DEADLINES)
        found = overdue(admin)
    assert Counter(incident for incident, _late in found) == dict.fromkeys(incidents, 1)
    assert max(late for _incident, late in found) <= TAKEN_OVER
