"""What Kafka no longer has, never had, or took back: the feed stops with a sentence, or goes on where it is allowed to."""

from collections import Counter
from dataclasses import replace

import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition

from ingest.kafka_faults import FeedStoppedError
from tests.kafka_feeding import BOUND, FAST, numbered, read_to_end, recorded, send, stored_offsets

GO_ON = replace(FAST, from_earliest_when_lost=True)


def forget_before(kafka, topic, offset):
    """Delete the messages of partition 0 before an offset, as retention does."""
    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    admin.delete_records({TopicPartition(topic, 0): offset})
    admin.close()


@pytest.fixture
def gap(real_kafka, topic, database_url):
    """Ten messages recorded; of twenty more, the first five gone before anybody read them."""
    send(real_kafka, topic, numbered(10), partition=0)
    read_to_end(real_kafka, database_url, topic)
    send(real_kafka, topic, numbered(20, start=10), partition=0)
    forget_before(real_kafka, topic, 15)


@pytest.mark.usefixtures("gap")
def test_messages_that_retention_deleted_unread_stop_the_feed_and_it_says_where(real_kafka, topic, database_url):
    with pytest.raises(FeedStoppedError, match=rf"no longer has.*{topic}/0@10.*from-earliest-when-lost"):
        read_to_end(real_kafka, database_url, topic)
    assert recorded(database_url) == Counter(numbered(10))
    assert stored_offsets(database_url, topic) == {0: 10}


@pytest.mark.usefixtures("gap")
def test_with_the_setting_it_goes_on_from_the_oldest_that_is_left_and_counts_it(real_kafka, topic, database_url):
    totals = read_to_end(real_kafka, database_url, topic, limits=GO_ON)
    assert totals.restarts == 1
    assert recorded(database_url) == Counter(numbered(10) + numbered(15, start=15))
    assert stored_offsets(database_url, topic) == {0: 30}


def test_a_topic_that_was_made_anew_is_read_from_its_beginning_where_the_setting_allows_it(
    real_kafka, topic, database_url
):
    send(real_kafka, topic, numbered(10), partition=0)
    read_to_end(real_kafka, database_url, topic)
    admin = KafkaAdminClient(bootstrap_servers=real_kafka.bootstrap)
    admin.delete_topics([topic])
    admin.close()
    real_kafka.create_topic(topic)
    send(real_kafka, topic, numbered(4, start=100), partition=0)
    with pytest.raises(FeedStoppedError):
        read_to_end(real_kafka, database_url, topic)
    read_to_end(real_kafka, database_url, topic, limits=GO_ON)
    assert recorded(database_url) == Counter(numbered(10) + numbered(4, start=100))
    assert stored_offsets(database_url, topic) == {0: 4}


def test_messages_of_a_transaction_that_was_taken_back_are_not_recorded(real_kafka, topic, database_url):
    producer = KafkaProducer(bootstrap_servers=real_kafka.bootstrap, transactional_id=f"{topic}.producer")
    producer.init_transactions()
    for numbers, kept in ((numbered(5), True), (numbered(5, start=5), False), (numbered(5, start=10), True)):
        producer.begin_transaction()
        for value in numbers:
            producer.send(topic, value, partition=0)
        producer.flush(BOUND)
        if kept:
            producer.commit_transaction()
        else:
            producer.abort_transaction()
    producer.close()
    read_to_end(real_kafka, database_url, topic)
    assert recorded(database_url) == Counter(numbered(5) + numbered(5, start=10))
