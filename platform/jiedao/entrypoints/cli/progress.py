"""Shows how far long work has come, on standard error: a bar on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

LINE_SECONDS = 5.0
"""How often a line is written where there is no terminal."""

Report = Callable[[int, int], None]
"""Told how much is done, and of how much."""


@contextmanager
def progress(what: str) -> Iterator[Report]:
    """Show the progress of some work while the block runs; ``what`` names it."""
    if not sys.stderr.isatty():
        yield _Lines(what)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Say that something is being done whose progress cannot be told; in a pipe nothing is said."""
    if not sys.stderr.isatty():
        yield
        return
    with Console(stderr=True).status(what):
        yield


class _Lines:
    """Writes a line now and then."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._written_at = monotonic()
        self._written = ""

    def __call__(self, done: int, total: int) -> None:
        """Say how far it has come, unless that was said already, or something else was a moment ago."""
        line = f"{self._what}: {done} / {total}"
        if line != self._written and monotonic() - self._written_at >= LINE_SECONDS:
            self._written, self._written_at = line, monotonic()
            click.echo(line, err=True)
