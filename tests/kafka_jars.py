"""Apache Kafka's jars, fetched once by Maven into a cache outside the checkout, and what a machine lacks for them.

``JIEDAO_KAFKA_HOME`` names a folder of jars to be used instead (its ``libs`` if it has one, as Kafka's own archive does).
Imports nothing heavy, so that the head of every test report can say which Kafka the suite uses.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from hashlib import sha256
from pathlib import Path

DOCKER = Path(__file__).parents[1] / "docker" / "kafka"
POM = DOCKER / "pom.xml"
OLDEST_JAVA = 17
FETCH_SECONDS = 600


class KafkaJarsError(RuntimeError):
    """The jars cannot be had; the sentence says why."""


def kafka_version() -> str:
    """The version that the project's ``pom.xml`` names."""
    found = re.search(r"<kafka\.version>([^<]+)<", POM.read_text(encoding="utf-8"))
    if found is None:
        raise KafkaJarsError(f"{POM.name} names no kafka.version")
    return found[1]


def lacking() -> list[str]:
    """What this machine lacks to run a real broker; empty where nothing is missing."""
    missing = []
    if java_version() < OLDEST_JAVA:
        missing.append(f"Java {OLDEST_JAVA}")
    if not _jars_are_here() and shutil.which("mvn") is None:
        missing.append("Maven")
    return missing


def why_not_real() -> str | None:
    """Why this session cannot have a real broker; none where it can."""
    if os.environ.get("JIEDAO_TEST_KAFKA") == "mock":
        return "JIEDAO_TEST_KAFKA=mock"
    missing = lacking()
    return f"this machine lacks {' and '.join(missing)}" if missing else None


def report_line() -> str:
    """One line for the head of the test report: which broker the suite uses, and what is missing for a real one."""
    reason = why_not_real()
    if reason is None:
        return f"kafka: Apache Kafka {kafka_version()} (KRaft, one node)"
    return f"kafka: librdkafka's mock cluster, because {reason}; what needs a real broker is skipped"


def java_version() -> int:
    """The major version of the Java on the path; 0 where there is none."""
    java = shutil.which("java")
    if java is None:
        return 0
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False, timeout=30).stderr
    found = re.search(r'version "(\d+)', said)
    return int(found[1]) if found else 0


def class_path() -> str:
    """The class path of a broker; fetches the jars where they are not here yet.

    Raises KafkaJarsError with Maven's own words when it cannot fetch them.
    """
    folder = _folder()
    if not _jars_are_here():
        if "JIEDAO_KAFKA_HOME" in os.environ:
            raise KafkaJarsError(f"JIEDAO_KAFKA_HOME names {folder}, which holds no Kafka jars")
        _fetch(folder)
    return f"{folder}/*"


def _folder() -> Path:
    home = os.environ.get("JIEDAO_KAFKA_HOME")
    if home:
        return Path(home, "libs") if Path(home, "libs").is_dir() else Path(home)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    fingerprint = sha256(POM.read_bytes()).hexdigest()[:12]
    return cache / "jiedao" / f"kafka-{kafka_version()}-{fingerprint}"


def _jars_are_here() -> bool:
    return any(_folder().glob("kafka_2.13-*.jar"))


def _fetch(folder: Path) -> None:
    """Fetch beside the place and move it there whole, so that a cut-off download is never taken for a cache."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f"{folder.name}-", dir=folder.parent))
    try:
        command = ["mvn", "-B", "-q", "-f", str(POM), "dependency:copy-dependencies", "-DincludeScope=runtime"]
        said = subprocess.run(
            [*command, f"-DoutputDirectory={beside}"],
            capture_output=True,
            text=True,
            check=False,
            timeout=FETCH_SECONDS,
        )
        if said.returncode:
            raise KafkaJarsError(f"Maven could not fetch Kafka's jars:\n{(said.stdout + said.stderr)[-2000:]}")
        try:
            beside.rename(folder)
        except OSError:  # another run was faster
            if not _jars_are_here():
                raise
    except subprocess.TimeoutExpired as late:
        raise KafkaJarsError(f"Maven did not fetch Kafka's jars within {FETCH_SECONDS} s") from late
    finally:
        shutil.rmtree(beside, ignore_errors=True)
