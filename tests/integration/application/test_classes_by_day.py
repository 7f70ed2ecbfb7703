"""Two class tables, one after the other: what is reported from the second one's day on is classed by it, and only that."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from jiedao.application import in_force
from jiedao.application.calendar import WeekdayCalendar
from jiedao.application.command_answers import CommandRequest
from jiedao.application.command_desk import CommandDesk
from jiedao.application.deciding import Decider
from jiedao.application.district_application import DistrictApplication
from jiedao.application.in_force import ClassesInForce
from jiedao.application.intake import Intake
from jiedao.application.outcomes import ReadableRecord
from jiedao.application.reference_tables import ReferenceTables
from jiedao.domain import commands as said
from jiedao.domain.access import Holder
from jiedao.domain.deadlines import LimitClock
from jiedao.domain.errors import ConfigurationError, InvalidInputError
from jiedao.domain.profile import ClassTable, IncidentClass
from jiedao.domain.report import IncidentReport, ReportedPlace, SourceClass
from jiedao.domain.terms import Command, Role
from jiedao.store.files import FolderFileStore
from jiedao.store.inbox import InboxTable
from tests.e2e.http.district import POINTS, PROFILE, WEST, MemoryVault, TwoStreets

ACTOR = Holder("", "console:li", Role.ADMINISTRATOR)
SOURCE = Holder("t0", "source:digital_city", Role.INTEGRATOR)
LEADER = Holder("t1", "user:zhao", Role.SHIFT_LEADER)
NEW_YEAR = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)  # midnight in Hangzhou: the second table's day begins
BEFORE, AFTER = NEW_YEAR - timedelta(minutes=1), NEW_YEAR + timedelta(minutes=1)


def row(code, name, platform, **more):
    return IncidentClass(code, "event", code[1:3], "市容环境", code[3:], name, platform, "城管", 3, "4小时", **more)


# The same minor numbers mean other things: cities number them differently, and so may this one from a day on.
FIRST = ClassTable(
    "classes-2026", date(2026, 1, 1),
    {"E0101": row("E0101", "占道经营", "enforcement"), "E0102": row("E0102", "噪声", "service")},
    {("digital_city", "事件0101"): "E0101", ("digital_city", "事件0102"): "E0102", ("manual", "E0101"): "E0101"},
)  # fmt: skip
SECOND = ClassTable(
    "classes-2027", date(2027, 1, 1),
    {
        "E0101": row("E0101", "暴露垃圾", "enforcement", matters=("330275012000", "330275011000")),
        "E0201": row("E0201", "占道经营", "governance", closing_condition="道路恢复通行"),
    },
    {("digital_city", "事件0101"): "E0101", ("digital_city", "事件0201"): "E0201", ("manual", "E0201"): "E0201"},
)  # fmt: skip


class SetClock:
    moment = BEFORE

    def now(self):
        return self.moment


class House:
    """A district whose tables come one after the other."""

    def __init__(self, application, folder):
        self.application, self.files, self.clock = application, FolderFileStore(folder), SetClock()
        deadlines = LimitClock(PROFILE.working_hours, WeekdayCalendar())
        self.classes = ClassesInForce(self._tables(FIRST))
        ports = {"jurisdiction": TwoStreets(), "classes": self.classes, "clock": self.clock}
        vault = MemoryVault()
        inbox = InboxTable(application.district_log.database)
        decider = Decider(district=PROFILE.code, inbox=inbox, incidents=application, vault=vault, **ports)
        self.intake = Intake(application, decider)
        self.desk = CommandDesk(profile=PROFILE, application=application, macs=vault, deadlines=deadlines, **ports)

    def _tables(self, table):
        return ReferenceTables(self.application, self.files, self.clock, replace(PROFILE, class_table=table))

    def adopt(self, table):
        return self._tables(table).adopt_profile(ACTOR)

    def take_in(self, number, code, reported_at, revision=1):
        lon, lat = POINTS[WEST]
        report = IncidentReport(
            "digital_city", number, revision, "own", "巡查", "某事", "", reported_at, place=ReportedPlace(lon, lat),
            source_class=SourceClass("digital_city", code),
        )  # fmt: skip
        record = ReadableRecord(report, None, repr(report).encode(), "test", self.clock.now())
        (outcome,) = self.intake.receive([record], transport="http", actor=SOURCE)
        return outcome.incident_id

    def classed(self, incident):
        found = self.application.load([incident])[incident].classification
        return found.class_code, found.class_name, found.class_table

    def decide(self, incident, code):
        request = CommandRequest(incident, Command.DECIDE_CLASS, said.Class(code, "照片所示"), f"{incident}{code}")
        return self.desk.carry_out(request, LEADER)


@pytest.fixture
def house(database_url, tmp_path, monkeypatch):
    monkeypatch.setattr(in_force, "LOOK_SECONDS", 0.0)
    with ExitStack() as stack:
        application = stack.enter_context(DistrictApplication({"JIEDAO_DATABASE_URL": database_url}))
        house = House(application, tmp_path / "files")
        house.adopt(FIRST)
        house.adopt(SECOND)  # some days before it holds
        yield house


def test_the_same_code_means_what_it_meant_on_the_day_of_the_report(house):
    house.clock.moment = AFTER
    old = house.take_in("A1", "事件0101", BEFORE)  # it comes in late
    new = house.take_in("A2", "事件0101", AFTER)
    assert house.classed(old) == ("E0101", "占道经营", "classes-2026")
    assert house.classed(new) == ("E0101", "暴露垃圾", "classes-2027")


def test_the_first_moment_of_the_day_in_the_districts_zone_is_the_new_tables(house):
    house.clock.moment = AFTER
    assert house.classed(house.take_in("A1", "事件0101", NEW_YEAR - timedelta(microseconds=1)))[2] == "classes-2026"
    assert house.classed(house.take_in("A2", "事件0101", NEW_YEAR))[2] == "classes-2027"


def test_an_incident_keeps_its_table_when_a_later_revision_comes_under_the_next_one(house):
    incident = house.take_in("A1", "事件0101", BEFORE)
    house.clock.moment = AFTER
    house.take_in("A1", "事件0101", BEFORE, revision=2)
    assert house.classed(incident) == ("E0101", "占道经营", "classes-2026")
    house.take_in("A1", "事件0102", BEFORE, revision=3)  # its source corrected the class
    assert house.classed(incident) == ("E0102", "噪声", "classes-2026")


def test_a_code_that_the_days_table_does_not_know_is_left_to_a_person_and_shown(house):
    house.clock.moment = AFTER
    incident = house.take_in("A1", "事件0201", BEFORE)
    found = house.application.load([incident])[incident]
    assert (found.state, found.classification.source_class) == ("triage", "digital_city:事件0201")
    assert found.classification.class_table == "classes-2026"


def test_people_class_an_incident_by_the_table_of_its_day(house):
    house.clock.moment = AFTER
    old, new = house.take_in("A1", "?", BEFORE), house.take_in("A2", "?", AFTER)
    with pytest.raises(InvalidInputError, match="classes-2026, knows no class 'E0201'") as refused:
        house.decide(old, "E0201")
    assert refused.value.pointer == "/class_code"
    house.decide(old, "E0101")
    house.decide(new, "E0201")
    assert house.classed(old) == ("E0101", "占道经营", "classes-2026")
    assert house.classed(new) == ("E0201", "占道经营", "classes-2027")


def test_what_is_older_than_every_table_is_classed_by_the_first(house):
    assert house.classed(house.take_in("A1", "事件0101", datetime(2020, 1, 1, tzinfo=UTC)))[2] == "classes-2026"


def test_a_batch_may_hold_reports_of_both_days_in_any_order(house):
    reports = [
        IncidentReport(
            "digital_city", "x", 1, "own", "巡查", "", "", moment, source_class=SourceClass("digital_city", "事件0101")
        )
        for moment in (AFTER, BEFORE, AFTER)
    ]
    tables = [decision.class_table for decision in house.classes.decide(reports)]
    assert tables == ["classes-2027", "classes-2026", "classes-2027"]


def test_a_table_that_replaces_another_of_the_same_day_is_taken_up_at_once(house):
    renamed = replace(SECOND, version="classes-2027b", classes={"E0101": row("E0101", "生活垃圾", "enforcement")}, mapping={
        ("digital_city", "事件0101"): "E0101"})  # fmt: skip
    before = house.take_in("A1", "事件0101", AFTER)
    house.adopt(renamed)
    assert house.classed(house.take_in("A2", "事件0101", AFTER))[1:] == ("生活垃圾", "classes-2027b")
    assert house.classed(before)[2] == "classes-2027"


def test_a_class_tells_its_matters_and_what_closing_confirms(house):
    house.clock.moment = AFTER
    first, second = house.take_in("A1", "事件0101", AFTER), house.take_in("A2", "事件0201", AFTER)
    found = house.application.load([first, second])
    assert found[first].classification.matters == ("330275012000", "330275011000")
    assert found[second].classification.closing_condition == "道路恢复通行"


def test_without_a_table_that_holds_today_nothing_is_classed(database_url, tmp_path):
    with DistrictApplication({"JIEDAO_DATABASE_URL": database_url}) as application:
        house = House(application, tmp_path / "files")
        house.adopt(SECOND)
        with pytest.raises(ConfigurationError, match="no class table is in force today"):
            house.take_in("A1", "事件0101", BEFORE)
