"""Senders that are killed in the middle, a superior that loses answers, errs and goes down: told at least once, in order,
effective exactly once, and recorded once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest

from jiedao.application.district_application import DistrictApplication
from jiedao.application.outbox_filling import OutboxFiller
from jiedao.application.outbox_sending import OutboxSender, Waits
from jiedao.domain.profile import UpstreamSettings
from jiedao.entrypoints.upstream_transport import HttpUpstream
from jiedao.store.outbox import OutboxTable
from tests.e2e.http.district import PROFILE
from tests.integration.upstream.conftest import Cases, MovedClock
from tests.outbox_process import start_sender
from tests.superior import TOKEN, superior_platform

CASES = 8
KINDS = ["accepted", "handled", "replied"]


@pytest.fixture
def application(database_url):
    with DistrictApplication({"JIEDAO_DATABASE_URL": database_url}) as application:
        yield application


@pytest.fixture
def owed(application):
    """Cases with all that is owed for each; returns their ids."""
    cases = Cases(application, MovedClock())
    made = [cases.receive(f"K-{number}") for number in range(CASES)]
    for incident in made:
        cases.admit(incident)
        cases.handle(incident)
        cases.reply(incident)
    return made


@contextmanager
def sending(database_url, superior):
    process = start_sender(database_url, superior.url)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def check(application, owed, superior):
    """Every message took effect once, in order, and stands in the log once."""
    assert superior.effective == {f"案卷-K-{number}": KINDS for number in range(CASES)}
    keys = Counter(message["message_id"] for message in superior.messages)
    assert len(keys) == 3 * CASES
    assert set(keys.values()) == {1}
    streams = application.district_log.select_streams(owed)
    for stored in streams.values():
        told = [one.topic for one in stored].count("jiedao.incident.upstream_message_delivered")
        assert told == len(KINDS)


def until_recorded(application, owed, senders):
    """Wait until the log tells every delivery; the log itself says when to look again."""
    follower, position = application.district_log.follower, 0
    while True:
        streams = application.district_log.select_streams(owed)
        told = [
            sum(one.topic == "jiedao.incident.upstream_message_delivered" for one in stored)
            for stored in streams.values()
        ]
        if told == [len(KINDS)] * len(owed):
            return
        assert all(process.poll() is None for process in senders), "a sender ended by itself"
        position = follower.wait_beyond(position, 60)


def test_senders_killed_in_the_middle_lose_and_double_nothing(application, owed, database_url):
    with superior_platform() as superior:
        superior.moods.extend(["take", "lose", "take", 503, "take", "lose", "hang up"])
        for _kill in range(3):
            with sending(database_url, superior) as first, sending(database_url, superior) as second:
                superior.wait_for_arrivals(len(superior.arrivals) + 3)
                first.kill()  # whatever it is doing, also between an answer and its recording
                second.kill()
        with sending(database_url, superior) as last:
            until_recorded(application, owed, [last])
        check(application, owed, superior)


def test_a_superior_that_goes_down_and_comes_back_gets_the_rest(application, owed, database_url):
    with superior_platform() as superior, sending(database_url, superior) as sender:
        superior.wait_for_arrivals(5)
        superior.stop()
        superior.start()
        superior.moods.extend([500, "lose", "garbage"])
        until_recorded(application, owed, [sender])
        check(application, owed, superior)


def test_a_sender_whose_connections_are_cut_goes_on(application, owed, database_url):
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with superior_platform() as superior, sending(database_url, superior) as sender:
        for count in (3, 9, 15):
            superior.wait_for_arrivals(count)
            with psycopg.connect(database_url, autocommit=True) as admin:
                admin.execute(cut)
        until_recorded(application, owed, [sender])
        check(application, owed, superior)


def test_many_senders_at_once_share_the_work_and_no_message_goes_twice(application, owed):
    clock = MovedClock()
    table = OutboxTable(application.district_log.database)
    filler = OutboxFiller(PROFILE.code, application, table)
    clock.move(days=1)
    with superior_platform() as superior:
        transport = HttpUpstream(UpstreamSettings(superior.url, timeout_seconds=10), TOKEN)
        senders = [
            OutboxSender(
                application=application, table=table, filler=filler, transports={"hotline": transport}, clock=clock,
                waits=Waits(),
            )
            for _number in range(4)
        ]  # fmt: skip
        with ThreadPoolExecutor(4) as threads:
            while table.reached() == 0 or table.next_at("hotline") is not None:
                list(threads.map(lambda sender: sender.step(), senders))
        transport.close()
        check(application, owed, superior)
        assert len(superior.arrivals) == 3 * CASES
