from tests.kafka_session import kafka, real_kafka, topic

__all__ = ["kafka", "real_kafka", "topic"]
