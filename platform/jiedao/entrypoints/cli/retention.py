"""``jiedao retention``: archive what ended long ago to files that prove themselves, and read it back (档案)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import msgspec
from rich.console import Group, RenderableType

from jiedao.application.forgetful import forgetful
from jiedao.audit.archiving import Archives
from jiedao.audit.notes import read_key
from jiedao.domain.access_record import AccessKind
from jiedao.domain.errors import ConflictError, NotFoundError
from jiedao.domain.ports import LogEntry
from jiedao.domain.terms import Role
from jiedao.entrypoints.bootstrap import District
from jiedao.entrypoints.cli import removals
from jiedao.entrypoints.cli.acting import acting, actor_of
from jiedao.entrypoints.cli.failing import ExitCode
from jiedao.entrypoints.cli.listing import Listed
from jiedao.entrypoints.cli.opening import opened, opened_for_reading
from jiedao.entrypoints.cli.options import DISTRICT, LEDGER, json_output, with_settings
from jiedao.entrypoints.cli.output import answer, facts, line, local, page, table
from jiedao.entrypoints.cli.progress import progress
from jiedao.entrypoints.cli.words import read_incident
from jiedao.entrypoints.http.wording import label_of
from jiedao.entrypoints.settings import Settings
from jiedao.store.archive import Manifest, manifest_path, read_range
from jiedao.store.archive_reading import ArchiveReader
from jiedao.store.erasure import ErasureTable
from jiedao.store.ledger import Removal
from projections.retention import WHY, RetentionPlan, plan_ranges
from projections.telling import TELLINGS

_LEAST = 1_000


_least = click.option(
    "--least",
    type=click.IntRange(1),
    default=_LEAST,
    show_default=True,
    help="最少事件数 No archive of fewer events than this.",
)


@click.group(cls=Listed)
def retention() -> None:
    """档案 Archive what ended long ago, and remove it from the database by two approvals.

    \b
    jiedao retention plan                               which ranges may be archived now
    jiedao retention archive --reason 年度归档            they are written to files, and verified
    jiedao retention request 1-50000 --reason 期限已满    ask for one to leave the database
    jiedao retention approve REQUEST                    by two people other than the asker
    jiedao retention remove REQUEST                     it leaves, in the transaction that records it

    What was removed stays in the log: replay, history, proofs, evidence, verification, rebuilding the views and further
    commands read it from its archive. How long what has ended stays online is data of the profile ([retention]). What
    is open, under reconsideration, in litigation, held or under appeal is neither archived nor removed.
    """  # noqa: D301  # \b is click's own mark: leave these lines as they are


for _command in removals.commands():
    retention.add_command(_command)


@retention.command()
@_least
@json_output
@with_settings(*DISTRICT)
def plan(settings: Settings, least: int) -> None:
    """归档计划 Say which ranges may be archived now, and what stands in the way of more; nothing changes."""
    with opened_for_reading(settings) as district:
        planned = _plan(district, _archives(settings), least)
    rows = [
        (one.first, one.last, one.events, f"{one.then}：{WHY[one.then_why]}" if one.then and one.then_why else "")
        for one in planned.ranges
    ]
    document = {
        "upto": planned.upto,
        "least": planned.least,
        "items": [
            {"first": one.first, "last": one.last, "events": one.events, "then": one.then, "then_why": one.then_why}
            for one in planned.ranges
        ],
        "in_the_way": dict(planned.in_the_way),
        "next_cursor": None,
    }
    answer(
        document,
        lambda: table("", ("起 first#", "止 last#", "事件数 events#", "其后 then"), rows),
        lambda: line(_stays(planned), style="dim"),
    )


@retention.command()
@click.argument("ranges", metavar="[FIRST-LAST]...", nargs=-1)
@click.option("--reason", required=True, help="理由 Why; it is recorded.")
@_least
@acting(Role.ADMINISTRATOR)
@json_output
@with_settings(*DISTRICT, *LEDGER)
def archive(  # noqa: PLR0913  # one parameter per option
    settings: Settings,
    ranges: Sequence[str],
    reason: str,
    least: int,
    role: str,
    token: str | None,
) -> None:
    """归档 Write ranges of the plan to files, all of them or those that are named; verified before they are kept.

    Each is one compressed file with every event as it is stored, and a manifest with the signed checkpoint and what
    leads from its leaves to it. That they were written is recorded. The events stay in the database as well.
    """
    wanted = [read_range(one) for one in ranges]
    with opened_for_reading(settings) as district:
        actor, archives = actor_of(district, role, token), _archives(settings)
        planned = _plan(district, archives, least if not wanted else 1)
        chosen = wanted or [(one.first, one.last) for one in planned.ranges]
        for first, last in chosen:
            if not any(one.first <= first and last <= one.last for one in planned.ranges):
                raise ConflictError(f"{first}-{last} is not within the plan: `jiedao retention plan` says what is")
        written = []
        with progress("归档 archiving") as report:
            for first, last in chosen:
                manifest = archives.write(
                    first,
                    last,
                    district=district.profile.code,
                    log=district.application.district_log,
                    published=district.ledger.published,
                    keys=district.ledger.known_keys(),
                    clock=district.clock,
                    report=report,
                )
                district.auditing.access.record_access(
                    AccessKind.EXPORT,
                    actor,
                    f"archive:{manifest.name}",
                    reason=reason,
                    details={"format": "archive", "sha256": manifest.sha256},
                )
                written.append(manifest)
        _list(written, district, archives.folder)


@retention.command("list")
@json_output
@with_settings(*DISTRICT)
def list_archives(settings: Settings) -> None:
    """归档列表 List the archives in the folder, and those that the log says are there and are not.

    Exits with 4 when one is missing.
    """
    with opened(settings) as district:
        archives = _archives(settings)
        reader = ArchiveReader(archives.folder)
        missing = [one for one in district.ledger.table.removals() if not reader.has(one.range)]
        _list(archives.all(), district, archives.folder, missing)
    if missing:
        click.get_current_context().exit(ExitCode.UNAVAILABLE)


@retention.command()
@click.argument("archives", metavar="FILE...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--key", "keys", multiple=True, help="公钥 Believe this verifier key alone; may be given several times.")
@json_output
@with_settings()
def verify(_settings: Settings, archives: Sequence[Path], keys: Sequence[str]) -> None:
    """核验归档 Verify archives without any database: file, leaves, positions, root, signature.

    FILE is an archive or its manifest. Without --key the manifest's own keys are believed: give the key that you kept.
    """
    believed = [read_key(key) for key in keys]
    rows = []
    with progress("核验 verifying") as report:
        for path in archives:
            manifest = path if path.name.endswith(".manifest.json") else manifest_path(path)
            rows.append(Archives(manifest.parent).verify(manifest, believed, report))
    items = [
        {
            "archive": one.manifest.name,
            "events": one.events,
            "tree_size": one.manifest.tree_size,
            "signed_by": one.signed_by,
            "whole": True,
        }
        for one in rows
    ]
    columns = ("归档 archive", "事件数 events#", "检查点 checkpoint#", "签名 signed by")
    answer(
        page(items, None),
        lambda: table(
            "完整 whole",
            columns,
            [(row["archive"], row["events"], row["tree_size"], row["signed_by"]) for row in items],
        ),
    )


@retention.command("read-back")
@click.argument("incident")
@click.option("--reason", required=True, help="理由 Why; that it was read is recorded.")
@acting(Role.AUDITOR, Role.ADMINISTRATOR)
@json_output
@with_settings(*DISTRICT)
def read_back(settings: Settings, incident: str, reason: str, role: str, token: str | None) -> None:
    """调阅 Tell an incident's events out of the archives. INCIDENT is its id, or SOURCE:EXTERNAL_ID.

    What was erased reads «已删除», whatever the archive holds.
    """
    with opened(settings) as district:
        incident_id = read_incident(incident, district.profile)
        actor = actor_of(district, role, token)
        district.auditing.access.record_access(
            AccessKind.REPLAY, actor, f"incident:{incident_id}", incident_id=incident_id, reason=reason,
            details={"from": "archive"},
        )  # fmt: skip
        archives = _archives(settings)
        decode = forgetful(district.application.decode, ErasureTable(district.database))
        items = [_told(manifest, entry, decode) for manifest, entry in archives.stream(incident_id)]
        if not items:
            named = "、".join(one.name for one in archives.all()) or "none"
            raise NotFoundError(f"no archive in {archives.folder} holds {incident}; it holds the positions {named}")
        zone = ZoneInfo(district.profile.timezone)
        answer(page(items, None, incident_id=incident_id), lambda: Group(*_lines(items, zone)))


def _told(manifest: Manifest, entry: LogEntry, decode: Callable[[LogEntry], object]) -> dict[str, object]:
    event: object = decode(entry)
    telling, context = TELLINGS[entry.topic], event.context  # type: ignore[attr-defined]  # every event has one
    return {
        "archive": manifest.name,
        "position": entry.position,
        "version": entry.originator_version,
        "event": entry.topic.rpartition(".")[2],
        "label": telling.label,
        "recorded_at": entry.recorded_at,
        "actor": context.actor,
        "role": context.role,
        "reason": context.reason,
        "summary": telling.sentence(event),
        "inputs": msgspec.json.decode(msgspec.json.encode(telling.inputs(event))),
    }


def _lines(items: Sequence[dict[str, object]], zone: ZoneInfo) -> Iterator[RenderableType]:
    for one in items:
        moment = local(one["recorded_at"], zone)  # type: ignore[arg-type]  # a moment
        yield line(f"{moment}  {one['label']}  {one['summary']}")
        actor = f"{one['actor']}（{label_of(Role, str(one['role']))}）"
        yield line(f"    {actor} · position {one['position']} · 归档 {one['archive']}", "dim")


def _stays(planned: RetentionPlan) -> str:
    if not planned.upto:
        return "尚无可归档的事件 nothing was recorded longer ago than the shortest time online ([retention])"
    counts = "; ".join(f"{WHY[why]} {number}" for why, number in sorted(planned.in_the_way.items()))
    return f"截至位置 up to position {planned.upto}; 留在库中 events that stay: {counts or 'none'}"


def _plan(district: District, archives: Archives, least: int) -> RetentionPlan:
    taken = [(one.first, one.last) for one in archives.all()]
    return plan_ranges(district.read, district.profile.retention, district.clock.now(), least=least, archived=taken)


def _archives(settings: Settings) -> Archives:
    return Archives(settings.archives)


def _list(manifests: Sequence[Manifest], district: District, folder: Path, more: Sequence[Removal] = ()) -> None:
    """List archives, and what becomes of each: still in the database, or removed; and those that are not there."""
    zone = ZoneInfo(district.profile.timezone)
    removed = {(one.first_position, one.last_position): one for one in district.ledger.table.removals()}
    items = []
    for one in manifests:
        removal = removed.get((one.first, one.last))
        items.append(
            msgspec.to_builtins(one)
            | {
                "removed_at": removal.removed_at if removal else None,
                "recorded_position": removal.recorded_position if removal else None,
            }
        )
    missing = [
        {"first": one.first_position, "last": one.last_position, "file": one.archive_file, "sha256": one.archive_sha256}
        for one in more
    ]
    rows = [
        (
            one.name, one.last - one.first + 1, one.streams, one.size, local(one.made_at, zone),
            f"已移除 {local(item['removed_at'], zone)}" if item["removed_at"] else "在库 in the database", one.sha256,
        )
        for one, item in zip(manifests, items, strict=True)
    ]  # fmt: skip
    columns = ("归档 archive", "事件数 events#", "流 streams#", "字节 size#", "时间 made", "状态 state", "SHA-256")
    answer(
        page(items, None, folder=str(folder), missing=missing),
        lambda: table("", columns, rows),
        lambda: facts([("目录 folder", folder)]),
        lambda: Group(
            *(
                line(
                    f"! 归档文件不在 not there: {one['file']} ({one['first']}-{one['last']})，SHA-256 {one['sha256']}",
                    "red",
                )
                for one in missing
            )
        ),
    )
