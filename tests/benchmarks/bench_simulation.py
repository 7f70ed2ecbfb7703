"""How many whole lives of incidents a second are lived in virtual time, and how much of a busy month, checked.

Whoever measures also checks: a run whose views do not equal the log is no measurement and fails. What is lived is
bounded in time; how far it came stands in the lines, and while it lives it says how far it is.
"""

from __future__ import annotations

import base64
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import structlog

from jiedao.application.collector import started_frozen
from jiedao.entrypoints.bootstrap import open_district
from jiedao.entrypoints.settings import load_settings
from jiedao.entrypoints.simulation.checking import check
from jiedao.entrypoints.simulation.machinery import machinery_of
from jiedao.entrypoints.simulation.running import Plan, Simulation
from jiedao.entrypoints.simulation.virtual_clock import VirtualClock
from tests.benchmarks.measured import Measured
from tests.benchmarks.orders import CHECKOUT
from tests.benchmarks.running import SAYING

_BEGINS = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)
_FOR_LIVING = 0.75
"""The part of the time after which it is enough, wherever the simulation stands; the rest is for checking."""


def bench(url: str, *, within: float, days: int = 30, per_day: int = 3_000) -> list[Measured]:
    """Live through some days, or as much of them as the time allows, on a migrated database of its own."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    clock = VirtualClock(_BEGINS)
    with TemporaryDirectory(prefix="jiedao-bench-") as folder:
        settings = load_settings(
            database_url=url,
            data=Path(folder),
            district="330103",
            config=CHECKOUT / "config",
            vault_key=base64.b64encode(os.urandom(32)).decode(),
        )
        with open_district(settings, clock=clock) as district, started_frozen():
            simulation = Simulation(district, clock, Plan(days, per_day, 1, _BEGINS), machinery_of(district))
            started = perf_counter()
            tally = simulation.run(_say_each_day(days), lambda: perf_counter() - started > _FOR_LIVING * within)
            took = perf_counter() - started
            lived = (clock.now() - _BEGINS).total_seconds() / 86_400
            checked = check(district, tally, _say_each_view)
            checking = perf_counter() - started - took
    if not checked.consistent:
        raise RuntimeError(f"the simulated district does not equal its log: {checked.faults[0]}")
    what = f"simulated, {min(lived, days):.1f} of {days} days of {per_day} reports, every view checked"
    return [
        Measured(f"whole lives {what}", checked.incidents / took, "incidents/s"),
        Measured(f"commands {what}", sum(tally.commands.values()) / took, "commands/s"),
        Measured(f"checking {checked.events:,} events of it against the log", checked.events / checking, "events/s"),
    ]


def _say_each_day(days: int) -> Callable[[datetime], None]:
    """Say on standard error, once a virtual day, how far it is."""
    said = -1

    def say(now: datetime) -> None:
        nonlocal said
        if (day := (now - _BEGINS).days) > said:
            said = day
            _say(f"day {day} of {days}" if day < days else f"{day - days} days after the last report")

    return say


def _say_each_view(done: int, of: int) -> None:
    _say(f"checking, {done} of {of}")


def _say(what: str) -> None:
    sys.stderr.write(f"{SAYING}{what}\n")
    sys.stderr.flush()
