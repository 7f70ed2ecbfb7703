"""``jiedao retention request``, ``approve``, ``remove`` and so on: archived ranges leave the database (归档移除)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import TracebackType
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import click

from jiedao.audit.removing import RemovalRefusedError
from jiedao.domain.approving import APPROVERS
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.range_removal import ASKERS, RangeRemoval
from jiedao.domain.terms import ApprovalSeat, RemovalState, Role, StaysWhy
from jiedao.entrypoints.cli.acting import acting, actor_of
from jiedao.entrypoints.cli.opening import opened, opened_for_reading
from jiedao.entrypoints.cli.options import DISTRICT, LEDGER, json_output, with_settings
from jiedao.entrypoints.cli.output import answer, facts, line, local, note, page, table
from jiedao.entrypoints.cli.paging import paged
from jiedao.entrypoints.cli.progress import progress
from jiedao.entrypoints.removals import removal_desk, removal_document
from jiedao.entrypoints.settings import Settings
from jiedao.store.archive import read_range

_ALL = 1_000_000
_request = click.argument("request", type=click.UUID)
_NEXT = {
    RemovalState.ASKED: "jiedao retention approve {id}，由两人批准 by two people other than the asker",
    RemovalState.APPROVED_ONCE: "jiedao retention approve {id}，由另一人批准 by another person, from the other seat",
    RemovalState.APPROVED: "jiedao retention remove {id}",
}


def commands() -> Sequence[click.Command]:
    """The commands of this module."""
    return (request, approve, reject, show, requests, remove)


@click.command()
@click.argument("archive", metavar="FIRST-LAST")
@click.option("--reason", required=True, help="理由 Why; it is recorded.")
@click.option("--key", help="幂等键 The same key asks once.")
@acting(*ASKERS)
@json_output
@with_settings(*DISTRICT, *LEDGER)
def request(  # noqa: PLR0913  # one parameter per option
    settings: Settings, archive: str, reason: str, key: str | None, role: str, token: str | None
) -> None:
    """申请移除 Ask for an archived range to leave the database. It waits for the approvals of two others.

    \b
    jiedao retention archive --reason 年度归档
    jiedao retention request 1-50000 --reason 在线期限已满

    FIRST-LAST is an archive of `jiedao retention list`. It is verified now. Refused, and recorded, while an incident in
    the range is open, reopened, held, under appeal or ended too short a time ago, or where the range is not covered by
    a published checkpoint. Removed, the events stay in the log: every command reads them from the archive, which has to
    stay in its folder, with a copy elsewhere.
    """  # noqa: D301  # \b is click's own mark: leave these lines as they are
    first, last = read_range(archive)
    with opened_for_reading(settings) as district:
        actor = actor_of(district, role, token)
        with _refusals_told(), progress("核验 verifying") as report:
            asked = removal_desk(district).ask(first, last, reason, actor, key or str(uuid4()), report)
        _tell(asked, district.profile)


@click.command()
@_request
@click.option("--note", "remark", default="", help="备注 A remark, such as where the copy of the archive is.")
@acting(*APPROVERS)
@json_output
@with_settings(*DISTRICT, *LEDGER)
def approve(settings: Settings, request: UUID, remark: str, role: str, token: str | None) -> None:
    """批准移除 Approve a removal, as one of two people from two seats; what stands against it is looked at again."""
    with opened_for_reading(settings) as district:
        actor = actor_of(district, role, token)
        with _refusals_told():
            answered = removal_desk(district).approve(request, remark, actor)
        _tell(answered, district.profile)


@click.command()
@_request
@click.option("--reason", required=True, help="理由 Why not; it is recorded.")
@acting(*APPROVERS)
@json_output
@with_settings(*DISTRICT, *LEDGER)
def reject(settings: Settings, request: UUID, reason: str, role: str, token: str | None) -> None:
    """不予批准移除 Do not approve a removal: it ends, and may be asked anew."""
    with opened_for_reading(settings) as district:
        answered = removal_desk(district).reject(request, reason, actor_of(district, role, token))
        _tell(answered, district.profile)


@click.command()
@_request
@acting(Role.ADMINISTRATOR)
@json_output
@with_settings(*DISTRICT, *LEDGER)
def show(settings: Settings, request: UUID, role: str, token: str | None) -> None:
    """移除申请 Show a request: who asked and approved, what stood against it, what it came to."""
    with opened(settings) as district:
        _tell(removal_desk(district).show(request, actor_of(district, role, token)), district.profile)


@click.command()
@paged
@acting(Role.ADMINISTRATOR)
@json_output
@with_settings(*DISTRICT, *LEDGER)
def requests(  # noqa: PLR0913  # one parameter per option
    settings: Settings, limit: int, cursor: str | None, role: str, token: str | None, *, every: bool
) -> None:
    """移除申请列表 List requests, the latest first."""
    if cursor is not None and not cursor.isdecimal():
        raise InvalidInputError(f"{cursor!r} is no cursor of this list")
    with opened_for_reading(settings) as district:
        size = _ALL if every else limit
        actor = actor_of(district, role, token)
        found = removal_desk(district).list(actor, int(cursor) if cursor else None, size + 1)
        following = str(found[size - 1][0]) if len(found) > size else None
        shown = [one for _position, one in found[:size]]
        zone = ZoneInfo(district.profile.timezone)
        columns = (
            "编号 id",
            "位置 positions",
            "状态 state",
            "申请人 asked by",
            "时间 asked",
            "理由 reason",
            "批准 approved by",
        )
        rows = [
            (
                one.id, one.archive.name, one.state.label, one.asked_by, local(one.asked_at, zone), one.reason,
                "、".join(each.actor for each in one.approvals),
            )
            for one in shown
        ]  # fmt: skip
        more = f"; more follow: --cursor {following}, or --all" if following else ""
        answer(
            page([removal_document(one) for one in shown], following),
            lambda: table("", columns, rows),
            lambda: line(f"{len(shown)} shown{more}", style="dim"),
        )


@click.command()
@_request
@acting(Role.ADMINISTRATOR)
@json_output
@with_settings(*DISTRICT, *LEDGER)
def remove(settings: Settings, request: UUID, role: str, token: str | None) -> None:
    """移除 Remove a range from the database, whose removal two people approved; it stays in the log, in its archive.

    Everything is looked at again first: that no incident in it was reopened or held, that the published checkpoint
    covers it, that the archive is whole and holds every event byte for byte as the database does. The events leave in
    the transaction that records it: broken off, by Ctrl-C or by a power cut, nothing was removed.

    Done under the role that owns the schema (JIEDAO_DATABASE_OWNER_URL, where it is not the embedded database).
    """
    with opened_for_reading(settings) as district:
        actor = actor_of(district, role, token)
        with _refusals_told(), progress("移除 removing") as report:
            done = removal_desk(district).carry_out(request, actor, report)
        _tell(done, district.profile)
        note(
            f"keep {settings.archives / done.archive.file} and its manifest, and a copy elsewhere: they are the log now"
        )


class _refusals_told:  # noqa: N801  # reads as a statement
    """Tells on standard error what stands against it, one line each, before the error itself."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: TracebackType | None) -> None:
        if isinstance(error, RemovalRefusedError):
            for one in error.request.obstacles:
                label = StaysWhy(one.kind).label
                note(f"{one.whose} {label} {one.kind}: {one.events} events from position {one.position}")


def _tell(found: RangeRemoval, profile: DistrictProfile) -> None:
    zone = ZoneInfo(profile.timezone)
    answer(removal_document(found), lambda: facts(_facts(found, zone)))


def _facts(one: RangeRemoval, zone: ZoneInfo) -> Iterator[tuple[str, object]]:
    yield "编号 id", one.id
    yield "状态 state", f"{one.state.label} {one.state.value}"
    yield "位置 positions", f"{one.archive.name}（{one.archive.events} events）"
    yield "归档 archive", one.archive.file
    yield "SHA-256", one.archive.sha256
    yield "申请 asked", f"{one.asked_by}（{Role(one.asked_role).label}）{local(one.asked_at, zone)}"
    yield "理由 reason", one.reason
    yield "批准 approved", "、".join(f"{each.actor}（{ApprovalSeat(each.seat).label}）" for each in one.approvals)
    if one.rejected_by:
        yield "不予批准 rejected", f"{one.rejected_by}：{one.rejected_because}"
    for obstacle in one.obstacles:
        yield "事由 obstacle", f"{StaysWhy(obstacle.kind).label} {obstacle.whose}（position {obstacle.position}）"
    yield "不能移除 refused", one.refused_because or None
    yield "结束 ended", local(one.ended_at, zone)
    if one.state in _NEXT:
        yield "下一步 next", _NEXT[one.state].format(id=one.id)
