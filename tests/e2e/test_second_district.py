"""Los Angeles' neighbourhood councils as a district: the whole platform on another profile, with no code of its own.

The records are real, each with the council that the city assigned, so this is also the golden test of the whole way
into the queues: by the file transport, and by Kafka.
"""

from __future__ import annotations

import csv
import io
from collections import Counter

import pytest
from psycopg.conninfo import conninfo_to_dict

from ingest.file_feed import FileFeed
from ingest.kafka_connection import FeedTopic, KafkaConnection
from ingest.kafka_feed import KafkaFeed
from jiedao.domain.terms import MatchMethod
from jiedao.entrypoints.bootstrap import SYSTEM, open_district
from jiedao.entrypoints.settings import load_settings
from projections.answers import QueueQuestion
from tests.kafka_feeding import FAST, group_of, send
from tests.kafka_session import kafka, real_kafka, topic
from tests.profiles import LOS_ANGELES, RECORDS, build_los_angeles_profile

__all__ = ["kafka", "real_kafka", "topic"]

pytestmark = pytest.mark.shared_data
ROWS_A_MESSAGE = 100


@pytest.fixture
def open_los_angeles(shared_data, tmp_path):
    """Opens the district on a database."""
    build_los_angeles_profile(shared_data, tmp_path / "config" / "districts" / LOS_ANGELES)

    def open_on(url):
        settings = load_settings(
            district=LOS_ANGELES, config=tmp_path / "config", data=tmp_path / "data", database_url=url,
            vault_key="a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
        )  # fmt: skip
        return open_district(settings)

    return open_on


@pytest.fixture
def two_districts(open_los_angeles, database_url, cloner):
    """The district twice. Its 99 areas are examined and adopted once; the second database is a copy of the first."""
    with open_los_angeles(database_url):
        pass
    with (
        cloner.clone(conninfo_to_dict(database_url)["dbname"]) as copied,
        open_los_angeles(database_url) as first,
        open_los_angeles(copied) as second,
    ):
        yield first, second


@pytest.fixture
def content(shared_data):
    return (shared_data / RECORDS).read_bytes()


def rows(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def messages(content):
    """The same table as messages of a hundred rows, each below its header."""
    header, *lines = content.splitlines(keepends=True)
    return [header + b"".join(lines[at : at + ROWS_A_MESSAGE]) for at in range(0, len(lines), ROWS_A_MESSAGE)]


def feed_file(district, content):
    feed = FileFeed(district.pipeline, SYSTEM, district.clock)
    return dict(feed.run("csv", RECORDS.name, io.BytesIO(content), "text/csv").outcomes)


def feed_kafka(district, kafka, topic):  # the broker itself
    feed = KafkaFeed(
        KafkaConnection(kafka.bootstrap, api_version=kafka.api_version), [FeedTopic(topic, "csv")],
        group=group_of(topic), pipeline=district.pipeline, offsets=district.offsets, actor=SYSTEM,
        clock=district.clock, limits=FAST,
    )  # fmt: skip
    return feed.run(to_end=True)


def where_all_stand(district):
    """The source's number → street, platform, state and how it was placed."""
    district.runner.catch_up()
    with district.database.connection() as connection:
        connection.execute("SELECT set_config('search_path', %s, true)", [district.read.status().active.schema])
        found = connection.execute(
            "SELECT external_id, street_code, platform, state, jurisdiction_method, class_code FROM incident_view"
        )
        return {number: tuple(standing) for number, *standing in found}


def check_against_the_city(placed, content):
    """The numbers of the golden test of matching.

    Four of the 19 points that lie in two councils are another's than we say, 33 lie in another one, and the rest lie in
    none or have no coordinates.
    """
    named = {row["srnumber"]: row["nc"].removesuffix(".0") for row in rows(content)}
    assert set(placed) == set(named)
    verdicts = Counter(
        "agree" if placed[number][0] == council else "unplaced" if placed[number][0] is None else "differ"
        for number, council in named.items()
        if council
    )
    assert (verdicts["agree"], verdicts["differ"]) == (9_813, 4 + 33)
    methods = Counter(method for *_standing, method, _class in placed.values())
    assert methods[MatchMethod.POLYGON.value] >= verdicts["agree"] + verdicts["differ"]
    assert set(methods) == {MatchMethod.POLYGON.value, MatchMethod.NONE.value}


@pytest.mark.kafka
def test_ten_thousand_records_stand_alike_by_file_and_by_kafka_where_the_city_put_them(
    two_districts, content, real_kafka, topic
):
    by_file, by_kafka = two_districts
    assert feed_file(by_file, content) == {"accepted": 10_000}
    send(real_kafka, topic, messages(content))
    totals = feed_kafka(by_kafka, real_kafka, topic)
    assert (totals.messages, totals.records, totals.outcomes) == (100, 10_000, {"accepted": 10_000})

    placed = where_all_stand(by_file)
    assert placed == where_all_stand(by_kafka)
    check_against_the_city(placed, content)
    assert by_file.read.counts() == by_kafka.read.counts()
    assert sum(one.incidents for one in by_file.read.counts()) == 10_000

    # Everything a second time, the other way round: nothing is lost, nothing doubled.
    ends = [district.application.district_log.max_notification_id() for district in (by_file, by_kafka)]
    assert feed_file(by_kafka, content) == {"duplicate": 10_000}
    assert feed_file(by_file, content) == {"duplicate": 10_000}
    assert [district.application.district_log.max_notification_id() for district in (by_file, by_kafka)] == ends
    check_a_queue(by_file)


def check_a_queue(district):
    """The longest queue is in its order."""
    received = [one for one in district.read.counts() if one.state == "received"]
    busiest = max(received, key=lambda one: one.incidents)
    page = district.read.queue(QueueQuestion(busiest.street_code, busiest.platform), limit=500)
    assert len(page.rows) == min(500, busiest.incidents)
    keys = [(row.priority, row.due_at is None, row.due_at, str(row.incident_id)) for row in page.rows]
    assert keys == sorted(keys)
