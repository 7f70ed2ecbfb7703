"""``jiedao roster``: who is on duty when (值班表)."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import click

from jiedao.application.duty_desk import PLANNERS
from jiedao.application.roster_file import read_roster
from jiedao.domain.access import Holder
from jiedao.domain.terms import Role
from jiedao.entrypoints.cli.listing import Listed
from jiedao.entrypoints.cli.opening import console_actor, opened, opened_for_reading
from jiedao.entrypoints.cli.options import DISTRICT, json_output, with_settings
from jiedao.entrypoints.cli.output import answer, facts, line, local, table
from jiedao.entrypoints.cli.paging import all_pages, paged
from jiedao.entrypoints.cli.words import read_moment, read_street, read_term
from jiedao.entrypoints.duty_answers import roster_page
from jiedao.entrypoints.http.duty_models import PlannedAnswer
from jiedao.entrypoints.settings import Settings
from projections.answers import Page
from projections.duty import DutyQueries
from projections.roster_shift import RosterQuestion, ShiftRow

_COLUMNS = ("开始 from", "结束 until", "姓名 name", "角色 role", "街道 street", "平台 platform", "人员 person")


@click.group(cls=Listed)
def roster() -> None:
    """值班表 Who is on duty when, in which role, for which street and platform."""


@roster.command()
@click.option("--at", help="时点 At which moment; without zone the district's time. Now.")
@click.option("--street", help="街道 Only one street, by code, name or alias.")
@click.option("--role", help="角色 Only one role, by code or in Chinese.")
@paged
@json_output
@with_settings(*DISTRICT)
def show(  # noqa: PLR0913  # one parameter per option
    settings: Settings,
    at: str | None,
    street: str | None,
    role: str | None,
    limit: int,
    cursor: str | None,
    *,
    every: bool,
) -> None:
    """查看值班 Show who is on duty at a moment."""
    with opened_for_reading(settings) as district:
        profile, zone = district.profile, ZoneInfo(district.profile.timezone)
        question = RosterQuestion(
            at=read_moment(at, zone) if at is not None else district.clock.now(),
            street=read_street(street, profile) if street is not None else None,
            role=read_term(Role, role, "role").value if role is not None else None,
        )
        queries = DutyQueries(district.read)

        def ask(after: str | None, size: int) -> Page[ShiftRow]:
            return queries.roster(question, after, size)

        document = roster_page(all_pages(ask) if every else ask(cursor, limit), question.at, profile)
        rows = [
            (
                local(one.starts_at, zone), local(one.ends_at, zone), one.name, one.role_label,
                one.street_name or "区级", one.platform_label or "全部", one.person,
            )
            for one in document.items
        ]  # fmt: skip
        shown = f"{len(rows)} shown, as of position {document.position}"
        more = f"; more follow: --cursor {document.next_cursor}, or --all" if document.next_cursor else ""
        answer(
            document,
            lambda: table(f"值班 on duty {local(question.at, zone)}", _COLUMNS, rows),
            lambda: line(shown + more, style="dim"),
        )


@roster.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--reason", default="", help="理由 Why a planned day is changed.")
@click.option(
    "--role",
    type=click.Choice([role.value for role in PLANNERS]),
    default=PLANNERS[0].value,
    show_default=True,
    help="角色 The role in which you act; it is recorded.",
)
@json_output
@with_settings(*DISTRICT)
def import_(settings: Settings, file: Path, reason: str, role: str) -> None:
    """导入值班表 Plan the days that a CSV FILE names, each whole, all of them or none.

    Its columns are date,start,end,person,name,role,street,platform; an end that is not after the start is of the next
    day, an empty street is the district's, an empty platform all. A day that stands so already stays.
    """
    actor = Holder("", console_actor().holder, Role(role))
    with opened(settings) as district:
        planned = district.duty.plan(read_roster(file.read_bytes(), district.profile), actor, reason)
    answer(
        PlannedAnswer.model_validate(planned),
        lambda: facts(
            (
                ("新排 new", "、".join(map(str, planned.new))),
                ("变更 changed", "、".join(map(str, planned.changed))),
                ("未变 unchanged", "、".join(map(str, planned.unchanged))),
                ("位置 position", planned.position),
            )
        ),
    )
