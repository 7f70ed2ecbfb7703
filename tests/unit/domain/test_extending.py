"""More time: asked for in time, within the rule of the class, decided by somebody else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jiedao.domain import extending
from jiedao.domain.carrying_out import CommandRefusedError, may, refusing
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.extension_rules import ExtensionRule, ExtensionRules
from jiedao.domain.terms import Command, Role
from tests.workflow_samples import DUE, MORNING, dispatched, filed, said

ONCE = ExtensionRule(1, "2工作日", Role.SHIFT_LEADER)
BY_SUPERVISOR = ExtensionRule(2, "5工作日", Role.SUPERVISOR)
NEVER = ExtensionRule(0, "", Role.SHIFT_LEADER)


def accepted(lifecycle="own"):
    return dispatched(lifecycle).do("accept")


def ask(life, rule=ONCE, length="2工作日", at=None, task_id="T1", by="sun", due=DUE):
    context = life.context(f"user:{by}", "handler", "需跨夜施工")
    details = said("ask_extension", length=length, task_id=task_id)
    with refusing(life.incident, Role.HANDLER, context.actor):
        extending.ask(life.incident, details, rule, due, context=context, at=at or life.now)
    return life._kept()  # as every other command of a life is kept


def test_granted_the_deadline_is_the_later_one_and_the_length_is_kept():
    life = ask(accepted()).do("grant_extension")
    progress = life.incident.progress
    assert (progress.extensions, life.last.due_at) == (("2工作日",), DUE + timedelta(days=2))
    assert progress.tasks["T1"].asked is None
    assert life.rebuilt().progress.extensions == ("2工作日",)


def test_denied_the_deadline_stays_and_it_can_be_asked_again():
    life = ask(accepted()).do("deny_extension")
    assert life.incident.progress.extensions == ()
    ask(life)


def test_it_is_asked_for_before_the_deadline():
    ask(accepted(), at=DUE - timedelta(microseconds=1))
    with pytest.raises(CommandRefusedError, match="到期前"):
        ask(accepted(), at=DUE)


def test_what_was_extended_can_be_asked_for_until_the_new_deadline():
    life = ask(accepted(), BY_SUPERVISOR).do("grant_extension", role="supervisor")
    ask(life, BY_SUPERVISOR, at=DUE + timedelta(days=1), due=life.events[-1].due_at)


def test_no_more_often_than_the_class_allows():
    life = ask(accepted()).do("grant_extension")
    with pytest.raises(CommandRefusedError, match="最多延期 1 次"):
        ask(life)


def test_what_waits_for_an_answer_counts_too_and_each_task_asks_once():
    life = ask(accepted().do("dispatch").do("accept", task_id="T2"))
    with pytest.raises(CommandRefusedError, match="最多延期 1 次"):
        ask(life, task_id="T2")
    with pytest.raises(CommandRefusedError, match="尚未答复"):
        ask(life, BY_SUPERVISOR)
    ask(life, BY_SUPERVISOR, task_id="T2")
    assert Command.ASK_EXTENSION not in may(life.incident, Role.HANDLER)


def test_no_longer_than_the_class_allows():
    for length in ("3工作日", "17工作时"):
        with pytest.raises(CommandRefusedError, match="每次最多延期 2工作日"):
            ask(accepted(), length=length)
    ask(accepted(), length="16工作时")


@pytest.mark.parametrize("length", ["尽快", "0天", "停工4工作时/处罚7工作日", "再加2工作日"])
def test_a_length_is_one_length_of_time(length):
    with pytest.raises(InvalidInputError) as refusal:
        ask(accepted(), BY_SUPERVISOR, length)
    assert refusal.value.pointer == "/length"


@pytest.mark.parametrize("rule", [None, NEVER])
def test_what_the_district_does_not_let_be_extended_is_not(rule):
    with pytest.raises(CommandRefusedError, match="不得延期"):
        ask(accepted(), rule)


def test_what_has_no_deadline_is_not_extended():
    with pytest.raises(CommandRefusedError, match="没有处置期限"):
        ask(accepted(), due=None)


def test_who_asked_does_not_decide():
    life = ask(accepted(), by="zhao")
    for command in ("grant_extension", "deny_extension"):
        with pytest.raises(CommandRefusedError, match="申请人不得自批") as refusal:
            life.do(command, "zhao")
        assert Command.GRANT_EXTENSION not in refusal.value.allowed
    life.do("grant_extension", "qian")


def test_the_class_says_who_decides_and_who_is_above_may_too():
    life = ask(accepted(), BY_SUPERVISOR)
    for command in ("grant_extension", "deny_extension"):
        with pytest.raises(CommandRefusedError, match="督办领导审批"):
            life.do(command, role="shift_leader")
    life.do("grant_extension", role="supervisor")
    ask(accepted()).do("grant_extension", role="supervisor")


def test_where_nobody_asked_nobody_decides():
    life = accepted()
    assert Command.GRANT_EXTENSION not in may(life.incident, Role.SHIFT_LEADER)
    with pytest.raises(CommandRefusedError, match="没有待答复"):
        life.do("grant_extension")
    ask(life).do("dispatch").do("accept", task_id="T2")
    with pytest.raises(CommandRefusedError, match="T2"):
        life.do("deny_extension", task_id="T2")


@pytest.mark.parametrize("onward", [("return",), ("reassign",), ("report_handled", "verify")])
def test_a_request_means_nothing_any_more_once_its_task_is_over(onward):
    life = ask(accepted()).do("dispatch").do("accept", task_id="T2").task("T1", *onward)
    assert Command.GRANT_EXTENSION not in may(life.incident, Role.SHIFT_LEADER)
    with pytest.raises(CommandRefusedError):
        life.do("grant_extension")
    ask(life, task_id="T2")  # and does not count


@pytest.mark.parametrize("answer", ["grant_extension", "deny_extension"])
def test_of_a_superior_platforms_case_more_time_is_only_asked_for(answer):
    life = ask(accepted("upstream"), None, "30天")
    with pytest.raises(CommandRefusedError, match="上级平台案件"):
        life.do(answer)


def test_what_is_taken_up_again_begins_without_extensions():
    life = ask(accepted()).do("grant_extension").task("T1", "report_handled", "verify").do("close").do("reopen")
    assert life.incident.progress.extensions == ()


def test_who_could_ask_now_is_told_by_the_same_rules():
    life, later = accepted(), DUE + timedelta(microseconds=1)
    assert extending.may_ask(life.incident, ONCE, DUE, MORNING)
    assert not extending.may_ask(life.incident, ONCE, DUE, DUE)
    assert extending.may_ask(life.incident, ONCE, later, DUE)
    assert not extending.may_ask(life.incident, ONCE, None, MORNING)
    for rule in (None, NEVER):
        assert not extending.may_ask(life.incident, rule, DUE, MORNING)
    assert not extending.may_ask(ask(life).incident, ONCE, DUE, MORNING)  # the one that the class allows waits
    assert extending.may_ask(accepted("upstream").incident, None, DUE, MORNING)


def test_a_class_has_its_own_row_or_that_of_all():
    rules = ExtensionRules(ONCE, {"G0101": BY_SUPERVISOR, "E0502": NEVER})
    assert [rules.of(code) for code in ("G0101", "E0502", "E0101", None)] == [BY_SUPERVISOR, NEVER, ONCE, ONCE]
    assert ExtensionRules().of("E0101") is None


def test_nothing_is_asked_for_before_the_task_was_accepted():
    for life in (filed(), dispatched()):
        assert Command.ASK_EXTENSION not in may(life.incident, Role.HANDLER)
