"""``jiedao workflow``: who may do what with an incident, from which state, leading where (流程)."""

from __future__ import annotations

import click

from jiedao.domain.terms import IncidentState, Role, TaskState, Term
from jiedao.domain.workflow import ENDED, RULES, Rule
from jiedao.entrypoints.cli.listing import Listed
from jiedao.entrypoints.cli.options import json_output, with_settings
from jiedao.entrypoints.cli.output import answer, as_json, line, table
from jiedao.entrypoints.settings import Settings
from jiedao.entrypoints.workflow_document import ALWAYS, COMMAND, write_document
from jiedao.entrypoints.workflow_steps import incident_steps
from jiedao.entrypoints.workflow_words import (
    fields_of,
    label,
    leads_to,
    lifecycle_of,
    roles_of,
    states_of,
    task_of,
    word,
    words,
)

_COLUMNS = ("命令 command", "由何状态 from", "何人 by", "转为 becomes", "任务 task", "案件 cases", "须填", "说明 notes")


@click.group(cls=Listed)
def workflow() -> None:
    """流程 Who may do what with an incident, from which state."""


@workflow.command()
@click.option("--markdown", is_flag=True, help="以文档输出 Print the document docs/workflow.md, with its diagrams.")
@json_output
@with_settings()
def show(_settings: Settings, *, markdown: bool) -> None:
    """查看流程 Show the one table of the workflow: commands, states, roles, and where each leads.

    It is the table that the platform itself obeys; nothing else decides who may do what.
    """
    if markdown and as_json():
        raise click.UsageError("--markdown and --json are two different documents: ask for one of them")
    if markdown:
        click.echo(write_document(), nl=False)
        return
    answer(
        {
            "commands": [_command(rule) for rule in RULES],
            "states": [{"ended": state in ENDED} | _term(state) for state in IncidentState],
            "task_states": [_term(state) for state in TaskState],
            "roles": [_term(role) for role in Role],
        },
        lambda: table("事件流程 workflow", _COLUMNS, map(_row, RULES)),
        lambda: line(f"状态 states: {words(IncidentState)}"),
        lambda: line(f"角色 roles: {words(Role)}"),
        lambda: line(f"{COMMAND}: the same as a document, with diagrams", style="dim"),
    )


def _row(rule: Rule) -> tuple[str, ...]:
    """Say a rule in Chinese alone, so that a terminal holds it whole; the lines below the table give the English."""
    notes = " ".join(filter(None, (ALWAYS if rule.always else "", rule.note)))
    parts = (part(rule, label) for part in (states_of, roles_of, leads_to, task_of, lifecycle_of))
    return (word(rule.command), *parts, "、".join(one.label for one in fields_of(rule.command) if one.required), notes)


def _command(rule: Rule) -> dict[str, object]:
    return _term(rule.command) | {
        "states": rule.states,
        "roles": rule.roles,
        "lifecycles": rule.lifecycles,
        "leads_to": {
            lifecycle.value: list(
                dict.fromkeys(step.end for step in incident_steps(lifecycle) if step.command is rule.command)
            )
            for lifecycle in rule.lifecycles
        },
        "task_from": rule.task_from,
        "task_to": rule.task_to,
        "always": rule.always,
        "note": rule.note,
        "fields": fields_of(rule.command),
    }


def _term(term: Term) -> dict[str, object]:
    return {"code": term.value, "label": term.label}
