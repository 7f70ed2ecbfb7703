"""``jiedao incident duplicates`` and ``repeated``: what may be one happening, and what a person says of that (重复)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID
from zoneinfo import ZoneInfo

import click
from rich.console import Group, RenderableType

from jiedao.application.duplicate_desk import JUDGES
from jiedao.domain.access import Holder
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.terms import Role
from jiedao.entrypoints.cli.opening import console_actor, opened, opened_for_reading
from jiedao.entrypoints.cli.options import DISTRICT, json_output, with_settings
from jiedao.entrypoints.cli.output import answer, facts, line, local, table
from jiedao.entrypoints.cli.paging import all_pages, paged
from jiedao.entrypoints.cli.words import read_incident, read_moment, read_street
from jiedao.entrypoints.duplicate_answers import repeated_page, suggestions_answer, usual_span
from jiedao.entrypoints.http.duplicate_models import JudgedAnswer, MatterAnswer, RepeatedPage, SuggestionsAnswer
from jiedao.entrypoints.settings import Settings
from projections.answers import Page
from projections.duplicates import Matter, RepeatedQuestion

_ROLE = click.option(
    "--role",
    type=click.Choice([role.value for role in JUDGES]),
    default=JUDGES[0].value,
    show_default=True,
    help="角色 The role in which you act; it is recorded.",
)
_REASON = click.option("--reason", required=True, help="理由 Why.")


@click.command()
@click.argument("incident")
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True, help="条数 At most so many.")
@json_output
@with_settings(*DISTRICT)
def duplicates(settings: Settings, incident: str, limit: int) -> None:
    """疑似重复 Suggest what may be the same happening as an incident, with a score and what speaks for it.

    INCIDENT is its id, or SOURCE:EXTERNAL_ID. Nothing is decided by it: a person merges, or says `not-duplicate`.
    """
    with opened_for_reading(settings) as district:
        profile = district.profile
        found = district.read.duplicates(read_incident(incident, profile), profile.duplicates, limit=limit)
        document = suggestions_answer(found, profile)
        answer(document, lambda: _suggestions(document, profile), lambda: line(_below(document), style="dim"))


@click.command("not-duplicate")
@click.argument("incident")
@click.argument("other")
@_REASON
@_ROLE
@json_output
@with_settings(*DISTRICT)
def not_duplicate(settings: Settings, incident: str, other: str, reason: str, role: str) -> None:
    """排除重复 Say that two incidents are two happenings: neither is suggested for the other any more.

    INCIDENT and OTHER are ids, or SOURCE:EXTERNAL_ID.
    """
    _say(settings, incident, other, reason, role, distinct=True)


@click.command("maybe-duplicate")
@click.argument("incident")
@click.argument("other")
@_REASON
@_ROLE
@json_output
@with_settings(*DISTRICT)
def maybe_duplicate(settings: Settings, incident: str, other: str, reason: str, role: str) -> None:
    """撤回排除 Take back that two incidents are two happenings: they may be suggested again.

    INCIDENT and OTHER are ids, or SOURCE:EXTERNAL_ID.
    """
    _say(settings, incident, other, reason, role, distinct=False)


@click.command()
@click.option("--since", help="起 Happened at or after; without zone the district's time. The last 7 days.")
@click.option("--until", help="止 Happened before; the end of today.")
@click.option("--street", help="街道 Only one street, by code, name or alias.")
@paged
@json_output
@with_settings(*DISTRICT)
def repeated(  # noqa: PLR0913  # one parameter per option
    settings: Settings,
    since: str | None,
    until: str | None,
    street: str | None,
    limit: int,
    cursor: str | None,
    *,
    every: bool,
) -> None:
    """一事多诉 List the matters that several people or sources report, the one with the latest report first.

    At most 31 days are looked through at once. Reports belong together when they are alike enough and come from
    different people or sources, or were merged.
    """
    with opened_for_reading(settings) as district:
        profile, zone = district.profile, ZoneInfo(district.profile.timezone)
        usual_since, usual_before = usual_span(district.clock.now(), zone)
        question = RepeatedQuestion(
            since=read_moment(since, zone) if since is not None else usual_since,
            before=read_moment(until, zone) if until is not None else usual_before,
            street=read_street(street, profile) if street is not None else None,
        )

        def ask(after: str | None, size: int) -> Page[Matter]:
            return district.read.repeated_complaints(question, profile.duplicates, after, size)

        document = repeated_page(all_pages(ask) if every else ask(cursor, limit), question, profile)
        answer(document, lambda: _matters(document, zone), lambda: line(_more(document), style="dim"))


def commands() -> Sequence[click.Command]:
    """Return what ``jiedao incident`` gets of these."""
    return (duplicates, not_duplicate, maybe_duplicate, repeated)


def _say(  # noqa: PLR0913  # the parts of a judgement
    settings: Settings, incident: str, other: str, reason: str, role: str, *, distinct: bool
) -> None:
    actor = Holder("", console_actor().holder, Role(role))
    with opened(settings) as district:
        ids: tuple[UUID, UUID] = (read_incident(incident, district.profile), read_incident(other, district.profile))
        said = district.duplicates.say(*ids, actor, distinct=distinct, reason=reason)
        done = JudgedAnswer(incident_id=ids[0], other_id=ids[1], are_two=said.distinct, position=said.position)
    before = "此前已如此 as said before"
    answer(
        done,
        lambda: facts(
            (
                ("事件 incident", done.incident_id),
                ("另一事件 other", done.other_id),
                ("排除重复 are two", "是 yes" if done.are_two else "否 no"),
                ("位置 position", before if done.position is None else done.position),
            )
        ),
    )


def _suggestions(document: SuggestionsAnswer, profile: DistrictProfile) -> RenderableType:
    zone = ZoneInfo(profile.timezone)
    rows = [
        (
            f"{one.score:.3f}", one.sentence, one.incident.state_label, one.incident.title, one.incident.address,
            f"{one.incident.source}:{one.incident.external_id}",
            local(one.incident.happened_at or one.incident.reported_at, zone), one.incident.incident_id,
        )
        for one in document.items
    ]  # fmt: skip
    columns = (
        "相似度#", "依据 why", "状态 state", "标题 title", "地址 address", "来源 source", "发生 happened", "编号 id",
    )  # fmt: skip
    return table("疑似重复 may be the same", columns, rows)


def _below(document: SuggestionsAnswer) -> str:
    parts = [f"{len(document.items)} suggested of {document.compared} compared"]
    if document.not_duplicates:
        parts.append(f"{len(document.not_duplicates)} 已排除 said to be others")
    if document.assumed:
        parts.append("规则为假定值 radius, window and weights are assumed")
    if document.note:
        parts.append(document.note)
    return "; ".join(parts)


def _matters(document: RepeatedPage, zone: ZoneInfo) -> RenderableType:
    return Group(*(_matter(one, zone) for one in document.items))


def _matter(one: MatterAnswer, zone: ZoneInfo) -> RenderableType:
    rows = [
        (
            local(row.happened_at or row.reported_at, zone), f"{row.source_label} {row.source}:{row.external_id}",
            row.state_label, row.title, row.address, row.incident_id,
        )
        for row in one.incidents
    ]  # fmt: skip
    people = f"，不同上报人 {one.reporters} 名" if one.reporters else ""
    columns = ("发生 happened", "来源 source", "状态 state", "标题 title", "地址 address", "编号 id")
    return table(f"一事多诉 {one.reports} 件{people}", columns, rows)


def _more(document: RepeatedPage) -> str:
    shown = f"{len(document.items)} shown, as of position {document.position}"
    return f"{shown}; more follow: --cursor {document.next_cursor}, or --all" if document.next_cursor else shown
