"""``jiedao audit events``, ``questions`` and ``refusals``: what an auditor asks of the log (审计轨迹)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import click

from jiedao.domain.access_record import AccessKind
from jiedao.domain.terms import Command, Role
from jiedao.entrypoints.audit_answers import WRITERS, event_answer, questions_answer, told_filter
from jiedao.entrypoints.bootstrap import District
from jiedao.entrypoints.cli.audit.spans import read_edge
from jiedao.entrypoints.cli.finding import find_incident
from jiedao.entrypoints.cli.opening import catch_up, console_actor, opened_for_reading
from jiedao.entrypoints.cli.options import DISTRICT, json_output, with_settings
from jiedao.entrypoints.cli.output import answer, line, local, page, table
from jiedao.entrypoints.cli.paging import all_pages, paged
from jiedao.entrypoints.cli.progress import progress
from jiedao.entrypoints.cli.words import read_street
from jiedao.entrypoints.cli.written_files import whole_file, writes_file
from jiedao.entrypoints.http.audit_models import AuditEventAnswer
from jiedao.entrypoints.http.wording import Wording
from jiedao.entrypoints.settings import Settings
from jiedao.store.refusals import MAX_LISTED
from projections.answers import Page
from projections.audit_kinds import AuditKind
from projections.audit_queries import AuditRow
from projections.audit_questions import QUESTIONS, AuditFilter, asked

_COLUMNS = ("位置#", "时间 recorded", "类别 kind", "事件 event", "说明 summary", "人员 actor", "理由 reason")


@click.command()
@click.option("--question", type=click.Choice(list(QUESTIONS)), help="审计问题 A named question.")
@click.option("--actor", help="人员 Who, as in events: user:zhang.")
@click.option("--role", type=click.Choice([role.value for role in Role]), help="角色 In which role.")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice([kind.value for kind in AuditKind]),
    help="类别 Of these kinds; may be repeated.",
)
@click.option("--topic", help="事件名 By its stored name: jiedao.incident.filed.")
@click.option("--incident", help="事件 That speak of one incident: its id, or SOURCE:EXTERNAL_ID.")
@click.option("--street", help="街道 Of incidents that this street held then: its code or name.")
@click.option("--command", type=click.Choice([one.value for one in Command]), help="办理 By this command.")
@click.option("--from", "since", help="记录时间起（含） Recorded at or after a day or a time.")
@click.option("--to", "until", help="记录时间止（不含） Recorded before a day or a time.")
@click.option("--from-position", type=click.IntRange(1), help="日志位置起（含）")
@click.option("--to-position", type=click.IntRange(1), help="日志位置止（含）")
@click.option("--with-reason/--without-reason", "has_reason", default=None, help="有无理由 With, or without, a reason.")
@click.option("--correlation", type=click.UUID, help="关联编号 What belongs together.")
@click.option("--newest-first", is_flag=True, help="最新在前 Else in the order of the log.")
@click.option("--format", "form", type=click.Choice(list(WRITERS)), help="格式 With --out: everything, as a file.")
@writes_file("--out", help="文件 The file to write.")
@paged
@json_output
@with_settings(*DISTRICT)
def events(  # noqa: PLR0913  # one parameter per option
    settings: Settings,
    question: str | None,
    actor: str | None,
    role: str | None,
    kinds: Sequence[str],
    topic: str | None,
    incident: str | None,
    street: str | None,
    command: str | None,
    since: str | None,
    until: str | None,
    from_position: int | None,
    to_position: int | None,
    has_reason: bool | None,  # noqa: FBT001  # click hands options over by name
    correlation: UUID | None,
    form: str | None,
    out: Path | None,
    limit: int,
    cursor: str | None,
    *,
    newest_first: bool,
    every: bool,
) -> None:
    """检索审计轨迹 Ask for events by who, what, where and when; or write every one of them to a file.

    A million events are written in constant memory (--format csv --out FILE); that they were exported is recorded.
    `jiedao audit questions` lists the named questions.
    """
    if (form is None) != (out is None):
        raise click.UsageError("--format and --out go together: the form of the file, and the file")
    if out is not None and (newest_first or cursor is not None):
        raise click.UsageError(
            "a file holds every event in the order of the log: leave --newest-first and --cursor out"
        )
    with opened_for_reading(settings) as district:
        profile, zone = district.profile, ZoneInfo(district.profile.timezone)
        wanted = AuditFilter(
            actor=actor,
            role=role,
            kinds=tuple(dict.fromkeys(kinds)) or None,
            topic=topic,
            incident_id=None if incident is None else find_incident(district, incident),
            street=None if street is None else read_street(street, profile),
            command=command,
            since=read_edge(since, zone),
            until=read_edge(until, zone),
            from_position=from_position,
            to_position=to_position,
            has_reason=has_reason,
            correlation_id=correlation,
            newest_first=newest_first,
        )
        if question is not None:
            wanted = asked(question, wanted)
        _settle_refusals(district)
        if out is not None and form is not None:
            _export(district, wanted, form, out)
            return

        def ask(after: str | None, size: int) -> Page[AuditRow]:
            return district.auditing.events.events(wanted, after, size)

        found = all_pages(ask) if every else ask(cursor, limit)
        wording = Wording(profile)
        items = [event_answer(row, wording) for row in found.rows]
        more = f"; more follow: --cursor {found.after}, or --all" if found.after is not None else ""
        answer(
            page(items, found.after, position=found.position),
            lambda: table("", _COLUMNS, [_row(one, zone) for one in items]),
            lambda: line(f"{len(items)} shown{more}", style="dim"),
        )


def _settle_refusals(district: District) -> None:
    """Let the log tell of refusals that were repeated and that no server told of."""
    if district.auditing.refusals.settle():
        catch_up(district)


def _row(one: AuditEventAnswer, zone: ZoneInfo) -> Sequence[object]:
    who = f"{one.actor}（{one.role_label}）"
    corrected = f"更正第 {one.corrects} 条记录"
    summary = one.summary if one.corrects is None or corrected in one.summary else f"{one.summary}（{corrected}）"
    return one.position, local(one.recorded_at, zone), one.kind_label, one.label, summary, who, one.reason


def _export(district: District, wanted: AuditFilter, form: str, out: Path) -> None:
    """Record the export, then write it piece by piece; what is not whole never bears the file's name."""
    queries = district.auditing.events
    total = queries.count(wanted)
    position = district.auditing.access.record_access(
        AccessKind.EXPORT,
        console_actor(),
        "events",
        incident_id=wanted.incident_id,
        details=told_filter(wanted, format=form),
    )
    rows = 0
    with progress("导出 exporting") as report, whole_file(out) as file:

        def counted() -> Iterator[Sequence[AuditRow]]:
            nonlocal rows
            for piece in queries.export(wanted):
                yield piece
                rows += len(piece)
                report(rows, max(total, rows))

        for written in WRITERS[form](counted(), Wording(district.profile)):
            file.write(written)
    answer(
        {"file": str(out), "format": form, "rows": rows, "position": position},
        lambda: line(f"{rows} 行已写入 rows written to {out}; recorded at position {position}"),
    )


@click.command()
@json_output
@with_settings()
def questions(_settings: Settings) -> None:
    """审计问题 List the questions that `jiedao audit events --question` knows."""
    told = questions_answer()
    answer(
        told,
        lambda: table(
            "",
            ("名称 name", "问题 question", "", "须指明 needs"),
            [(one.name, one.label, one.label_en, f"--{one.needs}" if one.needs else "") for one in told.items],
        ),
    )


@click.command()
@click.option("--actor", help="人员 Whose, as in events: user:zhang.")
@click.option("--from", "since", help="时间起（含） At or after a day or a time.")
@click.option("--to", "until", help="时间止（不含） Before a day or a time.")
@click.option("--limit", type=click.IntRange(1, MAX_LISTED), default=100, show_default=True, help="条数 Rows shown.")
@json_output
@with_settings(*DISTRICT)
def refusals(settings: Settings, actor: str | None, since: str | None, until: str | None, limit: int) -> None:
    """拒绝记录 List requests that were refused at the door (401, 403), the latest first, counted by the minute.

    Those of known people are events in the log, too, as are refused commands:
    `jiedao audit events --question refusals`. `told` is of how many the log tells so far.
    """
    with opened_for_reading(settings) as district:
        zone = ZoneInfo(district.profile.timezone)
        _settle_refusals(district)
        rows = district.refusals.page(
            holder=actor, since=read_edge(since, zone), until=read_edge(until, zone), limit=limit
        )
        columns = (
            "时间 last",
            "次数#",
            "状态#",
            "原因 reason",
            "地址 route",
            "持有人 holder",
            "来自 client",
            "理由 why",
            "允许 allowed",
        )
        answer(
            page(rows, None),
            lambda: table(
                "",
                columns,
                [
                    (
                        local(row.last_at, zone),
                        row.times,
                        row.status,
                        row.reason,
                        f"{row.method} {row.route}",
                        row.holder,
                        row.client,
                        row.why,
                        "、".join(row.allowed),
                    )
                    for row in rows
                ],
            ),
        )


def commands() -> Sequence[click.Command]:
    """Return what ``jiedao audit`` gets of these."""
    return (events, questions, refusals)
