"""Events that were stored before a field was there are read with what is known of it: nothing."""

from __future__ import annotations

import dataclasses
import json

from jiedao.store.mapper import TypedMapper
from tests.workflow_samples import MAPPER, handled, received


def stored(event, forget):
    """The event as an older version stored it: ``forget`` takes away what it did not know."""
    now = MAPPER.to_stored_event(event)
    state = json.loads(now.state)
    forget(state)
    return dataclasses.replace(now, state=json.dumps(state).encode())


def test_a_closing_that_wrote_down_no_condition_confirms_none():
    closed = handled().do("close", note="符合").last

    def forget(state):
        assert state.pop("class_version") == 2
        assert state.pop("closing_condition") == "道路恢复通行"

    read = TypedMapper().to_domain_event(stored(closed, forget))
    assert (read.note, read.closing_condition) == ("符合", "")


def test_a_class_decided_before_matters_and_conditions_were_kept_has_none():
    event = next(one for one in received().events if one.TOPIC == "jiedao.incident.class_decided")

    def forget(state):
        for name in ("matters", "filing_condition", "closing_condition", "maintaining_unit"):
            del state["decision"][name]

    decision = TypedMapper().to_domain_event(stored(event, forget)).decision
    assert (decision.matters, decision.filing_condition, decision.closing_condition) == ((), "", "")
    assert decision.maintaining_unit is None
    assert decision.class_code == event.decision.class_code
