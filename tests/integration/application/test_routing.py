"""Reports and people's decisions are routed by the rules in force, on the real log."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from jiedao.application import in_force
from jiedao.application.calendar import WeekdayCalendar
from jiedao.application.command_answers import CommandRequest
from jiedao.application.command_desk import CommandDesk
from jiedao.application.deciding import Decider
from jiedao.application.district_application import DistrictApplication
from jiedao.application.intake import Intake
from jiedao.application.outcomes import ReadableRecord
from jiedao.application.reference_tables import ReferenceTables
from jiedao.application.routing_in_force import RoutingInForce
from jiedao.domain import commands as said
from jiedao.domain.access import Holder
from jiedao.domain.deadlines import LimitClock
from jiedao.domain.errors import ConfigurationError
from jiedao.domain.links import Receiver
from jiedao.domain.report import IncidentReport, ReportedPlace, SourceClass
from jiedao.domain.routing import LocalTime
from jiedao.domain.routing_rules import RoutingRule, RoutingRules, TagRule, Then, When
from jiedao.domain.tasks import Assignee
from jiedao.domain.terms import Command, Role
from jiedao.store.files import FolderFileStore
from jiedao.store.inbox import InboxTable
from tests.e2e.http.district import EAST, POINTS, PROFILE, WEST, FourClasses, MemoryVault, TwoStreets

AT = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
ACTOR = Holder("", "console:li", Role.ADMINISTRATOR)
SOURCE = Holder("t0", "source:hotline", Role.INTEGRATOR)
LEADER = Holder("t1", "user:zhao", Role.SHIFT_LEADER)
DISPATCHER = Holder("t2", "user:qian", Role.DISPATCHER)

RULES = RoutingRules(
    "rules-1",
    date(2026, 1, 1),
    (TagRule("夜间", When(times=(("22:00", "06:00"),))),),
    (
        RoutingRule("ask", "信访由人工判定", When(channels=("信访",)), Then(triage=True)),
        RoutingRule("burst", "爆管", When(words=("爆管",)), Then(platform="service", priority=1)),
        RoutingRule("east", "东面", When(streets=(EAST,)), Then(department="东队")),
        RoutingRule("market", "食品", When(classes=("F",)), Then(priority=3)),
    ),
)


class SetClock:
    def __init__(self):
        self.moment = AT

    def now(self):
        return self.moment


class House:
    """The parts of a district that take reports in and carry commands out."""

    def __init__(self, application, folder, rules):
        self.application, self.clock = application, SetClock()
        self.tables = ReferenceTables(application, FolderFileStore(folder), self.clock, replace(PROFILE, routing=rules))
        self.tables.adopt_profile(ACTOR)
        calendar = WeekdayCalendar()
        deadlines = LimitClock(PROFILE.working_hours, calendar)
        self.routing = RoutingInForce(self.tables, LocalTime(PROFILE.working_hours, calendar))
        ports = {"jurisdiction": TwoStreets(), "classes": FourClasses(), "clock": self.clock, "routing": self.routing}
        vault = MemoryVault()
        decider = Decider(
            district=PROFILE.code,
            inbox=InboxTable(application.district_log.database),
            incidents=application,
            vault=vault,
            **ports,
        )
        self.intake = Intake(application, decider)
        self.desk = CommandDesk(profile=PROFILE, application=application, macs=vault, deadlines=deadlines, **ports)

    def take_in(self, *reports):
        """Take reports in, as one batch; returns the incident of the first."""
        records = [ReadableRecord(one, None, repr(one).encode(), "test", AT) for one in reports]
        return self.intake.receive(records, transport="http", actor=SOURCE)[0].incident_id

    def do(self, incident, command, details=None, actor=LEADER):
        key = f"{command}{self.application.load([incident])[incident].version}"
        return self.desk.carry_out(CommandRequest(incident, command, details or said.Remark(), key), actor)

    def incident(self, incident):
        return self.application.load([incident])[incident]

    def topics(self, after=0):
        return [
            entry.topic.rpartition(".")[2]
            for entry in self.application.district_log.select_log(after, 1000)
            if entry.topic.startswith("jiedao.incident.")
        ]


@pytest.fixture
def open_house(database_url, tmp_path, monkeypatch):
    monkeypatch.setattr(in_force, "LOOK_SECONDS", 0.0)
    with DistrictApplication({"JIEDAO_DATABASE_URL": database_url}) as application:
        yield lambda rules=RULES: House(application, tmp_path / "files", rules)


@pytest.fixture
def house(open_house):
    return open_house()


def report(revision=1, street=WEST, code="E0101", **changes):
    lon, lat = POINTS[street] if street else (None, None)
    fields = {
        "source": "hotline", "external_id": "H1", "revision": revision, "lifecycle": "own", "channel": "12345",
        "title": "占道经营", "description": "", "reported_at": AT, "place": ReportedPlace(lon, lat),
        "source_class": SourceClass("hotline", code),
    }  # fmt: skip
    return IncidentReport(**{**fields, **changes})


def test_a_report_is_routed_in_its_own_unit_and_says_by_which_rule_on_what(house):
    incident = house.incident(house.take_in(report(title="路面爆管")))
    assert house.topics() == ["received", "jurisdiction_decided", "class_decided", "routed"]
    routing = incident.routing
    assert (routing.rule_id, routing.rule_set, incident.platform, incident.route.priority) == (
        "burst", "rules-1", "service", 1,
    )  # fmt: skip
    assert (routing.inputs.street_code, routing.inputs.class_code, routing.inputs.words) == (WEST, "E0101", ("爆管",))
    last = house.application.district_log.select_log(0, 100)[-1]
    assert json.loads(last.metadata)["actor"] == "source:hotline"
    recorded_at = {entry.recorded_at for entry in house.application.district_log.select_log(last.position - 4, 4)}
    assert len(recorded_at) == 1


def test_that_no_rule_applied_is_recorded_too(house):
    incident = house.incident(house.take_in(report()))
    assert (incident.routing.rule_id, incident.routing.rule_set) == (None, "rules-1")
    assert (incident.platform, incident.route.department) == ("enforcement", "城管")


def test_a_district_without_rules_records_nothing_of_them(open_house):
    house = open_house(None)
    incident = house.incident(house.take_in(report()))
    assert house.topics() == ["received", "jurisdiction_decided", "class_decided"]
    assert (incident.routing, incident.platform) == (None, "enforcement")


def test_a_newer_revision_is_routed_again_where_it_changes_what_the_rules_see(house):
    first = house.take_in(report())
    seen = len(house.topics())
    house.take_in(report(2, description="二次来电"))  # nothing that a rule looks at
    assert house.topics()[seen:] == ["revised"]
    house.take_in(report(3, description="现场爆管"))
    assert house.topics()[seen:] == ["revised", "revised", "routed"]
    assert house.incident(first).routing.rule_id == "burst"
    house.take_in(report(4, street=EAST))
    assert house.topics()[seen + 3 :] == ["revised", "jurisdiction_decided", "routed"]
    assert house.incident(first).routing.rule_id == "east"
    house.take_in(report(5, street=EAST, code="F0101"))
    assert house.topics()[seen + 6 :] == ["revised", "class_decided", "routed"]
    assert house.incident(first).platform == "market"


def test_an_older_revision_that_comes_late_routes_nothing(house):
    first = house.take_in(report(2))
    house.take_in(report(1, description="爆管"))
    assert house.topics()[-1] == "late_revision_recorded"
    assert house.incident(first).routing.rule_id is None


def test_two_revisions_in_one_batch_are_each_routed(house):
    first = house.take_in(report(), report(2, description="爆管"))
    assert house.topics()[-2:] == ["revised", "routed"]
    assert house.incident(first).routing.rule_id == "burst"


def test_a_rule_leaves_it_to_a_person_and_their_decision_is_not_asked_for_again(house):
    incident = house.take_in(report(channel="信访"))
    before = house.incident(incident)
    assert (before.state, before.routing.rule_id, before.platform) == ("triage", "ask", None)
    answer = house.do(incident, Command.DECIDE_CLASS, said.Class("F0101", "属食品类"))
    assert answer.state == "received"
    now = house.incident(incident)
    assert (now.platform, now.routing.rule_id, now.routing.inputs.by_person) == ("market", "market", True)
    assert house.topics()[-2:] == ["class_decided", "routed"]
    house.take_in(report(2, channel="信访", description="再次来信"))
    assert house.topics()[-1] == "revised"
    assert house.incident(incident).state == "received"


def test_a_person_who_decides_the_street_ends_the_triage_that_a_rule_asked_for(house):
    incident = house.take_in(report(channel="信访"))
    assert house.do(incident, Command.DECIDE_JURISDICTION, said.Street(EAST, "现场在东面")).state == "received"
    assert house.incident(incident).routing.rule_id == "east"


def test_after_a_person_decided_the_street_another_class_is_still_routed(house):
    incident = house.take_in(report(street=None))
    house.do(incident, Command.DECIDE_JURISDICTION, said.Street(WEST, "电话核实"))
    house.take_in(report(2, street=None, description="爆管"))
    assert house.incident(incident).routing.rule_id is None  # what they decided stands
    house.take_in(report(3, street=None, code="F0101"))
    now = house.incident(incident)
    assert (now.street_code, now.platform, now.routing.rule_id) == (WEST, "market", "market")


def test_the_rules_of_the_street_that_took_a_transfer_are_asked(house):
    incident = house.take_in(report())
    house.do(incident, Command.ADMIT, said.Remark())
    house.do(incident, Command.FILE, said.Remark())
    offer = said.TransferOffer(Receiver("street", "文晖街道", EAST), "现场在东面", "1工作日")
    house.do(incident, Command.OFFER_TRANSFER, offer, DISPATCHER)
    house.do(incident, Command.ACCEPT_TRANSFER, said.Remark())
    assert house.incident(incident).route.department == "东队"


def test_once_somebody_works_on_it_no_revision_routes_it_away(house):
    incident = house.take_in(report())
    house.do(incident, Command.ADMIT)
    house.do(incident, Command.FILE)
    house.do(incident, Command.DISPATCH, said.NewTask(Assignee("department", "城管")), DISPATCHER)
    house.take_in(report(2, description="爆管"))
    assert house.topics()[-1] == "revised"
    assert house.incident(incident).platform == "enforcement"
    house.do(incident, Command.DECIDE_CLASS, said.Class("F0101", "属食品类"), DISPATCHER)  # people still may
    assert house.topics()[-2:] == ["class_decided", "routed"]
    assert house.incident(incident).routing.inputs.class_code == "F0101"


def test_other_rules_hold_from_their_day_on_and_what_was_routed_keeps_its_own(house):
    first = house.take_in(report(title="爆管"))
    calm = RoutingRules("rules-2", date(2026, 11, 25), (), (RoutingRule("all", "全部", When(), Then(priority=4)),))
    assert house.tables.adopt_routing(calm, "file:calm.toml", ACTOR)
    assert house.incident(house.take_in(report(external_id="H2", title="爆管"))).routing.rule_set == "rules-1"
    house.clock.moment = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)  # midnight in Hangzhou
    second = house.incident(house.take_in(report(external_id="H3", title="爆管")))
    assert (second.routing.rule_set, second.routing.rule_id, second.route.priority) == ("rules-2", "all", 4)
    assert house.incident(first).routing.rule_set == "rules-1"
    assert house.tables.routing_in_force().version == "rules-2"
    assert house.tables.routing_in_force(AT + timedelta(hours=1)).version == "rules-1"
    assert house.tables.routing_in_force(AT - timedelta(hours=1)) is None  # nothing was adopted then


def test_rules_are_adopted_once_and_read_back_as_they_were(house, open_house):
    assert house.tables.read_routing(house.tables.routing_in_force()) == RULES
    assert open_house().tables.adopt_profile(ACTOR) == []
    with pytest.raises(ConfigurationError, match="'rules-1' was adopted before with other content"):
        house.tables.adopt_routing(replace(RULES, rules=()), "file:x.toml", ACTOR)


def test_what_is_recorded_of_a_routing_is_read_back_as_it_was(house):
    incident = house.take_in(report(title="爆管", reported_at=AT + timedelta(hours=11), flags=("time_missing",)))
    routing = house.incident(incident).routing
    (router,) = [house.routing.router()]
    assert routing.route.tags == ("夜间",)
    assert routing.inputs.local_time == "2026-11-24T23:00:00+08:00"
    assert routing.inputs.flags == ("time_missing",)
    assert router.version == routing.rule_set
    assert isinstance(incident, UUID)
