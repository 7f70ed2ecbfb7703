import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # kafka-python reads its own schemas by a deprecated call
    from tests.kafka_session import kafka, real_kafka, topic

__all__ = ["kafka", "real_kafka", "topic"]
