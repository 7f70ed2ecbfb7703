"""Every stored event is of a kind that an auditor can ask for, and is told in a sentence by somebody."""

from __future__ import annotations

import pytest

from jiedao.store.topics import all_event_classes
from projections.audit_kinds import NOTES, AuditKind, command_of, kind_of_topic
from projections.audit_questions import QUESTIONS, AuditFilter, asked
from projections.telling import TELLINGS

TOPICS = [event.TOPIC for event in all_event_classes()]

# Written by hand: what the kinds are that questions rest on.
KINDS = {
    "jiedao.incident.received": "report", "jiedao.incident.late_revision_recorded": "report",
    "jiedao.incident.jurisdiction_decided": "jurisdiction_decision", "jiedao.incident.routed": "rule_matched",
    "jiedao.incident.closed": "command", "jiedao.incident.intervention_recorded": "intervention",
    "jiedao.incident.clock_overdue": "clock", "jiedao.incident.transfer_lapsed": "clock", "jiedao.incident.upstream_closed": "upstream",
    "jiedao.refused_command.recorded": "refusal", "jiedao.access.recorded": "access", "jiedao.sample.drawn": "sample",
    "jiedao.boundary_set.adopted": "reference", "jiedao.handover.offered": "duty",
}  # fmt: skip


@pytest.mark.parametrize("topic", TOPICS)
def test_each_event_has_a_kind_and_a_sentence(topic):
    assert kind_of_topic(topic) is not AuditKind.OTHER
    assert (topic in NOTES) != (topic in TELLINGS)


def test_the_kinds_are_as_they_were_decided():
    assert {topic: kind_of_topic(topic).value for topic in KINDS} == KINDS


def test_a_command_is_read_from_what_caused_the_event():
    assert command_of("command:close:key:with:colons") == "close"
    assert command_of("batch:1") is None


def test_each_question_is_a_filter():
    for name, question in QUESTIONS.items():
        wanted = asked(name, AuditFilter(actor="user:zhang", incident_id="an incident"))
        assert wanted.kinds == (tuple(question.kinds) if question.kinds else None)
        assert wanted.commanded is (name == "commands_on_incident")
