"""Ends a long-running transport when the operating system asks: SIGTERM of a supervisor, SIGINT of a terminal."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Call ``stop`` on the first of the signals while the block runs; the second one ends the process as usual.

    Only in the main thread, as Python handles signals there.
    """
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def ask(_number: int, _frame: FrameType | None) -> None:
        for number, handling in before.items():
            signal.signal(number, handling)
        stop()

    for number in _SIGNALS:
        signal.signal(number, ask)
    try:
        yield
    finally:
        for number, handling in before.items():
            signal.signal(number, handling)
