"""Runs the benchmarks in turn and prints, side by side, what was measured and what it is measured beside.

``jiedao bench [NAME …] [--quick] [--seconds N] [--server URL] [--json FILE]`` comes here. Each benchmark has a migrated
database of its own on one PostgreSQL, embedded or named, and a process of its own. Both sides of a ratio are measured in
the same run on the same machine; a number alone says nothing on another machine.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, nullcontext
from functools import partial
from importlib import import_module
from inspect import signature
from pathlib import Path
from time import monotonic
from typing import TextIO

from rich.console import Console
from rich.status import Status

from tests.benchmarks.measured import Line
from tests.benchmarks.running import (
    end_orderly_on_sigterm,
    run_apart,
    temporary_folder,
)
from tests.benchmarks.server import embedded, new_database, version_of
from tests.benchmarks.table import json_lines, table_of

BENCHES = {
    "pipeline": {"rounds": 2},
    "append": {"units": 12, "singles": 2_000},
    "ledger": {"events": 100_000, "proofs": 50},
    "http": {"posts": 2_000},
    "kafka": {"messages": 8_000, "piped": 3_000, "rounds": 1},
    "projections": {"reports": 3_000, "rounds": 1},
    "indicators": {"cases": 20_000, "rounds": 3},
    "audit": {"events": 60_000, "rounds": 5},
    "archives": {"events": 30_000, "rounds": 1},
    "clocks": {"clocks": 12_000, "at_once": 4_000, "seconds": 3},
    "geo": {"points": 20_000, "rounds": 2},
    "routing": {"incidents": 3_000, "rounds": 1},
    "simulation": {"days": 1, "per_day": 100},
}
"""Each benchmark by its name, with what makes it quick; ``bench_<name>.py`` holds it."""

SECONDS = 9_000.0
_LONGEST = {"simulation": 0.75}  # of the whole time, for one benchmark among several
_LONGEST_OF_OTHERS = 0.1


def read_arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="jiedao bench", description="Ratios measured side by side.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which to run ({', '.join(BENCHES)}); all by default")
    parser.add_argument("--quick", action="store_true", help="smaller, for a first look; the numbers are less steady")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"how long it may take ({SECONDS:.0f})")
    parser.add_argument("--server", metavar="URL", help="a PostgreSQL to measure on; without it an embedded one")
    parser.add_argument("--json", metavar="FILE", help="write one JSON object a line; - is standard output, no table")
    parser.add_argument("--measure", metavar="DATABASE_URL", help=argparse.SUPPRESS)  # how it calls itself
    arguments = parser.parse_args(given)
    unknown = set(arguments.names) - set(BENCHES)
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}")
    return arguments


def measure(name: str, url: str, *, quick: bool, seconds: float) -> list[Line]:
    """Run one benchmark in this process; one that can do as much as time allows is told the time."""
    bench = import_module(f"tests.benchmarks.bench_{name}").bench
    within = {"within": seconds} if "within" in signature(bench).parameters else {}
    return [one.line() for one in bench(url, **within, **(BENCHES[name] if quick else {}))]


def run_all(names: Sequence[str], named: str | None, *, quick: bool, seconds: float) -> Iterator[Sequence[Line]]:
    """Run the benchmarks in turn on the named server, within so many seconds; yields the lines of each."""
    end = monotonic() + seconds
    with ExitStack() as stack:
        status = stack.enter_context(Console(stderr=True).status(""))
        folder = stack.enter_context(temporary_folder())
        server = stack.enter_context(nullcontext(named) if named else embedded(folder / "postgres"))
        sys.stderr.write(f"on {version_of(server)}\n")
        for name in names:
            status.update(f"{name} …")
            share = _LONGEST.get(name, _LONGEST_OF_OTHERS) if len(names) > 1 else 1.0
            left = min(max(end - monotonic(), 0.0), seconds * share)
            say = partial(_show, status, name)
            with new_database(server, name) as url:
                yield run_apart(name, url, quick=quick, seconds=left, say=say)


def _show(status: Status, name: str, how_far: str) -> None:
    """Say how far it is: in place on a terminal, else a line each time."""
    status.update(f"{name} … {how_far}")
    if not status.console.is_terminal:
        sys.stderr.write(f"{name} … {how_far}\n")


def main() -> int:
    """Run what was asked for; returns 1 when a benchmark failed."""
    end_orderly_on_sigterm()
    arguments = read_arguments()
    if arguments.measure:
        sys.stdout.write(
            json_lines(measure(arguments.names[0], arguments.measure, quick=arguments.quick, seconds=arguments.seconds))
        )
        return 0
    lines: list[Line] = []
    load = _load()
    with ExitStack() as stack:
        written = _open(arguments.json, stack)
        if written is not sys.stdout:
            stack.callback(_print, lines)  # also of what was measured until somebody broke it off
        names = arguments.names or list(BENCHES)
        for some in run_all(names, arguments.server, quick=arguments.quick, seconds=arguments.seconds):
            lines += some
            if written is not None:
                written.write(json_lines(some))
                written.flush()
    sys.stderr.write(f"{os.cpu_count()} processors; load when it began {load}, when it ended {_load()}\n")
    return int(any(line.get("failed") for line in lines))


def _open(name: str | None, stack: ExitStack) -> TextIO | None:
    """Open the file for the lines before anything is measured."""
    if name is None or name == "-":
        return sys.stdout if name else None
    return stack.enter_context(Path(name).open("w", encoding="utf-8"))


def _print(lines: Sequence[Line]) -> None:
    if lines:
        Console(width=None if sys.stdout.isatty() else 120).print(table_of(lines))


def _load() -> str:
    """How many processes wanted a processor in the last minute, on the average."""
    return f"{os.getloadavg()[0]:.1f}"


if __name__ == "__main__":
    sys.exit(main())
