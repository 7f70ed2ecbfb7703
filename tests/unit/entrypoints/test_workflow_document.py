"""docs/workflow.md is what the workflow's table says, and its diagrams are Mermaid."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from jiedao.domain.commands import DETAILS
from jiedao.domain.terms import IncidentState, TaskState
from jiedao.domain.workflow import RULES
from jiedao.entrypoints.workflow_document import COMMAND, write_document
from jiedao.entrypoints.workflow_words import FIELDS

FILE = Path(__file__).parents[3] / "docs" / "workflow.md"

# One row of each kind, as a reader should find it.
ROWS = {
    "file": ["立案 `file`", "待立案 admitted", "值班长 shift_leader", "待派遣 filed", "", "自办 own"],
    "admit": ["受理 `admit`", "待受理 received", "受理员 intake_operator、值班长 shift_leader",
              "待立案 admitted（自办 own）；待派遣 filed（上级平台案件 upstream）", "", "全部 all"],
    "return": ["退回 `return`", "处置中 dispatched", "处置人员 handler、网格员 grid_worker", "不变 as it was",
               "待签收／已签收／处置中／待二次签收 → 已退回 returned", "全部 all"],
    "ask_extension": ["申请延期 `ask_extension`", "处置中 dispatched", "处置人员 handler、网格员 grid_worker", "不变 as it was",
                      "已签收／处置中／返工／待二次签收（不变 as it was）", "全部 all"],
    "accept_transfer": ["接收移送 `accept_transfer`", "移送中 transferring",
                        "派遣员 dispatcher、值班长 shift_leader、处置人员 handler",
                        ("待派遣 filed（街道接收 by a street）；处置中 dispatched（部门接收 by a department）；"
                         "已移送 transferred（自办 own，区外机关接收 by a body outside）"), "", "全部 all"],
    "unmerge": ["拆分 `unmerge`", "已并案 merged", "派遣员 dispatcher、值班长 shift_leader",
                "待判定 triage、待受理 received、待立案 admitted、待派遣 filed、处置中 dispatched（回到并案前 as it stood）",
                "", "自办 own"],
    "verify": ["核查 `verify`", "处置中 dispatched", "信息采集员 collector、值班长 shift_leader",
               "待结案 handled（全部任务核查通过 all tasks passed）", "待核查 → 核查通过 verified", "自办 own"],
    "resume": ["恢复 `resume`", "挂账 suspended", "值班长 shift_leader",
               "待派遣 filed、处置中 dispatched、待结案 handled（回到挂账前 as it stood）", "", "全部 all"],
    "intervene": ["干预留痕 `intervene`", "任何状态 any", "任何人 anybody", "不变 as it was", "", "全部 all"],
}  # fmt: skip

REQUIRED = {
    "admit": ("", "备注 `note`"),
    "report_handled": ("任务编号 `task_id`、处置结果 `result`", "处置前照片 `before`、处置后照片 `after`"),
    "suspend": ("理由 `reason`、批准人 `approved_by`", ""),
    "revisit": ("", "是否解决 `resolved`（可为 null）、是否满意 `satisfied`（可为 null）、备注 `note`"),
}

STATE = re.compile(r'    state "[^":;]+" as (\w+)')
ARROW = re.compile(r"    (\[\*\]|\w+) --> (\[\*\]|\w+)(?: : [^:;%#\n]+)?")
RESERVED = {
    "state",
    "note",
    "end",
    "as",
    "direction",
    "class",
    "classDef",
    "click",
    "style",
    "hide",
    "scale",
    "default",
}


def diagrams():
    return re.findall(r"```mermaid\n(.*?)```", write_document(), re.DOTALL)


def rows(heading):
    section = write_document().split(f"## {heading}\n")[1].split("\n## ")[0]
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("| ")
    ][2:]


def test_the_document_in_the_repository_is_what_the_table_says():
    written = FILE.read_text(encoding="utf-8")
    assert written == write_document(), f"the workflow changed: run `{COMMAND}` and read what it changes"


def test_every_command_has_its_row_in_the_order_of_the_table():
    named = [f"{rule.command.label} `{rule.command.value}`" for rule in RULES]
    assert [row[0] for row in rows("命令 Commands")] == named


@pytest.mark.parametrize("command", ROWS)
def test_a_row_says_from_where_by_whom_and_where_to(command):
    row = next(row for row in rows("命令 Commands") if f"`{command}`" in row[0])
    assert row[:6] == ROWS[command]


@pytest.mark.parametrize("command", REQUIRED)
def test_what_a_command_says_is_told_with_what_may_be_left_out(command):
    row = next(row for row in rows("命令内容 What each command says") if row[0].endswith(f" {command}"))
    assert tuple(row[1:]) == REQUIRED[command]


def test_every_field_of_a_command_has_its_chinese_word_and_no_other_has():
    assert set(FIELDS) == {field.name for kind in DETAILS.values() for field in fields(kind)}


def test_the_states_of_incidents_and_tasks_are_all_told():
    assert [row[0] for row in rows("事件状态 States of an incident")] == [state.label for state in IncidentState]
    assert [row[0] for row in rows("任务状态 States of a task")] == [state.label for state in TaskState]


def test_there_is_a_diagram_for_each_lifecycle_and_one_for_tasks():
    own, upstream, tasks = diagrams()
    assert "admitted --> filed : 立案 file" in own
    assert "received --> filed : 受理 admit" in upstream
    assert "handled --> rework : 核查 verify（不通过）" in tasks


@pytest.mark.parametrize("diagram", diagrams(), ids=["own", "upstream", "tasks"])
def test_a_diagram_is_mermaid(diagram):
    kind, *lines = diagram.splitlines()
    assert kind == "stateDiagram-v2"
    declared = [found[1] for line in lines if (found := STATE.fullmatch(line))]
    arrows = [found.groups() for line in lines if (found := ARROW.fullmatch(line))]
    assert len(declared) + len(arrows) == len(lines)
    assert len(set(declared)) == len(declared)
    assert len(set(arrows)) == len(arrows)
    assert {end for arrow in arrows for end in arrow} - {"[*]"} == set(declared)
    assert not RESERVED & set(declared)
