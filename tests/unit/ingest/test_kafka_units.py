"""What a Kafka message holds: nothing that came is dropped, whatever it looks like."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from ingest.kafka_connection import FeedLimits, FeedTopic
from ingest.kafka_units import UnitMaker
from ingest.sources.hotline import HotlineAdapter

AT = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
TOPIC = "jiedao.330103.hotline"
TABLE = b"order_no,title\n1,a\n2,b\n"
HEADER = b"order_no,title\n"
SAID_TABLE = (("Content-Type", b"text/csv; charset=utf-8"),)


@dataclass
class Sent:
    value: bytes | None
    headers: tuple = ()
    offset: int = 7
    topic: str = TOPIC
    partition: int = 0


@pytest.fixture
def units(profile):
    adapter = HotlineAdapter(profile.sources["hotline"], profile)

    def split(_source, payload, media_type):
        return adapter.split(payload, media_type)

    def make(*messages):
        maker = UnitMaker(FeedTopic(TOPIC, "hotline"), "jiedao", split, FeedLimits(), AT)
        return list(maker.units({(TOPIC, 0): messages}, {(TOPIC, 0): 7}))

    return make


@pytest.mark.parametrize(
    ("value", "headers", "records"),
    [
        (b'{"order_no": "1"}', (), [b'{"order_no": "1"}']),
        (b'[{"order_no": "1"}, {"order_no": "2"}]', (), [b'{"order_no": "1"}', b'{"order_no": "2"}']),
        (b"not json at all", (), [b"not json at all"]),
        (b"\xff\xfe\x80", (), [b"\xff\xfe\x80"]),
        (b'"order_no"', (), [b'"order_no"']),
        (b"", (), [b""]),
        (b"<a>", (), [b"<a>"]),
        (TABLE, (), [b"order_no,title\n1,a\n", b"order_no,title\n2,b\n"]),
        (TABLE, SAID_TABLE, [b"order_no,title\n1,a\n", b"order_no,title\n2,b\n"]),
        (HEADER, (), [HEADER]),
        (HEADER, SAID_TABLE, []),
        (b"[]", (), []),
        (None, (), []),
    ],
)
def test_every_message_is_records_or_says_nothing_and_its_offset_moves(units, value, headers, records):
    (unit,) = units(Sent(value, headers))
    assert [record.raw.replace(b"\r", b"") for record in unit.records] == records
    assert (unit.messages, unit.empty) == (1, int(not records))
    assert unit.moves[TOPIC, 0].next == 8
