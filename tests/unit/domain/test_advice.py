"""Handlers in an order, by duty, load, distance and experience, each with sentences that say why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from jiedao.domain.advice import HandlerRecord, Place, advise
from jiedao.domain.duty import AdviceWeights, DutyRules

NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
HERE = Place(120.165, 30.285)
RULES = DutyRules(
    weights=AdviceWeights(duty=40, load=30, distance=20, experience=10), full_load=4, far_m=1000.0, experienced=4
)
ZHANG = HandlerRecord(
    "user:zhang", "张伟", NOW + timedelta(hours=8), 1, 2, 2, Place(120.165, 30.285 + 500 / 111_194.93)
)


def ranked(*handlers, place=HERE, due_at=NOW + timedelta(hours=2)):
    return [one.handler.person for one in advise(handlers, place, due_at, NOW, RULES)]


def test_the_score_is_the_weighted_sum_and_each_part_says_why():
    (one,) = advise([ZHANG], HERE, NOW + timedelta(hours=2), NOW, RULES)
    values = {name: round(part.value, 3) for name, part in one.parts.items()}
    assert values == {"duty": 1.0, "load": 0.75, "distance": 0.5, "experience": 0.75}
    assert one.score == pytest.approx(0.4 + 0.3 * 0.75 + 0.2 * 0.5 + 0.1 * 0.75, abs=0.001)
    assert one.reasons == (
        "当班，距下班 8.0 小时", "在办任务 1 件", "最近一次任务地点距此 500 米", "处置过同小类 2 件、同大类其他 2 件",
    )  # fmt: skip


# Who comes first, all else being the same: by hand.
@pytest.mark.parametrize(
    "worse",
    [
        {"duty_ends_at": None},
        {"duty_ends_at": NOW},
        {"duty_ends_at": NOW + timedelta(hours=1)},
        {"open_tasks": 2},
        {"last_place": Place(120.165, 30.285 + 600 / 111_194.93)},
        {"same_class": 1},
        {"same_major": 1},
    ],
)
def test_each_part_by_itself_makes_the_difference(worse):
    other = replace(ZHANG, person="user:a", **worse)
    assert ranked(other, ZHANG) == ranked(ZHANG, other) == ["user:zhang", "user:a"]


def test_among_equals_it_is_who_has_less_open_then_the_name():
    full = replace(ZHANG, person="user:b", open_tasks=9)
    fuller = replace(ZHANG, person="user:a", open_tasks=10)
    assert ranked(fuller, full) == ["user:b", "user:a"]
    assert ranked(replace(ZHANG, person="user:c"), replace(ZHANG, person="user:b")) == ["user:b", "user:c"]


def test_what_is_not_known_counts_neither_for_nor_against_and_says_so():
    new = HandlerRecord("user:new", None, None)
    (one,) = advise([new], HERE, None, NOW, RULES)
    assert one.parts["distance"].value == 0.5
    assert one.reasons == ("当前不当班", "无在办任务", "无最近处置地点，距离无从比较", "未处置过同类事件")
    (placeless,) = advise([ZHANG], None, None, NOW, RULES)
    assert placeless.parts["distance"].reason == "事件无坐标，距离无从比较"


def test_a_shift_that_ends_before_the_deadline_says_so():
    leaving = replace(ZHANG, duty_ends_at=NOW + timedelta(hours=1))
    (one,) = advise([leaving], HERE, NOW + timedelta(hours=2), NOW, RULES)
    assert (one.parts["duty"].value, one.parts["duty"].reason) == (0.75, "当班，距下班 1.0 小时，早于处置期限")
    (overdue,) = advise([leaving], HERE, NOW - timedelta(hours=2), NOW, RULES)
    assert overdue.parts["duty"].value == 1.0
