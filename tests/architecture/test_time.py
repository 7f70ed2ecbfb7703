"""There is one clock, it is handed in, and no event gets its time from anywhere else."""

from __future__ import annotations

import ast

import pytest
from eventsourcing.domain import AggregateEvent

from jiedao.domain.aggregate import RecordedAggregate
from tests.architecture.tree import ROOT, place, trees

CLOCK = ROOT / "platform" / "jiedao" / "entrypoints" / "clock.py"
# What tells the time of day. How long something took (monotonic, perf_counter) is no time of day.
TELLS_TIME = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns", "time.localtime",
    "time.gmtime", "datetime_now_with_tzinfo", "create_timestamp",
}  # fmt: skip


def asked(node):
    """The last two names of what is called or handed on: ``datetime.datetime.now`` and ``datetime.now`` are one."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
        return f"{inner}.{node.attr}"
    return ""


def test_only_the_one_clock_asks_for_the_time():
    found = {
        place(path, node): asked(node)
        for path, tree in trees()
        for node in ast.walk(tree)
        if asked(node) in TELLS_TIME or asked(node).rpartition(".")[2] in {"utcnow", "create_timestamp"}
    }
    assert [where for where in found if not where.startswith(place(CLOCK))] == [], found
    assert set(found.values()) == {"datetime.now"}


def test_the_library_never_makes_up_the_time_of_an_event():
    """The whole suite runs with this default refused (conftest), so whatever leaves the time out fails its own test."""

    class Kept(RecordedAggregate):
        TOPIC = "test.architecture.kept"

        class Noted(RecordedAggregate.Event):
            TOPIC = "test.architecture.kept.noted"

    with pytest.raises(AssertionError, match="no time was handed in"):
        AggregateEvent.create_timestamp()
    with pytest.raises(AssertionError, match="no time was handed in"):
        Kept.Noted.create_timestamp()
