"""``jiedao outbox``: what superior platforms are owed, what became of it, and dealing with what is stuck (上级报文)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from zoneinfo import ZoneInfo

import click

from jiedao.domain.terms import OutboxState, UpstreamMessageKind
from jiedao.entrypoints.bootstrap import District
from jiedao.entrypoints.cli.listing import Listed
from jiedao.entrypoints.cli.opening import console_actor, opened
from jiedao.entrypoints.cli.options import DISTRICT, json_output, with_settings
from jiedao.entrypoints.cli.output import answer, facts, line, local, page, table, to_json
from jiedao.entrypoints.cli.paging import all_pages, paged
from jiedao.entrypoints.cli.words import read_incident, read_term, require_source
from jiedao.entrypoints.http.outbox_models import OutboxMessage, message_answer
from jiedao.entrypoints.settings import Settings
from jiedao.store.outbox import OutboxRow
from projections.answers import Page
from projections.outbox import OutboxFilter

_COLUMNS = (
    "报文 position",
    "来源 source",
    "案号 case",
    "类别 kind",
    "状态 state",
    "未获应答 in vain#",
    "应报 owed",
    "说明 remark",
)


@click.group(cls=Listed)
def outbox() -> None:
    """上级报文 What superior platforms are owed in their cases: sent in order within a case, until it is answered.

    `jiedao serve` sends; a message that nobody answers is tried again and again, with growing waits. What a superior
    refuses is back in a person's hands, in the incident's queue, with the reason.
    """


@outbox.command("list")
@click.option("--source", help="来源 Only of this source.")
@click.option("--state", help="状态 Only in this state: waiting, delivered, refused, set_aside.")
@click.option("--kind", help="类别 Only of this kind: accepted, returned, extension_asked, handled, replied.")
@click.option("--incident", help="事件 Only of this incident: its id, or SOURCE:EXTERNAL_ID.")
@paged
@json_output
@with_settings(*DISTRICT)
def list_messages(  # noqa: PLR0913  # one parameter per option
    settings: Settings,
    source: str | None,
    state: str | None,
    kind: str | None,
    incident: str | None,
    limit: int,
    cursor: str | None,
    *,
    every: bool,
) -> None:
    """报文列表 List messages, the latest owed first."""
    with opened(settings) as district:
        district.outbox.filler.catch_up()
        wanted = OutboxFilter(
            source=None if source is None else require_source(source, district.profile),
            state=None if state is None else read_term(OutboxState, state, "state of a message").value,
            kind=None if kind is None else read_term(UpstreamMessageKind, kind, "kind of a message").value,
            incident_id=None if incident is None else read_incident(incident, district.profile),
        )

        def ask(after: str | None, size: int) -> Page[OutboxRow]:
            return district.outbox.pages.messages(wanted, after, size)

        found = all_pages(ask) if every else ask(cursor, limit)
        items = [message_answer(row) for row in found.rows]
        zone = ZoneInfo(district.profile.timezone)
        more = f"; more follow: --cursor {found.after}, or --all" if found.after is not None else ""
        remarks = _remarks(district, items)
        answer(
            page(items, found.after, position=found.position),
            lambda: table("", _COLUMNS, (_cells(one, zone) for one in items)),
            lambda: line("\n".join([*remarks, f"{len(items)} shown{more}"]), style="dim"),
        )


@outbox.command()
@click.argument("position", type=click.IntRange(1))
@json_output
@with_settings(*DISTRICT)
def show(settings: Settings, position: int) -> None:
    """报文详情 Show a message: what it says, how often it was tried, what was answered.

    POSITION is that of the event that owes it, as `list` shows it.
    """
    with opened(settings) as district:
        district.outbox.filler.catch_up()
        found = message_answer(district.outbox.pages.message(position))
        zone = ZoneInfo(district.profile.timezone)
        answer(found, lambda: facts(_facts(found, zone)))


@outbox.command()
@click.argument("positions", metavar="POSITION...", nargs=-1, required=True, type=click.IntRange(1))
@json_output
@with_settings(*DISTRICT)
def retry(settings: Settings, positions: Sequence[int]) -> None:
    """重新上报 Have messages tried at once; one that was refused is sent anew, as it was, and that is recorded."""
    _each(settings, positions, lambda district, position: district.outbox.desk.retry(position, console_actor()))


@outbox.command("set-aside")
@click.argument("positions", metavar="POSITION...", nargs=-1, required=True, type=click.IntRange(1))
@click.option("--reason", required=True, help="理由 Why the superior platform is not told; it is recorded.")
@json_output
@with_settings(*DISTRICT)
def set_aside(settings: Settings, positions: Sequence[int], reason: str) -> None:
    """搁置上报 Give messages up: they are not sent any more, and those behind them may go."""
    _each(
        settings,
        positions,
        lambda district, position: district.outbox.desk.set_aside(position, reason, console_actor()),
    )


def _each(settings: Settings, positions: Sequence[int], act: Callable[[District, int], OutboxRow]) -> None:
    """Do the same with each message, in their order; the first that cannot be ends it, with the ones before done."""
    with opened(settings) as district:
        items = [message_answer(act(district, position)) for position in sorted(set(positions))]
        zone = ZoneInfo(district.profile.timezone)
        answer(page(items, None), lambda: table("", _COLUMNS, (_cells(one, zone) for one in items)))


def _remarks(district: District, items: Sequence[OutboxMessage]) -> list[str]:
    """Say once for each source shown why its messages cannot be sent."""
    waiting = dict.fromkeys(one.source for one in items if one.state == OutboxState.WAITING)
    reasons = {source: district.outbox.why_not(source) for source in waiting}
    return [f"{source}: {reason}" for source, reason in reasons.items() if reason]


def _cells(one: OutboxMessage, zone: ZoneInfo) -> tuple[object, ...]:
    remark = one.reason or one.reference or (one.last_error if one.state == OutboxState.WAITING else None)
    owed_at = local(one.owed_at, zone)
    return one.position, one.source, one.case_number, one.kind_label, one.state_label, one.attempts, owed_at, remark


def _facts(one: OutboxMessage, zone: ZoneInfo) -> Iterator[tuple[str, object]]:
    yield "报文 position", one.position
    yield "编号 id", one.message_id
    yield "事件 incident", one.incident_id
    yield "来源 source", f"{one.source}:{one.external_id}"
    yield "案号 case", one.case_number
    yield "类别 kind", f"{one.kind_label} {one.kind}"
    yield "内容 content", to_json(one.content)
    yield "应报 owed", local(one.owed_at, zone)
    yield "状态 state", f"{one.state_label} {one.state}"
    yield "未获应答 in vain", one.attempts
    if one.state == OutboxState.WAITING:
        yield "下次 next try", local(one.next_at, zone)
        yield "最近 last error", one.last_error
    yield "应答 answered", local(one.answered_at, zone)
    yield "回执号 reference", one.reference
    yield "理由 reason", one.reason
