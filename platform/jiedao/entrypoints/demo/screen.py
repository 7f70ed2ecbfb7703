"""Where the demo shows its board: a table that changes in place on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Protocol

from rich.console import Console
from rich.live import Live
from rich.text import Text

from jiedao.entrypoints.demo.board import Board

LINE_SECONDS = 3.0
"""How often a line is written where there is no terminal."""


class Screen(Protocol):
    """Shows the board as it changes, and says something beside it."""

    refresh_seconds: float

    def show(self, board: Board) -> None:
        """Show how things stand."""

    def say(self, lines: Iterable[str]) -> None:
        """Say something that stays."""

    def finish(self, board: Board) -> None:
        """Show how things stand once everything was sent."""


@contextmanager
def screen_on(console: Console, address: str) -> Iterator[Screen]:
    """Take the screen while the block runs."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    with Live(console=console, refresh_per_second=4, vertical_overflow="crop") as live:
        yield _Table(live, address)


class _Table:
    refresh_seconds = 0.5

    def __init__(self, live: Live, address: str) -> None:
        self._live = live
        self._address = address

    def show(self, board: Board) -> None:
        self._live.update(board.as_table(self._address))

    def say(self, lines: Iterable[str]) -> None:
        for one in lines:
            self._live.console.print(Text(one), soft_wrap=True)  # to be copied: no line is broken

    def finish(self, board: Board) -> None:
        self.show(board)


class _Lines:
    refresh_seconds = 1.0

    def __init__(self, console: Console) -> None:
        self._console = console
        self._written_at = 0.0
        self._written = ""

    def show(self, board: Board) -> None:
        if monotonic() - self._written_at < LINE_SECONDS:
            return
        self._written_at = monotonic()
        said = board.as_line()
        if said != self._written:
            self._written = said
            self.say([said])

    def say(self, lines: Iterable[str]) -> None:
        for one in lines:
            self._console.print(Text(one), soft_wrap=True)

    def finish(self, board: Board) -> None:
        self._written = board.as_line()
        self.say([self._written, *board.as_lines()])
