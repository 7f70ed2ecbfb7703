"""The service beats, leads or stands by, and says so; the profile's rules are adopted once, and again when they change."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from jiedao.application.lapsing import Lapsing
from jiedao.application.ticker import Ticker
from jiedao.application.time_rules import adopt_time_rules, recorded_time_rules
from jiedao.domain.access import Holder
from jiedao.domain.profile import ClockSettings
from jiedao.domain.terms import Role
from jiedao.domain.time_rules import TimeRuleBook
from jiedao.entrypoints.scheduler import ClockService
from jiedao.store.leadership import Leadership
from jiedao.store.mapper import TypedMapper
from tests.e2e.http.district import PROFILE
from tests.integration.clocks.conftest import after

SYSTEM = Holder("", "system:jiedao", Role.ADMINISTRATOR)


class Time:
    """The time that a test says."""

    def __init__(self):
        self.moment = after(minutes=0)

    def now(self):
        return self.moment


@pytest.fixture
def service(district, database_url):
    made = []

    def make(time):
        writer, mapper = district.log.writer, TypedMapper()
        leadership = Leadership(database_url)
        made.append(leadership)
        return ClockService(
            leadership=leadership,
            ticker=Ticker(district.claims, writer, mapper),
            lapsing=Lapsing(district.claims, district.application),
            offering=district.offering(),
            claims=district.claims,
            clock=time,
        )

    yield make
    for leadership in made:
        leadership.resign()


class MovingTime:
    """Each look at it is a second later."""

    def __init__(self, moment):
        self.moment = moment

    def now(self):
        self.moment += timedelta(seconds=1)
        return self.moment


def measured(service):
    return {metric.name: metric.samples[0].value for metric in service.collect()}


def test_one_beats_and_the_other_stands_by_until_it_is_needed(district, service):
    time = Time()
    first, second = service(time), service(time)
    incident = district.receive()
    district.show()
    time.moment = after(hours=1)
    assert second.health().sentence.startswith("stands by")
    first.beat()
    second.beat()
    assert (first.leads, second.leads) == (True, False)
    assert [kind for kind, *_rest in district.told(incident)] == ["overdue"]
    assert second.health().ok
    district.show()
    time.moment = after(hours=9)
    first.resign()
    second.beat()
    assert [kind for kind, *_rest in district.told(incident)] == ["overdue", "escalated"]
    assert (measured(second)["jiedao_clock_leader"], measured(second)["jiedao_clock_recorded"]) == (1, 1)
    assert measured(first)["jiedao_clock_leader"] == 0


def test_what_ends_during_a_beat_is_told_as_overdue_before_it_moves_on(district, service):
    task = district.receive()
    for minute, command in enumerate(("admit", "file", "dispatch"), 1):
        district.do(task, command, after(minutes=minute))
    accept_by = after(minutes=3) + timedelta(hours=1)
    one = service(MovingTime(accept_by - timedelta(milliseconds=1_500)))  # it ends after the beat's first look
    told = [event.TOPIC for event in district.show().stream(task)]
    one.beat()
    assert [event.TOPIC for event in district.stream(task)] == [*told, "jiedao.incident.clock_approaching"]
    district.show()
    one.beat()
    assert [event.TOPIC for event in district.stream(task)][-2:] == [
        "jiedao.incident.clock_overdue", "jiedao.incident.task_offered_onward",
    ]  # fmt: skip


def test_a_leader_says_how_far_it_is_behind(district, service):
    time = Time()
    one = service(time)
    district.receive()
    district.show()
    one.beat()
    assert one.health().sentence == "leads, 0.0 s behind"
    time.moment = after(minutes=45, seconds=12)  # the clock approached its end 12 s ago
    assert (one.health().ok, one.health().sentence) == (True, "leads, 12.0 s behind")
    assert measured(one)["jiedao_clock_lag_seconds"] == 12.0
    time.moment = after(hours=2)
    assert not one.health().ok


def test_a_beat_that_fails_says_so_and_the_next_one_goes_on(district, service):
    time = Time()
    one = service(time)
    district.receive()
    district.show()
    schema = f"view_{district.read.status().active.number}"
    time.moment = after(hours=1)
    with psycopg.connect(district.database.url, autocommit=True) as admin:
        admin.execute(f"ALTER TABLE {schema}.clock RENAME TO hidden".encode())
        one.beat()
        assert (one.health().ok, one.leads) == (False, True)
        admin.execute(f"ALTER TABLE {schema}.hidden RENAME TO clock".encode())
    one.beat()
    assert measured(one)["jiedao_clock_recorded"] == 1
    district.show()
    assert one.health().sentence == "leads, 0.0 s behind"


def test_the_profiles_rules_are_adopted_when_they_are_new_and_only_then(district):
    time = Time()
    first = adopt_time_rules(district.application, PROFILE, time, SYSTEM)
    assert adopt_time_rules(district.application, PROFILE, time, SYSTEM) == first
    assert recorded_time_rules(district.application, PROFILE) == first
    stricter = replace(PROFILE, clocks=ClockSettings({"admit": "1小时"}))
    second = adopt_time_rules(district.application, stricter, time, SYSTEM)
    assert second.version != first.version
    assert adopt_time_rules(district.application, PROFILE, time, SYSTEM) == first  # and back again
    entries = district.log.select_log(0, 1_000)
    adopted = [district.application.decode(one) for one in entries if one.topic.startswith("jiedao.time_rules.")]
    (_of_the_fixture, *own) = adopted
    assert [type(one) for one in own] == [TimeRuleBook.Adopted, TimeRuleBook.Changed, TimeRuleBook.Changed]
    assert [one.rules.version for one in own] == [first.version, second.version, first.version]
