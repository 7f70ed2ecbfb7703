"""Who asks: a request's bearer token becomes its holder, anew for every request, so that a revocation holds at once.

Routes declare what they do (``Annotated[Holder, Depends(Allowed(Act.READ_QUEUES))]``) and get a holder who may.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from starlette.requests import Request

from jiedao.domain.access import Holder
from jiedao.entrypoints.http.edge import edge_of
from jiedao.entrypoints.http.exchange import exchange_of
from jiedao.entrypoints.http.parameters import refuse_unknown_parameters
from jiedao.entrypoints.http.permissions import Act, require
from jiedao.entrypoints.http.problems import HttpProblemError

Found = TypeVar("Found")

_BEARER = re.compile(r"[Bb]earer +(jd_[A-Za-z0-9]{16,128}) *")
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="jiedao"'}


class Allowed(SecurityBase):
    """A dependency that lets through only holders whose role may do one act, and returns them."""

    scheme_name = "token"
    model = HTTPBearer(
        bearerFormat="jd_…",
        description="访问令牌：由管理员用 `jiedao tokens create` 发放。 A token made by `jiedao tokens create`.",
    )

    def __init__(self, act: Act) -> None:
        self.act = act

    async def __call__(self, request: Request) -> Holder:
        """Return the holder; raises a 401 problem without a valid token, a 403 one when the role may not."""
        holder = await authenticate(request)
        require(holder, self.act)
        refuse_unknown_parameters(request)
        return holder


async def authenticate(request: Request) -> Holder:
    """Return the holder of the request's token; raises a 401 problem when there is none."""
    match = _BEARER.fullmatch(request.headers.get("authorization", ""))
    if match is None:
        raise HttpProblemError(
            "unauthenticated",
            "send the header `Authorization: Bearer jd_…` with a token; an administrator makes one with"
            " `jiedao tokens create`",
            headers=_CHALLENGE,
        )
    edge = edge_of(request)
    holder = await edge.tokens.ask(match[1])
    if holder is None:
        exchange_of(request).former = await edge.former.ask(match[1])
        raise HttpProblemError(
            "unauthenticated",
            "this token is not known, has expired, or was revoked; ask an administrator for a new one",
            headers=_CHALLENGE,
        )
    exchange_of(request).holder = holder
    return holder


def all_at_once(look_up: Callable[[str], Found]) -> Callable[[Sequence[str]], list[Found]]:
    """Look up the tokens of many concurrent requests, each distinct one once."""

    def look_all_up(tokens: Sequence[str]) -> list[Found]:
        found = {token: look_up(token) for token in set(tokens)}
        return [found[token] for token in tokens]

    return look_all_up
