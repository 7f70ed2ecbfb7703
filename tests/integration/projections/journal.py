"""Writes the domain's events into a database's log, a moment at a time, and reads them back typed.

Small on purpose: the views are tested against the log's schema, whoever wrote it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import cache
from types import MappingProxyType
from typing import get_type_hints
from uuid import UUID

import msgspec
import psycopg

from jiedao.domain.access_record import AccessRecord
from jiedao.domain.carrying_out import carry_out, check
from jiedao.domain.context import EventContext
from jiedao.domain.dead_letter import DeadLetter
from jiedao.domain.decisions import ClassDecision, JurisdictionDecision
from jiedao.domain.duplicate_judgement import DuplicateJudgement
from jiedao.domain.handover import Handover
from jiedao.domain.identity import dead_letter_id, incident_id
from jiedao.domain.incident import Incident
from jiedao.domain.ports import LogEntry
from jiedao.domain.record_fault import RecordFault
from jiedao.domain.reference import BoundarySet, ClassTableVersion, RoutingRulesVersion
from jiedao.domain.refused_command import RefusedCommand
from jiedao.domain.report import IncidentReport, ReportedPlace, Sealed, UpstreamCase
from jiedao.domain.roster import RosterDay
from jiedao.domain.routing_decision import Route, RoutingDecision, RoutingInputs, class_route
from jiedao.domain.routing_decision import changes as changes_of
from jiedao.domain.sample_draw import SampleDraw
from jiedao.domain.terms import Command, Role
from jiedao.domain.time_rules import TimeRuleBook, TimeRules
from tests.workflow_samples import USUALLY, WIDER, decide, said

START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
_BESIDE = {"originator_id", "originator_version", "context"}

EVENTS = {
    event.TOPIC: event
    for aggregate in (
        Incident,
        DeadLetter,
        BoundarySet,
        ClassTableVersion,
        RoutingRulesVersion,
        TimeRuleBook,
        DuplicateJudgement,
        RosterDay,
        Handover,
        RefusedCommand,
        AccessRecord,
        SampleDraw,
    )
    for event in vars(aggregate).values()
    if isinstance(event, type) and "TOPIC" in vars(event)
}


@cache
def _state_type(event_class):
    hints = {
        name: kind for name, kind in get_type_hints(event_class).items() if name not in _BESIDE and name != "TOPIC"
    }
    hints = {name: kind for name, kind in hints.items() if not name.startswith("_")}
    hints["timestamp"] = datetime
    return msgspec.defstruct(event_class.__name__, list(hints.items()))


@cache
def _decoder(event_class):
    return msgspec.json.Decoder(_state_type(event_class))


_decode_context = msgspec.json.Decoder(EventContext).decode


class Decoder:
    def to_event(self, entry):
        event_class = EVENTS[entry.topic]
        state = _decoder(event_class).decode(entry.state)
        event = object.__new__(event_class)
        event.__dict__.update(
            originator_id=entry.originator_id,
            originator_version=entry.originator_version,
            context=_decode_context(entry.metadata),
            **{name: getattr(state, name) for name in state.__struct_fields__},
        )
        return event


RULES = TimeRules("rules-1", ((time(8), time(12)), (time(14), time(18))), "Asia/Shanghai", (2026,), ())


class Journal:
    """The log of a test's database. Each call of :meth:`append` is one moment, a minute after the one before.

    What is appended happened at that moment; ``recorded`` holds it, as (moment, event).
    """

    def __init__(self, database_url: str) -> None:
        self.connection = psycopg.connect(database_url, autocommit=True)
        self.position = 0
        self.moments: list[datetime] = []
        self.adopted = 0
        self.recorded: list[tuple[datetime, object]] = []

    def adopt(self, **limits):
        """Let clocks run: by the limit of each class and, where some are given, of the stages (``close="1小时"``).

        The first rules hold before the first moment.
        """
        rules = replace(RULES, version=f"rules-{len(self.moments)}", limits=limits)
        kind = TimeRuleBook.Changed if self.adopted else TimeRuleBook.Adopted
        self.adopted += 1
        more = {} if self.adopted > 1 else {"originator_topic": TimeRuleBook.TOPIC}
        event = kind(
            originator_id=UUID(int=99), originator_version=self.adopted, timestamp=START, context=context(),
            rules=rules, **more,
        )  # fmt: skip
        return self.write([event]) if self.moments else self.write([event], START - timedelta(minutes=1))

    def append(self, *aggregates):
        return self.write([event for aggregate in aggregates for event in aggregate.collect_events()])

    def write(self, events, before=None):
        recorded_at = before or START + timedelta(minutes=len(self.moments))
        if before is None:
            self.moments.append(recorded_at)
        with self.connection.transaction():
            cursor = self.connection.cursor()
            with cursor.copy(
                "COPY event (position, originator_id, originator_version, topic, recorded_at, state, metadata, leaf_hash)"
                " FROM STDIN (FORMAT binary)"
            ) as copy:
                copy.set_types(["int8", "uuid", "int4", "text", "timestamptz", "bytea", "bytea", "bytea"])
                for one in events:
                    event = _happened(one, recorded_at)
                    self.recorded.append((recorded_at, event))
                    self.position += 1
                    copy.write_row((
                        self.position, event.originator_id, event.originator_version, type(event).TOPIC, recorded_at,
                        _state_of(event), msgspec.json.encode(event.context), b"\x00",
                    ))  # fmt: skip
        return self.position

    def write_topic(self, topic, originator_id=None, version=1):
        """Write an event that no code of today knows."""
        self.position += 1
        self.moments.append(START + timedelta(minutes=len(self.moments)))
        self.connection.execute(
            "INSERT INTO event VALUES (%s, %s, %s, %s, %s, '{}', '{}', '')",
            [self.position, originator_id or UUID(int=self.position), version, topic, self.moments[-1]],
        )
        return self.position

    def select_log(self, after, limit):
        rows = self.connection.execute(
            "SELECT position, originator_id, originator_version, topic, state, metadata, recorded_at, leaf_hash"
            " FROM event WHERE position > %s ORDER BY position LIMIT %s",
            [after, limit],
        )
        return [LogEntry(*row) for row in rows]

    def wait_beyond(self, position, timeout):  # nobody appends while a test waits on this
        return self.position

    def close(self):
        self.connection.close()


def _happened(event, at):
    """The same event, as of a moment."""
    happened = object.__new__(type(event))
    happened.__dict__.update(vars(event), timestamp=at)
    return happened


def _state_of(event):
    fields = {name: value for name, value in vars(event).items() if name not in _BESIDE}
    return msgspec.json.encode(fields)


def context(origin="file:a.jsonl#1", actor="source:hotline"):
    return EventContext(
        actor=actor,
        role="integrator",
        correlation_id=UUID(int=7),
        causation_id="batch:1",
        transport="file",
        origin=origin,
    )


SEALED = Sealed("A256GCM", "key-7", "Q2lwaGVydGV4dA")


def report(number, revision=1, **changes):
    fields = {
        "source": "hotline", "external_id": f"H{number}", "revision": revision, "lifecycle": "own", "channel": "12345",
        "title": f"占道经营 {number}", "description": "西湖文化广场东侧有人占道经营", "reported_at": START,
        "place": ReportedPlace(address="中山北路 1 号"),
    }  # fmt: skip
    return IncidentReport(**{**fields, **changes})


def received(number, **changes):
    source = changes.get("source", "hotline")
    return Incident.receive(
        incident_id("330103", source, f"H{number}"),
        report=report(number, **changes),
        raw=SEALED,
        reporter=SEALED,
        context=context(f"file:a.jsonl#{number}", f"source:{source}"),
        at=START,
    )


def placed(incident, street="330103001", method="polygon", **changes):
    decision = JurisdictionDecision(method, street, "approximate-2020", lon=120.17, lat=30.28, **changes)
    incident.decide_jurisdiction(decision, context=context(), at=START)
    return incident


def classed(incident, platform="enforcement", priority=2, hours=4, **changes):
    time_limit = None if hours is None else f"{hours}小时"
    decision = ClassDecision(
        "code" if platform else "none", "classes-1", class_code="E0101" if platform else None, class_name="占道经营",
        platform=platform, priority=priority, time_limit=time_limit, **changes,
    )  # fmt: skip
    incident.decide_class(decision, context=context(), at=START)
    return incident


def routed(incident, platform="service", rule="r1", hours=2, **changes):
    """Let a rule send it elsewhere; without a platform it asks a person."""
    time_limit = None if hours is None else f"{hours}小时"
    route = Route(platform, "便民服务中心", **{"priority": 1, "time_limit": time_limit} | changes)
    inputs = RoutingInputs(
        "hotline", "12345", "own", "E0101", incident.street_code, 2, urgent=False,
        local_time="2026-11-02T09:00:00+08:00", weekday="monday", workday=True, working_time=True,
    )  # fmt: skip
    before = class_route(incident.classification)
    decision = RoutingDecision("rules-1", rule, "转便民服务", route, changes_of(before, route), inputs)
    incident.decide_routing(decision, context=context(), at=START)
    return incident


def queued(number, street="330103001", platform="enforcement", priority=2, hours=4, **changes):
    return classed(placed(received(number, **changes), street), platform, priority, hours)


NOBODY = MappingProxyType({})


def done(incident, command, by=None, role=None, others=NOBODY, **details):
    """Carry a command out, by a person of its usual role; what it says is what people in the field usually say.

    ``others`` are the incidents that it can meet, by their ids.
    """
    role = Role(role or USUALLY[command])
    told = said(command, **details)
    who = replace(context(), actor=f"user:{by or role}", role=role.value, reason=getattr(told, "reason", None))
    if Command(command) in WIDER:
        check(incident, Command(command), told, role, who.actor)
        decide(incident, Command(command), told, others=others.__getitem__, context=who, at=START)
    else:
        carry_out(incident, Command(command), told, role=role, context=who, at=START)
    return incident


def dead(number, source="hotline"):
    return DeadLetter.set_aside(
        dead_letter_id("330103", source, str(number).encode()), source=source, external_id=f"H{number}",
        reason="not_json", detail="the record is not JSON", pointer="/0", raw=SEALED, size=20,
        further_faults=(RecordFault("time_unreadable", "write the time", "/1"),), context=context(f"file:bad.jsonl#{number}"), at=START,
    )  # fmt: skip


def upstream(deadline):
    return UpstreamCase("S-1", deadline)
