"""Who acts at this terminal, for what needs several people: the login name, or the holder of an access token."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from jiedao.domain.access import Holder
from jiedao.domain.errors import NotAllowedError
from jiedao.domain.terms import Role
from jiedao.entrypoints.bootstrap import District
from jiedao.entrypoints.cli.opening import console_actor
from jiedao.entrypoints.cli.options import TOKEN_VARIABLE
from jiedao.entrypoints.cli.turning_away import acts_as

R = TypeVar("R")


def acting(*roles: Role) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Give a command ``--role`` (the first of ``roles`` by default) and ``--token``."""

    def decorate(command: Callable[..., R]) -> Callable[..., R]:
        token = click.option(
            "--token",
            envvar=TOKEN_VARIABLE,
            show_envvar=True,
            help="访问令牌 Act as the holder of this token, in its role; better by the variable than in the command.",
        )
        role = click.option(
            "--role",
            type=click.Choice([one.value for one in Role if one is not Role.INTEGRATOR]),
            default=roles[0].value,
            show_default=True,
            help="角色 The role in which you act, without a token; it is recorded.",
        )
        return role(token(command))

    return decorate


def actor_of(district: District, role: str, token: str | None) -> Holder:
    """Return who acts. Raises NotAllowedError for a token that is not known, has expired or was revoked."""
    if not token:
        return Holder("", console_actor().holder, Role(role))
    holder = district.tokens.authenticate(token.strip())
    former = district.tokens.former(token.strip()) if holder is None else None
    acts_as(former.holder if former else holder)
    if holder is None:
        raise NotAllowedError("this token is not known, has expired, or was revoked: ask for a new one")
    return holder
