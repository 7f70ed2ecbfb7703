"""The feed on a real Kafka and a real PostgreSQL: where it begins, goes on and ends, and what it makes of messages."""

from collections import Counter
from dataclasses import replace
from threading import Thread

import psycopg
import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.structs import OffsetAndMetadata

from ingest.kafka_connection import FeedTopic, KafkaConnection
from ingest.kafka_faults import FeedStoppedError
from ingest.kafka_feed import KafkaFeed
from jiedao.domain.errors import ConfigurationError, UnavailableError
from tests.kafka_broker import free_ports
from tests.kafka_feeding import (
    ACTOR,
    BOUND,
    FAST,
    Feeding,
    SystemClock,
    group_of,
    numbered,
    origins,
    read_to_end,
    recorded,
    send,
    stored_offsets,
)
from tests.waiting import until


def test_the_first_start_begins_with_the_oldest_message_and_a_later_one_goes_on_where_it_ended(
    kafka, topic, database_url
):
    send(kafka, topic, numbered(500))
    first = read_to_end(kafka, database_url, topic)
    assert recorded(database_url) == Counter(numbered(500))
    send(kafka, topic, numbered(200, start=500))
    second = read_to_end(kafka, database_url, topic)
    assert recorded(database_url) == Counter(numbered(700))
    assert (first.records, second.records) == (500, 200)
    assert sum(stored_offsets(database_url, topic).values()) == 700


def test_each_topic_speaks_for_its_source_and_each_record_knows_where_it_came_from(kafka, topic, database_url):
    other = f"{topic}.other"
    kafka.create_topic(other)
    send(kafka, topic, [b'{"a":1}'], partition=2)
    send(kafka, other, [b'{"b":1}'], partition=0)
    with Feeding(kafka, database_url, [FeedTopic(topic, "hotline"), FeedTopic(other, "video")]) as feeding:
        feeding.feed.run(to_end=True)
        assert set(feeding.recorder.sources) == {"hotline", "video"}
    assert set(origins(database_url)) == {f"kafka:{topic}/2@0", f"kafka:{other}/0@0"}


def test_a_message_with_many_records_is_parted_and_one_that_cannot_be_read_is_handed_on_whole(
    kafka, topic, database_url
):
    send(kafka, topic, [b'[{"n":1},{"n":2}]', b"\xff not json", None, b"[]", b'{"n":3}'], partition=1)
    totals = read_to_end(kafka, database_url, topic)
    assert origins(database_url) == [
        f"kafka:{topic}/1@0#0",
        f"kafka:{topic}/1@0#1",
        f"kafka:{topic}/1@1",
        f"kafka:{topic}/1@4",
    ]
    assert recorded(database_url)[b"\xff not json"] == 1
    assert (totals.messages, totals.records, totals.empty) == (5, 4, 2)
    assert stored_offsets(database_url, topic)[1] == 5


def test_offsets_move_past_messages_that_hold_nothing(kafka, topic, database_url):
    send(kafka, topic, [None, None], partition=0)
    read_to_end(kafka, database_url, topic)
    assert stored_offsets(database_url, topic)[0] == 2
    assert not recorded(database_url)


def test_a_message_is_what_its_header_says_and_without_one_what_it_looks_like(kafka, topic, database_url):
    send(kafka, topic, [b"\xef\xbb\xbf {}", b"[]", b"<Notify/>", "编号,标题\n".encode()], partition=0)
    send(kafka, topic, [b"{}"], partition=0, headers=[("Content-Type", b"application/x-ndjson; charset=utf-8")])
    with Feeding(kafka, database_url, [FeedTopic(topic, "video")]) as feeding:
        feeding.feed.run(to_end=True)
        assert feeding.recorder.media_types == [
            ("video", kind)
            for kind in ("application/json", "application/json", "application/xml", "text/csv", "application/x-ndjson")
        ]


def test_a_message_with_more_records_than_a_unit_may_hold_moves_its_offset_with_the_last(kafka, topic, database_url):
    send(kafka, topic, [b"[%s]" % b",".join(numbered(25))], partition=3)
    read_to_end(kafka, database_url, topic, limits=replace(FAST, unit_records=10))
    assert recorded(database_url) == Counter(numbered(25))
    assert stored_offsets(database_url, topic) == {3: 1}
    with psycopg.connect(database_url) as connection:
        units = connection.execute("SELECT event_count FROM idempotency_key ORDER BY first_position").fetchall()
    assert units == [(10,), (10,), (5,)]


def test_offsets_that_somebody_committed_to_kafka_mean_nothing(real_kafka, topic, database_url):
    send(real_kafka, topic, numbered(10), partition=0)
    partition = TopicPartition(topic, 0)
    stranger = KafkaConsumer(bootstrap_servers=real_kafka.bootstrap, group_id=group_of(topic), enable_auto_commit=False)
    stranger.assign([partition])
    stranger.commit({partition: OffsetAndMetadata(7, "", -1)})
    stranger.close()
    read_to_end(real_kafka, database_url, topic)
    assert recorded(database_url) == Counter(numbered(10))


def test_a_feed_that_is_asked_to_stop_leaves_the_group_so_that_another_goes_on_at_once(kafka, topic, database_url):
    missed_late = replace(FAST, session_seconds=900.0)
    with Feeding(kafka, database_url, [FeedTopic(topic, "hotline")], missed_late) as feeding:
        thread = Thread(target=feeding.feed.run)
        thread.start()
        send(kafka, topic, numbered(50))
        until(lambda: sum(recorded(database_url).values()) == 50)
        feeding.feed.stop()
        thread.join(BOUND)
        assert not thread.is_alive()
    send(kafka, topic, numbered(50, start=50))
    assert read_to_end(kafka, database_url, topic).records == 50
    assert recorded(database_url) == Counter(numbered(100))


def test_lag_tells_how_far_behind_each_partition_is(kafka, topic, database_url):
    send(kafka, topic, numbered(40), partition=0)
    seen = []
    with Feeding(kafka, database_url, [FeedTopic(topic, "hotline")], replace(FAST, poll_messages=10)) as feeding:
        feeding.feed._on_unit = lambda _unit, _tally: seen.append(dict(feeding.feed.lag()))
        feeding.feed.run(to_end=True)
    behind = [one[TopicPartition(topic, 0)] for one in seen]  # as of the last poll, which may be the one after
    assert len(behind) == 4
    assert behind == sorted(behind, reverse=True)
    assert 0 < behind[0] <= 30
    assert behind[-1] == 0


def test_a_session_that_the_brokers_do_not_allow_is_named_with_its_bounds(real_kafka, topic, database_url):
    with pytest.raises(FeedStoppedError, match=r"kafka-session-seconds: stay within .*session\.timeout\.ms"):
        read_to_end(real_kafka, database_url, topic, limits=replace(FAST, session_seconds=3600.0))


def test_a_topic_that_does_not_exist_is_named(real_kafka, database_url):
    with (
        Feeding(real_kafka, database_url, [FeedTopic("jiedao.nowhere", "hotline")]) as feeding,
        pytest.raises(ConfigurationError, match=r"no topic jiedao\.nowhere"),
    ):
        feeding.feed.run()


def test_brokers_that_do_not_answer_are_named():
    (port,) = free_ports(1)
    feed = KafkaFeed(
        KafkaConnection(f"127.0.0.1:{port}"),
        [FeedTopic("t", "hotline")],
        group="nobody",
        pipeline=None,
        offsets=None,
        actor=ACTOR,
        clock=SystemClock(),
        limits=replace(FAST, connect_seconds=1.0),
    )
    with pytest.raises(UnavailableError, match=f"no Kafka broker answers at 127.0.0.1:{port}"):
        feed.run()
