"""Waiting until what was written can be read: it is asked again, at first often and then seldom."""

from __future__ import annotations

import time
from collections.abc import Callable

_POLL_SECONDS = (0.005, 0.05)  # between two looks: at first, and at most


def wait_until(reached: Callable[[], bool], timeout: float) -> bool:
    """Ask until it is so; false after ``timeout`` seconds. What asking raises ends the wait."""
    deadline = time.monotonic() + timeout
    pause, longest = _POLL_SECONDS
    while not reached():
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(pause, left))
        pause = min(pause * 2, longest)
    return True
