"""Words are shown in Chinese, stored under names of their own, and each stands for one thing."""

from __future__ import annotations

import ast
import re
from importlib import import_module

import pytest

from jiedao.domain.aggregate import RecordedAggregate, RecordedEvent
from jiedao.domain.incident import Incident
from jiedao.domain.terms import Crs, Term
from jiedao.store.topics import AGGREGATES, all_event_classes
from tests.architecture.tree import modules, place, trees

for _name in modules():  # so that every vocabulary is known, wherever it stands
    import_module(_name)

TERMS = sorted(Term.__subclasses__(), key=lambda term: term.__name__)
PROPER_NAMES = {Crs}  # coordinate systems are called by the same letters in Chinese
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.__name__)
def test_every_word_has_its_chinese(term):
    members = list(term)
    assert members
    assert [member for member in members if not member.label or member.label != member.label.strip()] == []
    if term not in PROPER_NAMES:
        assert [member for member in members if not CHINESE.search(member.label)] == []
    assert len({member.label for member in members}) == len(members), "two words read the same"


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.__name__)
def test_a_word_is_stored_under_its_own_name(term):
    assert [member for member in term if member.value != member.name.lower()] == []


def test_every_aggregate_and_every_event_declares_a_stored_name_of_its_own():
    """A name that is inherited would be written for two kinds of events; the golden list is in the mapper's tests."""
    declared, nameless = {}, []
    for path, tree in trees():
        for aggregate in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and _is_aggregate(node)):
            declared[aggregate.name] = _topic(aggregate)
            for event in (node for node in aggregate.body if isinstance(node, ast.ClassDef) and node.name != "Event"):
                declared[f"{aggregate.name}.{event.name}"] = topic = _topic(event)
                if topic is None or not topic.startswith(f"{_topic(aggregate)}."):
                    nameless.append(place(path, event))
        for event in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and _is_workflow_event(node)):
            declared[event.name] = topic = _topic(event)
            if topic is None or not topic.startswith(f"{Incident.TOPIC}."):
                nameless.append(place(path, event))
    assert nameless == []
    known = {kind.__qualname__: kind.TOPIC for kind in (*AGGREGATES, *all_event_classes())}
    assert declared == known
    assert len(set(known.values())) == len(known)


def test_what_the_store_knows_are_aggregates_and_events_of_ours():
    assert all(issubclass(kind, RecordedAggregate) for kind in AGGREGATES)
    assert all(issubclass(kind, RecordedEvent) for kind in all_event_classes())


def _is_aggregate(node):
    return "RecordedAggregate" in {getattr(base, "id", "") for base in node.bases}


def _is_workflow_event(node):
    """The workflow's and the clock's events stand in modules of their own; the incident names them."""
    kinds = {"WorkflowEvent", "ClockEvent", "ClockStepEvent"}
    return node.name not in kinds and not kinds.isdisjoint(getattr(base, "id", "") for base in node.bases)


def _topic(node):
    """The literal that a class body gives to ``TOPIC``, or none."""
    for statement in node.body:
        if isinstance(statement, ast.Assign) and [getattr(target, "id", "") for target in statement.targets] == [
            "TOPIC"
        ]:
            return statement.value.value
    return None
