"""A district on a test's own database, as people forget reporters in it: real keys, real log, real views."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from ingest.records import FeedRecord
from jiedao.application.command_answers import CommandRequest
from jiedao.application.command_desk import CommandDesk
from jiedao.application.deciding import Decider
from jiedao.application.district_application import DistrictApplication
from jiedao.application.erasing import ErasureDesk, Whom
from jiedao.application.intake import Intake
from jiedao.application.reapplying import Reapplying
from jiedao.application.reporter_holds import ReporterHoldDesk
from jiedao.audit.access import AccessDesk
from jiedao.domain import commands as said
from jiedao.domain.access import Holder
from jiedao.domain.identity import incident_id
from jiedao.domain.report import ReporterDetails
from jiedao.domain.retention import KeptFor, Period, RetentionRules
from jiedao.domain.terms import Command, RetentionKind, Role
from jiedao.store.erasure import ErasureTable
from jiedao.store.erasure_list import ErasureList
from jiedao.store.inbox import InboxTable
from jiedao.store.mapper import TypedMapper
from jiedao.store.root_key import RootKey
from jiedao.store.vault import KeyVault
from projections.queries import ReadModel
from projections.reporters import ReporterIndex
from projections.runner import ProjectionRunner
from tests.e2e.http.district import DEADLINES, PROFILE, FourClasses, OrderPipeline, TwoStreets, order

KEEP = Period(days=30, written="30日")
RULES = RetentionRules({kind: KeptFor(KEEP, KEEP) for kind in RetentionKind})
FORGETFUL = replace(PROFILE, retention=RULES)
START = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
ROOT = RootKey(bytes(range(32)))
PHONE, OTHER_PHONE = "13800138000", "13900139000"

OPERATOR = Holder("t-op", "user:wang", Role.INTAKE_OPERATOR)
ADMINISTRATOR = Holder("t-admin", "user:admin", Role.ADMINISTRATOR)
SUPERVISOR = Holder("t-sup", "user:zhao", Role.SUPERVISOR)
REVIEWER = Holder("t-legal", "user:qian", Role.LEGAL_REVIEWER)
LEADER = Holder("t-lead", "user:sun", Role.SHIFT_LEADER)
AUDITOR = Holder("t-audit", "user:li", Role.AUDITOR)
HANDLER = Holder("t-hand", "user:zhou", Role.HANDLER)
INTEGRATOR = Holder("t-hot", "source:hotline", Role.INTEGRATOR)


class MovingClock:
    """Stands still until a test moves it."""

    def __init__(self):
        self.at = START

    def now(self):
        return self.at


class Followed(ReporterIndex):
    """Views that follow the log, as they do in a server."""

    def __init__(self, read, runner):
        super().__init__(read)
        self._runner = runner
        self.following = True

    def reach(self, position):
        if self.following:
            self._runner.catch_up()
        return self.following


class Town:
    """One district with everything that forgetting needs."""

    def __init__(self, database_url, folder, stack: ExitStack, profile=FORGETFUL):
        self.url = database_url
        self.clock = MovingClock()
        self.application = stack.enter_context(
            DistrictApplication(
                {"JIEDAO_DATABASE_URL": database_url, "JIEDAO_ARCHIVE_FOLDER": str(folder / "archives")}
            )
        )
        self.log = self.application.district_log
        self.database = self.log.database
        self.vault = KeyVault(self.database, ROOT)
        self.keys = ErasureTable(self.database)
        self.listed = ErasureList(folder / "erasures.jsonl")
        self.read = ReadModel(self.database)
        self.runner = ProjectionRunner(self.database, self.log, TypedMapper())
        self.decider = Decider(
            district=profile.code, inbox=InboxTable(self.database), incidents=self.application, vault=self.vault,
            jurisdiction=TwoStreets(), classes=FourClasses(), clock=self.clock,
        )  # fmt: skip
        self.intake = Intake(self.application, self.decider)
        self.pipeline = OrderPipeline(self.intake)
        self.commands = CommandDesk(
            profile=profile, application=self.application, jurisdiction=TwoStreets(), classes=FourClasses(),
            macs=self.vault, deadlines=DEADLINES, clock=self.clock,
        )  # fmt: skip
        self.reporters = Followed(self.read, self.runner)
        self.desk = ErasureDesk(
            profile=profile, application=self.application, vault=self.vault, keys=self.keys, listed=self.listed,
            reporters=self.reporters, record_look=AccessDesk(self.application, self.clock).record_finding,
            clock=self.clock,
        )  # fmt: skip
        self.holds = ReporterHoldDesk(profile, self.application, self.reporters, self.clock)
        self.runner.catch_up()

    def report(self, number, phone=PHONE, **changes):
        """A report by telephone; returns the incident's id."""
        raw = json.dumps(order(number, phone=phone, **changes), ensure_ascii=False).encode()
        (outcome,) = self.send(raw)
        assert outcome.incident_id is not None, outcome
        return outcome.incident_id

    def send(self, *records):
        given = [FeedRecord(raw, f"test:{uuid4()}", self.clock.now()) for raw in records]
        return self.pipeline.run("hotline", given, transport="http", actor=INTEGRATOR)

    def do(self, incident, command, details=None, actor=LEADER, corrects=None):
        """One command on an incident."""
        request = CommandRequest(incident, command, details or said.Remark(), str(uuid4()), corrects=corrects)
        return self.commands.carry_out(request, actor)

    def decline(self, incident):
        """It ends."""
        return self.do(incident, Command.DECLINE, said.Reason("不属本区"))

    def pass_by(self, **length):
        """Let time pass."""
        self.clock.at += timedelta(**length)

    def ended(self, number="1", phone=PHONE):
        """An incident of somebody that has ended so long ago that it need not be kept."""
        incident = self.report(number, phone)
        self.decline(incident)
        self.pass_by(days=31)
        return incident

    def ask(self, whom, actor=OPERATOR, key=None):
        """Ask for somebody to be forgotten, with the views up to date."""
        self.runner.catch_up()
        whom = whom if isinstance(whom, Whom) else Whom(incident_id=whom)
        return self.desk.ask(whom, "本人申请删除", actor, key or str(uuid4()))

    def forget(self, whom):
        """Ask, approve twice, carry out."""
        request = self.ask(whom)
        self.desk.approve(request.id, "核对身份", ADMINISTRATOR)
        done = self.desk.approve(request.id, "", REVIEWER)
        self.runner.catch_up()
        return done

    def opened(self, incident):
        """What the reporter of an incident said of themselves; ``None`` once that is destroyed."""
        (details,) = self.vault.open([self.application.load([incident])[incident].reporter])
        return details

    def events(self, topic):
        """The events of a topic, decoded."""
        entries = self.log.select_log(0, 10_000)
        return [self.application.decode(one) for one in entries if one.topic == topic]

    def reapply(self):
        return Reapplying(self.application, self.keys, self.listed, self.clock).reapply(ADMINISTRATOR)


def by_phone(phone=PHONE):
    return Whom(details=ReporterDetails(phone=phone))


def id_of(number):
    return incident_id(PROFILE.code, "hotline", f"N{number}")
