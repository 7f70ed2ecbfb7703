"""``jiedao audit verify``: recompute everything, and name the first position that does not hold (核验)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Group, RenderableType

from jiedao.audit.checkpoints import read_checkpoint_note
from jiedao.audit.faults import FaultKind
from jiedao.audit.notes import VerifierKey, read_key
from jiedao.audit.published import PublishedLedger, Told
from jiedao.audit.verification import Verification, VerificationReport
from jiedao.domain.access_record import AccessKind
from jiedao.domain.errors import InvalidInputError
from jiedao.entrypoints.cli.failing import ExitCode
from jiedao.entrypoints.cli.opening import console_actor, opened
from jiedao.entrypoints.cli.options import DISTRICT, LEDGER, json_output, with_settings
from jiedao.entrypoints.cli.output import answer, facts, line, table
from jiedao.entrypoints.cli.progress import progress
from jiedao.entrypoints.settings import Settings

_MOST_PROCESSES = 64


def commands() -> Sequence[click.Command]:
    """The commands of this module."""
    return (verify,)


@click.command()
@click.option(
    "--published",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="公布目录 Another copy of the published folder to compare with: one that you fetched yourself.",
)
@click.option(
    "--checkpoint",
    "kept",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="检查点 A checkpoint that you kept, as a file; may be given several times.",
)
@click.option("--key", "keys", multiple=True, help="公钥 Believe this verifier key alone; may be given several times.")
@click.option("--witness", "witnesses", multiple=True, help="见证人公钥 Verifier key of a further witness.")
@click.option(
    "--processes",
    type=click.IntRange(1, _MOST_PROCESSES),
    default=None,
    help="进程数 Verify in so many processes; without it one for each two processors.",
)
@json_output
@with_settings(*DISTRICT, *LEDGER)
def verify(  # noqa: PLR0913  # one parameter per option
    settings: Settings,
    published: Path | None,
    kept: Sequence[Path],
    keys: Sequence[str],
    witnesses: Sequence[str],
    processes: int | None,
) -> None:
    """核验日志 Recompute the whole log from its stored bytes, and name the first position that does not hold.

    \b
    jiedao audit verify
    jiedao audit verify --published /mnt/copy/ledger --checkpoint mine.txt

    Every event is hashed anew; the tree over them must have the root of every checkpoint that was ever published,
    those of the database and those that you kept; signatures and cosignatures must be right; no position and no version
    of a stream may be missing. What lies after the last published checkpoint is not yet protected, and told apart.
    What was archived and removed is read from its archive; where that is not there, its published hashes stand for it,
    and which positions were not read is said.

    Without --key the keys that come with the log are believed, and the answer says so (`key_from`: `folder`).
    Exits with 1 when anything does not hold, with 4 when all that was read holds and an archive is not there.
    """  # noqa: D301  # \b is click's own mark: leave these lines as they are
    with opened(settings) as district:
        ledger = district.ledger
        verification = Verification(
            ledger.database,
            PublishedLedger(published) if published is not None else ledger.published,
            ledger.trust([_key(one, "--key") for one in keys], [_key(one, "--witness") for one in witnesses]),
            [_kept(path) for path in kept],
            processes or max(1, (os.cpu_count() or 1) // 2),
            settings.archives,
        )
        with progress("verified events") as report:
            found = verification.run(report)
        district.auditing.access.record_access(AccessKind.VERIFY, console_actor(), f"log:{found.head}")
    key_from = "given" if keys else "folder"
    answer(_document(found, key_from), lambda: Group(*_told(found, key_from)))
    if not found.whole:
        click.get_current_context().exit(ExitCode.FAILED)
    if found.unread:
        click.get_current_context().exit(ExitCode.UNAVAILABLE)


def _key(written: str, option: str) -> VerifierKey:
    try:
        return read_key(written)
    except InvalidInputError as error:
        raise click.UsageError(f"{option}: {error}") from error


def _kept(path: Path) -> Told:
    try:
        return Told(*read_checkpoint_note(path.read_text(encoding="utf-8")), f"the checkpoint in {path}")
    except UnicodeDecodeError as error:
        raise click.UsageError(f"--checkpoint {path}: 不是文本 this is no text, and so no checkpoint") from error
    except InvalidInputError as error:
        raise click.UsageError(f"--checkpoint {path}: {error}") from error


_BELIEVED = (
    "签名只按自带的公钥核验：本机的签名密钥和公布文件夹里的 keys.txt。"
    "能改这个文件夹的人也能换掉公钥。请用 --key 给出另行取得的公钥"
    " signatures were checked by the keys that come with what is verified: whoever can write there can exchange them;"
    " name a key that you have from elsewhere by --key"
)


def _document(found: VerificationReport, key_from: str) -> dict[str, object]:
    faults = [{**asdict(one), "label": one.label} for one in found.faults]
    return asdict(found) | {"faults": faults, "key_from": key_from}


def _told(found: VerificationReport, key_from: str) -> Iterator[RenderableType]:
    if found.whole and found.unread:
        positions = "、".join(f"{one.first_position} … {one.last_position}" for one in found.unread)
        yield line(f"! 已读部分完整，归档未读 what was read holds; not read: {positions}", style="yellow")
    elif found.whole:
        yield line(f"✓ 日志完整 the log is whole: {found.head} events, {found.checkpoints} checkpoints", style="green")
    else:
        yield line(_wrong(found), style="red")
        yield table(
            "",
            ("位置 position#", "问题 what", "说明"),
            ((one.position, one.label, one.sentence) for one in found.faults),
        )
        if found.fault_count > len(found.faults):
            yield line(f"… and {found.fault_count - len(found.faults)} more")
    yield facts(
        [*_facts(found), ("公钥 key", "由 --key 给出 given" if key_from == "given" else "自带 the folder's own")]
    )
    if key_from == "folder":
        yield line(f"! {_BELIEVED}", style="yellow")
    for note in found.notes:
        yield line(f"! {note}", style="yellow")


def _wrong(found: VerificationReport) -> str:
    """Say at once whether it is the log, or only what is published of it."""
    only_published = all(one.kind is FaultKind.PUBLISHED for one in found.faults)
    if only_published and found.fault_count == len(found.faults) and found.protected:
        return "✗ 公布的文件有误 what is published is not whole; the log itself has the signed roots"
    return f"✗ 日志有误 the log does not hold from position {found.first_fault}"


def _facts(found: VerificationReport) -> Iterator[tuple[str, object]]:
    yield "日志 log", found.origin
    yield "已保护 protected", f"position 1 … {found.protected}" if found.protected else None
    yield "未保护 not yet", f"{found.unprotected} events"
    yield "见证 witnesses", "、".join(found.witnesses)
    for one in found.removals:
        approved = f"{one.approver}、{one.second_approver} 批准，见 position {one.recorded_position}"
        said = f"{one.first_position} … {one.last_position}：{one.reason}（{approved}；归档 {one.archive_file}）"
        yield "归档移除 removed", said
    yield "用时 took", f"{found.seconds:.1f} s, {found.events_per_second:,.0f} events/s"
