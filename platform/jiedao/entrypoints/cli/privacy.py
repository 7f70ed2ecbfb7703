"""``jiedao privacy``: forget a reporter by two approvals, or keep everything of one under hold (个人信息)."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import click
import msgspec
from rich.console import Group, RenderableType

from jiedao.application.erasing import ErasureRefusedError, Whom
from jiedao.domain.approving import APPROVERS, ASKERS
from jiedao.domain.erasure_rules import DEAD_LETTER, REPORTER
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.report import ReporterDetails
from jiedao.domain.terms import Command, HoldGround, Role
from jiedao.domain.workflow import rule_of
from jiedao.entrypoints.cli.acting import acting, actor_of
from jiedao.entrypoints.cli.listing import Listed
from jiedao.entrypoints.cli.opening import catch_up, opened, opened_for_reading
from jiedao.entrypoints.cli.options import DISTRICT, json_output, with_settings
from jiedao.entrypoints.cli.output import answer, facts, line, local, note, page, table
from jiedao.entrypoints.cli.paging import paged
from jiedao.entrypoints.cli.words import read_incident
from jiedao.entrypoints.http.privacy_models import ErasureAnswer, KnownAnswer, ReporterHoldsAnswer
from jiedao.entrypoints.privacy_answers import erasure_answer, holds_answer, known_answer
from jiedao.entrypoints.settings import Settings
from jiedao.store.reporter_identity import normalise_identity_number, normalise_phone

_ALL = 1_000_000
_NUMBER = re.compile(r"\+?[\d\s()-]{7,20}|\d{17}[\dXx]")
"""What somebody may have typed who means a telephone or identity number; an incident's id has letters or a colon."""
_reporter = click.argument("reporter")
_reason = click.option("--reason", required=True, help="理由 Why; it is recorded. Name nobody in it.")
_request = click.argument("request", type=click.UUID)


@click.group(cls=Listed)
def privacy() -> None:
    """个人信息 Forget a reporter, by two people's approval, or keep everything of one under hold.

    REPORTER is an incident's id or SOURCE:EXTERNAL_ID (whoever reported it), a pseudonym as `find` shows it
    (reporter:…, dead-letter:ID), or - to read from standard input what identifies them: a telephone or identity number,
    or a JSON object with phone, identity_number, name, contact. Never write a number into the command itself: shells
    keep what was typed.
    """


@privacy.command()
@_reporter
@acting(Role.ADMINISTRATOR)
@json_output
@with_settings(*DISTRICT)
def find(settings: Settings, reporter: str, role: str, token: str | None) -> None:
    """查找 Tell what is a reporter's, and what stands against erasing it; nothing is opened and nothing changes."""
    with opened_for_reading(settings) as district:
        actor = actor_of(district, role, token)
        known = district.erasing.find(_whom(reporter, district.profile), actor)
        document = known_answer(known, district.profile)
        zone = ZoneInfo(district.profile.timezone)
        answer(document, lambda: _known(document, zone))


@privacy.command()
@_reporter
@_reason
@click.option("--key", help="幂等键 The same key asks once.")
@acting(*ASKERS[::-1])
@json_output
@with_settings(*DISTRICT)
def erase(  # noqa: PLR0913  # one parameter per option
    settings: Settings, reporter: str, reason: str, key: str | None, role: str, token: str | None
) -> None:
    """申请删除 Ask for a reporter to be erased. It waits for two approvals, by two people other than you.

    Refused, and recorded, while an incident of theirs is open, under reconsideration, in litigation, held, or has to be
    kept: each is named, and when to ask again. Carried out, it cannot be undone by anybody.
    """
    with opened(settings) as district:
        catch_up(district)
        actor = actor_of(district, role, token)
        with _refusals_told(district.profile):
            asked = district.erasing.ask(_whom(reporter, district.profile), reason, actor, key or str(uuid4()))
        _tell(erasure_answer(asked), district.profile)


@privacy.command()
@_request
@click.option("--note", "remark", default="", help="备注 A remark, such as how the identity was checked.")
@acting(*APPROVERS)
@json_output
@with_settings(*DISTRICT)
def approve(settings: Settings, request: UUID, remark: str, role: str, token: str | None) -> None:
    """批准 Approve a request, as one of two people; the second carries it out, if nothing stands against it.

    Both show their own access token (--token, or better JIEDAO_TOKEN): the login name of this machine approves nothing.
    """
    with opened(settings) as district:
        catch_up(district)
        actor = actor_of(district, role, token)
        with _refusals_told(district.profile):
            answered = district.erasing.approve(request, remark, actor)
        catch_up(district)
        _tell(erasure_answer(answered), district.profile)


@privacy.command()
@_request
@_reason
@acting(*APPROVERS)
@json_output
@with_settings(*DISTRICT)
def reject(settings: Settings, request: UUID, reason: str, role: str, token: str | None) -> None:
    """不予批准 Do not approve a request: it ends, and may be asked anew."""
    with opened(settings) as district:
        answered = district.erasing.reject(request, reason, actor_of(district, role, token))
        _tell(erasure_answer(answered), district.profile)


@privacy.command()
@_request
@acting(Role.ADMINISTRATOR)
@json_output
@with_settings(*DISTRICT)
def show(settings: Settings, request: UUID, role: str, token: str | None) -> None:
    """删除申请 Show a request: who asked and approved, what stood against it, what was destroyed."""
    with opened(settings) as district:
        found = district.erasing.show(request, actor_of(district, role, token))
        _tell(erasure_answer(found), district.profile)


@privacy.command("list")
@paged
@acting(Role.ADMINISTRATOR)
@json_output
@with_settings(*DISTRICT)
def list_requests(  # noqa: PLR0913  # one parameter per option
    settings: Settings, limit: int, cursor: str | None, role: str, token: str | None, *, every: bool
) -> None:
    """删除申请列表 List requests, the latest first."""
    if cursor is not None and not cursor.isdecimal():
        raise InvalidInputError(f"{cursor!r} is no cursor of this list")
    with opened(settings) as district:
        size = _ALL if every else limit
        before = int(cursor) if cursor else None
        found = district.erasing.list(actor_of(district, role, token), before, size + 1)
        following = str(found[size - 1][0]) if len(found) > size else None
        items = [erasure_answer(one) for _position, one in found[:size]]
        zone = ZoneInfo(district.profile.timezone)
        columns = ("编号 id", "状态 state", "申请人 asked by", "时间 asked", "理由 reason", "事件#", "批准 approved by")
        rows = [
            (
                one.request_id, one.state_label, one.asked_by, local(one.asked_at, zone), one.reason,
                len(one.incidents), "、".join(each.actor for each in one.approvals),
            )
            for one in items
        ]  # fmt: skip
        more = f"; more follow: --cursor {following}, or --all" if following else ""
        answer(
            page(items, following),
            lambda: table("", columns, rows),
            lambda: line(f"{len(items)} shown{more}", style="dim"),
        )


_ground = click.option(
    "--ground",
    type=click.Choice([ground.value for ground in HoldGround]),
    required=True,
    help="保全事由 On which ground.",
)
_reference = click.option("--reference", default="", help="案号 The file number.")


@privacy.command()
@_reporter
@_ground
@_reference
@_reason
@acting(*rule_of(Command.HOLD).roles)
@json_output
@with_settings(*DISTRICT)
def hold(  # noqa: PLR0913  # one parameter per option
    settings: Settings, reporter: str, ground: str, reference: str, reason: str, role: str, token: str | None
) -> None:
    """保全 Put everything of a reporter under hold: not erased, whatever becomes of the incidents."""
    with opened_for_reading(settings) as district:
        actor = actor_of(district, role, token)
        subject = district.erasing.subject_of(_whom(reporter, district.profile), actor)
        held = district.reporter_holds.place(subject, HoldGround(ground), reference, reason, actor)
        _tell_holds(holds_answer(subject, held), district.profile)


@privacy.command("release")
@_reporter
@_ground
@_reference
@_reason
@acting(*rule_of(Command.RELEASE_HOLD).roles)
@json_output
@with_settings(*DISTRICT)
def release(  # noqa: PLR0913  # one parameter per option
    settings: Settings, reporter: str, ground: str, reference: str, reason: str, role: str, token: str | None
) -> None:
    """解除保全 End a hold on a reporter; others may go on."""
    with opened_for_reading(settings) as district:
        actor = actor_of(district, role, token)
        subject = district.erasing.subject_of(_whom(reporter, district.profile), actor)
        held = district.reporter_holds.release(subject, HoldGround(ground), reference, reason, actor)
        _tell_holds(holds_answer(subject, held), district.profile)


def _whom(text: str, profile: DistrictProfile) -> Whom:
    """Read who is meant; what identifies a person is never quoted in an error."""
    if text == "-":
        return Whom(details=_details(sys.stdin.read()))
    if text.startswith(DEAD_LETTER):
        try:
            return Whom(letter_id=UUID(text.removeprefix(DEAD_LETTER)))
        except ValueError as error:
            raise InvalidInputError("write dead-letter: and the letter's id") from error
    if text.startswith(REPORTER):
        return Whom(subject=text)
    if _NUMBER.fullmatch(text):
        raise InvalidInputError("a number is never written into the command: write - and give it on standard input")
    return Whom(incident_id=read_incident(text, profile))


def _details(text: str) -> ReporterDetails:
    text = text.strip()
    if text.startswith("{"):
        try:
            return msgspec.json.decode(text.encode(), type=ReporterDetails)
        except msgspec.DecodeError as error:
            raise InvalidInputError(
                "standard input is no JSON object with phone, identity_number, name, contact, address"
            ) from error
    if normalise_phone(text):
        return ReporterDetails(phone=text)
    if normalise_identity_number(text):
        return ReporterDetails(identity_number=text)
    raise InvalidInputError("standard input holds neither a telephone nor an identity number, nor a JSON object")


class _refusals_told:  # noqa: N801  # reads as a statement
    """Tells on standard error what stands against it, one line each, before the error itself."""

    def __init__(self, profile: DistrictProfile) -> None:
        self._zone = ZoneInfo(profile.timezone)

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, ErasureRefusedError):
            for one in erasure_answer(error.request).obstacles:
                until = f"，至 {local(one.until, self._zone)}" if one.until else ""
                about = " ".join(part for part in (one.kind_label, one.kind, one.number) if part)
                note(f"{about}{until}：{one.detail}")


def _tell(document: ErasureAnswer, profile: DistrictProfile) -> None:
    zone = ZoneInfo(profile.timezone)
    answer(
        document,
        lambda: facts(_facts(document, zone)),
        lambda: line("未涵盖 not covered:", style="dim"),
        lambda: Group(*(line(f"  · {one}", style="dim") for one in document.not_covered)),
    )


def _facts(one: ErasureAnswer, zone: ZoneInfo) -> Iterator[tuple[str, object]]:
    yield "编号 id", one.request_id
    yield "状态 state", f"{one.state_label} {one.state}"
    yield "上报人 subject", one.subject
    yield "申请 asked", f"{one.asked_by}（{Role(one.asked_role).label}）{local(one.asked_at, zone)}"
    yield "理由 reason", one.reason
    yield "批准 approved", "、".join(f"{each.actor}（{each.seat_label}）" for each in one.approvals)
    if one.rejected_by:
        yield "不予批准 rejected", f"{one.rejected_by}：{one.rejected_because}"
    for obstacle in one.obstacles:
        yield "事由 obstacle", f"{obstacle.kind_label} {obstacle.number} {obstacle.detail}"
    yield "可再申请 again", local(one.again_at, zone)
    yield "结束 ended", local(one.ended_at, zone)
    yield "事件 incidents", "\n".join(map(str, one.incidents))
    yield "死信 dead letters", "\n".join(map(str, one.dead_letters))
    yield "销毁密钥 keys destroyed", one.keys
    if one.reapplied:
        yield "恢复后重删 reapplied", one.reapplied


def _known(document: KnownAnswer, zone: ZoneInfo) -> RenderableType:
    cases = [
        (one.incident_id, one.number, one.state_label, local(one.ended_at, zone), local(one.keep_until, zone))
        for one in document.incidents
    ]
    against = [(one.kind_label, one.number, local(one.until, zone), one.detail) for one in document.obstacles]
    return Group(
        facts(
            (
                ("上报人 subject", document.subject),
                ("密钥 living keys", document.keys),
                ("死信 dead letters", "\n".join(map(str, document.dead_letters))),
                ("保全 holds", "、".join(f"{one.ground_label} {one.reference}".strip() for one in document.holds)),
                ("可申请 may be asked", local(document.again_at, zone) if document.obstacles else "现在 now"),
            )
        ),
        table("事件 incidents", ("编号 id", "编号 number", "状态 state", "办结 ended", "保管至 keep until"), cases),
        table("不得删除的事由 obstacles", ("事由 kind", "事件 incident", "至 until", "说明 detail"), against),
    )


def _tell_holds(document: ReporterHoldsAnswer, profile: DistrictProfile) -> None:
    zone = ZoneInfo(profile.timezone)
    rows = [(one.ground_label, one.reference, one.placed_by, local(one.since, zone)) for one in document.holds]
    columns = ("事由 ground", "案号 reference", "提出 placed by", "起 since")
    answer(document, lambda: table(f"保全 holds on {document.subject}", columns, rows))
