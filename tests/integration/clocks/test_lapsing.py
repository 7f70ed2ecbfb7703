"""A transfer that nobody answers in time is taken back by the clock, once, and its case waits for the dispatcher again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jiedao.application.lapsing import Lapsing
from jiedao.domain.context import EventContext
from jiedao.domain.links import Receiver
from jiedao.domain.transferring import offer
from jiedao.store.recorder import UnitContext
from tests.integration.clocks.conftest import after
from tests.workflow_samples import said

ANSWER_BY = after(hours=5)


@pytest.fixture
def offered(district):
    """An incident whose transfer is to be answered within five hours of the morning."""
    incident_id = district.receive()
    for hour, command in enumerate(("admit", "file"), 1):
        district.do(incident_id, command, after(hours=hour))
    incident = district.application.load([incident_id])[incident_id]
    context = EventContext("user:dispatcher", "dispatcher", incident_id, "command", "非本街道职责")
    details = said("offer_transfer", receiver=Receiver("department", "区交警大队"))
    offer(incident, details, ANSWER_BY, context=context, at=after(hours=3))
    district.application.record([incident], UnitContext("people", "offer", b"", lane="people"))
    return incident_id


def state_of(district, incident_id):
    return district.application.load([incident_id])[incident_id].state.value


def test_it_is_taken_back_at_its_moment_and_not_before(district, offered):
    lapsing = Lapsing(district.claims, district.application)
    district.show()
    assert lapsing.run(ANSWER_BY - timedelta(microseconds=1)) == 0
    assert lapsing.run(ANSWER_BY, ANSWER_BY - timedelta(microseconds=1)) == 0  # its 超期 is not recorded yet
    assert state_of(district, offered) == "transferring"
    assert lapsing.run(ANSWER_BY) == 1
    assert state_of(district, offered) == "filed"
    last = district.stream(offered)[-1]
    assert (last.TOPIC, last.context.actor) == ("jiedao.incident.transfer_lapsed", "system:clock")


def test_it_lapses_once_whoever_looks_and_however_late_the_views_are(district, offered):
    first, second = (Lapsing(district.claims, district.application) for _ in range(2))
    district.show()
    assert (first.run(ANSWER_BY), second.run(ANSWER_BY), first.run(ANSWER_BY)) == (1, 0, 0)
    district.show()
    assert first.run(ANSWER_BY) == 0
    assert [event.TOPIC for event in district.stream(offered)].count("jiedao.incident.transfer_lapsed") == 1


def test_one_that_was_withdrawn_in_time_does_not_lapse(district, offered):
    district.do(offered, "withdraw_transfer", after(hours=4))
    district.show()
    assert Lapsing(district.claims, district.application).run(ANSWER_BY) == 0
