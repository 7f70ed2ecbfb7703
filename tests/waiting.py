"""How tests wait: for a condition, with a bound, and without taking the processor from what they wait for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event
from time import monotonic
from typing import TypeVar

PATIENCE_SECONDS = 60.0
_BREATH_SECONDS = 0.01

Value = TypeVar("Value")


def until(condition: Callable[[], Value], what: str = "the condition", *, seconds: float = PATIENCE_SECONDS) -> Value:
    """Wait for a condition and return what it became; fails, naming it, where it does not come true in time."""
    end = monotonic() + seconds
    breath = Event()
    while not (value := condition()):
        breath.wait(_BREATH_SECONDS)
        assert monotonic() < end, f"{what} did not come true within {seconds:g} s"
    return value


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended may stand there until whoever took it over asks for it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except FileNotFoundError:
        return False
