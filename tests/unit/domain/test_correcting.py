"""What was recorded is put right by a further event that names it, and by whom that may be."""

from __future__ import annotations

import pytest

from jiedao.domain import merging, transferring
from jiedao.domain.carrying_out import carry_out
from jiedao.domain.correcting import check_corrected, check_number
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.ruling import RuledOutError
from jiedao.domain.terms import Command, Role
from tests.workflow_samples import dispatched, received, said


def reply():
    """The last event of a life in which 受理员 replied."""
    return dispatched().do("reply", by="wu").last


@pytest.mark.parametrize(("corrects", "version"), [(0, 4), (5, 4), (-1, 4)])
def test_an_event_that_there_is_not_cannot_be_named(corrects, version):
    with pytest.raises(InvalidInputError, match=rf"没有第 {corrects} 条记录.* 1 to {version}") as error:
        check_number(Command.REPLY, corrects, version)
    assert error.value.pointer == "/corrects"


def test_a_correction_names_an_event_and_other_commands_need_not():
    check_number(Command.REPLY, None, 4)
    with pytest.raises(InvalidInputError, match="须指明更正第几条记录"):
        check_number(Command.CORRECT, None, 4)


def test_a_correction_without_the_event_is_recorded_by_nobody():
    life = dispatched()
    context = life.context("user:qian", "dispatcher")
    with pytest.raises(InvalidInputError, match="须指明更正第几条记录"):
        carry_out(life.incident, Command.CORRECT, said("correct"), role=Role.DISPATCHER, context=context, at=life.now)


@pytest.mark.parametrize("role", ["collector", "handler", "grid_worker"])
def test_who_works_on_site_corrects_what_they_recorded_themselves(role):
    with pytest.raises(RuledOutError, match=r"只能更正自己所记.*user:wu"):
        check_corrected(Command.CORRECT, reply(), Role(role), "user:sun")
    check_corrected(Command.CORRECT, reply(), Role(role), "user:wu")


@pytest.mark.parametrize("role", ["intake_operator", "shift_leader", "dispatcher", "supervisor", "administrator"])
def test_who_answers_for_the_case_corrects_what_others_recorded(role):
    check_corrected(Command.CORRECT, reply(), Role(role), "user:sun")


def test_an_intervention_is_corrected_by_an_intervention_alone():
    intervention = dispatched().do("intervene").last
    check_corrected(Command.INTERVENE, intervention, Role.SUPERVISOR, "user:sun")
    for command, event in (
        (Command.CORRECT, intervention),
        (Command.REPLY, intervention),
        (Command.INTERVENE, reply()),
    ):
        with pytest.raises(RuledOutError, match="干预留痕只能以干预留痕更正"):
            check_corrected(command, event, Role.SHIFT_LEADER, "user:sun")


@pytest.mark.parametrize("role", ["dispatcher", "supervisor"])
def test_a_side_that_the_case_is_only_offered_to_corrects_what_it_recorded_itself(role):
    for command, event in ((Command.CORRECT, reply()), (Command.INTERVENE, dispatched().do("intervene", by="wu").last)):
        with pytest.raises(RuledOutError, match="只能更正自己所记"):
            check_corrected(command, event, Role(role), "user:sun", holding=False)
        check_corrected(command, event, Role(role), "user:wu", holding=False)


@pytest.mark.parametrize("role", [one for one in Role if one not in {Role.SUPERVISOR, Role.ADMINISTRATOR}])
def test_an_intervention_is_corrected_by_who_recorded_it_and_nobody_else_is_told_who_that_was(role):
    intervention = dispatched().do("intervene", by="zhao").last
    check_corrected(Command.INTERVENE, intervention, role, "user:zhao")
    with pytest.raises(RuledOutError, match="只能更正自己所记的干预留痕") as refused:
        check_corrected(Command.INTERVENE, intervention, role, "user:sun")
    assert "user:zhao" not in str(refused.value)


@pytest.mark.parametrize("role", ["supervisor", "administrator"])
def test_who_sees_interventions_and_answers_for_the_case_corrects_those_of_others(role):
    check_corrected(Command.INTERVENE, dispatched().do("intervene", by="zhao").last, Role(role), "user:sun")


def test_what_happens_to_others_by_the_same_command_corrects_nothing_of_theirs():
    life, other = received(), received()
    context = life.context("user:wu", "intake_operator", "同一事项").correcting(2)
    merging.merge(life.incident, said("merge"), other.incident, [], context=context, at=life.now)
    assert [event.context.corrected_version for event in life.incident.collect_events()] == [2]
    assert [event.context.corrected_version for event in other.incident.collect_events()] == [None]


def test_the_jurisdiction_that_follows_from_a_transfer_corrects_nothing_itself():
    life = dispatched().do("offer_transfer")
    context = life.context("user:sun", "handler").correcting(2)
    transferring.accept(life.incident, said("accept_transfer"), "outline-1", context=context, at=life.now)
    corrected = {type(event).__name__: event.context.corrected_version for event in life.incident.collect_events()}
    assert corrected == {"TransferAccepted": 2, "JurisdictionDecided": None}
