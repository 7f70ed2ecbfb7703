"""``jiedao audit access``: who looked at what, when and why (访问记录)."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import click

from jiedao.domain.access_record import AccessKind
from jiedao.entrypoints.audit_answers import access_answer
from jiedao.entrypoints.cli.audit.spans import read_edge
from jiedao.entrypoints.cli.finding import find_incident
from jiedao.entrypoints.cli.opening import console_actor, opened_for_reading
from jiedao.entrypoints.cli.options import DISTRICT, json_output, with_settings
from jiedao.entrypoints.cli.output import answer, line, local, page, table
from jiedao.entrypoints.cli.paging import all_pages, paged
from jiedao.entrypoints.settings import Settings
from projections.access_record import AccessFilter, AccessRow
from projections.answers import Page

_COLUMNS = ("位置#", "时间 recorded", "人员 actor", "种类 what", "对象 of what", "理由 reason", "细节 details")


@click.command()
@click.option("--actor", help="人员 Who, as in events: user:zhang.")
@click.option("--access", "kind", type=click.Choice([kind.value for kind in AccessKind]), help="种类 What they did.")
@click.option("--incident", help="事件 At one incident: its id, or SOURCE:EXTERNAL_ID.")
@click.option("--from", "since", help="时间起（含） At or after a day or a time.")
@click.option("--to", "until", help="时间止（不含） Before a day or a time.")
@paged
@json_output
@with_settings(*DISTRICT)
def access(  # noqa: PLR0913  # one parameter per option
    settings: Settings,
    actor: str | None,
    kind: str | None,
    incident: str | None,
    since: str | None,
    until: str | None,
    limit: int,
    cursor: str | None,
    *,
    every: bool,
) -> None:
    """访问记录 List who read personal data, exported, replayed or verified, the latest first.

    Every look is recorded before anything is shown; reading this list is one, too.
    """
    with opened_for_reading(settings) as district:
        zone = ZoneInfo(district.profile.timezone)
        wanted = AccessFilter(
            actor=actor,
            access=kind,
            incident_id=None if incident is None else find_incident(district, incident),
            since=read_edge(since, zone),
            until=read_edge(until, zone),
        )

        def ask(after: str | None, size: int) -> Page[AccessRow]:
            return district.auditing.events.accesses(wanted, after, size)

        found = all_pages(ask) if every else ask(cursor, limit)
        district.auditing.access.record_access(
            AccessKind.ACCESS_RECORDS, console_actor(), "access", incident_id=wanted.incident_id
        )
        items = [access_answer(row) for row in found.rows]
        rows = [
            (
                one.position,
                local(one.recorded_at, zone),
                f"{one.actor}（{one.role_label}）",
                one.access_label,
                one.subject,
                one.reason,
                "，".join(f"{name}={value}" for name, value in one.details.items()),
            )
            for one in items
        ]
        more = f"; more follow: --cursor {found.after}, or --all" if found.after is not None else ""
        answer(
            page(items, found.after, position=found.position),
            lambda: table("", _COLUMNS, rows),
            lambda: line(f"{len(rows)} shown{more}", style="dim"),
        )


def commands() -> Sequence[click.Command]:
    """Return what ``jiedao audit`` gets of these."""
    return (access,)
