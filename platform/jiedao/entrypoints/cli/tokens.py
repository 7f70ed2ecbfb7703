"""``jiedao tokens``: creating, listing and revoking access tokens (访问令牌)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import click

from jiedao.domain.terms import Role
from jiedao.entrypoints.cli.listing import Listed
from jiedao.entrypoints.cli.opening import console_actor, opened
from jiedao.entrypoints.cli.options import DISTRICT, json_output, with_settings
from jiedao.entrypoints.cli.output import answer, document_of, facts, line, local, note, page, table
from jiedao.entrypoints.cli.words import read_end, read_street, read_term, require_source
from jiedao.entrypoints.settings import Settings
from jiedao.store.tokens import Token

_ALL = "全部 all"


@click.group(cls=Listed)
def tokens() -> None:
    """访问令牌 Who may ask over HTTP: tokens, each for a holder in a role."""


@tokens.command()
@click.option("--role", required=True, help=f"角色 {', '.join(f'{role.value} {role.label}' for role in Role)}.")
@click.option("--holder", required=True, help="持有人 The actor in every event: user:zhang, source:hotline.")
@click.option("--street", "streets", multiple=True, help="街道 Only what this street holds; again for more.")
@click.option("--source", "sources", multiple=True, help="来源 Only this source; again for more.")
@click.option(
    "--assignee",
    "assignees",
    multiple=True,
    help="承办方 Only tasks of this one are the holder's, by its name as tasks have it; again for more.",
)
@click.option(
    "--expires",
    help="有效期 Minutes, hours, days, weeks (90m, 12h, 30d, 4w), a day (counts) or a time; without it: until revoked.",
)
@json_output
@with_settings(*DISTRICT)
def create(  # noqa: PLR0913  # one parameter per option
    settings: Settings,
    role: str,
    holder: str,
    streets: Sequence[str],
    sources: Sequence[str],
    assignees: Sequence[str],
    expires: str | None,
) -> None:
    """创建令牌 Make a token and show it, this once: only a hash of it is kept."""
    with opened(settings) as district:
        profile, zone = district.profile, ZoneInfo(district.profile.timezone)
        issued = district.tokens.create(
            holder,
            read_term(Role, role, "role"),
            streets={read_street(street, profile) for street in streets} or None,
            sources={require_source(source, profile) for source in sources} or None,
            assignees=set(assignees) or None,
            expires_at=None if expires is None else read_end(expires, district.clock.now(), zone),
            created_by=console_actor().holder,
        )
        note(f"令牌仅显示一次 token {issued.token.token_id} is shown this once: keep it safe")
        answer(
            {"token": issued.plain, **document_of(issued.token)},
            lambda: line(issued.plain),
        )


@tokens.command("list")
@json_output
@with_settings(*DISTRICT)
def list_tokens(settings: Settings) -> None:
    """令牌列表 List all tokens, without themselves; also those that expired or were revoked."""
    with opened(settings) as district:
        zone, now = ZoneInfo(district.profile.timezone), district.clock.now()
        found = district.tokens.list()
        rows = [
            (
                one.token_id,
                one.holder,
                f"{one.role.label} {one.role.value}",
                ", ".join(sorted(one.streets)) if one.streets is not None else _ALL,
                ", ".join(sorted(one.sources)) if one.sources is not None else _ALL,
                ", ".join(sorted(one.assignees)) if one.assignees is not None else _ALL,
                _standing(one, now),
                local(one.expires_at, zone),
                f"{local(one.created_at, zone)} {one.created_by}",
            )
            for one in found
        ]
        columns = (
            "编号 id",
            "持有人 holder",
            "角色 role",
            "街道 streets",
            "来源 sources",
            "承办方 assignees",
            "状态 state",
            "到期 expires",
        )
        answer(
            page([document_of(one, state=_state(one, now)) for one in found], None),
            lambda: table("", (*columns, "创建 created"), rows),
        )


@tokens.command()
@click.argument("token_id")
@json_output
@with_settings(*DISTRICT)
def revoke(settings: Settings, token_id: str) -> None:
    """撤销令牌 Revoke a token, by its id, at once and for ever."""
    with opened(settings) as district:
        zone = ZoneInfo(district.profile.timezone)
        token = district.tokens.revoke(token_id, console_actor().holder)
        answer(
            document_of(token, state=_state(token, district.clock.now())),
            lambda: facts(
                (
                    ("编号 id", token.token_id),
                    ("持有人 holder", token.holder),
                    ("撤销 revoked", f"{local(token.revoked_at, zone)} {token.revoked_by}"),
                )
            ),
        )


def _state(token: Token, now: datetime) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "expired" if token.expires_at is not None and token.expires_at <= now else "valid"


def _standing(token: Token, now: datetime) -> str:
    return {"revoked": "已撤销", "expired": "已过期", "valid": "有效"}[_state(token, now)]
