"""What is wrong with a command's content is said in a sentence, with a pointer to where."""

from __future__ import annotations

import pytest

from jiedao.domain.errors import InvalidInputError
from jiedao.domain.terms import Command
from jiedao.entrypoints.command_bodies import read_details

ASSESSMENTS = "overtime 超时, rework 返工, wrong_dispatch 派遣错误, dissatisfaction 不满意"


@pytest.mark.parametrize(
    ("command", "content", "pointer", "sentence"),
    [
        ("return", {"task_id": "T1"}, "/reason", "reason is required"),
        ("dispatch", {"assignee": {"kind": "platform"}}, "/assignee/name", "name is required"),
        (
            "joint_operation",
            {"lead": {"kind": "department", "name": "甲"}, "others": [{"kind": "department"}]},
            "/others/0/name",
            "name is required",
        ),
        (
            "appeal",
            {"assessment": "nonsense", "reason": "x"},
            "/assessment",
            f"Invalid enum value 'nonsense'; it is one of {ASSESSMENTS}",
        ),
        ("verify", {"task_id": "T1", "passed": "yes"}, "/passed", "Expected `bool`, got `str`"),
        ("urge", {"remark": "x"}, "/remark", "urge takes note; it knows no 'remark'"),
    ],
)
def test_what_is_wrong_is_said_and_pointed_to(command, content, pointer, sentence):
    with pytest.raises(InvalidInputError) as told:
        read_details(Command(command), content)
    assert (told.value.pointer, str(told.value)) == (pointer, sentence)
