from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from jiedao.domain.ports import LogEntry
from projections.log import read_moments


class Log:
    """A log whose moments are given as numbers of events."""

    def __init__(self, *sizes):
        self.entries = []
        for moment, size in enumerate(sizes):
            at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=moment)
            for _ in range(size):
                self.entries.append(LogEntry(len(self.entries) + 1, UUID(int=1), 1, "t", b"", b"", at, b""))

    def select_log(self, after, limit):
        return self.entries[after : after + limit]


def test_a_moment_is_never_parted():
    stretch = read_moments(Log(2, 3, 4), 0, 4)
    assert [entry.position for entry in stretch.entries] == [1, 2]
    assert not stretch.reached_end


def test_a_moment_larger_than_the_limit_is_read_whole():
    stretch = read_moments(Log(9, 9), 0, 2)
    assert len(stretch.entries) == 9
    assert not stretch.reached_end


def test_what_is_shorter_than_asked_for_is_the_end():
    assert read_moments(Log(2, 3), 2, 10).reached_end
    assert [entry.position for entry in read_moments(Log(2, 3), 2, 10).entries] == [3, 4, 5]
    assert read_moments(Log(2, 3), 5, 10).entries == []


def test_reading_on_from_the_end_of_each_stretch_gives_the_whole_log():
    log, seen = Log(1, 5, 2, 2, 7, 1), []
    while True:
        stretch = read_moments(log, len(seen), 3)
        seen += stretch.entries
        if stretch.reached_end:
            break
    assert seen == log.entries
