"""``jiedao incident COMMAND``: one command of the workflow each, with an option for everything that it says.

They are made from the workflow's table and the commands' own classes, so there is nothing to keep in step by hand.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterator, Sequence
from dataclasses import MISSING, Field, fields
from uuid import uuid4

import click

from jiedao.application.command_desk import CommandAnswer, CommandRequest
from jiedao.domain.access import Holder
from jiedao.domain.carrying_out import CommandRefusedError
from jiedao.domain.commands import DETAILS
from jiedao.domain.tasks import Assignee
from jiedao.domain.terms import AssigneeKind, Command, IncidentState, Platform, Role
from jiedao.domain.workflow import rule_of
from jiedao.entrypoints.cli.opening import console_actor, opened
from jiedao.entrypoints.cli.options import DISTRICT, json_output, with_settings
from jiedao.entrypoints.cli.output import answer, facts, note
from jiedao.entrypoints.cli.words import read_incident, read_street
from jiedao.entrypoints.command_bodies import read_details
from jiedao.entrypoints.settings import Settings

_MEANINGS = {
    "note": "备注 A remark.",
    "reason": "理由 Why.",
    "street_code": "街道 The street, by code, name or alias.",
    "class_code": "分类编码 The class, by the district's own code.",
    "found": "是否属实 Whether there is on site what was reported.",
    "photos": "照片 A photo, by its content hash; may be repeated.",
    "result": "处置结果 What was done.",
    "task_id": "任务 The task, such as T1.",
    "before": "处置前照片 A photo of before, by its content hash; may be repeated.",
    "after": "处置后照片 A photo of after, by its content hash; may be repeated.",
    "passed": "是否通过 Whether what was done passes.",
    "text": "答复内容 What the reporter was told.",
    "resolved": "是否解决 Whether it is resolved; leave it out where nobody was reached.",
    "satisfied": "是否满意 Whether the reporter is satisfied; leave it out where nobody was reached.",
    "approved_by": "批准人 Who approved it.",
    "who": "干预人 Who leaned on the case.",
    "what": "干预情况 How.",
}
_ASSIGNEE = "assignee"


def commands() -> Iterator[click.Command]:
    """Make the command of each row of the workflow's table."""
    return map(_make, Command)


def _make(command: Command) -> click.Command:
    rule = rule_of(command)

    @with_settings(*DISTRICT)
    def run(
        settings: Settings, incident: str, role: str, version: int | None, key: str | None, **given: object
    ) -> None:
        actor = Holder("", console_actor().holder, Role(role))
        with opened(settings) as district:
            said = {name: value for name, value in given.items() if value not in {None, ()}}
            if isinstance(street := said.get("street_code"), str):
                said["street_code"] = read_street(street, district.profile)
            content = _nested(
                {name: list(value) if isinstance(value, tuple) else value for name, value in said.items()}
            )
            incident_id = read_incident(incident, district.profile)
            request = CommandRequest(incident_id, command, read_details(command, content), key or str(uuid4()), version)
            try:
                done = district.commands.carry_out(request, actor)
            except CommandRefusedError as refusal:
                allowed = ", ".join(f"{one.label} {one.value}" for one in refusal.allowed) or "nothing"
                note(f"{actor.role.label} {actor.role.value} may: {allowed}")
                raise
        answer(done, lambda: facts(_facts(done)))

    options = [*_options(DETAILS[command]), *_shared(rule.roles)]
    for option in reversed(options):
        run = option(run)
    run = click.argument("incident")(json_output(run))
    line = f"{command.label} {rule.note}".strip()
    text = f"{line}\n\nINCIDENT is its id, or SOURCE:EXTERNAL_ID."
    return click.command(command.value.replace("_", "-"), help=text, short_help=line)(run)


_Option = Callable[[Callable[..., None]], Callable[..., None]]


def _shared(roles: Sequence[Role]) -> Iterator[_Option]:
    yield click.option(
        "--role",
        type=click.Choice([role.value for role in Role if role is not Role.INTEGRATOR]),
        default=roles[0].value,
        show_default=True,
        help="角色 The role in which you act; it is recorded.",
    )
    yield click.option("--version", type=int, help="版本 The incident's version that you saw.")
    yield click.option("--key", help="幂等键 The same key with the same content is done once.")


def _options(kind: type) -> Iterator[_Option]:
    hints = typing.get_type_hints(kind)
    for field in fields(kind):
        if hints[field.name] is Assignee:
            yield from _assignee()
        else:
            yield _option(field, hints[field.name])


def _option(field: Field[object], hint: object) -> _Option:
    """Make the option of one field; what has no default is required."""
    name = field.name.replace("_", "-")
    required = field.default is MISSING
    meaning = _MEANINGS[field.name]
    kinds = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    if bool in kinds:
        return click.option(
            f"--{name}/--not-{name}", field.name, default=None, required=required and len(kinds) == 1, help=meaning
        )
    many = typing.get_origin(hint) is tuple
    return click.option(f"--{name}", field.name, multiple=many, required=required and not many, help=meaning)


def _assignee() -> Iterator[_Option]:
    kinds = [kind.value for kind in AssigneeKind]
    yield click.option("--to", "assignee_name", required=True, help="承办方 Whom it is given to, as people call it.")
    yield click.option(
        "--kind", "assignee_kind", type=click.Choice(kinds), required=True, help="承办方类别 What that is."
    )
    yield click.option("--street", "street_code", help="承办街道 The street whose people work on it.")
    platforms = [platform.value for platform in Platform]
    yield click.option(
        "--platform", "assignee_platform", type=click.Choice(platforms), help="承办平台 The work platform."
    )


def _nested(said: dict[str, object]) -> dict[str, object]:
    """Put the options of an assignee together."""
    if "assignee_name" not in said:
        return said
    parts = {name: name.removeprefix("assignee_") for name in ("assignee_name", "assignee_kind", "assignee_platform")}
    parts["street_code"] = "street_code"
    assignee = {parts[name]: value for name, value in said.items() if name in parts}
    return {name: value for name, value in said.items() if name not in parts} | {_ASSIGNEE: assignee}


def _facts(done: CommandAnswer) -> Iterator[tuple[str, object]]:
    yield "编号 id", done.incident_id
    yield "状态 state", f"{IncidentState(done.state).label} {done.state}"
    yield "版本 version", done.version
    yield "位置 position", done.position
    allowed = "、".join(f"{Command(one).label} {one}" for one in done.allowed)
    yield "接下来可 next", allowed or "—"
