"""Refusals of known people in the log: the first at once, a flood as one count, nothing lost and nothing twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from jiedao.application.district_application import DistrictApplication
from jiedao.audit.refusing import RefusalDesk
from jiedao.domain.refused_request import RefusedRequest
from jiedao.store.refusals import Refusal, RefusalLog

AT = datetime(2026, 11, 24, 9, 30, 5, tzinfo=UTC)
ONE = Refusal(
    AT, 403, "not_allowed", "GET", "/v1/audit/events", "t1", "user:zhang", "handler", "203.0.113.7", "r1",
    why="the role handler may not read events", allowed=("role:auditor", "role:administrator"),
)  # fmt: skip


class MovedClock:
    def __init__(self):
        self.moment = AT

    def now(self):
        return self.moment


@pytest.fixture
def clock():
    return MovedClock()


@pytest.fixture
def application(database_url):
    with DistrictApplication({"JIEDAO_DATABASE_URL": database_url}) as application:
        yield application


@pytest.fixture
def counts(application):
    return RefusalLog(application.district_log.database)


@pytest.fixture
def desk(application, counts, clock):
    return RefusalDesk("330103", counts, application, application.find_refused_request, clock)


def told(application):
    """The refusals that the log tells of: who, what, how often."""
    events = [application.decode(entry) for entry in application.district_log.select_log(0, 10_000)]
    return [
        (event.context.actor, type(event).__name__, event.times)
        for event in events
        if isinstance(event, RefusedRequest.Recorded | RefusedRequest.Repeated)
    ]


def test_the_first_refusal_is_in_the_log_with_why_and_what_was_allowed(desk, application):
    desk.record([ONE])
    (entry,) = application.district_log.select_log(0, 10)
    event = application.decode(entry)
    assert (event.method, event.route, event.reason, event.times) == ("GET", "/v1/audit/events", "not_allowed", 1)
    assert (event.why, event.allowed) == (ONE.why, ("role:auditor", "role:administrator"))
    assert (event.context.actor, event.context.role, event.token_id) == ("user:zhang", "handler", "t1")
    assert event.timestamp == AT


def test_a_flood_is_two_events_a_minute_and_none_of_it_is_lost(desk, application, counts, clock):
    for number in range(40):
        desk.record([replace(ONE, at=AT + timedelta(seconds=number), request_id=f"r{number}")] * 25)
    assert told(application) == [("user:zhang", "Recorded", 25)]
    assert desk.settle() == 0, "the minute is not over"
    clock.moment = AT + timedelta(minutes=1)
    assert desk.settle() == 1
    assert told(application) == [("user:zhang", "Recorded", 25), ("user:zhang", "Repeated", 975)]
    assert desk.settle(everything=True) == 0
    (row,) = counts.recent(AT)
    assert (row.times, row.told) == (1_000, 1_000)


def test_what_is_open_is_told_when_the_server_stops(desk, application):
    desk.record([ONE])
    desk.record([ONE, replace(ONE, holder="user:li", token_id="t2"), replace(ONE, route="/v1/audit/access")])
    assert desk.settle(everything=True) == 1
    assert sorted(told(application)) == [
        ("user:li", "Recorded", 1), ("user:zhang", "Recorded", 1), ("user:zhang", "Recorded", 1),
        ("user:zhang", "Repeated", 1),
    ]  # fmt: skip


def test_of_nobody_known_and_of_what_is_in_the_log_already_there_is_a_count_and_no_event(desk, application, counts):
    desk.record([replace(ONE, status=401, token_id="", holder="", role=""), replace(ONE, recorded=True)])
    assert desk.settle(everything=True) == 0
    assert told(application) == []
    assert sum(row.times for row in counts.recent(AT)) == 2


def test_what_was_told_and_not_noted_any_more_is_not_told_twice(desk, application, counts, clock, monkeypatch):
    monkeypatch.setattr(counts, "tell", lambda *_: None)  # the process ends between the two
    desk.record([ONE])
    monkeypatch.undo()
    counts.record([ONE])
    clock.moment = AT + timedelta(minutes=1)
    assert desk.settle() == 2, "first that it was told, then what came after it"
    assert told(application) == [("user:zhang", "Recorded", 1), ("user:zhang", "Repeated", 1)]


def test_servers_side_by_side_tell_everything_once(desk, application, counts, clock):
    other = RefusalDesk("330103", counts, application, application.find_refused_request, clock)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: (desk, other)[number % 2].record([ONE]), range(60)))
        clock.moment = AT + timedelta(minutes=1)
        list(pool.map(lambda one: one.settle(), (desk, other) * 4))
    desk.settle()
    assert sum(times for _actor, _kind, times in told(application)) == 60
