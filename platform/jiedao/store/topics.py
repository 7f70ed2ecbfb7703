"""The stored names of aggregates and events, and what each event holds.

A stored name is for ever: each class declares its own ``TOPIC``. The library learns a name only when it is first
written, so a process that only reads has to be told all of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from eventsourcing.utils import get_topic

from jiedao.domain.access_record import AccessRecord
from jiedao.domain.aggregate import RecordedAggregate, RecordedEvent
from jiedao.domain.dead_letter import DeadLetter
from jiedao.domain.duplicate_judgement import DuplicateJudgement
from jiedao.domain.erasure import ErasureRequest, RefusedErasure
from jiedao.domain.handover import Handover
from jiedao.domain.incident import Incident
from jiedao.domain.range_removal import RangeRemoval, RefusedRemoval
from jiedao.domain.reference import BoundarySet, ClassTableVersion, RoutingRulesVersion
from jiedao.domain.refused_command import RefusedCommand
from jiedao.domain.refused_request import RefusedRequest
from jiedao.domain.reporter_hold import ReporterHold
from jiedao.domain.roster import RosterDay
from jiedao.domain.sample_draw import SampleDraw
from jiedao.domain.time_rules import TimeRuleBook

AGGREGATES: tuple[type[RecordedAggregate], ...] = (
    Incident,
    DeadLetter,
    BoundarySet,
    ClassTableVersion,
    RoutingRulesVersion,
    RefusedCommand,
    TimeRuleBook,
    DuplicateJudgement,
    RosterDay,
    Handover,
    AccessRecord,
    SampleDraw,
    ErasureRequest,
    RefusedErasure,
    ReporterHold,
    RangeRemoval,
    RefusedRemoval,
    RefusedRequest,
)
"""Every kind of aggregate that the log may hold."""


def event_classes(aggregate: type[RecordedAggregate]) -> Iterator[type[RecordedEvent]]:
    """Yield the stored event classes of an aggregate: those nested in it with a ``TOPIC`` of their own."""
    for member in vars(aggregate).values():
        if isinstance(member, type) and issubclass(member, RecordedEvent) and "TOPIC" in vars(member):
            yield member


def all_event_classes() -> list[type[RecordedEvent]]:
    """Return the event classes of all aggregates."""
    return [event for aggregate in AGGREGATES for event in event_classes(aggregate)]


def register_topics() -> None:
    """Tell the library every stored name, so that a process which has written nothing yet can read all."""
    for kind in (*AGGREGATES, *all_event_classes()):
        get_topic(kind)
