"""An incident of a test, with the people who deal with it, and what each command says where a test does not care."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from jiedao.domain import extending, merging, transferring
from jiedao.domain.advice import Advice, AdvicePart, HandlerRecord
from jiedao.domain.carrying_out import carry_out, check, refusing
from jiedao.domain.commands import DETAILS
from jiedao.domain.context import EventContext
from jiedao.domain.decisions import ClassDecision, JurisdictionDecision
from jiedao.domain.extension_rules import ExtensionRule
from jiedao.domain.incident import Incident
from jiedao.domain.links import Receiver
from jiedao.domain.offering import Asked, InCharge, OfferLimit, offer_onward
from jiedao.domain.report import IncidentReport, Sealed
from jiedao.domain.tasks import Assignee
from jiedao.domain.terms import Assessment, Command, HoldGround, Role
from jiedao.store.mapper import TypedMapper

MAPPER = TypedMapper()
MORNING = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
ENFORCEMENT = Assignee("platform", "朝晖街道综合行政执法平台", "330103006", "enforcement")
GREENING = Assignee("department", "区园林绿化局")
GRID_WORKER = Assignee("grid_worker", "河西第三网格", "330103006")
WENHUI = Receiver("street", "文晖街道", "330103007")
TRAFFIC_POLICE = Receiver("department", "区交警大队")
COURT = Receiver("body", "市中级人民法院")
STREET = JurisdictionDecision("polygon", "330103006", "outline-1")
DUE = MORNING + timedelta(days=10)
CLASS = ClassDecision("code", "classes-1", "E0101", "占道经营", "enforcement", closing_condition="道路恢复通行")
RULE = ExtensionRule(9, "5工作日", Role.SHIFT_LEADER)
"""How deadlines of this class are extended: often enough for any walk."""

LEADER = InCharge("shift_leader", "user:li", "李敏")
"""Who is in charge of a shift."""


def advised(person: str, name: str, duty_hours: float = 8, ends_at: datetime | None = None) -> Advice:
    """A handler whom an advice names, on duty until then, or for so many hours from the morning on."""
    handler = HandlerRecord(f"user:{person}", name, ends_at or MORNING + timedelta(hours=duty_hours))
    parts = {"duty": AdvicePart(1.0, 0.5, "当班"), "load": AdvicePart(1.0, 0.5, "无在办任务")}
    return Advice(handler, 1.0, parts)


SAID = {
    "admit": {}, "decline": {"reason": "不属本区"}, "return_case": {"reason": "不属本区"}, "confirm": {"found": True}, "file": {}, "reject": {"reason": "不符合立案条件"},
    "settle_on_spot": {"result": "当场劝离"}, "void": {"reason": "误报"}, "dispatch": {"assignee": ENFORCEMENT},
    "reassign": {"task_id": "T1", "assignee": GREENING, "reason": "属园林职责"}, "accept": {"task_id": "T1"},
    "return": {"task_id": "T1", "reason": "非本单位职责"}, "start": {"task_id": "T1"},
    "report_handled": {"task_id": "T1", "result": "已清理"}, "verify": {"task_id": "T1", "passed": True}, "close": {"condition_met": True},
    "reply": {"text": "已处置完毕"}, "revisit": {"resolved": True, "satisfied": True}, "reopen": {"reason": "问题再现"},
    "suspend": {"reason": "需跨季施工", "approved_by": "分管副主任"}, "resume": {}, "supervise": {}, "urge": {},
    "correct": {"text": "地址应为朝晖路 203 号"}, "intervene": {"who": "某经营户亲属", "what": "要求从轻"}, "decide_jurisdiction": {"street_code": "330103006", "reason": "现场在朝晖"},
    "decide_class": {"class_code": "E0101", "reason": "照片所示"},
    "redispatch": {"task_id": "T1", "worker": GRID_WORKER}, "joint_operation": {"lead": ENFORCEMENT, "others": (GREENING,)},
    "ask_extension": {"task_id": "T1", "length": "2工作日", "reason": "需跨夜施工"}, "grant_extension": {"task_id": "T1"},
    "deny_extension": {"task_id": "T1", "reason": "时间充足"},
    "offer_transfer": {"receiver": WENHUI, "reason": "现场在文晖", "answer_within": "1工作日"}, "accept_transfer": {},
    "refuse_transfer": {"reason": "不属本街道"}, "withdraw_transfer": {"reason": "经核属本街道"},
    "merge": {"into": UUID(int=2), "reason": "同一事项"}, "unmerge": {"reason": "并非同一事项"},
    "notify": {"whom": "区交警大队", "content": "路口有流动摊贩"},
    "appeal": {"assessment": Assessment.OVERTIME, "reason": "期间连日暴雨"},
    "review_appeal": {"assessment": Assessment.OVERTIME, "granted": True},
    "hold": {"ground": HoldGround.LITIGATION, "reason": "当事人起诉", "reference": "（2026）浙0103行初12号"},
    "release_hold": {"ground": HoldGround.LITIGATION, "reason": "判决生效"},
}  # fmt: skip
"""What each command says at least, as people in the field would."""

USUALLY = {
    "admit": "intake_operator", "decline": "intake_operator", "return_case": "shift_leader", "confirm": "collector", "file": "shift_leader",
    "reject": "shift_leader", "settle_on_spot": "collector", "void": "shift_leader", "dispatch": "dispatcher",
    "reassign": "dispatcher", "accept": "handler", "return": "handler", "start": "handler", "report_handled": "handler",
    "verify": "collector", "close": "shift_leader", "reply": "intake_operator", "revisit": "intake_operator",
    "reopen": "shift_leader", "suspend": "shift_leader", "resume": "shift_leader", "supervise": "supervisor",
    "urge": "dispatcher", "correct": "dispatcher", "intervene": "auditor", "redispatch": "handler", "joint_operation": "dispatcher",
    "ask_extension": "handler", "grant_extension": "shift_leader", "deny_extension": "shift_leader",
    "offer_transfer": "dispatcher", "accept_transfer": "handler", "refuse_transfer": "handler",
    "withdraw_transfer": "dispatcher", "merge": "intake_operator", "unmerge": "shift_leader", "notify": "supervisor",
    "appeal": "handler", "review_appeal": "supervisor", "hold": "legal_reviewer", "release_hold": "legal_reviewer",
}  # fmt: skip
"""Who usually does it."""


def said(command: str, **given: object) -> object:
    """What a command says, in its own class."""
    return DETAILS[Command(command)](**SAID[command] | given)


def decide(incident, command, told, *, others, context, at):
    """Carry out a command that rests on more than the incident; ``others`` reads another incident by its id."""
    upstream = incident.report.upstream
    due = upstream.deadline if upstream and upstream.deadline else DUE  # when its task is to be handled
    with refusing(incident, Role(context.role), context.actor):
        match command:
            case Command.ASK_EXTENSION:
                extending.ask(incident, told, RULE, due, context=context, at=at)
            case Command.GRANT_EXTENSION:
                extending.asked_for(incident.progress, told.task_id)
                later = due + timedelta(days=2)
                extending.grant(incident, told, (later, False), context=context, at=at)
            case Command.OFFER_TRANSFER:
                transferring.offer(incident, told, at + timedelta(days=1), context=context, at=at)
            case Command.ACCEPT_TRANSFER:
                transferring.accept(incident, told, "outline-1", context=context, at=at)
            case Command.MERGE:
                joined = [others(one.incident_id) for one in incident.progress.duplicates]
                merging.merge(incident, told, others(told.into), joined, context=context, at=at)
            case Command.UNMERGE:
                merging.unmerge(incident, others(incident.progress.merged_into.incident_id), context=context, at=at)


WIDER = {
    Command.ASK_EXTENSION, Command.GRANT_EXTENSION, Command.OFFER_TRANSFER, Command.ACCEPT_TRANSFER, Command.MERGE,
    Command.UNMERGE,
}  # fmt: skip
"""The commands that rest on more than the incident."""


class Life:
    """One incident, its events so far, and what people do with it one after the other.

    Another incident is there, which it can join; ``others`` are all that it can meet, by their ids, and ``met`` what
    happened to them by what people did with this one.
    """

    def __init__(self, lifecycle: str = "own", number: str = "2026-0001", incident_id: UUID | None = None):
        report = IncidentReport("hotline", number, 1, lifecycle, "12345", "占道经营", "路口有流动摊贩", MORNING)
        self.now = MORNING
        self.others: dict[UUID, Incident] = {}
        self.met: list[object] = []
        if incident_id is None:
            self.others[UUID(int=2)] = Life("own", "2026-0002", UUID(int=2)).incident
        self.incident = Incident.receive(
            incident_id or uuid4(),
            report=report,
            raw=Sealed("A256GCM", "subject:1", "AAAA"),
            reporter=None,
            context=self.context("source:hotline", "integrator"),
            at=MORNING,
        )
        self.events = [*self.incident.collect_events()]

    @staticmethod
    def context(actor: str, role: str, reason: str | None = None) -> EventContext:
        return EventContext(actor, role, UUID(int=1), "command:test", reason)

    def placed(self) -> Life:
        """The street is decided, the class is not."""
        self.now += timedelta(minutes=1)
        self.incident.decide_jurisdiction(STREET, context=self.context("system", "administrator"), at=self.now)
        return self._kept()

    def classed(self) -> Life:
        """The class is decided."""
        self.now += timedelta(minutes=1)
        self.incident.decide_class(CLASS, context=self.context("system", "administrator"), at=self.now)
        return self._kept()

    def do(self, command: str, by: str | None = None, role: str | None = None, **details: object) -> Life:
        """Carry a command out: by a person of its usual role, or by who is named (``by`` is the actor)."""
        self.now += timedelta(minutes=1)
        role = role or USUALLY[command]
        told = said(command, **details)
        context = self.context(f"user:{by or role}", role, getattr(told, "reason", None))
        if command == "correct":
            context = context.correcting(1)
        if Command(command) in WIDER:
            check(self.incident, Command(command), told, Role(role), context.actor)
            find = self.others.__getitem__
            decide(self.incident, Command(command), told, others=find, context=context, at=self.now)
        else:
            carry_out(self.incident, Command(command), told, role=Role(role), context=context, at=self.now)
        return self._kept()

    def lapse(self) -> Life:
        """Nobody answered the transfer in time."""
        self.now = self.incident.progress.transfer.answer_by
        self.incident.lapse_transfer(context=self.context("system:clock", "administrator"), at=self.now)
        return self._kept()

    def offered_onward(self, *advised: Advice, in_charge: InCharge = LEADER, at_most: int = 3) -> Life:
        """Nobody accepted task T1 within its hour: it was offered to the next one."""
        task = self.incident.progress.tasks["T1"]
        self.now = task.offer.until if task.offer else self.now + timedelta(hours=1)
        asked = Asked(advised, in_charge, OfferLimit("1小时", self.now + timedelta(hours=1)), at_most)
        context = self.context("system:clock", "administrator")
        offer_onward(self.incident, task, asked, context=context, at=self.now)
        return self._kept()

    def task(self, task_id: str, *commands: str) -> Life:
        """Carry out commands about one task, one after the other; ``fail`` is a verification that did not pass."""
        for command in commands:
            if command == "fail":
                self.do("verify", task_id=task_id, passed=False, note="仍有残留")
            else:
                self.do(command, task_id=task_id)
        return self

    def copy(self) -> Life:
        """Another life that begins where this one stands."""
        return deepcopy(self)

    @property
    def state(self) -> str:
        return self.incident.state.value

    @property
    def tasks(self) -> dict[str, str]:
        return {name: task.state.value for name, task in self.incident.progress.tasks.items()}

    @property
    def last(self) -> object:
        return self.events[-1]

    def read_back(self) -> list[object]:
        """The events as they are read again from what is stored of them."""
        return [MAPPER.to_domain_event(MAPPER.to_stored_event(event)) for event in self.events]

    def rebuilt(self) -> Incident:
        """The incident made anew from what is stored of its events."""
        incident = None
        for event in self.read_back():
            incident = event.mutate(incident)
        return incident

    def _kept(self) -> Life:
        self.events += self.incident.collect_events()
        for other in self.others.values():
            self.met += other.collect_events()
        return self


def received(lifecycle: str = "own") -> Life:
    return Life(lifecycle).placed().classed()


def filed(lifecycle: str = "own") -> Life:
    life = received(lifecycle).do("admit")
    return life.do("file") if lifecycle == "own" else life


def dispatched(lifecycle: str = "own") -> Life:
    return filed(lifecycle).do("dispatch")


def handled(lifecycle: str = "own") -> Life:
    life = dispatched(lifecycle).task("T1", "accept", "report_handled")
    return life.task("T1", "verify") if lifecycle == "own" else life


def busy(lifecycle: str = "own") -> Life:
    """A joint operation with a task in every state that its lifecycle knows."""
    life = dispatched(lifecycle).do("dispatch").task("T2", "accept").do("dispatch").task("T3", "accept", "start")
    life.do("dispatch").task("T4", "accept", "report_handled").do("dispatch").task("T5", "return")
    life.do("dispatch").do("reassign", task_id="T6")  # T7 takes its place
    if lifecycle == "own":
        life.do("dispatch").task("T8", "accept", "report_handled", "fail")
        life.do("dispatch").task("T9", "accept", "report_handled", "verify")
    given_on = life.incident.progress.next_task_id()
    life.do("dispatch").task(given_on, "accept", "redispatch")
    return life.task(given_on, "ask_extension")


def lives(lifecycle: str) -> dict[str, Life]:
    """One life in every state that the lifecycle knows."""
    both = {
        "triage": Life(lifecycle),
        "received": received(lifecycle),
        "filed": filed(lifecycle),
        "dispatched": busy(lifecycle),
        "handled": handled(lifecycle),
        "suspended": dispatched(lifecycle).do("suspend"),
        "transferring": dispatched(lifecycle).do("offer_transfer"),
    }
    own = {
        "admitted": lambda: received().do("admit"),
        "closed": lambda: handled().do("close").do("appeal"),
        "declined": lambda: received().do("decline"),
        "rejected": lambda: received().do("admit").do("reject"),
        "void": lambda: received().do("void"),
        "transferred": lambda: filed().do("offer_transfer", receiver=COURT).do("accept_transfer"),
        "merged": lambda: received().do("merge"),
    }
    upstream = {"sent_back": lambda: received(lifecycle).do("return_case")}
    begun = both | {state: begin() for state, begin in (own if lifecycle == "own" else upstream).items()}
    return {state: life.do("hold") for state, life in begun.items()}
