"""``jiedao ingest kafka`` killed in the middle of batches, beside a second one: every order is recorded once.

Here everything is real: the command in processes of its own, the sources' adapters, the database, the broker.
"""

from __future__ import annotations

import json
import random
import signal
from collections import Counter

import psycopg
import pytest
from kafka import KafkaAdminClient

from tests.installation import Installation
from tests.kafka_feeding import send
from tests.waiting import until

ORDERS = 6_000
SESSION_SECONDS = 6
"""The least that brokers allow as they come. A killed consumer is missed after one session, and after two where it dies
while the group waits for another: Kafka gives who waits in a rebalance a whole session from the end of that on."""
TOPIC = "jiedao.330103.hotline"


def orders(count):
    return [
        json.dumps(
            {
                "order_no": f"K{number:06}",
                "order_source": "电话",
                "title": f"占道经营 {number}",
                "case_content": "商铺占用人行道",
                "address_detail": "朝晖街道朝晖路 182 号",
                "call_time": "2026-11-24 09:30:00",
            },
            ensure_ascii=False,
        ).encode()
        for number in range(count)
    ]


@pytest.fixture
def topic(real_kafka):
    real_kafka.create_topic(TOPIC)
    admin = KafkaAdminClient(bootstrap_servers=real_kafka.bootstrap)
    try:
        yield TOPIC
        admin.delete_topics([TOPIC])
    finally:
        admin.close()


def delivered(connection):
    return Counter(row[0] for row in connection.execute("SELECT outcome FROM inbox"))


@pytest.mark.kafka
@pytest.mark.timeout(280)
def test_every_order_is_recorded_once_whatever_is_killed(database_url, tmp_path, real_kafka, topic):
    installation = Installation(
        database_url, tmp_path, kafka_bootstrap=real_kafka.bootstrap, kafka_session_seconds=SESSION_SECONDS
    )
    installation.ask("projections", "status")  # brings the schema up to date and adopts the profile's tables
    send(real_kafka, topic, orders(ORDERS))
    command = ("ingest", "kafka", "--source", "hotline")
    running = []
    with psycopg.connect(database_url, autocommit=True) as connection:
        try:
            for goal in (ORDERS // 6, ORDERS // 3, ORDERS // 2):
                running += [installation.start(*command) for _ in range(2 - len(running))]
                until(lambda goal=goal: delivered(connection)["accepted"] >= goal, f"{goal} orders")
                victim = running.pop(random.randrange(len(running)))  # noqa: S311  # which one does not matter
                victim.send_signal(signal.SIGKILL)
                victim.wait()
            until(lambda: delivered(connection)["accepted"] == ORDERS, "all orders")
            for process in running:
                process.send_signal(signal.SIGTERM)
                assert process.wait(30) == 0
        finally:
            for process in running:
                process.kill()
                process.wait()
        # Recorded once and delivered once: nothing had to be recognised as a repetition.
        assert delivered(connection) == {"accepted": ORDERS}
        streams = connection.execute(
            "SELECT count(*), count(DISTINCT originator_id) FROM event WHERE topic = 'jiedao.incident.received'"
        ).fetchone()
        assert streams == (ORDERS, ORDERS)
        stored = connection.execute("SELECT sum(next_offset) FROM feed_offset").fetchone()[0]
        assert stored == ORDERS
    last = installation.ask(*command, "--to-end")
    assert (last["messages"], last["records"]) == (0, 0)
