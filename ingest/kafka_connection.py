"""How to reach the Kafka brokers, how much to take at a time, and which topic carries which source.

Plain values: nothing here connects. Passwords stay out of every text that may be logged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

CLIENT_ID = "jiedao"
_HEARTBEATS_A_SESSION = 10
_LONGEST_HEARTBEAT = 3.0


@dataclass(frozen=True, slots=True)
class KafkaConnection:
    """The brokers and how to be let in.

    ``bootstrap`` is ``host:port``, several with commas. ``security_protocol``, ``sasl_mechanism`` and the files are
    Kafka's own settings. ``api_version`` pins the protocol for brokers that cannot say what they speak; leave it.
    """

    bootstrap: str
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    api_version: tuple[int, ...] | None = None

    def servers(self) -> list[str]:
        """The addresses of ``bootstrap``, one by one."""
        return [server.strip() for server in self.bootstrap.split(",")]

    def options(self) -> Mapping[str, object]:
        """The settings in kafka-python's names, without those that are not set."""
        named = {
            "bootstrap_servers": self.servers(),
            "client_id": CLIENT_ID,
            "security_protocol": self.security_protocol,
            "sasl_mechanism": self.sasl_mechanism,
            "sasl_plain_username": self.username,
            "sasl_plain_password": self.password,
            "ssl_cafile": self.ca_file,
            "ssl_certfile": self.certificate_file,
            "ssl_keyfile": self.key_file,
            "api_version": self.api_version,
        }
        return {name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True, slots=True)
class FeedTopic:
    """A topic and the source whose records it carries."""

    topic: str
    source: str


@dataclass(frozen=True, slots=True)
class FeedLimits:
    """How much one consumer takes on; sizes in bytes, times in seconds.

    ``poll_messages`` bounds what one poll hands over and ``fetch_bytes`` what waits in memory, so a slow database
    slows the fetching down. ``unit_records`` and ``unit_bytes`` bound what is recorded in one unit. After ``failures``
    in a row that should have passed by themselves, with pauses up to ``longest_pause``, the feed gives up; a broker
    that went away is looked for at least as often.
    A consumer that died is missed after ``session_seconds``, and only then do the others get its partitions; one that
    dies while they wait for that is given a session of its own, so two deaths may take twice as long.
    ``from_earliest_when_lost`` is the way out when Kafka no longer has what is to be read next: see
    :class:`~ingest.kafka_faults.FeedStoppedError`.
    """

    poll_messages: int = 1_000
    poll_seconds: float = 0.5
    fetch_bytes: int = 16 * 1024 * 1024
    partition_fetch_bytes: int = 4 * 1024 * 1024
    unit_records: int = 1_000
    unit_bytes: int = 8 * 1024 * 1024
    session_seconds: float = 10.0
    connect_seconds: float = 15.0
    close_seconds: float = 5.0
    failures: int = 60
    longest_pause: float = 5.0
    from_earliest_when_lost: bool = False

    @property
    def heartbeat_seconds(self) -> float:
        """How often a consumer says that it lives, which is also when it hears that partitions are dealt out anew."""
        return min(_LONGEST_HEARTBEAT, self.session_seconds / _HEARTBEATS_A_SESSION)
