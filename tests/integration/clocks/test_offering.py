"""A task that nobody accepts in time goes to the next on duty, then to who is in charge; once each, whoever looks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jiedao.domain.duty import DutyRules, OnwardRules
from jiedao.domain.roster import Shift
from jiedao.entrypoints.task_advice import advice_answer
from projections.clock_questions import ClockFilter
from projections.duty import DutyQueries
from projections.on_duty import OnDuty
from tests.e2e.http.district import PROFILE
from tests.integration.clocks.conftest import after
from tests.workflow_samples import GREENING

DISPATCHED = after(minutes=5)
FIRST = DISPATCHED + timedelta(hours=1)
HOUR = timedelta(hours=1)
OFFERED = "jiedao.incident.task_offered_onward"


def shift(person, role="handler", street="330103006", platform="enforcement", hours=8):
    return Shift(f"user:{person}", person, role, street, platform, after(hours=0), after(hours=hours))


def dispatched(district, **details):
    """An incident whose task was given five minutes after the morning, to be accepted within an hour."""
    incident_id = district.receive()
    for minute, command in enumerate(("admit", "file"), 1):
        district.do(incident_id, command, after(minutes=minute))
    district.do(incident_id, "dispatch", DISPATCHED, **details)
    return incident_id


def offers(district, incident_id):
    """To whom it was offered: (person, rank, until, last)."""
    events = [event for event in district.stream(incident_id) if event.TOPIC == OFFERED]
    return [(one.offer.person, one.offer.rank, one.offer.until, one.offer.last) for one in events]


@pytest.fixture
def task(district):
    return dispatched(district)


def test_two_are_asked_then_who_is_in_charge_and_nothing_is_doubled(district, task):
    district.plan(shift("chen"), shift("wang", hours=4), shift("li", "shift_leader"), shift("zhao", platform="market"))
    one, other = district.offering(), district.offering()

    def look(now):
        ticked = district.tick(now)
        return ticked.recorded, [looking.run(now) for looking in (one, other, one)]

    assert look(FIRST - timedelta(microseconds=1)) == (1, [0, 0, 0])  # approaching
    assert look(FIRST) == (1, [1, 0, 0])  # overdue, as ever, and offered onward
    assert look(FIRST) == (0, [0, 0, 0])
    assert look(FIRST + HOUR)[1] == [1, 0, 0]
    assert look(FIRST + 2 * HOUR)[1] == [1, 0, 0]
    assert look(FIRST + 3 * HOUR)[1] == [0, 0, 0]  # who is in charge keeps it
    assert offers(district, task) == [
        ("user:chen", 1, FIRST + HOUR, False),
        ("user:wang", 2, FIRST + 2 * HOUR, False),
        ("user:li", None, FIRST + 3 * HOUR, True),
    ]
    last = [event for event in district.stream(task) if event.TOPIC == OFFERED][-1]
    assert (last.after, last.on_duty, last.offer.reasons) == (
        ("user:chen", "user:wang"), 2, ("当班处置人员 2 人均已派过",),
    )  # fmt: skip
    assert (last.context.actor, last.timestamp) == ("system:clock", FIRST + 2 * HOUR)
    accepts = [
        (event.TOPIC.rpartition("_")[2], event.part) for event in district.stream(task)
        if getattr(event, "clock", "") == "accept" and "overdue" in event.TOPIC
    ]  # fmt: skip
    assert accepts == [("overdue", ""), ("overdue", "顺延1"), ("overdue", "顺延2"), ("overdue", "顺延3")]
    district.tick(FIRST + timedelta(hours=8))
    escalated = [event.part for event in district.stream(task) if event.TOPIC == "jiedao.incident.clock_escalated"
                 and event.clock == "accept"]  # fmt: skip
    assert escalated == [""]  # of the limit itself, when it always was


def test_it_is_shown_where_people_look_and_accepting_settles_it(district, task):
    district.plan(shift("chen"), shift("wang", hours=3))
    district.show()
    assert district.offering().run(FIRST) == 1
    district.show()
    shown = district.read.incident(task)
    assert (shown.tasks[0].offer.person, shown.tasks[0].offer.until) == ("user:chen", FIRST + HOUR)
    told = district.read.history(task)[-1]
    assert told.label == "顺延派办"
    assert told.summary.startswith(
        "任务 T1 超时未签收，顺延派给chen（user:chen），派办建议第 1 位（当班，距下班 6.9 小时；"
    )

    class Now:
        now = staticmethod(lambda: FIRST)

    advised = advice_answer(shown, shown.tasks[0], DutyQueries(district.read), Now, PROFILE)
    assert {one.person: one.already_offered for one in advised.items} == {"user:chen": True, "user:wang": False}
    assert (advised.task.offered_to, advised.task.offered_name) == ("user:chen", "chen")

    def listed(**wanted):
        page = district.read.clocks(ClockFilter(**wanted), None, 50)
        return [(row.incident_id, row.task_id, row.part, row.offered_to, row.due_at) for row in page.rows]

    offer = (task, "T1", "顺延1", "user:chen", FIRST + HOUR)
    assert listed(offered=True) == listed(offered_to="user:chen") == [offer]
    assert listed(offered_to="user:chen", streets=frozenset({"330103008"})) == []
    assert (listed(offered_to="user:wang"), len(listed())) == ([], 4)
    district.do(task, "accept", FIRST + timedelta(minutes=1))
    district.show()
    assert listed(offered=True) == []
    assert district.read.incident(task).tasks[0].offer is None
    assert district.offering().run(FIRST + 2 * HOUR) == 0


class BehindAnother:
    """Knows who is on duty, and lets another process offer first, after this one has read the incident."""

    def __init__(self, district, now):
        self.duty, self.other, self.now = OnDuty(district.read), district.offering(), now

    def known_handlers(self, *asked):
        assert self.other.run(self.now) == 1
        return self.duty.known_handlers(*asked)

    def in_charge(self, *asked):
        return self.duty.in_charge(*asked)


def test_two_who_both_think_that_they_lead_offer_once(district, task):
    district.plan(shift("chen"), shift("wang"))
    district.show()
    second = district.offering()
    second._duty = BehindAnother(district, FIRST)
    second.run(FIRST)
    assert offers(district, task) == [("user:chen", 1, FIRST + HOUR, False)]


def test_who_accepts_in_the_same_moment_has_it(district, task):
    district.show()
    late = district.offering()

    class WhileAccepting(BehindAnother):
        def known_handlers(self, *asked):
            district.do(task, "accept", FIRST)
            return self.duty.known_handlers(*asked)

    late._duty = WhileAccepting(district, FIRST)
    assert late.run(FIRST) == 0
    assert offers(district, task) == []


def test_two_tasks_at_once_do_not_go_to_one_person(district):
    tasks = [dispatched(district) for _ in range(2)]
    district.plan(shift("chen"), shift("wang"))
    district.show()
    assert district.offering().run(FIRST) == 2
    assert {offers(district, one)[0][0] for one in tasks} == {"user:chen", "user:wang"}


def test_without_anybody_on_duty_the_event_says_so(district, task):
    district.show()
    assert district.offering().run(FIRST) == 1
    assert offers(district, task) == [(None, None, FIRST + HOUR, True)]
    district.show()
    told = district.read.history(task)[-1].summary
    assert told == "任务 T1 超时未签收，无当班处置人员，报值班长（名册中无人当班）：签收时限 1小时"


def test_only_so_many_are_asked(district, task):
    district.plan(shift("chen"), shift("wang"), shift("guan", "supervisor", street=None, platform=None))
    offering = district.offering(DutyRules(onward=OnwardRules(at_most=1)))
    for hours in range(2):
        district.show()
        offering.run(FIRST + hours * HOUR)
    assert [(person, last) for person, _rank, _until, last in offers(district, task)] == [
        ("user:chen", False), ("user:guan", True),
    ]  # fmt: skip


def test_a_departments_task_and_one_that_somebody_took_stay_where_they_are(district):
    departments = dispatched(district, assignee=GREENING)
    taken = dispatched(district)
    district.show()
    district.do(taken, "accept", FIRST - timedelta(minutes=1))  # the views do not show it yet
    assert district.offering().run(FIRST) == 0
    district.show()
    assert district.offering().run(FIRST + HOUR) == 0
    assert (offers(district, departments), offers(district, taken)) == ([], [])
