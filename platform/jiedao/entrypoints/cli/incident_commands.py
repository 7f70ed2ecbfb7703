"""``jiedao incident COMMAND``: one command of the workflow each, with an option for everything that it says.

They are made from the workflow's table and the commands' own classes, so there is nothing to keep in step by hand.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, Field, fields
from uuid import uuid4

import click

from jiedao.application.command_answers import CommandAnswer, CommandRequest
from jiedao.domain.access import Holder
from jiedao.domain.carrying_out import CommandRefusedError
from jiedao.domain.commands import DETAILS
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.tasks import Assignee
from jiedao.domain.terms import Command, IncidentState, Role, Term
from jiedao.domain.workflow import rule_of
from jiedao.entrypoints.cli.opening import console_actor, opened
from jiedao.entrypoints.cli.options import DISTRICT, json_output, with_settings
from jiedao.entrypoints.cli.output import answer, facts, note
from jiedao.entrypoints.cli.party_options import KINDS, Option, party_options, put_together, read_party, word_option
from jiedao.entrypoints.cli.words import read_incident, read_street
from jiedao.entrypoints.command_bodies import check_photos, read_details
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
    "condition_met": "确认符合结案条件 Whether the class's closing condition is met; needed where it names one.",
    "text": "内容 What the reporter was told; of a correction, what is wrong and how it is in truth.",
    "resolved": "是否解决 Whether it is resolved; leave it out where nobody was reached.",
    "satisfied": "是否满意 Whether the reporter is satisfied; leave it out where nobody was reached.",
    "approved_by": "批准人 Who approved it.",
    "who": "干预人 Who leaned on the case.",
    "what": "干预情况 How.",
    "lead": "牵头方 Who leads.",
    "others": "配合方 Who else has a task in it; may be repeated.",
    "length": "延期时长 How much more time, such as 2工作日.",
    "answer_within": "答复期限 How long they have to answer, such as 1工作日.",
    "into": "并入事件 The incident that it joins: its id, or SOURCE:EXTERNAL_ID.",
    "with_merged": "连同已并入的事件 Whether what had joined it goes along.",
    "whom": "通报对象 Who was told.",
    "content": "通报内容 What they were told.",
    "assessment": "考核项 Against which assessment.",
    "granted": "是否同意 Whether it is granted.",
    "ground": "保全事由 On which ground it is to be kept.",
    "reference": "案号 The file number of the reconsideration, the lawsuit or the order.",
}


def commands() -> Iterator[click.Command]:
    """Make the command of each row of the workflow's table."""
    return map(_make, Command)


def _make(command: Command) -> click.Command:
    rule = rule_of(command)

    @with_settings(*DISTRICT)
    def run(  # noqa: PLR0913  # one parameter per option
        settings: Settings,
        incident: str,
        role: str,
        version: int | None,
        corrects: int | None,
        key: str | None,
        **given: object,
    ) -> None:
        actor = Holder("", console_actor().holder, Role(role))
        with opened(settings) as district:
            said = {name: value for name, value in given.items() if value not in {None, ()}}
            content = _content(DETAILS[command], said, district.profile)
            incident_id = read_incident(incident, district.profile)
            details = read_details(command, content)
            check_photos(details, district.files)
            request = CommandRequest(incident_id, command, details, key or str(uuid4()), version, corrects)
            try:
                done = district.commands.carry_out(request, actor)
            except CommandRefusedError as refusal:
                allowed = ", ".join(f"{one.label} {one.value}" for one in refusal.allowed) or "nothing"
                note(f"{actor.role.label} {actor.role.value} may: {allowed}")
                raise
        answer(done, lambda: facts(_facts(done)))

    options = [*_options(DETAILS[command]), *_shared(rule.roles, must_correct=command is Command.CORRECT)]
    for option in reversed(options):
        run = option(run)
    run = click.argument("incident")(json_output(run))
    line = f"{command.label} {rule.note}".strip()
    text = f"{line}\n\nINCIDENT is its id, or SOURCE:EXTERNAL_ID."
    return click.command(command.value.replace("_", "-"), help=text, short_help=line)(run)


def _content(kind: type, said: dict[str, object], profile: DistrictProfile) -> dict[str, object]:
    """What a command says, from its options: streets and incidents by name, parties put together."""
    if isinstance(street := said.get("street_code"), str):
        said["street_code"] = read_street(street, profile)
    if isinstance(into := said.get("into"), str):
        said["into"] = str(read_incident(into, profile))
    if isinstance(lead := said.get("lead"), str):
        said["lead"] = read_party(lead, profile)
    if isinstance(others := said.get("others"), tuple):
        said["others"] = [read_party(one, profile) for one in others]
    parties = [name for name, hint in typing.get_type_hints(kind).items() if hint in KINDS and name != "lead"]
    for field in parties:
        said = put_together(said, field, profile)
    return {name: list(value) if isinstance(value, tuple) else value for name, value in said.items()}


def _shared(roles: Sequence[Role], *, must_correct: bool) -> Iterator[Option]:
    yield click.option(
        "--role",
        type=click.Choice([role.value for role in Role if role is not Role.INTEGRATOR]),
        default=roles[0].value,
        show_default=True,
        help="角色 The role in which you act; it is recorded.",
    )
    yield click.option("--version", type=int, help="版本 The incident's version that you saw.")
    yield click.option(
        "--corrects",
        type=int,
        required=must_correct,
        help="更正 Which event of the incident it puts right, by its number in `jiedao incident history` (第几条记录).",
    )
    yield click.option("--key", help="幂等键 The same key with the same content is done once.")


def _options(kind: type) -> Iterator[Option]:
    hints = typing.get_type_hints(kind)
    for field in fields(kind):
        hint = hints[field.name]
        if field.name == "lead" or hint == tuple[Assignee, ...]:
            yield word_option(field.name, _MEANINGS[field.name], many=field.name != "lead")
        elif hint in KINDS:
            yield from party_options(hint)
        else:
            yield _option(field, hint)


def _option(field: Field[object], hint: object) -> Option:
    """Make the option of one field; what has no default is required."""
    name = field.name.replace("_", "-")
    required = field.default is MISSING
    meaning = _MEANINGS[field.name]
    kinds = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    if bool in kinds:
        return click.option(
            f"--{name}/--not-{name}", field.name, default=None, required=required and len(kinds) == 1, help=meaning
        )
    if isinstance(hint, type) and issubclass(hint, Term):
        choice = click.Choice([term.value for term in hint])
        return click.option(f"--{name}", field.name, type=choice, required=required, help=meaning)
    many = typing.get_origin(hint) is tuple
    return click.option(f"--{name}", field.name, multiple=many, required=required and not many, help=meaning)


def _facts(done: CommandAnswer) -> Iterator[tuple[str, object]]:
    yield "编号 id", done.incident_id
    yield "状态 state", f"{IncidentState(done.state).label} {done.state}"
    yield "版本 version", done.version
    yield "位置 position", done.position
    allowed = "、".join(f"{Command(one).label} {one}" for one in done.allowed)
    yield "接下来可 next", allowed or "—"
