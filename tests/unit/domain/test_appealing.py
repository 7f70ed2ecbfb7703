"""An appeal needs two reviewers who agree; what was granted does not count, and stays as it happened."""

from __future__ import annotations

import pytest

from jiedao.domain.carrying_out import CommandRefusedError, may
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.terms import Assessment, Command, Role
from tests.workflow_samples import handled, received

# Who is assessed by what, as it is in the field.
ASSESSED = {
    "overtime": {"handler", "grid_worker"},
    "rework": {"handler", "grid_worker"},
    "wrong_dispatch": {"dispatcher"},
    "dissatisfaction": {"handler", "grid_worker"},
}


def closed():
    return handled().do("close")


@pytest.mark.parametrize("assessment", list(Assessment))
@pytest.mark.parametrize("role", ["handler", "grid_worker", "dispatcher"])
def test_who_is_assessed_by_something_appeals_against_it(assessment, role):
    life = closed()
    if role in ASSESSED[assessment.value]:
        assert life.do("appeal", role=role, assessment=assessment).incident.progress.appeals[assessment].pending
    else:
        with pytest.raises(CommandRefusedError, match=assessment.label):
            life.do("appeal", role=role, assessment=assessment)


def test_two_who_grant_make_an_exemption_and_the_case_stays_closed():
    life = closed().do("appeal", "sun").do("review_appeal", "zhao")
    assert life.incident.progress.exemptions == ()
    life.do("review_appeal", "qian", "shift_leader")
    assert (life.incident.progress.exemptions, life.state) == (("overtime",), "closed")
    assert life.rebuilt().progress.exemptions == ("overtime",)


@pytest.mark.parametrize("answers", [[False], [True, False]])
def test_the_first_who_does_not_grant_it_ends_it(answers):
    life = closed().do("appeal", "sun")
    for reviewer, granted in zip(("zhao", "qian"), answers, strict=False):
        life.do("review_appeal", reviewer, granted=granted, note="证据不足")
    assert life.incident.progress.exemptions == ()
    assert not life.incident.progress.appeals["overtime"].pending
    with pytest.raises(CommandRefusedError, match="没有待复核"):
        life.do("review_appeal", "li")


def test_neither_the_asker_nor_the_same_person_twice():
    life = closed().do("appeal", "sun")
    with pytest.raises(CommandRefusedError, match="申诉人不得"):
        life.do("review_appeal", "sun")
    life.do("review_appeal", "zhao")
    for role in ("supervisor", "shift_leader"):
        with pytest.raises(CommandRefusedError, match="不同的人") as refusal:
            life.do("review_appeal", "zhao", role)
        assert Command.REVIEW_APPEAL not in refusal.value.allowed


def test_once_for_each_assessment_also_when_it_was_denied_or_taken_up_again():
    life = closed().do("appeal").do("review_appeal", granted=False, note="证据不足")
    with pytest.raises(CommandRefusedError, match="已申诉过"):
        life.do("appeal")
    life.do("reopen").do("file").do("dispatch").task("T2", "accept", "report_handled", "verify").do("close")
    with pytest.raises(CommandRefusedError, match="已申诉过"):
        life.do("appeal")
    life.do("appeal", assessment=Assessment.REWORK).do("appeal", assessment=Assessment.DISSATISFACTION)
    assert Command.APPEAL not in may(life.incident, Role.HANDLER)
    assert Command.APPEAL in may(life.incident, Role.DISPATCHER)


def test_an_exemption_stays_when_the_case_is_taken_up_again():
    life = closed().do("appeal", "sun").do("review_appeal", "zhao").do("review_appeal", "qian").do("reopen")
    assert life.incident.progress.exemptions == ("overtime",)


@pytest.mark.parametrize("granted", [True, False])
def test_what_is_pending_when_the_case_is_taken_up_again_is_reviewed_all_the_same(granted):
    life = closed().do("appeal", "sun").do("review_appeal", "zhao").do("reopen")
    assert Command.REVIEW_APPEAL in may(life.incident, Role.SUPERVISOR, "user:qian")
    assert Command.REVIEW_APPEAL not in may(life.incident, Role.SUPERVISOR, "user:zhao")
    life.do("file").do("dispatch", by="li").do("review_appeal", "qian", granted=granted, note="证据不足")
    assert (life.incident.progress.exemptions, life.state) == (("overtime",) if granted else (), "dispatched")
    assert Command.REVIEW_APPEAL not in may(life.incident, Role.SUPERVISOR)


def test_whoever_does_not_grant_it_says_why():
    with pytest.raises(InvalidInputError) as refusal:
        closed().do("appeal").do("review_appeal", granted=False, note=" ")
    assert refusal.value.pointer == "/note"


def test_nothing_is_appealed_against_before_the_case_is_closed():
    for life in (received(), handled()):
        with pytest.raises(CommandRefusedError):
            life.do("appeal")
