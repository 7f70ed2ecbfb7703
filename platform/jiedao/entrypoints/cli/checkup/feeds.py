"""Looks at Kafka, where it is set: do the brokers answer, and is there a topic for each of the district's sources."""

from __future__ import annotations

from collections.abc import Iterator

from kafka.errors import KafkaError

from ingest.kafka_connection import FeedLimits
from ingest.kafka_consumer import leave, open_consumer
from jiedao.domain.errors import JiedaoError
from jiedao.entrypoints.bootstrap import kafka_connection
from jiedao.entrypoints.cli.checkup.findings import Installation, Verdict, fault, warning, well

_PATIENCE = FeedLimits(connect_seconds=5.0)


def check_kafka(installation: Installation) -> Iterator[Verdict]:
    """See whether brokers answer, and which topics they lack. Nothing is subscribed to."""
    settings = installation.settings
    if not settings.kafka_bootstrap:
        yield well("not set: reports come in by HTTP and from files")
        return
    try:
        consumer = open_consumer(kafka_connection(settings), f"{settings.kafka_group}-doctor", (), _PATIENCE)
        try:
            topics = consumer.topics()
        finally:
            leave(consumer, _PATIENCE)
    except (JiedaoError, KafkaError) as error:
        yield fault(str(error), "see that Kafka runs, and that JIEDAO_KAFKA_… names it and lets this account in")
        return
    yield well(f"brokers answer at {settings.kafka_bootstrap}")
    wanted = {source.topic: name for name, source in installation.profile.sources.items()}
    missing = [topic for topic in wanted if topic not in topics]
    if not missing:
        yield well(f"all {len(wanted)} sources have their topic")
        return
    remedy = "create them, or let `jiedao ingest kafka --source …` read only the sources that come by Kafka"
    sentence = f"there is no topic {', '.join(missing)}"
    yield fault(sentence, remedy) if len(missing) == len(wanted) else warning(sentence, remedy)
