"""Tells each step of the start with how long it took: nobody waits before a screen that says nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.text import Text


class Steps:
    """Says what is being done, while it is, and that it was done."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """One step; a line with its seconds when it has succeeded."""
        started = monotonic()
        if self._console.is_terminal:
            with self._console.status(Text(f"{what} …")):
                yield
        else:
            yield
        self._console.print(Text(f"✓ {what}  {monotonic() - started:.1f} s"), soft_wrap=True)
