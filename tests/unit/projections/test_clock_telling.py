"""What clocks come to is told in Chinese, with the clock, the task and the limit; nothing of it is left out."""

from __future__ import annotations

import pytest

from jiedao.domain.clock_events import (
    ClockApproaching,
    ClockEscalated,
    ClockOverdue,
    DeadlineRecalculated,
    made,
)
from projections.telling import TELLINGS
from tests.clock_samples import minutes
from tests.workflow_samples import Life


def event(kind, **changes):
    fields = {
        "clock": "handle", "task_id": "T2", "part": "", "time_limit": "4工作时", "since": minutes(0),
        "due_at": minutes(240), "provisional": False, "rules": "rules-1",
    }  # fmt: skip
    context = Life.context("system:clock", "administrator")
    return made(kind, context.correlation_id, 7, context=context, at=minutes(240), **{**fields, **changes})


@pytest.mark.parametrize(
    ("told", "label", "sentence"),
    [
        (event(ClockApproaching), "即将到期", "任务 T2 处置时限即将到期：时限 4工作时"),
        (event(ClockOverdue), "已超期", "任务 T2 处置时限已超期：时限 4工作时"),
        (event(ClockOverdue, clock="admit", task_id="", time_limit="1小时"), "已超期", "受理时限已超期：时限 1小时"),
        (event(ClockEscalated, part="停工"), "超期上报督办", "任务 T2 处置时限（停工）超期上报督办：时限 4工作时"),
        (
            event(ClockOverdue, clock="total", task_id="", provisional=True),
            "已超期",
            "总时限已超期：时限 4工作时（期限暂定，所跨年份的节假日安排尚未公布）",
        ),
    ],
)
def test_a_clock_is_told_in_one_sentence(told, label, sentence):
    telling = TELLINGS[type(told).TOPIC]
    assert (telling.label, telling.sentence(told)) == (label, sentence)
    assert telling.inputs(told) == {
        name: getattr(told, name)
        for name in ("clock", "task_id", "part", "time_limit", "since", "due_at", "provisional", "rules")
    }


def test_a_deadline_that_was_recalculated_is_told_with_what_it_was():
    context = Life.context("system:clock", "administrator")
    told = made(
        DeadlineRecalculated, context.correlation_id, 4, context=context, at=minutes(1), time_limit="1工作日",
        before=minutes(480), due_at=minutes(900), provisional=False, rules="rules-2",
    )  # fmt: skip
    telling = TELLINGS[type(told).TOPIC]
    assert (telling.label, telling.sentence(told)) == ("期限重算", "节假日安排公布后重算期限：时限 1工作日")
    assert telling.inputs(told)["before"] == minutes(480)
