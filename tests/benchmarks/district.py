"""The real district 330103, put together as it is when it is served, on a benchmark's own database."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from ingest.intake_apart import WORTH_IT, IntakeApart
from jiedao.domain.access import Holder
from jiedao.domain.terms import Role
from jiedao.entrypoints.bootstrap import District, intake_apart, open_district
from jiedao.entrypoints.settings import load_settings
from tests.benchmarks.orders import CHECKOUT
from tests.waiting import until

ACTOR = Holder("bench", "source:hotline", Role.INTEGRATOR)


@contextmanager
def opened_district(url: str) -> Iterator[District]:
    """Open it on a migrated database; keys are made for this run, files are in a folder that goes with it."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    with TemporaryDirectory(prefix="jiedao-bench-") as folder:
        settings = load_settings(
            database_url=url,
            data=Path(folder),
            district="330103",
            config=CHECKOUT / "config",
            vault_key=base64.b64encode(os.urandom(32)).decode(),
        )
        with open_district(settings) as district:
            yield district


@contextmanager
def helped(district: District) -> Iterator[IntakeApart]:
    """Start the processes that take large batches in for a feed, and wait until all are there."""
    with intake_apart(district) as apart:
        apart.takes(WORTH_IT)
        until(lambda: len(apart.pids) == apart.at_a_time, "the processes that take large batches in")
        yield apart
