"""A replay and a difference tell which event puts which right, of the incident's own events alone."""

from __future__ import annotations

from uuid import uuid4

import pytest

from jiedao.audit.replay import Difference, ReplayStep
from jiedao.domain.ports import LogEntry
from jiedao.domain.time_rules import TimeRuleBook
from jiedao.entrypoints.http.wording import Wording
from jiedao.entrypoints.replay_answers import difference_answer, replay_answer
from tests.clock_samples import RULES
from tests.e2e.http.district import PROFILE
from tests.workflow_samples import MORNING, received

WORDING = Wording(PROFILE)


def step(event, position, version):
    """An event as a replay has it, that changed nothing."""
    entry = LogEntry(
        position, event.originator_id, event.originator_version, event.TOPIC, b"", b"", MORNING, bytes(32)
    )  # fmt: skip
    return ReplayStep(entry, event, version, {}, (), {})


@pytest.fixture
def steps():
    """The report, other time rules that came into force right behind it, and a correction of the report."""
    life = received()
    report = life.events[0]
    rules = TimeRuleBook.adopt(uuid4(), RULES, context=life.context("system", "administrator"), at=MORNING)
    correction = life.do("correct").last
    return [step(report, 1, 1), step(*rules.collect_events(), 2, 1), step(correction, 3, correction.originator_version)]


def test_rules_that_came_into_force_behind_an_event_are_not_corrected_with_it(steps):
    incident, correction = steps[0].entry.originator_id, steps[-1].version
    replayed = replay_answer(incident, steps, WORDING, as_of=None, interventions=True)
    differing = difference_answer(incident, Difference({}, {}, (), steps), 0, 3, WORDING, interventions=True)
    for told in (replayed.steps, differing.events):
        assert [(one.position, one.corrects, list(one.corrected_by)) for one in told] == [
            (1, None, [correction]),
            (2, None, []),
            (3, 1, []),
        ]
    assert [one.beside for one in replayed.steps] == [False, True, False]
