"""``jiedao audit seal``, ``checkpoints``, ``key``, ``cosign``: making checkpoints, and having them witnessed (封存)."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from time import monotonic, sleep
from typing import TextIO
from zoneinfo import ZoneInfo

import click

from jiedao.audit.sealer import Protection
from jiedao.domain.errors import NotFoundError, UnavailableError
from jiedao.entrypoints.bootstrap import District
from jiedao.entrypoints.cli.opening import console_actor, opened
from jiedao.entrypoints.cli.options import DISTRICT, LEDGER, json_output, with_settings
from jiedao.entrypoints.cli.output import answer, facts, line, local, page, table
from jiedao.entrypoints.cli.progress import progress
from jiedao.entrypoints.settings import Settings
from jiedao.store.leadership import LEDGER_LEADER, Leadership
from jiedao.store.ledger import CheckpointRow

_WAIT_SECONDS = 60.0
_LOOK_SECONDS = 0.1


def commands() -> Sequence[click.Command]:
    """The commands of this module."""
    return seal, checkpoints, key, cosign


@click.command()
@click.option("--anew", is_flag=True, help="重新公布 Publish into an empty folder again: where the folder was lost.")
@click.option("--new-key", is_flag=True, help="换密钥 Sign with a new key: where the one that signed is lost for good.")
@json_output
@with_settings(*DISTRICT, *LEDGER)
def seal(settings: Settings, *, anew: bool, new_key: bool) -> None:
    """封存日志 Seal everything that is in the log by now, and publish tiles and checkpoint.

    `jiedao serve` does it every few seconds; where it runs this waits until that has come so far. The first time it
    makes the key that signs: back it up, and keep it where the database's administrators do not come.
    """
    with opened(settings) as district:
        done = sealed_now(district, anew=anew, new_key=new_key)
        answer(
            {
                "origin": district.ledger.origin,
                "size": done.size,
                "sealed_at": done.sealed_at,
                "unprotected": done.unprotected,
                "folder": str(district.ledger.published.folder),
            },
            lambda: facts(_protected(district, done)),
        )


@click.command()
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True, help="条数 How many to list.")
@click.option("--before", type=click.IntRange(1), help="之前 Those of less events than this.")
@json_output
@with_settings(*DISTRICT, *LEDGER)
def checkpoints(settings: Settings, limit: int, before: int | None) -> None:
    """检查点列表 List the checkpoints that were made, the latest first, and who cosigned them."""
    with opened(settings) as district:
        ledger, zone = district.ledger, ZoneInfo(district.profile.timezone)
        rows = ledger.table.page(ledger.origin, before, limit)
        cosigned = _cosigned(district, rows)
        items = [
            {
                "size": row.size,
                "root": root_text(row),
                "sealed_at": row.sealed_at,
                "note": row.note,
                "cosigned_by": cosigned.get(row.size, []),
            }
            for row in rows
        ]
        following = str(rows[-1].size) if len(rows) == limit else None
        columns = ("事件数 size#", "时间 sealed", "根 root", "见证 cosigned by")
        answer(
            page(items, following),
            lambda: table(
                "",
                columns,
                (
                    (row.size, local(row.sealed_at, zone), root_text(row), "、".join(cosigned.get(row.size, [])))
                    for row in rows
                ),
            ),
            lambda: line(f"{len(rows)} shown" + (f"; more: --before {following}" if following else ""), style="dim"),
        )


@click.command()
@json_output
@with_settings(*DISTRICT, *LEDGER)
def key(settings: Settings) -> None:
    """验证公钥 Print the verifier key of this log, for whoever checks its checkpoints.

    Give it to auditors by a way of its own: a key that comes with what it verifies proves little.
    """
    with opened(settings) as district:
        keys = district.ledger.known_keys()
        if not keys:
            raise NotFoundError("this log has no key yet: `jiedao audit seal` or `jiedao serve` makes one")
        current, *earlier = keys
        answer(
            {
                "origin": district.ledger.origin,
                "verifier_key": str(current),
                "key_id": current.key_id.hex(),
                "public_key": current.public.hex(),
                "earlier": [str(one) for one in earlier],
            },
            lambda: line(str(current)),
            *(lambda one=one: line(f"以前 earlier: {one}", style="dim") for one in earlier),
        )


@click.command()
@click.argument("file", type=click.File(encoding="utf-8"))
@json_output
@with_settings(*DISTRICT, *LEDGER)
def cosign(settings: Settings, file: TextIO) -> None:
    """提交见证签名 Take what a witness signed: FILE is a checkpoint of this log with cosignatures; - is a pipe.

    A witness fetches the checkpoint, sees by a consistency proof that it goes on from the last one that it saw, and
    signs (C2SP tlog-cosignature, Ed25519). Its verifier key must be named in JIEDAO_LEDGER_WITNESSES.
    """
    with opened(settings) as district:
        rows = district.ledger.cosign(file.read(), console_actor().holder)
        zone = ZoneInfo(district.profile.timezone)
        items = [{"size": one.size, "witness": one.witness, "cosigned_at": one.cosigned_at} for one in rows]
        columns = ("事件数 size#", "见证 witness", "时间 cosigned")
        answer(
            page(items, None),
            lambda: table("", columns, ((one.size, one.witness, local(one.cosigned_at, zone)) for one in rows)),
        )


def sealed_now(district: District, *, anew: bool = False, new_key: bool = False) -> Protection:
    """Seal here, or wait for whoever does."""
    leadership = Leadership(district.addresses.app_url, LEDGER_LEADER, "jiedao-ledger-leader")
    head, until = district.ledger.table.head(), monotonic() + _WAIT_SECONDS
    try:
        while not leadership.look():
            protection = district.ledger.protection()
            if protection.size >= head:
                return protection
            if monotonic() > until:
                raise UnavailableError(
                    f"another process seals this log and has not come further than position {protection.size} of"
                    f" {head} within {_WAIT_SECONDS:.0f} s: see its health and log"
                )
            sleep(_LOOK_SECONDS)
        with progress("sealed events") as report:
            return district.ledger.sealer(new_key=new_key).seal(report, anew=anew)
    finally:
        leadership.resign()


def root_text(row: CheckpointRow) -> str:
    """A checkpoint's root as its note writes it."""
    return base64.b64encode(row.root).decode()


def _cosigned(district: District, rows: Sequence[CheckpointRow]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for one in district.ledger.table.cosignatures(district.ledger.origin, [row.size for row in rows]):
        found.setdefault(one.size, []).append(one.witness)
    return found


def _protected(district: District, done: Protection) -> Iterator[tuple[str, object]]:
    zone = ZoneInfo(district.profile.timezone)
    yield "日志 log", district.ledger.origin
    yield "已保护 protected", f"position 1 … {done.size}" if done.size else None
    yield "检查点 checkpoint", local(done.sealed_at, zone)
    yield "未保护 not yet", f"{done.unprotected} events"
    yield "公布于 published in", district.ledger.published.folder
