"""``jiedao incident list``: incidents by what is known of them, now or as of any past moment (查询事件)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

import click

from jiedao.domain.terms import IncidentState, Platform
from jiedao.entrypoints.cli.audit.spans import read_edge
from jiedao.entrypoints.cli.opening import opened_for_reading
from jiedao.entrypoints.cli.options import DISTRICT, json_output, with_settings
from jiedao.entrypoints.cli.output import answer, line, local, table
from jiedao.entrypoints.cli.paging import all_pages, paged
from jiedao.entrypoints.cli.words import read_as_of, read_street, read_term, require_source
from jiedao.entrypoints.http.models import IncidentAnswer, IncidentPage
from jiedao.entrypoints.http.wording import Wording
from jiedao.entrypoints.settings import Settings
from projections.answers import IncidentFilter, IncidentSummary, Page

_COLUMNS: tuple[tuple[str, Callable[[IncidentAnswer, ZoneInfo], object]], ...] = (
    ("上报 reported", lambda row, zone: local(row.reported_at, zone)),
    ("状态 state", lambda row, _zone: row.state_label),
    ("街道 street", lambda row, _zone: row.street_name or row.street_code),
    ("平台 platform", lambda row, _zone: row.platform_label),
    ("类别 class", lambda row, _zone: row.class_name),
    ("标题 title", lambda row, _zone: row.title),
    ("地址 address", lambda row, _zone: row.address),
    ("来源 source", lambda row, _zone: f"{row.source}:{row.external_id}"),
    ("编号 id", lambda row, _zone: row.incident_id),
)


@click.command("list")
@click.option("--street", help="街道 Of one street, by code or name.")
@click.option("--platform", help="平台 Of one platform, by code or in Chinese.")
@click.option("--source", help="来源 From one source.")
@click.option("--state", type=click.Choice([state.value for state in IncidentState]), help="状态 In one state.")
@click.option("--class", "class_code", help="分类编码 Of one class, by its code.")
@click.option("--from", "since", help="上报时间起（含） Reported at or after a day or a time.")
@click.option("--to", "until", help="上报时间止（不含） Reported before a day or a time.")
@click.option("--text", help="文字 Found in title, description, address or numbers.")
@click.option("--as-of", help="回看 As of a position in the log, or a time; without zone it is the district's.")
@paged
@json_output
@with_settings(*DISTRICT)
def list_incidents(  # noqa: PLR0913  # one parameter per option
    settings: Settings,
    street: str | None,
    platform: str | None,
    source: str | None,
    state: str | None,
    class_code: str | None,
    since: str | None,
    until: str | None,
    text: str | None,
    as_of: str | None,
    limit: int,
    cursor: str | None,
    *,
    every: bool,
) -> None:
    """查询事件 List incidents, the latest received first.

    With --as-of the list is what it was then: --state, --street and the others are about how things stood.
    """
    with opened_for_reading(settings) as district:
        profile = district.profile
        zone = ZoneInfo(profile.timezone)
        position, moment = read_as_of(as_of, zone)
        wanted = IncidentFilter(
            street=read_street(street, profile) if street is not None else None,
            platform=read_term(Platform, platform, "platform").value if platform is not None else None,
            source=require_source(source, profile) if source is not None else None,
            state=state,
            class_code=class_code,
            reported_from=read_edge(since, zone),
            reported_before=read_edge(until, zone),
            text=text or None,
        )

        def ask(after: str | None, size: int) -> Page[IncidentSummary]:
            return district.auditing.as_of.incidents(wanted, after, size, as_of_position=position, as_of_time=moment)

        found = all_pages(ask) if every else ask(cursor, limit)
        wording = Wording(profile)
        items = [wording.incident(row) for row in found.rows]
        document = IncidentPage(items=items, next_cursor=found.after, position=found.position)
        rows = [[cell(row, zone) for _title, cell in _COLUMNS] for row in items]
        more = f"; more follow: --cursor {found.after}, or --all" if found.after is not None else ""
        answer(
            document,
            lambda: table(f"{profile.name} 事件", [title for title, _cell in _COLUMNS], rows),
            lambda: line(f"{len(items)} shown, as of position {found.position}{more}", style="dim"),
        )


def commands() -> Sequence[click.Command]:
    """Return what ``jiedao incident`` gets of these."""
    return (list_incidents,)
