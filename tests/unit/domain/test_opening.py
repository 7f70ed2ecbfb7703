"""An incident that a report opens is recorded as its aggregate would have recorded it, and can become that aggregate."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from jiedao.domain.context import EventContext
from jiedao.domain.decisions import ClassDecision, JurisdictionDecision
from jiedao.domain.incident import Incident
from jiedao.domain.opening import OpenedIncident
from jiedao.domain.report import IncidentReport, Sealed
from jiedao.domain.routing_decision import Route, RoutingDecision, RoutingInputs
from jiedao.domain.terms import IncidentState
from jiedao.store.mapper import TypedMapper

AT = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
STREAM = UUID(int=7)
CONTEXT = EventContext("source:hotline", "integrator", STREAM, "batch:1", transport="kafka", origin="kafka:a/0@1")
REPORT = IncidentReport(
    "hotline", "HZ1", 1, "upstream", "12345", "工地扬尘", "渣土车带泥", AT, flags=("time_assumed_zone",)
)
RAW, REPORTER = Sealed("A256GCM", "reporter:a.1", "raw"), Sealed("A256GCM", "reporter:a.1", "reporter")
PLACE = JurisdictionDecision("polygon", "330103006", "b@1", 120.1, 30.3, 12.5)
NO_PLACE = JurisdictionDecision("none", None, "b@1")
CLASS = ClassDecision("source_code", "t@1", "E0128", "工地扬尘", "enforcement", "执法队", 3, "4小时")
NO_CLASS = ClassDecision("none", "t@1")
INPUTS = RoutingInputs(
    "hotline", "12345", "upstream", "E0128", "330103006", 3, False, "2026-11-24T12:00:00+08:00", "tuesday", True, True
)
ROUTING = RoutingDecision("r@1", "dust", "扬尘", Route("governance", "街道", 2, "4小时"), (), INPUTS)


def opened(place=PLACE, klass=CLASS, routing=ROUTING):
    return OpenedIncident(
        STREAM, report=REPORT, raw=RAW, reporter=REPORTER, jurisdiction=place, classification=klass, routing=routing,
        context=CONTEXT, at=AT,
    )  # fmt: skip


def by_the_aggregate(place=PLACE, klass=CLASS, routing=ROUTING):
    incident = Incident.receive(STREAM, report=REPORT, raw=RAW, reporter=REPORTER, context=CONTEXT, at=AT)
    incident.decide_jurisdiction(place, context=CONTEXT, at=AT)
    incident.decide_class(klass, context=CONTEXT, at=AT)
    if routing is not None:
        incident.decide_routing(routing, context=CONTEXT, at=AT)
    return incident


CASES = pytest.mark.parametrize(
    ("place", "klass", "routing"),
    [(PLACE, CLASS, ROUTING), (PLACE, CLASS, None), (NO_PLACE, CLASS, None), (PLACE, NO_CLASS, ROUTING)],
    ids=["routed", "without routing rules", "of no street", "of no class"],
)


@CASES
def test_it_records_what_its_aggregate_records_to_the_byte(place, klass, routing):
    events = opened(place, klass, routing).pending_events
    wanted = by_the_aggregate(place, klass, routing).pending_events
    assert events == wanted
    assert [list(vars(event)) for event in events] == [list(vars(event)) for event in wanted]
    mapper = TypedMapper()
    assert mapper.to_stored_events(events) == [mapper.to_stored_event(event) for event in wanted]


@CASES
def test_it_becomes_the_aggregate_when_something_more_happens_to_it(place, klass, routing):
    assert opened(place, klass, routing).incident() == by_the_aggregate(place, klass, routing)


@CASES
def test_it_stands_where_its_aggregate_would_stand(place, klass, routing):
    one, other = opened(place, klass, routing), by_the_aggregate(place, klass, routing)
    assert (one.street_code, one.route, one.state) == (other.street_code, other.route, other.state)


def test_what_waits_for_a_person_says_so():
    assert opened().state is IncidentState.RECEIVED
    assert opened(NO_PLACE).state is IncidentState.TRIAGE
    assert opened(klass=NO_CLASS, routing=None).state is IncidentState.TRIAGE


def test_its_events_are_handed_over_once():
    one = opened()
    assert len(one.collect_events()) == 4
    assert not one.pending_events
    with pytest.raises(TypeError, match="handed over"):
        one.incident()
