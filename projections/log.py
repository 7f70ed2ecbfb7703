"""Reading the log in whole moments: what was recorded together becomes visible together.

All events of one append carry the same ``recorded_at``; nobody ever saw the log end between them. A projection
therefore applies them together, and what it shows does not depend on how large its batches are.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import msgspec

from jiedao.domain.aggregate import RecordedEvent
from jiedao.domain.ports import LogEntry


class LogReader(Protocol):
    """Reads the log in order."""

    def select_log(self, after: int, limit: int) -> Sequence[LogEntry]:
        """Return at most ``limit`` entries beyond the position ``after``, in one statement."""


class EventDecoder(Protocol):
    """Turns stored bytes back into the domain's events."""

    def to_event(self, entry: LogEntry) -> RecordedEvent:
        """Decode one entry, upcasting older versions."""


class Follower(Protocol):
    """Waits for the log to grow."""

    def wait_beyond(self, position: int, timeout: float) -> int:  # a blocking wait, in seconds
        """Return the log's last position as soon as it is beyond ``position``, or after ``timeout`` seconds."""


class PositionedEvent(msgspec.Struct, frozen=True, gc=False):
    """A decoded event and where it stands in the log."""

    position: int
    recorded_at: datetime
    topic: str
    event: RecordedEvent


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive entries, made of whole moments; ``reached_end`` when the log ended there as it was read."""

    entries: Sequence[LogEntry]
    reached_end: bool


def read_moments(log: LogReader, after: int, limit: int) -> Stretch:
    """Read about ``limit`` entries beyond ``after``, never parting a moment; a larger moment is read whole."""
    while True:
        entries = log.select_log(after, limit)
        if len(entries) < limit:
            return Stretch(entries, reached_end=True)
        whole = bisect_left(entries, entries[-1].recorded_at, key=lambda entry: entry.recorded_at)
        if whole:
            return Stretch(entries[:whole], reached_end=False)
        limit *= 2
