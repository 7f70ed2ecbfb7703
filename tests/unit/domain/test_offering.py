"""To whom a task goes that nobody accepted in time: given who is advised, when it is offered, then this is recorded."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jiedao.domain.offering import InCharge, waiting_task
from tests.workflow_samples import GREENING, advised, dispatched, filed

WANG, CHEN, OFF = advised("wang", "王强"), advised("chen", "陈静"), advised("off", "休", duty_hours=0)


def offered(*life_of):
    """A life whose task was offered so often, each time with these advised; the last event."""
    life = dispatched()
    for asked in life_of:
        life.offered_onward(*asked)
    return life.last


def test_the_best_on_duty_is_asked_with_the_rank_and_the_reasons_of_the_advice():
    event = offered([OFF, WANG, CHEN])
    offer = event.offer
    assert (offer.number, offer.person, offer.name, offer.rank, offer.last) == (1, "user:wang", "王强", 2, False)
    assert (offer.reasons, event.after, event.on_duty) == (("当班", "无在办任务"), (), 2)
    assert (offer.offered_at, offer.until) == (event.timestamp, event.timestamp + timedelta(hours=1))


def test_nobody_is_asked_twice_and_then_it_goes_to_who_is_in_charge():
    event = offered([WANG, CHEN], [WANG, CHEN], [WANG, CHEN])
    assert (event.offer.person, event.offer.role, event.offer.rank, event.offer.last) == (
        "user:li", "shift_leader", None, True,
    )  # fmt: skip
    assert (event.after, event.offer.reasons) == (("user:wang", "user:chen"), ("当班处置人员 2 人均已派过",))


def test_with_nobody_on_duty_it_says_so():
    assert offered([OFF]).offer.reasons == ("无当班处置人员",)


def test_a_role_that_the_roster_does_not_fill_is_named_all_the_same():
    offer = dispatched().offered_onward(in_charge=InCharge("shift_leader")).last.offer
    assert (offer.person, offer.name, offer.role, offer.last) == (None, None, "shift_leader", True)


def test_only_so_many_are_asked():
    life = dispatched().offered_onward(WANG, CHEN, at_most=1).offered_onward(WANG, CHEN, at_most=1)
    assert (life.last.offer.person, life.last.offer.reasons) == ("user:li", ("已顺延 1 人，达到上限",))


def test_an_offer_that_runs_is_not_passed_over_and_the_last_one_never():
    life = dispatched().offered_onward(WANG)
    until = life.last.offer.until
    assert waiting_task(life.incident, "T1", until - timedelta(microseconds=1)) is None
    assert waiting_task(life.incident, "T1", until) is life.incident.progress.tasks["T1"]
    life.offered_onward()
    assert waiting_task(life.incident, "T1", until + timedelta(days=9)) is None


@pytest.mark.parametrize(
    "life",
    [
        lambda: filed().do("dispatch", assignee=GREENING),
        lambda: dispatched().do("accept"),
        lambda: dispatched().do("return"),
        lambda: dispatched().do("suspend"),
        lambda: dispatched().do("accept").do("redispatch"),
        lambda: dispatched().do("offer_transfer"),
    ],
)
def test_what_does_not_wait_for_a_street_platform_is_not_offered(life):
    made = life()
    assert waiting_task(made.incident, "T1", made.now + timedelta(days=9)) is None


def test_accepting_and_reassigning_end_an_offer():
    life = dispatched().offered_onward(WANG)
    assert life.incident.progress.tasks["T1"].offer is not None
    life.do("reassign")
    assert [task.offer for task in life.incident.progress.tasks.values()] == [None, None]
    assert dispatched().offered_onward(WANG).do("accept").incident.progress.tasks["T1"].offer is None
