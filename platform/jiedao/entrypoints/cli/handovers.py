"""``jiedao handover``: shifts that are handed over and taken over (交接班)."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import click

from jiedao.application.duty_desk import LEADERS
from jiedao.domain.access import Holder
from jiedao.domain.handover import HandoverState
from jiedao.entrypoints.cli.listing import Listed
from jiedao.entrypoints.cli.opening import console_actor, opened, opened_for_reading
from jiedao.entrypoints.cli.options import DISTRICT, json_output, with_settings
from jiedao.entrypoints.cli.output import answer, facts, line, local, table
from jiedao.entrypoints.cli.paging import all_pages, paged
from jiedao.entrypoints.cli.words import read_street
from jiedao.entrypoints.cli.written_files import whole_file, writes_file
from jiedao.entrypoints.duty_answers import (
    HandoverWanted,
    done,
    hand_over,
    handover_detail,
    handover_page,
    handover_sheet,
)
from jiedao.entrypoints.http.duty_models import HandoverDone
from jiedao.entrypoints.settings import Settings
from projections.answers import Page
from projections.duty import DutyQueries
from projections.handovers import HandoverFilter, HandoverRow

_MATTERS = ("来源 source", "标题 title", "街道 street", "状态 state", "期限 due", "缘由 why", "编号 id")
_LIST = ("交班 handed", "班次 shift", "状态 state", "事项 matters#", "交班人 by", "接班人 to", "编号 id")


@click.group(cls=Listed)
def handover() -> None:
    """交接班 Hand shifts over with what is open, and take them over."""


@handover.command()
@click.option("--street", help="街道 Whose shift, by code, name or alias; the district's without it.")
@click.option("--to", help="接班人 To whom, by the name in events (user:zhang); to whoever comes without it.")
@click.option("--remarks", default="", help="交班说明 What else the coming leader should know.")
@click.option("--key", help="幂等键 The same key with the same content is done once.")
@json_output
@with_settings(*DISTRICT)
def offer(settings: Settings, street: str | None, to: str | None, remarks: str, key: str | None) -> None:
    """交班 Hand over what is overdue, approaching, suspended, supervised or urged in the queues now."""
    with opened_for_reading(settings) as district:
        wanted = HandoverWanted(read_street(street, district.profile) if street is not None else None, to, remarks)
        queries = DutyQueries(district.read)
        made = hand_over(
            wanted, queries, district.duty, district.clock, district.profile, _leader(), key or str(uuid4())
        )
    _answer(made)


@handover.command()
@click.argument("handover", type=click.UUID)
@click.option("--note", default="", help="备注 A remark.")
@json_output
@with_settings(*DISTRICT)
def accept(settings: Settings, handover: UUID, note: str) -> None:
    """接班 Take a shift over; not by who handed it over. HANDOVER is its id."""
    with opened(settings) as district:
        _answer(done(district.duty.accept(handover, note, _leader())))


@handover.command("object")
@click.argument("handover", type=click.UUID)
@click.option("--reason", required=True, help="理由 What is not right.")
@json_output
@with_settings(*DISTRICT)
def object_(settings: Settings, handover: UUID, reason: str) -> None:
    """提出异议 Do not take a shift over as it is: it has to be handed over anew. HANDOVER is its id."""
    with opened(settings) as district:
        _answer(done(district.duty.object(handover, reason, _leader())))


@handover.command("list")
@click.option("--street", help="街道 Only one street, by code, name or alias.")
@click.option("--state", type=click.Choice([state.value for state in HandoverState]), help="状态 Only one state.")
@paged
@json_output
@with_settings(*DISTRICT)
def list_(  # noqa: PLR0913  # one parameter per option
    settings: Settings, street: str | None, state: str | None, limit: int, cursor: str | None, *, every: bool
) -> None:
    """交接班列表 List shift handovers, the latest first."""
    with opened_for_reading(settings) as district:
        profile, zone = district.profile, ZoneInfo(district.profile.timezone)
        wanted = HandoverFilter(read_street(street, profile) if street is not None else None, state)
        queries = DutyQueries(district.read)

        def ask(after: str | None, size: int) -> Page[HandoverRow]:
            return queries.handovers(wanted, after, size)

        document = handover_page(all_pages(ask) if every else ask(cursor, limit), profile)
        rows = [
            (
                local(one.handed_at, zone), one.street_name or "区级", one.state_label, one.matters, one.handed_by,
                one.answered_by or one.handed_to, one.handover_id,
            )
            for one in document.items
        ]  # fmt: skip
        more = f"; more follow: --cursor {document.next_cursor}, or --all" if document.next_cursor else ""
        answer(
            document,
            lambda: table("交接班 handovers", _LIST, rows),
            lambda: line(f"{len(rows)} shown, as of position {document.position}{more}", style="dim"),
        )


@handover.command()
@click.argument("handover", type=click.UUID)
@writes_file("--sheet", help="打印页 Write it for paper, as HTML.")
@json_output
@with_settings(*DISTRICT)
def show(settings: Settings, handover: UUID, sheet: Path | None) -> None:
    """交接班详情 Show a handover with the matters that it names, as they stood then. HANDOVER is its id."""
    with opened_for_reading(settings) as district:
        profile, zone = district.profile, ZoneInfo(district.profile.timezone)
        row = DutyQueries(district.read).handover(handover)
        document = handover_detail(row, profile)
        if sheet is not None:
            with whole_file(sheet) as file:
                file.write(handover_sheet(row, profile).encode())
        matters = [
            (
                f"{one.source}:{one.external_id}", one.title, one.street_name, one.state_label,
                local(one.due_at, zone), "、".join(one.ground_labels), one.incident_id,
            )
            for one in document.items
        ]  # fmt: skip
        answer(
            document,
            lambda: facts(
                (
                    ("编号 id", document.handover_id),
                    ("班次 shift", document.street_name or "区级"),
                    ("状态 state", document.state_label),
                    ("交班人 by", f"{document.handed_by} {local(document.handed_at, zone)}"),
                    ("接班人 to", document.answered_by or document.handed_to),
                    ("交班说明 remarks", document.remarks),
                    ("答复 answer", document.answer),
                    ("日志位置 as of", document.as_of_position),
                )
            ),
            lambda: table(f"未了事项 {document.matters} 件", _MATTERS, matters),
        )


def _leader() -> Holder:
    return Holder("", console_actor().holder, LEADERS[0])


def _answer(made: HandoverDone) -> None:
    answer(
        made,
        lambda: facts(
            (("编号 id", made.handover_id), ("状态 state", made.state_label), ("位置 position", made.position))
        ),
    )
