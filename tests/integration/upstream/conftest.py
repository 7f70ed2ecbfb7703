"""A district with a superior platform: the real log, outbox and transport, a clock that the test moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest

from jiedao.application.command_answers import CommandRequest
from jiedao.application.command_desk import CommandDesk
from jiedao.application.district_application import DistrictApplication
from jiedao.application.outbox_desk import OutboxDesk
from jiedao.application.outbox_filling import OutboxFiller
from jiedao.application.outbox_sending import OutboxSender, Waits
from jiedao.domain import commands as said
from jiedao.domain.access import Holder
from jiedao.domain.context import EventContext
from jiedao.domain.decisions import ClassDecision, JurisdictionDecision
from jiedao.domain.incident import Incident
from jiedao.domain.profile import UpstreamSettings
from jiedao.domain.report import IncidentReport, Sealed, UpstreamCase
from jiedao.domain.tasks import Assignee
from jiedao.domain.terms import Command, Role
from jiedao.entrypoints.upstream_transport import HttpUpstream
from jiedao.store.outbox import OutboxTable
from jiedao.store.recorder import UnitContext
from projections.outbox import OutboxPages
from tests.e2e.http.district import DEADLINES, PROFILE, WEST, FourClasses, MemoryVault, TwoStreets
from tests.superior import TOKEN, superior_platform

MORNING = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
PHOTO = "ab" * 32
PLATFORM = Assignee("platform", "朝晖街道综合行政执法平台", WEST, "enforcement")
STREET = JurisdictionDecision("polygon", WEST, "set-1", 120.16, 30.28)
CLASS = ClassDecision("code", "classes-1", "E0101", "占道经营", "enforcement", "城管", 2)
TIMEOUT = 0.5


class MovedClock:
    """A clock that stands where the test puts it."""

    def __init__(self):
        self.moment = MORNING

    def now(self):
        return self.moment

    def move(self, **by):
        self.moment += timedelta(**by)


class Cases:
    """A superior's cases, and what our people do with them."""

    def __init__(self, application, clock):
        self.application = application
        self._desk = CommandDesk(
            profile=PROFILE, application=application, jurisdiction=TwoStreets(), classes=FourClasses(),
            macs=MemoryVault(), deadlines=DEADLINES, clock=clock,
        )  # fmt: skip
        self._clock = clock

    def receive(self, number="A-1", lifecycle="upstream", source="hotline"):
        report = IncidentReport(
            source, number, 1, lifecycle, "12345", "占道经营", "", MORNING, upstream=UpstreamCase(f"案卷-{number}")
        )
        context = EventContext(f"source:{source}", "integrator", uuid4(), "batch:1")
        made = Incident.receive(
            uuid4(), report=report, raw=Sealed("A256GCM", "k", "c"), reporter=None, context=context, at=MORNING
        )
        made.decide_jurisdiction(STREET, context=context, at=MORNING)
        made.decide_class(CLASS, context=context, at=MORNING)
        self.application.record([made], UnitContext("feed", str(made.id), b""))
        return made.id

    def do(self, incident, command, role, details=None):
        holder = Holder("t", f"user:{role}", Role(role))
        request = CommandRequest(incident, Command(command), details or said.Remark(), str(uuid4()))
        self._clock.move(seconds=1)
        return self._desk.carry_out(request, holder)

    def admit(self, incident):
        return self.do(incident, "admit", "intake_operator", said.Remark("属街道职责"))

    def handle(self, incident, result="已清理"):
        """Dispatch and report handled, as it usually goes."""
        self.do(incident, "dispatch", "dispatcher", said.NewTask(PLATFORM))
        self.do(incident, "accept", "handler", said.OfTask("T1"))
        return self.report_handled(incident, result)

    def report_handled(self, incident, result="已清理", task="T1"):
        return self.do(incident, "report_handled", "handler", said.Handled(task, result, after=(PHOTO,)))

    def send_back(self, incident):
        return self.do(incident, "return_case", "shift_leader", said.Reason("不属本区管辖"))

    def reply(self, incident):
        return self.do(incident, "reply", "intake_operator", said.Answer("已处置完毕"))

    def find(self, incident):
        return self.application.load([incident])[incident]

    def topics(self, incident):
        stored = self.application.district_log.select_streams([incident])[incident]
        return [one.topic.removeprefix("jiedao.incident.") for one in stored]


@pytest.fixture
def clock():
    return MovedClock()


@pytest.fixture
def application(database_url):
    with DistrictApplication({"JIEDAO_DATABASE_URL": database_url}) as application:
        yield application


@pytest.fixture
def cases(application, clock):
    return Cases(application, clock)


@pytest.fixture
def superior():
    with superior_platform() as superior:
        yield superior


@pytest.fixture
def outbox(application, clock, superior):
    """The outbox's parts; every wait is the shortest that its jitter can make it."""
    database = application.district_log.database
    table = OutboxTable(database)
    filler = OutboxFiller(PROFILE.code, application, table)
    transport = HttpUpstream(UpstreamSettings(superior.url, timeout_seconds=TIMEOUT), TOKEN)
    sender = OutboxSender(
        application=application, table=table, filler=filler, transports={"hotline": transport}, clock=clock,
        waits=Waits(jitter=lambda: 0.0),
    )  # fmt: skip
    yield SimpleNamespace(
        table=table, filler=filler, sender=sender, desk=OutboxDesk(application, table, filler, clock),
        pages=OutboxPages(database), step=sender.step,
    )  # fmt: skip
    transport.close()
