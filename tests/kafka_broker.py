"""A real Apache Kafka of one node on 127.0.0.1, started in seconds and gone without a trace.

>>> with KafkaBroker() as broker:  # doctest: +SKIP
...     broker.bootstrap
'127.0.0.1:41873'
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
from base64 import urlsafe_b64encode
from pathlib import Path
from string import Template
from time import monotonic
from typing import Self
from uuid import uuid4

from kafka import KafkaAdminClient
from kafka.admin import NewTopic

from tests.kafka_jars import DOCKER, class_path

START_SECONDS = 60.0
STOP_SECONDS = 20.0
_JVM = ["-Xmx512m", "-Xms128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true"]
_LOGGING = ["-Dorg.apache.logging.log4j.level=WARN"]


class KafkaBrokerError(RuntimeError):
    """The broker did not start or stop; the end of its log is in the sentence."""


class KafkaBroker:
    """One node. ``bootstrap`` is its address, the same after a stop and a start; its topics survive those too.

    ``directory`` is where it keeps everything; ``None`` makes a temporary one, which :meth:`remove` deletes.
    """

    api_version = None

    def __init__(self, directory: Path | None = None) -> None:
        self.directory = directory or Path(tempfile.mkdtemp(prefix="jiedao-kafka-"))
        self._class_path = class_path()
        self._port, controller_port = free_ports(2)
        self.bootstrap = f"127.0.0.1:{self._port}"
        self._process: subprocess.Popen[bytes] | None = None
        template = Template((DOCKER / "broker.properties").read_text(encoding="utf-8"))
        self._settings = self.directory / "broker.properties"
        self._settings.write_text(
            template.substitute(
                broker_port=self._port, controller_port=controller_port, directory=self.directory / "topics"
            ),
            encoding="utf-8",
        )
        self.log = self.directory / "broker.log"
        self._run_to_end("kafka.tools.StorageTool", "format", "--standalone", "-t", _cluster_id(), "-c", self._settings)

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start it and wait until it answers; raises KafkaBrokerError when it does not in time."""
        command = ["java", *_JVM, *_LOGGING, "-cp", self._class_path, "kafka.Kafka", str(self._settings)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.directory, start_new_session=True
            )
        end = monotonic() + START_SECONDS
        while not self._answers():
            if self._ended_within(0.1) or monotonic() > end:
                self.stop(signal.SIGKILL)
                raise KafkaBrokerError(f"Kafka did not start; the end of its log:\n{self.log_end()}")

    def stop(self, by: signal.Signals = signal.SIGTERM) -> None:
        """Stop it, by its own process group; what does not end in time is killed."""
        process, self._process = self._process, None
        if process is None:
            return
        for how in (by, signal.SIGKILL):
            if process.poll() is None:
                os.killpg(process.pid, how)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                continue
            return
        raise KafkaBrokerError(f"Kafka (process {process.pid}) does not end")

    def remove(self) -> None:
        """Stop it and delete everything it kept."""
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def create_topic(self, name: str, partitions: int = 4, **settings: str) -> None:
        """Make a topic; ``settings`` are Kafka's topic settings with underscores for dots."""
        configs = {key.replace("_", "."): value for key, value in settings.items()}
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            admin.create_topics([NewTopic(name, partitions, 1, topic_configs=configs)])
        finally:
            admin.close()

    def log_end(self, characters: int = 3000) -> str:
        """The end of its log."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-characters:] if self.log.exists() else ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def _ended_within(self, seconds: float) -> bool:
        try:
            return self._process is None or self._process.wait(seconds) is not None
        except subprocess.TimeoutExpired:
            return False

    def _answers(self) -> bool:
        """Whether it answers a request: which versions do you speak? (Kafka protocol: key 18, version 0.)"""
        request = struct.pack(">hhih", 18, 0, 1, -1)
        try:
            with socket.create_connection(("127.0.0.1", self._port), 1.0) as connection:
                connection.settimeout(START_SECONDS)
                connection.sendall(struct.pack(">i", len(request)) + request)
                return len(connection.recv(4)) == 4
        except OSError:
            return False

    def _run_to_end(self, main: str, *arguments: object) -> None:
        command = ["java", "-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", self._class_path, main, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=START_SECONDS)
        if done.returncode:
            raise KafkaBrokerError(f"{main} failed:\n{(done.stdout + done.stderr)[-2000:]}")


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on at this moment, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def _cluster_id() -> str:
    return urlsafe_b64encode(uuid4().bytes).decode().rstrip("=")
