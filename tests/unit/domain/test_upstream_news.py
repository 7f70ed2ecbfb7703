"""What a revision says beyond the one before becomes an event, once; the rest is no news."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import force_setattr

from jiedao.domain.report import UpstreamCase, UpstreamNews
from jiedao.domain.upstream_news import hear
from tests.workflow_samples import MORNING, Life, dispatched, handled, received

LATER = MORNING + timedelta(days=1)


def case(deadline=None, **news):
    return UpstreamCase("案卷-1", deadline, None, UpstreamNews(**news) if news else None)


def hear_of(life: Life, before, now):
    """What a life hears when a revision says ``now`` and the one before said ``before``; returns the events' names."""
    report = life.incident.report
    force_setattr(report, "upstream", now)
    known = len(life.events)
    heard = hear(life.incident, before, context=life.context("source:hotline", "integrator"), at=life.now)
    life.events += life.incident.collect_events()
    names = [event.TOPIC.removeprefix("jiedao.incident.upstream_") for event in life.events[known:]]
    assert heard == bool(names)
    return names


NEWS = [
    (None, case(), []),
    (None, case(status="assigned"), []),
    (None, case(status="closed"), ["closed"]),
    (case(status="assigned"), case(status="verified"), ["verified"]),
    (case(status="verified"), case(status="verified"), []),
    (case(status="verified"), case(status="closed"), ["closed"]),
    (case(), case(status="failed_verification"), ["failed_verification"]),
    (case(status="failed_verification"), case(status="failed_verification"), []),
    (case(status="failed_verification", reworks=1), case(status="failed_verification", reworks=2), ["failed_verification"]),
    (case(reworks=1), case(status="assigned", reworks=2), ["failed_verification"]),
    (case(), case(status="closed", reworks=1), ["failed_verification", "closed"]),
    (case(status="failed_verification", reworks=1), case(reworks=1), []),
    (case(), case(status="withdrawn"), ["withdrawn"]),
    (case(urges=1), case(urges=3), ["urged"]),
    (case(urges=3), case(urges=3), []),
    (case(), case(supervised=True), ["supervised"]),
    (case(supervised=True), case(supervised=True), []),
    (case(), case(revisited=True, satisfied=False), ["revisited"]),
    (case(revisited=True, satisfied=False), case(revisited=True, satisfied=True), ["revisited"]),
    (case(revisited=True), case(revisited=True), []),
    (case(MORNING), case(LATER), ["deadline_changed"]),
    (case(MORNING), case(MORNING), []),
    (None, case(LATER), []),
    (case(MORNING), case(LATER, status="verified", urges=1, revisited=True),
     ["deadline_changed", "urged", "verified", "revisited"]),
    (case(), None, []),
]  # fmt: skip


@pytest.mark.parametrize(("before", "now", "events"), NEWS)
def test_what_is_new_becomes_an_event(before, now, events):
    assert hear_of(handled("upstream"), before, now) == events


def sent_back():
    return received("upstream").do("return_case")


ASSIGNED = {"status": "assigned"}
AGAIN = [
    (sent_back, case(**ASSIGNED), case(**ASSIGNED), []),  # it has not heard of the return yet
    (sent_back, case(**ASSIGNED, assigned_at=MORNING), case(**ASSIGNED, assigned_at=LATER), ["assigned"]),
    (sent_back, case(), case(**ASSIGNED), ["assigned"]),
    (lambda: dispatched("upstream"), case(), case(**ASSIGNED), []),  # it is with us already
    (lambda: dispatched("upstream"), case(**ASSIGNED, assigned_at=MORNING), case(**ASSIGNED, assigned_at=LATER), []),
]


@pytest.mark.parametrize(("given", "before", "now", "events"), AGAIN)
def test_a_case_is_given_again_only_when_it_was_away(given, before, now, events):
    assert hear_of(given(), before, now) == events


def test_the_event_says_what_was_said_with_it():
    life = handled("upstream")
    hear_of(life, None, case(status="failed_verification", note="路面仍有残留"))
    assert life.last.note == "路面仍有残留"
    hear_of(life, None, case(revisited=True, resolved=False, satisfied=None, revisit_note="垃圾还在"))
    assert (life.last.resolved, life.last.satisfied, life.last.note) == (False, None, "垃圾还在")


def test_a_case_of_our_own_hears_nothing():
    assert hear_of(handled(), None, None) == []
