"""People's commands on the real log: once for each key, on what holds now, with every refusal recorded."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from jiedao.application.command_answers import CommandRequest, StaleVersionError
from jiedao.application.command_desk import CommandDesk
from jiedao.application.district_application import DistrictApplication
from jiedao.domain import commands as said
from jiedao.domain.access import Holder
from jiedao.domain.carrying_out import CommandRefusedError
from jiedao.domain.context import EventContext
from jiedao.domain.decisions import ClassDecision, JurisdictionDecision
from jiedao.domain.errors import InvalidInputError, JiedaoError, KeyReuseError, NotFoundError
from jiedao.domain.incident import Incident
from jiedao.domain.refused_command import RefusedCommand
from jiedao.domain.report import IncidentReport, Sealed
from jiedao.domain.tasks import Assignee
from jiedao.domain.terms import Command, Role
from jiedao.store.recorder import UnitContext
from tests.e2e.http.district import DEADLINES, EAST, PROFILE, WEST, FourClasses, MemoryVault, TwoStreets

AT = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
LEADER = Holder("t1", "user:zhao", Role.SHIFT_LEADER)
DISPATCHER = Holder("t2", "user:qian", Role.DISPATCHER)
HANDLER = Holder("t3", "user:sun", Role.HANDLER, streets=frozenset({WEST}))
PLATFORM = Assignee("platform", "朝晖街道综合行政执法平台", WEST, "enforcement")


class FixedClock:
    def now(self):
        return AT


@pytest.fixture
def application(database_url):
    with DistrictApplication({"JIEDAO_DATABASE_URL": database_url}) as application:
        yield application


@pytest.fixture
def desk(application):
    return CommandDesk(
        profile=PROFILE, application=application, jurisdiction=TwoStreets(), classes=FourClasses(), macs=MemoryVault(),
        deadlines=DEADLINES, clock=FixedClock(),
    )  # fmt: skip


@pytest.fixture
def incident(application):
    """One that was received: its street and platform are known."""
    return received(application, WEST)


def received(application, street, lifecycle="own"):
    report = IncidentReport("hotline", str(uuid4()), 1, lifecycle, "12345", "占道经营", "", AT)
    context = EventContext("source:hotline", "integrator", uuid4(), "batch:1")
    made = Incident.receive(
        uuid4(), report=report, raw=Sealed("A256GCM", "k", "c"), reporter=None, context=context, at=AT
    )
    if street is not None:
        made.decide_jurisdiction(
            JurisdictionDecision("polygon", street, "set-1", 120.16, 30.28), context=context, at=AT
        )
    klass = ClassDecision("code", "classes-1", "E0101", "占道经营", "enforcement", "城管", 2)
    made.decide_class(klass, context=context, at=AT)
    application.record([made], UnitContext("feed", str(made.id), b""))
    return made.id


def ask(incident, command, details=None, *, key=None, version=None, corrects=None):
    return CommandRequest(incident, command, details or said.Remark(), key or str(uuid4()), version, corrects)


def refusals(application):
    entries = application.district_log.select_log(0, 10_000)
    return [application.decode(entry) for entry in entries if entry.topic == RefusedCommand.Recorded.TOPIC]


def test_a_command_is_carried_out_with_who_and_why(application, desk, incident):
    answer = desk.carry_out(ask(incident, Command.DECLINE, said.Reason("不属本区管辖"), version=3), LEADER)
    assert (answer.state, answer.version, answer.replayed) == ("declined", 4, False)
    assert "reopen" in answer.allowed
    event = application.decode(application.district_log.select_log(answer.position - 1, 1)[0])
    assert (event.context.actor, event.context.role, event.context.reason) == (
        "user:zhao",
        "shift_leader",
        "不属本区管辖",
    )
    assert event.context.causation_id.startswith("command:decline:")


def test_the_same_key_is_done_once_and_answered_the_same(application, desk, incident):
    first = desk.carry_out(ask(incident, Command.ADMIT, key="k"), LEADER)
    again = desk.carry_out(ask(incident, Command.ADMIT, key="k"), LEADER)
    assert (again.position, again.version, again.state, again.replayed) == (first.position, 4, "admitted", True)
    assert application.load([incident])[incident].version == 4


def test_a_key_with_another_body_is_an_error_and_another_persons_key_is_their_own(desk, incident):
    desk.carry_out(ask(incident, Command.URGE, said.Remark("请尽快"), key="k"), LEADER)
    with pytest.raises(KeyReuseError):
        desk.carry_out(ask(incident, Command.URGE, said.Remark("再催"), key="k"), LEADER)
    assert not desk.carry_out(ask(incident, Command.URGE, said.Remark("再催"), key="k"), DISPATCHER).replayed


def test_a_refusal_names_what_was_allowed_and_is_recorded_once(application, desk, incident):
    request = ask(incident, Command.CLOSE, key="k")
    for _time in range(2):
        with pytest.raises(CommandRefusedError) as refused:
            desk.carry_out(request, LEADER)
        assert Command.ADMIT in refused.value.allowed
    (recorded,) = refusals(application)
    assert (recorded.incident_id, recorded.command, recorded.state, recorded.version) == (
        incident,
        "close",
        "received",
        3,
    )
    assert recorded.context.actor == "user:zhao"
    assert "admit" in recorded.allowed
    assert application.load([incident])[incident].version == 3


def test_a_role_that_may_not_is_refused_and_recorded_too(application, desk, incident):
    with pytest.raises(CommandRefusedError, match="派遣员 dispatcher may not file"):
        desk.carry_out(ask(incident, Command.FILE), DISPATCHER)
    assert [event.command for event in refusals(application)] == ["file"]


def test_two_commands_refused_under_one_key_are_recorded_both(application, desk, incident):
    for command in (Command.FILE, Command.CLOSE):
        with pytest.raises(CommandRefusedError):
            desk.carry_out(ask(incident, command, key="one-key"), DISPATCHER)
    assert sorted(event.command for event in refusals(application)) == ["close", "file"]


def test_who_looked_at_an_older_version_is_told_how_it_stands_and_that_is_recorded(application, desk, incident):
    desk.carry_out(ask(incident, Command.ADMIT, version=3), LEADER)
    with pytest.raises(StaleVersionError, match="changed since version 3") as stale:
        desk.carry_out(ask(incident, Command.VOID, said.Reason("重复"), version=3), LEADER)
    assert (stale.value.version, stale.value.state) == (4, "admitted")
    assert [(event.command, event.version) for event in refusals(application)] == [("void", 4)]
    assert desk.carry_out(ask(incident, Command.URGE, version=3), LEADER).version == 5


def test_eight_people_at_once_each_are_done_or_told_clearly(application, desk, incident):
    desk.carry_out(ask(incident, Command.ADMIT), LEADER)
    wanted = [
        ask(incident, Command.FILE, version=4),
        ask(incident, Command.REJECT, said.Reason("不符合立案条件"), version=4),
        ask(incident, Command.VOID, said.Reason("重复"), version=4),
        *(ask(incident, Command.URGE, said.Remark(f"催办 {number}"), version=4) for number in range(5)),
    ]

    def act(request):
        try:
            return desk.carry_out(request, LEADER)
        except JiedaoError as error:
            return error

    with ThreadPoolExecutor(8) as people:
        came = list(people.map(act, wanted))
    deciding, urging = came[:3], came[3:]
    # Reminders are never lost, unless the case ended before them.
    ended = [
        one
        for one in deciding
        if getattr(one, "state", "") in {"rejected", "void"} and not isinstance(one, JiedaoError)
    ]
    for one in urging:
        assert not isinstance(one, JiedaoError) or (ended and isinstance(one, CommandRefusedError)), one
    # Of those who decide on what they saw, at most one saw what still held; the others are told.
    done = [one for one in deciding if not isinstance(one, JiedaoError)]
    assert len(done) <= 1
    assert all(isinstance(one, StaleVersionError | CommandRefusedError) for one in deciding if one not in done)
    after = application.load([incident])[incident]
    assert after.version == 4 + len(done) + sum(not isinstance(one, JiedaoError) for one in urging)


def test_a_whole_life_with_a_return_and_a_rework(desk, incident):
    desk.carry_out(ask(incident, Command.ADMIT), LEADER)
    desk.carry_out(ask(incident, Command.FILE), LEADER)
    desk.carry_out(ask(incident, Command.DISPATCH, said.NewTask(PLATFORM)), DISPATCHER)
    desk.carry_out(ask(incident, Command.RETURN, said.Return("T1", "不属本平台职责")), HANDLER)
    desk.carry_out(ask(incident, Command.REASSIGN, said.OtherAssignee("T1", PLATFORM, "经核属本平台")), DISPATCHER)
    desk.carry_out(ask(incident, Command.ACCEPT, said.OfTask("T2")), HANDLER)
    desk.carry_out(ask(incident, Command.REPORT_HANDLED, said.Handled("T2", "已清理")), HANDLER)
    collector = Holder("t4", "user:li", Role.COLLECTOR)
    desk.carry_out(ask(incident, Command.VERIFY, said.Verdict("T2", passed=False, note="仍有堆物")), collector)
    desk.carry_out(ask(incident, Command.REPORT_HANDLED, said.Handled("T2", "已彻底清理")), HANDLER)
    assert desk.carry_out(ask(incident, Command.VERIFY, said.Verdict("T2", passed=True)), collector).state == "handled"
    assert desk.carry_out(ask(incident, Command.CLOSE), LEADER).state == "closed"


def test_whoever_is_limited_to_other_streets_does_not_learn_that_it_exists(application, desk, incident):
    elsewhere = Holder("t5", "user:wu", Role.HANDLER, streets=frozenset({EAST}))
    for asked in (incident, uuid4()):
        with pytest.raises(NotFoundError, match=f"there is no incident {asked}"):
            desk.carry_out(ask(asked, Command.ACCEPT, said.OfTask("T1")), elsewhere)
        with pytest.raises(NotFoundError):
            desk.may(asked, elsewhere)
    assert not refusals(application)


def test_a_person_decides_street_and_class_and_a_later_revision_does_not_undo_it(application, desk):
    incident = received(application, None)
    answer = desk.carry_out(ask(incident, Command.DECIDE_JURISDICTION, said.Street(EAST, "现场核实")), DISPATCHER)
    assert answer.state == "received"
    desk.carry_out(ask(incident, Command.DECIDE_CLASS, said.Class("F0101", "属食品类")), DISPATCHER)
    now = application.load([incident])[incident]
    assert (now.street_code, now.platform, now.jurisdiction.method, now.classification.method) == (
        EAST,
        "market",
        "manual",
        "manual",
    )


@pytest.mark.parametrize(
    ("command", "details", "pointer"),
    [
        (Command.DECIDE_JURISDICTION, said.Street("999", "x"), "/street_code"),
        (Command.DECIDE_CLASS, said.Class("Z9", "x"), "/class_code"),
        (Command.DECLINE, said.Reason("  "), "/reason"),
    ],
)
def test_what_a_command_says_wrongly_is_pointed_to_and_changes_nothing(
    application, desk, incident, command, details, pointer
):
    with pytest.raises(InvalidInputError) as wrong:
        desk.carry_out(ask(incident, command, details), LEADER)
    assert wrong.value.pointer == pointer
    assert application.load([incident])[incident].version == 3


def test_deciding_what_holds_already_is_told(desk, incident):
    desk.carry_out(ask(incident, Command.DECIDE_JURISDICTION, said.Street(EAST, "现场核实")), LEADER)
    with pytest.raises(InvalidInputError, match="nothing would change"):
        desk.carry_out(ask(incident, Command.DECIDE_JURISDICTION, said.Street(EAST, "再次")), LEADER)


def test_many_commands_go_together_each_answered_as_if_it_had_come_alone(application, desk):
    first, second, third = (received(application, WEST) for _ in range(3))
    head = application.district_log.max_notification_id()
    done, refused, missing, bad, twice, stale = desk.carry_out_all(
        [
            (ask(first, Command.ADMIT, version=3), LEADER),
            (ask(second, Command.CLOSE), LEADER),
            (ask(uuid4(), Command.ADMIT), LEADER),
            (ask(third, Command.DECIDE_JURISDICTION, said.Street("330103999", "按门牌")), LEADER),
            (ask(first, Command.URGE), DISPATCHER),
            (ask(first, Command.FILE, version=3), LEADER),
        ]
    )
    assert (done.state, done.version) == ("admitted", 4)
    assert isinstance(refused, CommandRefusedError)
    assert Command.ADMIT in refused.allowed
    assert isinstance(missing, NotFoundError)
    assert isinstance(bad, InvalidInputError)
    assert (twice.state, twice.version) == ("admitted", 5)
    assert isinstance(stale, StaleVersionError)
    assert [one.command for one in refusals(application)] == ["close", "file"]
    assert application.district_log.max_notification_id() == head + 4  # two done, two refusals
    assert application.load([first])[first].version == 5


def test_those_that_go_together_are_done_once_for_each_key(application, desk):
    incidents = [received(application, WEST) for _ in range(3)]
    asked = [(ask(one, Command.ADMIT, key=f"k{number}"), LEADER) for number, one in enumerate(incidents)]
    first = desk.carry_out_all(asked)
    again = desk.carry_out_all([*asked, (ask(incidents[0], Command.URGE, key="k1"), LEADER)])
    assert [(one.position, one.state) for one in again[:3]] == [(one.position, one.state) for one in first]
    assert [one.replayed for one in again[:3]] == [True, True, True]
    assert isinstance(again[3], KeyReuseError)


def test_a_merge_and_a_command_on_what_it_merges_into_do_not_lose_each_other(application, desk):
    joins, target = received(application, WEST), received(application, WEST)
    merged, admitted = desk.carry_out_all(
        [
            (
                ask(joins, Command.MERGE, said.Merge(target, "同一事项")),
                Holder("t4", "user:zhou", Role.INTAKE_OPERATOR),
            ),
            (ask(target, Command.ADMIT), LEADER),
        ]
    )
    assert (merged.state, admitted.state) == ("merged", "admitted")
    assert application.load([target])[target].version == 5  # it was joined, then admitted


def test_nothing_asked_is_nothing_done(desk):
    assert desk.carry_out_all([]) == []


def recorded(application, position):
    return application.decode(application.district_log.select_log(position - 1, 1)[0])


def test_a_mistake_is_corrected_by_a_further_event_that_names_what_it_corrects(application, desk, incident):
    before = application.district_log.select_log(0, 10_000)
    told = said.Correction("应为朝晖路 203 号")
    answer = desk.carry_out(ask(incident, Command.CORRECT, told, version=3, corrects=1, key="k"), DISPATCHER)
    assert (answer.version, answer.state) == (4, "received")
    event = recorded(application, answer.position)
    assert (event.text, event.context.corrected_version) == ("应为朝晖路 203 号", 1)
    assert list(application.district_log.select_log(0, 3)) == list(before)
    assert desk.carry_out(ask(incident, Command.CORRECT, told, version=3, corrects=1, key="k"), DISPATCHER).replayed
    with pytest.raises(KeyReuseError):
        desk.carry_out(ask(incident, Command.CORRECT, told, version=3, corrects=2, key="k"), DISPATCHER)


def test_any_command_may_name_what_it_puts_right_and_what_follows_from_it_does_not(application, desk, incident):
    first = desk.carry_out(ask(incident, Command.REPLY, said.Answer("明日处置")), LEADER)
    second = desk.carry_out(ask(incident, Command.REPLY, said.Answer("已于今日处置"), corrects=first.version), LEADER)
    assert recorded(application, second.position).context.corrected_version == 4
    assert b"corrects" not in application.district_log.select_log(first.position - 1, 1)[0].metadata
    other = received(application, WEST)
    merge = said.Merge(other, "同一事项")
    merged = desk.carry_out(ask(incident, Command.MERGE, merge, version=5, corrects=5), LEADER)
    by_stream = {entry.originator_id: application.decode(entry).context.corrected_version
                 for entry in application.district_log.select_log(merged.position - 2, 2)}  # fmt: skip
    assert by_stream == {incident: 5, other: None}


@pytest.mark.parametrize(("command", "corrects", "text"), [
    (Command.CORRECT, None, "须指明更正第几条记录"), (Command.CORRECT, 4, "没有第 4 条记录"), (Command.REPLY, 0, "没有第 0 条记录"),
])  # fmt: skip
def test_what_it_names_has_to_be_there(desk, incident, command, corrects, text):
    details = {Command.CORRECT: said.Correction("有误"), Command.REPLY: said.Answer("有误")}[command]
    with pytest.raises(InvalidInputError, match=text) as error:
        desk.carry_out(ask(incident, command, details, corrects=corrects), LEADER)
    assert error.value.pointer == "/corrects"


def test_a_handler_corrects_what_they_recorded_and_nothing_of_others_and_the_refusal_is_recorded(
    application, desk, incident
):
    own = desk.carry_out(ask(incident, Command.INTERVENE, said.Intervention("某人", "打听")), HANDLER)
    with pytest.raises(CommandRefusedError, match="只能更正自己所记"):
        desk.carry_out(ask(incident, Command.CORRECT, said.Correction("有误"), corrects=1), HANDLER)
    with pytest.raises(CommandRefusedError, match="干预留痕只能以干预留痕更正"):
        desk.carry_out(ask(incident, Command.CORRECT, said.Correction("有误"), corrects=own.version), HANDLER)
    again = said.Intervention("另一人", "打听")
    answer = desk.carry_out(ask(incident, Command.INTERVENE, again, corrects=own.version), HANDLER)
    assert recorded(application, answer.position).context.corrected_version == own.version
    assert [one.command for one in refusals(application)] == ["correct", "correct"]
    assert all(one.context.corrected_version is None for one in refusals(application))
