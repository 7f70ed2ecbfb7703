"""Commands that rest on more than the incident, on the real log: both streams of a merge, or neither; whose task it is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from jiedao.application.command_answers import StaleVersionError
from jiedao.application.command_desk import CommandDesk
from jiedao.application.district_application import DistrictApplication
from jiedao.domain import commands as said
from jiedao.domain.access import Holder
from jiedao.domain.carrying_out import CommandRefusedError
from jiedao.domain.errors import InvalidInputError, JiedaoError, NotFoundError
from jiedao.domain.links import Receiver
from jiedao.domain.tasks import Assignee
from jiedao.domain.terms import Assessment, Command, Role
from tests.e2e.http.district import DEADLINES, EAST, PROFILE, WEST, FourClasses, MemoryVault, TwoStreets
from tests.integration.application.test_command_desk import (
    AT,
    DISPATCHER,
    HANDLER,
    LEADER,
    PLATFORM,
    FixedClock,
    ask,
    received,
    refusals,
)

EASTERNER = Holder("t6", "user:wu", Role.DISPATCHER, streets=frozenset({EAST}))
GREENERS = Holder("t7", "user:lin", Role.HANDLER, assignees=frozenset({"区园林绿化局"}))
GREENING = Assignee("department", "区园林绿化局")
REASON = said.Reason("同一事项")


@pytest.fixture
def application(database_url):
    with DistrictApplication({"JIEDAO_DATABASE_URL": database_url}) as application:
        yield application


@pytest.fixture
def desk(application):
    return CommandDesk(
        profile=PROFILE, application=application, jurisdiction=TwoStreets(), classes=WithDeadlines(),
        macs=MemoryVault(), deadlines=DEADLINES, clock=FixedClock(),
    )  # fmt: skip


class WithDeadlines(FourClasses):
    """The classes of that district, each to be handled in three days."""

    def of_code(self, incident, class_code):
        return replace(super().of_code(incident, class_code), time_limit="3天")


def filed(application, desk, street=WEST, lifecycle="own"):
    incident = received(application, street, lifecycle)
    desk.carry_out(ask(incident, Command.DECIDE_CLASS, said.Class("E0101", "现场所见")), LEADER)
    desk.carry_out(ask(incident, Command.ADMIT), LEADER)
    if lifecycle == "own":
        desk.carry_out(ask(incident, Command.FILE), LEADER)
    return incident


def now(application, incident):
    return application.load([incident])[incident]


def merge(incident, into, **more):
    return ask(incident, Command.MERGE, said.Merge(into, "同一事项", **more))


def test_a_merge_is_told_in_both_streams_by_one_unit(application, desk):
    first, second = filed(application, desk), filed(application, desk, EAST)
    answer = desk.carry_out(merge(first, second), LEADER)
    assert (answer.state, answer.allowed) == ("merged", ("reply", "unmerge", "correct", "intervene"))
    told = application.district_log.select_log(answer.position - 2, 2)
    assert [entry.originator_id for entry in told] == [first, second]
    assert len({entry.recorded_at for entry in told}) == 1
    assert now(application, first).progress.merged_into.incident_id == second
    assert [one.incident_id for one in now(application, second).progress.duplicates] == [first]
    back = desk.carry_out(ask(first, Command.UNMERGE, REASON), LEADER)
    assert (back.state, now(application, second).progress.duplicates) == ("filed", ())


def test_a_merge_is_done_once_for_its_key(application, desk):
    first, second = filed(application, desk), filed(application, desk)
    request = replace(merge(first, second), key="k")
    once, again = desk.carry_out(request, LEADER), desk.carry_out(request, LEADER)
    assert (once.position, again.replayed) == (again.position, True)
    assert len(now(application, second).progress.duplicates) == 1


def test_an_incident_that_is_not_there_or_not_theirs_to_see_cannot_be_joined(application, desk):
    first, elsewhere = filed(application, desk), filed(application, desk, EAST)
    western = Holder("t8", "user:he", Role.DISPATCHER, streets=frozenset({WEST}))
    for into in (uuid4(), elsewhere):
        with pytest.raises(InvalidInputError, match=f"there is no incident {into}") as wrong:
            desk.carry_out(merge(first, into), western)
        assert wrong.value.pointer == "/into"


def test_of_two_that_join_each_other_at_the_same_time_one_does(application, desk):
    first, second = filed(application, desk), filed(application, desk)

    def act(pair):
        try:
            return desk.carry_out(merge(*pair, with_merged=True), LEADER)
        except JiedaoError as error:
            return error

    with ThreadPoolExecutor(2) as people:
        came = list(people.map(act, [(first, second), (second, first)]))
    assert sorted(isinstance(one, JiedaoError) for one in came) == [False, True]
    states = [now(application, one).state for one in (first, second)]
    assert sorted(states) == ["filed", "merged"]


def test_an_extension_is_granted_in_working_time_by_the_rule_of_the_profile(application, desk):
    incident = filed(application, desk)
    desk.carry_out(ask(incident, Command.DISPATCH, said.NewTask(PLATFORM)), DISPATCHER)
    desk.carry_out(ask(incident, Command.ACCEPT, said.OfTask("T1")), HANDLER)
    wanted = said.ExtensionRequest("T1", "1工作日", "需跨夜施工")
    with pytest.raises(CommandRefusedError, match="2工作日 at most"):
        desk.carry_out(ask(incident, Command.ASK_EXTENSION, replace(wanted, length="3工作日")), HANDLER)
    desk.carry_out(ask(incident, Command.ASK_EXTENSION, wanted), HANDLER)
    desk.carry_out(ask(incident, Command.GRANT_EXTENSION, said.OfTask("T1")), LEADER)
    extended = now(application, incident)
    granted = application.mapper.to_domain_event(application.district_log.select_events(incident)[-1])
    # From Friday 12:00 in Shanghai eight working hours, from 09:00 to 17:00: five left that day, three on Monday.
    assert (extended.progress.extensions, granted.due_at) == (("1工作日",), AT + timedelta(days=6))
    with pytest.raises(CommandRefusedError, match="最多延期 1 次"):
        desk.carry_out(ask(incident, Command.ASK_EXTENSION, wanted), HANDLER)


class MovedClock(FixedClock):
    """A clock that a test moves on."""

    moment = AT

    def now(self):
        return self.moment


def test_more_time_is_asked_for_until_the_tasks_own_clock_ends_and_listed_just_as_long(application):
    clock = MovedClock()
    desk = CommandDesk(
        profile=PROFILE, application=application, jurisdiction=TwoStreets(), classes=WithDeadlines(),
        macs=MemoryVault(), deadlines=DEADLINES, clock=clock,
    )  # fmt: skip
    incident = filed(application, desk)
    clock.moment += timedelta(days=2)  # a report is not what handling counts from
    desk.carry_out(ask(incident, Command.DISPATCH, said.NewTask(PLATFORM)), DISPATCHER)
    assert "ask_extension" in desk.carry_out(ask(incident, Command.ACCEPT, said.OfTask("T1")), HANDLER).allowed
    desk.carry_out(ask(incident, Command.SUSPEND, said.Suspension("等待施工许可", "周局长")), LEADER)
    assert "ask_extension" not in desk.may(incident, HANDLER)
    clock.moment += timedelta(days=30)
    desk.carry_out(ask(incident, Command.RESUME), LEADER)
    ends = clock.moment + timedelta(days=3)
    wanted = ask(incident, Command.ASK_EXTENSION, said.ExtensionRequest("T1", "1工作日", "需跨夜施工"))
    clock.moment = ends
    assert "ask_extension" not in desk.may(incident, HANDLER)
    with pytest.raises(CommandRefusedError, match="延期须在到期前申请") as late:
        desk.carry_out(wanted, HANDLER)
    assert Command.ASK_EXTENSION not in late.value.allowed
    clock.moment = ends - timedelta(microseconds=1)
    assert "ask_extension" in desk.may(incident, HANDLER)
    desk.carry_out(replace(wanted, key="in time"), HANDLER)


def test_a_transfer_is_seen_and_answered_by_the_street_that_it_is_offered_to(application, desk):
    incident = filed(application, desk)
    with pytest.raises(NotFoundError):
        desk.may(incident, EASTERNER)
    offer = said.TransferOffer(Receiver("street", "文晖街道", EAST), "现场在文晖", "1工作日")
    desk.carry_out(ask(incident, Command.OFFER_TRANSFER, offer), DISPATCHER)
    assert {"accept_transfer", "refuse_transfer"} <= set(desk.may(incident, EASTERNER))
    western = Holder("t8", "user:he", Role.DISPATCHER, streets=frozenset({WEST}))
    assert not {"accept_transfer", "refuse_transfer"} & set(desk.may(incident, western))
    with pytest.raises(CommandRefusedError, match="须由接收方 文晖街道 答复") as refused:
        desk.carry_out(ask(incident, Command.ACCEPT_TRANSFER), western)
    assert Command.ACCEPT_TRANSFER not in refused.value.allowed
    wrong = ask(incident, Command.CORRECT, said.Correction("门牌为 203 号"), corrects=1)
    with pytest.raises(CommandRefusedError, match="只能更正自己所记"):
        desk.carry_out(replace(wrong, key="offered"), EASTERNER)
    answer = desk.carry_out(ask(incident, Command.ACCEPT_TRANSFER), EASTERNER)
    assert (answer.state, now(application, incident).street_code) == ("filed", EAST)
    assert now(application, incident).jurisdiction.boundary_set == TwoStreets.boundary_set
    desk.carry_out(replace(wrong, key="held"), EASTERNER)


@pytest.mark.parametrize(
    ("offer", "pointer"),
    [
        (said.TransferOffer(Receiver("street", "西溪街道", "999"), "x", "1工作日"), "/receiver/street_code"),
        (said.TransferOffer(Receiver("street", "文晖街道", EAST), "x", "尽快"), "/answer_within"),
    ],
)
def test_a_transfer_names_a_street_of_the_district_and_a_length_of_time(application, desk, offer, pointer):
    incident = filed(application, desk)
    with pytest.raises(InvalidInputError) as wrong:
        desk.carry_out(ask(incident, Command.OFFER_TRANSFER, offer), DISPATCHER)
    assert wrong.value.pointer == pointer


def test_a_task_is_worked_on_by_those_to_whom_it_was_given(application, desk):
    incident = filed(application, desk)
    desk.carry_out(ask(incident, Command.JOINT_OPERATION, said.JointOperation(PLATFORM, (GREENING,))), DISPATCHER)
    for actor, others in ((HANDLER, "T2"), (GREENERS, "T1")):
        with pytest.raises(CommandRefusedError, match="not yours"):
            desk.carry_out(ask(incident, Command.ACCEPT, said.OfTask(others)), actor)
    assert "start" in desk.carry_out(ask(incident, Command.ACCEPT, said.OfTask("T1")), HANDLER).allowed
    assert "accept" not in desk.may(incident, HANDLER)
    assert {"accept", "return"} <= set(desk.may(incident, GREENERS))
    assert "start" not in desk.may(incident, GREENERS)
    assert "start" in desk.carry_out(ask(incident, Command.ACCEPT, said.OfTask("T2")), GREENERS).allowed
    assert [event.command for event in refusals(application)] == ["accept", "accept"]


def test_eight_people_at_once_with_the_wider_commands_are_each_done_or_told_clearly(application, desk):
    incident, other = filed(application, desk), filed(application, desk)
    version = now(application, incident).version
    offer = said.TransferOffer(Receiver("street", "文晖街道", EAST), "现场在文晖", "1工作日")
    moving = [
        ask(incident, Command.MERGE, said.Merge(other, "同一事项"), version=version),
        ask(incident, Command.OFFER_TRANSFER, offer, version=version),
        ask(incident, Command.JOINT_OPERATION, said.JointOperation(PLATFORM, (GREENING,)), version=version),
        ask(other, Command.MERGE, said.Merge(incident, "同一事项")),
    ]
    telling = [
        ask(one, Command.NOTIFY, said.Notice("区交警大队", f"通报 {number}"), version=version)
        for number, one in enumerate((incident, incident, other, other))
    ]

    def act(request):
        try:
            return desk.carry_out(request, LEADER)
        except JiedaoError as error:
            return error

    with ThreadPoolExecutor(8) as people:
        came = list(people.map(act, [*moving, *telling]))
    for one in came:
        assert not isinstance(one, JiedaoError) or isinstance(
            one, StaleVersionError | CommandRefusedError | InvalidInputError
        ), one
    done = [not isinstance(one, JiedaoError) for one in came]
    first, second = now(application, incident), now(application, other)
    # What joined the other and what was joined agree, and every answer that said so is in the streams.
    for one, its_other in ((first, second), (second, first)):
        into = one.progress.merged_into
        joined = [duplicate.incident_id for duplicate in its_other.progress.duplicates]
        assert joined == ([one.id] if into else [])
        assert into is None or into.incident_id == its_other.id
    merges, others_done = done[0] + done[3], done[1] + done[2] + sum(done[4:])
    assert first.version + second.version == 2 * version + 2 * merges + others_done
    # Whoever only told of it is refused where it had ended, and never lost otherwise.
    for outcome, one in zip(came[4:], (first, first, second, second), strict=True):
        assert not isinstance(outcome, JiedaoError) or one.state == "merged"


def test_an_appeal_of_those_who_had_the_task_needs_two_others(application, desk):
    incident = filed(application, desk)
    desk.carry_out(ask(incident, Command.DISPATCH, said.NewTask(PLATFORM)), DISPATCHER)
    desk.carry_out(ask(incident, Command.ACCEPT, said.OfTask("T1")), HANDLER)
    desk.carry_out(ask(incident, Command.REPORT_HANDLED, said.Handled("T1", "已清理")), HANDLER)
    desk.carry_out(ask(incident, Command.VERIFY, said.Verdict("T1", passed=True)), LEADER)
    desk.carry_out(ask(incident, Command.CLOSE), LEADER)
    request = said.AppealRequest(Assessment.OVERTIME, "期间连日暴雨")
    with pytest.raises(CommandRefusedError, match="被考核方"):
        desk.carry_out(ask(incident, Command.APPEAL, request), GREENERS)
    desk.carry_out(ask(incident, Command.APPEAL, request), HANDLER)
    review = said.AppealReview(Assessment.OVERTIME, granted=True)
    desk.carry_out(ask(incident, Command.REVIEW_APPEAL, review), LEADER)
    with pytest.raises(CommandRefusedError, match="不同的人"):
        desk.carry_out(ask(incident, Command.REVIEW_APPEAL, review), LEADER)
    desk.carry_out(ask(incident, Command.REVIEW_APPEAL, review), Holder("t9", "user:ma", Role.SUPERVISOR))
    assert now(application, incident).progress.exemptions == ("overtime",)
