"""``jiedao dead-letters``: what could not be read, why, and sending it through again, mended or as it is (死信)."""

from __future__ import annotations

import sys
from base64 import b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import click
import structlog

from ingest.rejections import label_of_reason
from jiedao.domain.access_record import AccessKind
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.terms import IntakeOutcome
from jiedao.entrypoints.bootstrap import District
from jiedao.entrypoints.cli.failing import ExitCode
from jiedao.entrypoints.cli.listing import Listed
from jiedao.entrypoints.cli.opening import catch_up, console_actor, opened, opened_for_reading
from jiedao.entrypoints.cli.options import DISTRICT, json_output, with_settings
from jiedao.entrypoints.cli.output import answer, as_json, facts, line, local, note, page, table
from jiedao.entrypoints.cli.paging import all_pages, paged
from jiedao.entrypoints.cli.progress import progress
from jiedao.entrypoints.cli.replaying import replay_each
from jiedao.entrypoints.cli.words import require_source
from jiedao.entrypoints.http.models import DeadLetterAnswer
from jiedao.entrypoints.http.wording import label_of
from jiedao.entrypoints.settings import Settings
from projections.answers import DeadLetterFilter, Page
from projections.dead_letters import DeadLetterRow

_log = structlog.get_logger(__name__)


@click.group(cls=Listed)
def dead_letters() -> None:
    """死信 Records that could not be read: set aside whole, with the reason, until somebody deals with them."""


@dead_letters.command("list")
@click.option("--source", help="来源 Only of this source.")
@click.option("--reason", help="原因 Only with this reason, by its code.")
@click.option("--resolved/--unresolved", default=None, help="是否已处理 Only those that are dealt with, or are not.")
@paged
@json_output
@with_settings(*DISTRICT)
def list_letters(  # noqa: PLR0913  # one parameter per option
    settings: Settings,
    source: str | None,
    reason: str | None,
    limit: int,
    cursor: str | None,
    *,
    resolved: bool | None,
    every: bool,
) -> None:
    """死信列表 List dead letters, the latest first."""
    with opened_for_reading(settings) as district:
        wanted = _wanted(district.profile, source, reason, resolved=resolved)

        def ask(after: str | None, size: int) -> Page[DeadLetterRow]:
            return district.read.dead_letters(wanted, after, size)

        found = all_pages(ask) if every else ask(cursor, limit)
        zone = ZoneInfo(district.profile.timezone)
        more = f"; more follow: --cursor {found.after}, or --all" if found.after is not None else ""
        columns = (
            "编号 id",
            "来源 source",
            "来源编号 external id",
            "原因 reason",
            "说明 detail",
            "时间 set aside",
            "处理 outcome",
        )
        rows = [
            (
                row.dead_letter_id,
                row.source,
                row.external_id,
                _reason(row.reason),
                row.detail,
                local(row.set_aside_at, zone),
                _dealt_with(row),
            )
            for row in found.rows
        ]
        answer(
            page([DeadLetterAnswer.model_validate(row) for row in found.rows], found.after, position=found.position),
            lambda: table("", columns, rows),
            lambda: line(f"{len(found.rows)} shown{more}", style="dim"),
        )


@dead_letters.command()
@click.argument("dead_letter", type=click.UUID)
@click.option("--content", is_flag=True, help="原文 Write the record itself, decrypted, to standard output instead.")
@json_output
@with_settings(*DISTRICT)
def show(settings: Settings, dead_letter: UUID, *, content: bool) -> None:
    """死信详情 Show all for which a record was set aside. With --content its bytes are written, as they came in."""
    with opened_for_reading(settings) as district:
        if content:
            _write_content(district, dead_letter)
            return
        row = district.read.dead_letter(dead_letter)
        zone = ZoneInfo(district.profile.timezone)
        answer(
            DeadLetterAnswer.model_validate(row),
            lambda: facts(
                (
                    ("编号 id", row.dead_letter_id),
                    ("来源 source", row.source),
                    ("来源编号 external id", row.external_id),
                    *_faults(row.faults),
                    ("字节 size", row.size),
                    ("内容 content", "«已删除» erased" if row.erased else "已加密 sealed; --content writes it"),
                    ("来路 origin", row.origin),
                    ("时间 set aside", local(row.set_aside_at, zone)),
                    ("处理 outcome", _dealt_with(row)),
                    ("重放 replays", row.replays),
                    ("最近重放 last replayed", local(row.last_replayed_at, zone)),
                    ("最近结果 last detail", row.last_detail),
                    ("事件 incident", row.incident_id),
                )
            ),
        )


@dead_letters.command()
@click.argument("letters", metavar="[ID]...", nargs=-1, type=click.UUID)
@click.option("--all", "every", is_flag=True, help="全部 Every one that is not dealt with yet.")
@click.option("--source", help="来源 With --all: only of this source.")
@click.option("--reason", help="原因 With --all: only with this reason.")
@click.option(
    "--corrected",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    help="更正 For a single ID: send the content of this file in place of the record (- reads standard input).",
)
@json_output
@with_settings(*DISTRICT)
def replay(  # noqa: PLR0913  # one parameter per option
    settings: Settings,
    letters: Sequence[UUID],
    source: str | None,
    reason: str | None,
    corrected: Path | None,
    *,
    every: bool,
) -> None:
    """死信重放 Send dead letters through again, one by one; those that fail again do not stop the others.

    Exits with 1 when any is still dead afterwards.
    """
    if bool(letters) == every:
        raise click.UsageError("name the letters by their ids, or say --all")
    if corrected is not None and len(letters) != 1:
        raise click.UsageError("--corrected mends a single letter: name it by its id")
    if (source or reason) and not every:
        raise click.UsageError("--source and --reason narrow --all")
    content = None if corrected is None else _read(corrected)
    with opened(settings) as district:
        chosen = _unresolved(district, source, reason) if every else list(dict.fromkeys(letters))
        with progress("死信重放 replaying") as report:
            results = replay_each(district, chosen, console_actor(), corrected=content, on_replayed=report)
        counts = Counter(one.outcome for one in results)
        labels = Counter(one.outcome_label for one in results)
        rows = [(one.dead_letter_id, one.outcome_label, one.incident_id, one.detail) for one in results]
        answer(
            page(results, None, counts=counts, resolved=sum(one.resolved for one in results)),
            lambda: table("", ("编号 id", "结果 outcome", "事件 incident", "说明 detail"), rows),
            lambda: line("; ".join(f"{label} {number}" for label, number in labels.items()) or "none", style="dim"),
        )
    if not all(one.resolved for one in results):
        click.get_current_context().exit(ExitCode.FAILED)


def _faults(faults: Sequence[Mapping[str, str | None]]) -> list[tuple[str, object]]:
    """All that is wrong with a record, numbered where it is more than one thing."""
    told: list[tuple[str, object]] = []
    for number, fault in enumerate(faults, 1):
        place = f" {number}/{len(faults)}" if len(faults) > 1 else ""
        told += [
            (f"原因 reason{place}", _reason(fault["reason"])),
            (f"说明 detail{place}", fault["detail"]),
            (f"字段 pointer{place}", fault["pointer"]),
        ]
    return told


def _reason(code: str | None) -> str:
    return f"{label_of_reason(code)} {code}" if code else ""


def _wanted(
    profile: DistrictProfile, source: str | None, reason: str | None, *, resolved: bool | None
) -> DeadLetterFilter:
    return DeadLetterFilter(
        source=None if source is None else require_source(source, profile), reason=reason, resolved=resolved
    )


def _unresolved(district: District, source: str | None, reason: str | None) -> Sequence[UUID]:
    """The letters that nobody dealt with yet, the oldest first."""
    catch_up(district)
    wanted = _wanted(district.profile, source, reason, resolved=False)
    found = all_pages(lambda after, size: district.read.dead_letters(wanted, after, size))
    return [row.dead_letter_id for row in reversed(found.rows)]


def _write_content(district: District, dead_letter: UUID) -> None:
    """Write a record as it came in; that somebody reads it is recorded before it is opened."""
    actor = console_actor()
    _log.warning("personal_data_read", actor=actor.holder, dead_letter=str(dead_letter))
    district.read.dead_letter(dead_letter)  # of one that there is not, nothing is recorded
    position = district.auditing.access.record_access(
        AccessKind.PERSONAL_DATA, actor, f"dead_letter:{dead_letter}", details={"fields": "record", "masked": "no"}
    )
    content = district.dead_letters.content(dead_letter)
    note(f"warning: 含个人信息 this is personal data; that {actor.holder} read it is recorded at position {position}")
    if as_json():
        answer(_content_document(dead_letter, content))
    else:
        sys.stdout.buffer.write(content)


def _content_document(dead_letter: UUID, content: bytes) -> Mapping[str, object]:
    try:
        return {"dead_letter_id": dead_letter, "encoding": "utf-8", "content": content.decode()}
    except UnicodeDecodeError:
        return {"dead_letter_id": dead_letter, "encoding": "base64", "content": b64encode(content).decode()}


def _read(path: Path) -> bytes:
    return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()


def _dealt_with(row: DeadLetterRow) -> str | None:
    return label_of(IntakeOutcome, row.last_outcome)
