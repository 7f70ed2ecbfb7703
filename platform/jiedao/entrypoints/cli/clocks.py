"""``jiedao clocks``: what is due next, of which incident and task (时限)."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

import click

from jiedao.domain.terms import ClockKind, Platform
from jiedao.entrypoints.cli.listing import Listed
from jiedao.entrypoints.cli.opening import opened_for_reading
from jiedao.entrypoints.cli.options import DISTRICT, json_output, with_settings
from jiedao.entrypoints.cli.output import answer, line, local, table
from jiedao.entrypoints.cli.paging import all_pages, paged
from jiedao.entrypoints.cli.words import read_as_of, read_incident, read_moment, read_street, read_term
from jiedao.entrypoints.clock_wording import clock_page
from jiedao.entrypoints.http.clock_models import ClockEntry, ClockPage
from jiedao.entrypoints.http.wording import Wording
from jiedao.entrypoints.settings import Settings
from projections.answers import Page
from projections.clock_questions import ClockFilter, ClockRow

_OVERDUE = "已超期"
_COLUMNS: tuple[tuple[str, Callable[[ClockEntry, ZoneInfo], object]], ...] = (
    ("期限 due", lambda row, zone: ("*" if row.provisional else "") + local(row.due_at, zone)),
    ("", lambda row, _zone: _OVERDUE if row.overdue else ""),
    ("时限 clock", lambda row, _zone: row.clock_label),
    ("任务 task", lambda row, _zone: " ".join(filter(None, (row.task_id, row.part)))),
    ("限 limit", lambda row, _zone: row.time_limit),
    ("状态 state", lambda row, _zone: row.state_label),
    ("街道 street", lambda row, _zone: row.street_name or row.street_code),
    ("平台 platform", lambda row, _zone: row.platform_label),
    ("标题 title", lambda row, _zone: row.title),
    ("顺延派办给 offered to", lambda row, _zone: row.offered_to),
    ("来源 source", lambda row, _zone: f"{row.source}:{row.external_id}"),
    ("编号 id", lambda row, _zone: row.incident_id),
)


@click.group(cls=Listed)
def clocks() -> None:
    """时限 What is due next, of which incident and task."""


@clocks.command("list")
@click.option("--due-before", help="到期早于 Due before this time; without zone it is the district's.")
@click.option("--street", help="街道 Of one street, by code or name.")
@click.option("--platform", help="平台 Of one platform, by code or in Chinese.")
@click.option("--clock", type=click.Choice([kind.value for kind in ClockKind]), help="时限种类 Of one kind.")
@click.option("--incident", help="事件 Of one incident, by its id or SOURCE:EXTERNAL_ID.")
@click.option("--offered", is_flag=True, help="只看顺延派办 Only offers of tasks that nobody accepted in time.")
@click.option("--offered-to", help="顺延派办给 Only offers to this person, as they stand in events: user:wang.")
@click.option("--as-of", help="回看 As of a position in the log, or a time; without zone it is the district's.")
@paged
@json_output
@with_settings(*DISTRICT)
def list_clocks(  # noqa: PLR0913  # one parameter per option
    settings: Settings,
    due_before: str | None,
    street: str | None,
    platform: str | None,
    clock: str | None,
    incident: str | None,
    offered_to: str | None,
    as_of: str | None,
    limit: int,
    cursor: str | None,
    *,
    offered: bool,
    every: bool,
) -> None:
    """时限一览 List the clocks that run, the soonest due first; what is overdue comes before it all.

    An incident waits for a decision, for 受理, 立案 and 派遣, its tasks for 签收, 处置 and 核查, the whole for 结案.
    Each has a limit of its own. What is suspended (挂账) is not due, and not listed. With --as-of: those that ran then.

    A task that nobody accepts in time is offered onward (顺延派办): --offered lists to whom, and until when.
    """
    with opened_for_reading(settings) as district:
        profile = district.profile
        zone = ZoneInfo(profile.timezone)
        wanted = ClockFilter(
            due_before=read_moment(due_before, zone) if due_before is not None else None,
            street=read_street(street, profile) if street is not None else None,
            platform=read_term(Platform, platform, "platform").value if platform is not None else None,
            clock=clock,
            incident_id=read_incident(incident, profile) if incident is not None else None,
            offered=offered,
            offered_to=offered_to,
        )

        position, moment = read_as_of(as_of, zone)
        now = district.clock.now()

        def ask(after: str | None, size: int) -> Page[ClockRow]:
            nonlocal now
            page, then = district.auditing.as_of.clocks(wanted, after, size, as_of_position=position, as_of_time=moment)
            now = then or now
            return page

        found = all_pages(ask) if every else ask(cursor, limit)
        document = clock_page(found, Wording(profile), now)
        rows = [[cell(row, zone) for _title, cell in _COLUMNS] for row in document.items]
        answer(
            document,
            lambda: table(f"{profile.name} 时限", [title for title, _cell in _COLUMNS], rows),
            lambda: line(_below(document), style="dim"),
        )


def _below(document: ClockPage) -> str:
    parts = [f"{len(document.items)} shown, as of position {document.position}"]
    if any(row.provisional for row in document.items):
        parts.append("* 暂定期限 this deadline may still move: the calendar of its year is not known")
    if document.next_cursor is not None:
        parts.append(f"more follow: --cursor {document.next_cursor}, or --all")
    return "; ".join(parts)
