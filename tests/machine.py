"""What this machine has for the suite and what it lacks, said at the head of every test report; and what a skip means.

What a machine lacks is skipped with its reason. Under ``JIEDAO_REQUIRE=all``, as continuous integration has it, a skip
is a failure that keeps its reason, so nothing goes untested in silence.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

import pytest

from jiedao.domain.errors import ConfigurationError
from jiedao.store.postmaster import _installation
from tests import kafka_jars

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the machine: how it is found (a word on which one it is, or none), and what is not tested without it."""

    name: str
    find: Callable[[], str | None]
    untested: str


def everything_is_required() -> bool:
    """Whether a part that this machine lacks is a failure."""
    return os.environ.get("JIEDAO_REQUIRE") == "all"


def chromium() -> str | None:
    """The path of a Chromium, or none."""
    return next((path for name in _CHROMIUM if (path := shutil.which(name))), None)


def shared_data() -> str | None:
    """The folder of the shared reference data beside the checkout, or none."""
    return str(SHARED_DATA) if SHARED_DATA.is_dir() else None


def postgresql() -> str | None:
    """The version of the embedded PostgreSQL, or none where its wheel has no programs for this machine."""
    try:
        server = _installation() / "bin" / "postgres"
        said = subprocess.run([server, "--version"], capture_output=True, text=True, check=True, timeout=30).stdout
    except (ConfigurationError, OSError, subprocess.SubprocessError):
        return None
    return f"{said.split()[-1]}, embedded"


def _java() -> str | None:
    version = kafka_jars.java_version()
    return str(version) if version >= kafka_jars.OLDEST_JAVA else None


PARTS = (
    Part("PostgreSQL", postgresql, "nearly everything"),
    Part("Java", _java, "the feed on a real Kafka"),
    Part("Maven", lambda: shutil.which("mvn"), "the feed on a real Kafka, unless its jars are here already"),
    Part("Chromium", chromium, "the pages in a browser"),
    Part("kcat", lambda: shutil.which("kcat"), "the topics as another client sees them"),
    Part("ogr2ogr (gdal)", lambda: shutil.which("ogr2ogr"), "boundary files as GDAL writes them"),
    Part("shared data", shared_data, "real records and boundaries"),
)


def describe() -> list[str]:
    """The lines of the head: what is here, which Kafka the suite uses, what is lacking and so not tested."""
    found = [(part, part.find()) for part in PARTS]
    here = [f"{part.name} {word}" for part, word in found if word]
    lacking = [f"{part.name} (not tested: {part.untested})" for part, word in found if not word]
    lines = [f"machine: {', '.join(here)}", kafka_jars.report_line()]
    lines.append(f"lacking: {'; '.join(lacking) or 'nothing'}")
    if everything_is_required():
        lines.append("required: all; a skip is a failure (JIEDAO_REQUIRE)")
    return lines


def pytest_report_header() -> list[str]:
    """Say what the machine has and lacks."""
    return describe()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skipped test into a failed one where everything is required."""
    report = yield
    if not hasattr(report, "wasxfail"):
        _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn a skipped file into a failed one where everything is required."""
    report = yield
    _refuse_skip(report)
    return report


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and everything_is_required():
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
        report.outcome = "failed"
        report.longrepr = f"{reason}\nJIEDAO_REQUIRE=all: what would be skipped is a failure"
