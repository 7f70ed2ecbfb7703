"""A component goes to the unit that maintains it, and to others when somebody says why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jiedao.domain.carrying_out import CommandRefusedError
from jiedao.domain.maintaining import maintaining_unit
from jiedao.domain.tasks import Assignee
from tests.workflow_samples import CLASS, ENFORCEMENT, GREENING, filed

LID = replace(CLASS, class_code="C0102", class_name="污水井盖", department="排水设施养护单位")
DRAINS = Assignee("unit", "排水设施养护单位")


def lid(**changes):
    life = filed()
    life.incident.decide_class(replace(LID, **changes), context=life.context("user:li", "dispatcher"), at=life.now)
    return life._kept()


def test_of_a_component_the_department_of_its_class_is_the_unit_that_maintains_it():
    assert maintaining_unit("C0102", None, "排水设施养护单位") == "排水设施养护单位"
    nobody = (("E0101", "甲", "城管"), (None, "甲", "城管"), ("C0102", None, None), ("C0102", "", ""))
    assert [maintaining_unit(*one) for one in nobody] == [None] * 4


def test_where_the_class_table_names_a_unit_beside_the_department_it_is_that_one():
    life = lid(department="区城市管理局", maintaining_unit="排水设施养护单位")
    with pytest.raises(CommandRefusedError, match="部件由排水设施养护单位养护"):
        life.do("dispatch", assignee=Assignee("department", "区城市管理局"))
    assert life.do("dispatch", assignee=DRAINS).tasks == {"T1": "dispatched"}


def test_it_is_dispatched_to_its_unit_without_further_words():
    assert lid().do("dispatch", assignee=DRAINS).tasks == {"T1": "dispatched"}


def test_others_get_it_with_a_reason_which_is_recorded_and_are_refused_without():
    life = lid()
    with pytest.raises(CommandRefusedError, match="部件由排水设施养护单位养护"):
        life.do("dispatch")
    assert life.do("dispatch", reason="权属不明，先行围护").last.context.reason == "权属不明，先行围护"


def test_a_joint_operation_has_the_unit_in_it_or_a_reason():
    life = lid()
    with pytest.raises(CommandRefusedError, match="须说明理由"):
        life.do("joint_operation")
    life.do("joint_operation", lead=ENFORCEMENT, others=(DRAINS,))


@pytest.mark.parametrize("before", [("accept",), ("return",)])
def test_once_the_unit_has_it_or_gave_it_back_others_may_have_a_task_too(before):
    life = lid().do("dispatch", assignee=DRAINS).task("T1", *before)
    assert life.do("dispatch", assignee=GREENING).tasks["T2"] == "dispatched"


def test_a_component_of_which_nobody_is_named_and_an_event_go_anywhere():
    for life in (lid(department=None), lid(class_code="E0102")):
        assert life.do("dispatch").state == "dispatched"
