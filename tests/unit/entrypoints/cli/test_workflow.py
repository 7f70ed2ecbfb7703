"""`jiedao workflow show`: the table for people, for programs, and as a document."""

from __future__ import annotations

import json

from click.testing import CliRunner

from jiedao.domain.terms import Command, IncidentState, Role
from jiedao.entrypoints.cli.root import cli
from jiedao.entrypoints.workflow_document import write_document


def shown(*options):
    result = CliRunner().invoke(cli, ["workflow", "show", *options])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_people_see_every_command_state_and_role_with_the_english_beside():
    text = shown()
    for term in (*Command, *IncidentState, *Role):
        assert f"{term.label} {term.value}" in text
    verify = next(line for line in text.splitlines() if line.startswith("核查 verify "))
    for part in (
        "处置中",
        "信息采集员、值班长",
        "待结案",
        "待核查 → 核查通过",
        "任务编号、是否通过",
        "处置人不得核查自己的处置",
    ):
        assert part in verify


def test_programs_read_it_as_json():
    document = json.loads(shown("--json"))
    assert set(document) == {"commands", "states", "task_states", "roles"}
    by_code = {command["code"]: command for command in document["commands"]}
    assert by_code["admit"] == {
        "code": "admit",
        "label": "受理",
        "states": ["received"],
        "roles": ["intake_operator", "shift_leader"],
        "lifecycles": ["own", "upstream"],
        "leads_to": {"own": ["admitted"], "upstream": ["filed"]},
        "task_from": [],
        "task_to": None,
        "always": False,
        "note": by_code["admit"]["note"],
        "fields": [{"name": "note", "label": "备注", "required": False, "nullable": False}],
    }
    assert by_code["verify"]["task_from"] == ["handled"]
    assert by_code["verify"]["leads_to"] == {"own": ["handled"]}
    assert {"code": "void", "label": "作废", "ended": True} in document["states"]


def test_the_document_is_printed_as_it_stands_in_the_repository():
    assert shown("--markdown") == write_document()


def test_two_documents_at_once_are_a_wrong_call():
    result = CliRunner().invoke(cli, ["workflow", "show", "--markdown", "--json"])
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"]["code"] == "usage"
