"""Reconsideration, litigation, a legal hold: several at once, each by its ground and file number, in any state."""

from __future__ import annotations

import pytest

from jiedao.domain.carrying_out import CommandRefusedError, may
from jiedao.domain.terms import Command, HoldGround, Role
from tests.workflow_samples import handled, received

FIRST, SECOND = "（2026）浙0103行初12号", "（2026）浙01行终3号"


def held(life):
    return [(one.ground, one.reference) for one in life.incident.progress.holds]


def test_several_holds_go_on_beside_one_another_and_each_ends_by_itself():
    life = handled().do("close").do("hold", reference=FIRST).do("hold", reference=SECOND)
    life.do("hold", ground=HoldGround.RECONSIDERATION, reference="")
    assert held(life) == [("litigation", FIRST), ("litigation", SECOND), ("reconsideration", "")]
    life.do("release_hold", reference=SECOND).do("release_hold", ground=HoldGround.RECONSIDERATION)
    assert held(life) == [("litigation", FIRST)]
    assert life.rebuilt().progress == life.incident.progress
    assert life.do("release_hold").incident.progress.holds == ()


def test_a_hold_tells_who_placed_it_and_when_and_survives_a_reopening():
    life = handled().do("close").do("hold", "wang", reference=FIRST)
    (hold,) = life.incident.progress.holds
    assert (hold.placed_by, hold.since, hold.told) == ("user:wang", life.now, f"诉讼（{FIRST}）")
    assert life.do("reopen").incident.progress.holds == (hold,)


@pytest.mark.parametrize(
    ("given", "command", "said", "why"),
    [
        (["hold"], "hold", {}, "已处于诉讼"),
        (["hold"], "release_hold", {"ground": HoldGround.RECONSIDERATION}, "未处于行政复议"),
        (["hold"], "release_hold", {"reference": SECOND}, "未处于诉讼"),
    ],
)
def test_what_holds_is_not_placed_again_and_what_does_not_hold_is_not_ended(given, command, said, why):
    life = received()
    for one in given:
        life.do(one)
    with pytest.raises(CommandRefusedError, match=why):
        life.do(command, **said)


def test_of_several_on_one_ground_it_has_to_be_said_which_ends():
    life = received().do("hold", reference=FIRST).do("hold", reference=SECOND)
    with pytest.raises(CommandRefusedError, match=f"{FIRST}、{SECOND}"):
        life.do("release_hold")


def test_ending_a_hold_is_offered_only_where_there_is_one():
    life = received()
    assert Command.RELEASE_HOLD not in may(life.incident, Role.LEGAL_REVIEWER)
    assert Command.RELEASE_HOLD in may(life.do("hold").incident, Role.LEGAL_REVIEWER)
