"""A feed in a process of its own, to be killed, stopped and resumed: ``python -m tests.kafka_process '{...}'``.

It can end or stop itself at an exact place, between reading a batch and recording it or right after it was recorded,
which no signal from outside can hit. Prints its totals as JSON when it is asked to end.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from ingest.kafka_connection import FeedTopic
from ingest.records import FeedRecord
from ingest.stop_signals import stopped_by_signals
from tests.kafka_broker import KafkaBroker
from tests.kafka_feeding import BOUND, FAST, Feeding

SESSION_SECONDS = 2.0
LIMITS = replace(FAST, poll_messages=100, session_seconds=SESSION_SECONDS)


class FeedProcess:
    """A child process that feeds one topic into one database.

    ``at_unit`` and ``signal_itself`` make it send itself a signal at its n-th unit, ``when`` it is ``before`` or
    ``after`` it is recorded.
    """

    def __init__(
        self,
        kafka: KafkaBroker,
        database_url: str,
        topic: str,
        *,
        at_unit: int = 0,
        when: str = "before",
        signal_itself: int = 0,
    ) -> None:
        asked = {
            "bootstrap": kafka.bootstrap,
            "database_url": database_url,
            "topic": topic,
            "at_unit": at_unit,
            "when": when,
            "signal": signal_itself,
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.kafka_process", json.dumps(asked)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[1],
            start_new_session=True,
        )

    @property
    def state(self) -> str:
        """As the system names it: ``T`` is stopped."""
        return Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]

    def kill(self) -> None:
        self._process.kill()
        self.wait()

    def resume(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def wait(self) -> int:
        """Wait until it is gone; minus the signal that ended it."""
        self._process.communicate(timeout=BOUND)
        return self._process.returncode

    def end(self) -> dict[str, int]:
        """Ask it to end; its totals."""
        self._process.terminate()
        said, _ = self._process.communicate(timeout=BOUND)
        assert self._process.returncode == 0, self._process.returncode
        return json.loads(said.splitlines()[-1])

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.returncode is None:
            self.kill()


class _Address:
    api_version = None

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap


def main(asked: dict[str, object]) -> None:
    begun, recorded = [], []

    def count(units: list[None], when: str) -> None:
        units.append(None)
        if asked["when"] == when and asked["at_unit"] == len(units):
            os.kill(os.getpid(), asked["signal"])

    def before(_records: Sequence[FeedRecord]) -> None:
        count(begun, "before")

    topics = [FeedTopic(asked["topic"], "hotline")]
    with Feeding(_Address(asked["bootstrap"]), asked["database_url"], topics, LIMITS, before) as feeding:
        feeding.feed._on_unit = lambda _unit, _tally: count(recorded, "after")
        with stopped_by_signals(feeding.feed.stop):
            totals = feeding.feed.run()
    sys.stdout.write(f"\n{json.dumps(asdict(totals))}\n")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
