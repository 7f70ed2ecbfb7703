"""Names and telephone numbers of reporters are nowhere in plain text: not in the database, the topics, logs or files.

They are planted by every transport, in records that can be read and in ones that cannot, and then looked for
everywhere, also in PostgreSQL's own files.
"""

from __future__ import annotations

import json
import random
import secrets
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from psycopg import sql

from tests.installation import Installation
from tests.kafka_feeding import send
from tests.kafka_session import kafka, real_kafka

__all__ = ["kafka", "real_kafka"]

FAMILY, GIVEN = "欧阳慕容司徒上官", "翾翯翾鬯麤龘靐犇"
HOTLINE_TOPIC = "jiedao.330103.hotline"


class Planted:
    """Made-up people that no other test knows."""

    def __init__(self):
        self.marks = []

    def name(self):
        return self._keep(random.choice(FAMILY) + "".join(random.choices(GIVEN, k=2)) + secrets.token_hex(3))  # noqa: S311  # made up, not secret

    def phone(self):
        return self._keep(f"139{secrets.randbelow(10**8):08}")

    def local_phone(self):
        return self._keep(f"8{secrets.randbelow(10**7):07}")

    def _keep(self, mark):
        self.marks.append(mark)
        return mark

    def found_in(self, content):
        """The marks that stand in some bytes, in any form in which they may have been written."""
        return [mark for mark in self.marks for form in _forms(mark) if form in content]


def _forms(mark):
    escaped = json.dumps(mark)[1:-1]
    return {mark.encode(), mark.encode("gb18030"), escaped.encode(), escaped.lower().encode(), mark.encode("utf-16-le")}


def hotline_order(planted, **changes):
    name, phone = planted.name(), planted.phone()
    order = {
        "order_no": f"H{uuid4().hex[:12]}",
        "order_source": "电话",
        "title": "沿街商铺占道经营",
        "case_content": f"来电人{name}反映商铺占道，回电{phone[:3]} {phone[3:7]} {phone[7:]}或{phone}。",
        "address_detail": "朝晖街道朝晖路 182 号",
        "callerName": name,
        "callerPhone": phone,
        "call_time": "2026-11-24 09:30:00",
    }
    return order | changes


def order_of_two_people(planted):
    """An order whose caller names somebody else to be contacted, by a number that no pattern tells."""
    name, phone = planted.name(), planted.local_phone()
    order = hotline_order(planted, 联系人=name, 联系人电话=phone, back_reason=f"联系人{name}（{phone}）无人接听")
    return order | {"case_content": f"{order['case_content']}另请联系{name}，电话{phone}。", "title": f"{name}占道经营"}


def as_json(content):
    return json.dumps(content, ensure_ascii=False).encode()


def everything_in(connection):
    """Yield (table, column, bytes) for every value of every table."""
    tables = connection.execute(
        "SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns"
        " JOIN information_schema.tables USING (table_schema, table_name)"
        " WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'"
    ).fetchall()
    assert {name for _schema, name, *_ in tables} >= {"event", "inbox", "incident_view", "task_queue", "dead_letters"}
    for schema, table, column, kind in tables:
        value = sql.Identifier(column) if kind == "bytea" else sql.SQL("{}::text").format(sql.Identifier(column))
        query = sql.SQL("SELECT {} FROM {}").format(value, sql.Identifier(schema, table))
        for (content,) in connection.execute(query):
            if content is not None:
                yield f"{schema}.{table}", column, content if isinstance(content, bytes) else content.encode()


@pytest.fixture
def topic(real_kafka):  # the fixture
    real_kafka.create_topic(HOTLINE_TOPIC)
    admin = KafkaAdminClient(bootstrap_servers=real_kafka.bootstrap)
    try:
        yield HOTLINE_TOPIC
        admin.delete_topics([HOTLINE_TOPIC])
    finally:
        admin.close()


@pytest.mark.kafka
def test_nobody_who_reported_is_readable_anywhere(database_url, tmp_path, real_kafka, topic):  # the fixtures
    planted = Planted()
    installation = Installation(database_url, tmp_path, kafka_bootstrap=real_kafka.bootstrap)
    broken = [
        hotline_order(planted, order_no=None),
        hotline_order(planted, call_time=f"1899-01-01 {planted.phone()}"),
        hotline_order(planted, case_lnglat=planted.phone()),
    ]

    def unparsed():
        return as_json(hotline_order(planted))[:-9]

    with installation.serving() as client:
        token = installation.here.token("integrator", holder="source:hotline", sources=["hotline", "manual"])

        def push(content, source="hotline", media_type="application/json"):
            headers = token | {"Content-Type": media_type}
            return client.post(f"/v1/sources/{source}/reports", content=content, headers=headers)

        one = push(as_json(hotline_order(planted)))
        assert one.status_code == 200, one.text
        answers = [one, push(as_json([hotline_order(planted), *broken])), push(unparsed()), push(b"\xff" + unparsed())]
        lines = b"\n".join((as_json(hotline_order(planted)), unparsed(), as_json(hotline_order(planted))))
        answers.append(push(lines, media_type="application/x-ndjson"))
        form = {"id": uuid4().hex, "title": "咨询", "reporter": {"name": planted.name(), "phone": planted.phone()}}
        answers.append(push(as_json(form), source="manual"))
        answers.append(push(as_json(order_of_two_people(planted))))
        assert answers[-1].json()["counts"] == {"accepted": 1}
        answers.append(
            client.post(
                "/v1/sources/hotline/reports?validate=only",
                content=unparsed(),
                headers=token | {"Content-Type": "application/json"},
            )
        )
        # An asker's own words come back to no log.
        auditor = installation.here.token("auditor")
        asked = planted.name()
        client.get("/v1/incidents", params={"text": asked}, headers=auditor)
        client.get(f"/v1/sources/{asked}/reports/{planted.phone()}", headers=auditor)
        reports = tmp_path / "orders.jsonl"
        lines = (as_json(hotline_order(planted)), as_json(order_of_two_people(planted)), unparsed())
        reports.write_bytes(b"\n".join(lines))
        installation.ask("ingest", "file", "hotline", reports, code=1)
        letter_of_two = as_json(order_of_two_people(planted) | {"order_no": None})
        send(real_kafka, topic, [as_json(order_of_two_people(planted)), unparsed(), as_json(broken[0]), letter_of_two])
        fed = installation.ask("ingest", "kafka", "--source", "hotline", "--to-end")
        assert fed["messages"] == 4
        letters = installation.here.ask("dead-letters", "list", "--source", "hotline")["items"]
        assert len(letters) >= 6
        installation.here.ask("dead-letters", "replay", letters[0]["dead_letter_id"], code=1)
    reports.unlink()

    for answer in answers:
        assert not planted.found_in(answer.content), answer.text
    with psycopg.connect(database_url, autocommit=True) as connection:
        found = [
            (table, column, marks)
            for table, column, content in everything_in(connection)
            if (marks := planted.found_in(content))
        ]
        assert not found
        recorded = connection.execute("SELECT count(*) FROM inbox").fetchone()[0]
        assert recorded >= 14
        connection.execute("CHECKPOINT")
        directory = Path(connection.execute("SHOW data_directory").fetchone()[0])
    files = [path for folder in (directory, tmp_path) for path in folder.rglob("*") if path.is_file()]
    assert installation.log in files
    in_files = {path.name: planted.found_in(_content(path)) for path in files}
    assert not {name: marks for name, marks in in_files.items() if marks}
    assert not planted.found_in(_topics_beside(real_kafka, topic))


def _content(path):
    try:
        return path.read_bytes()
    except FileNotFoundError:  # PostgreSQL removes files of its own while it runs
        return b""


def _topics_beside(kafka, own):
    """All that stands in the broker's other topics: what we might have written. The source's own is the source's."""
    consumer = KafkaConsumer(bootstrap_servers=kafka.bootstrap, enable_auto_commit=False, auto_offset_reset="earliest")
    try:
        partitions = [
            TopicPartition(topic, number)
            for topic in consumer.topics() - {own}
            for number in consumer.partitions_for_topic(topic) or ()
        ]
        if not partitions:
            return b""
        ends = consumer.end_offsets(partitions)
        content = b""
        consumer.assign(partitions)
        consumer.seek_to_beginning()
        while any(consumer.position(one) < end for one, end in ends.items()):
            for messages in consumer.poll(500).values():
                content += b"".join((message.key or b"") + (message.value or b"") for message in messages)
    finally:
        consumer.close(autocommit=False)
    return content
