"""Goes around every request: gives it an id, measures it, logs it, and sets the headers that all answers carry.

The log names the route's template and never the query, a body or an id in the path: nothing personal gets in.
"""

from __future__ import annotations

import re
import traceback
from dataclasses import dataclass
from time import perf_counter
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jiedao.domain.access import Holder
from jiedao.entrypoints.http.metrics import HttpMetrics
from jiedao.entrypoints.http.problems import HttpProblemError, problem_of
from jiedao.store.tokens import FormerToken

REQUEST_ID = "x-request-id"
UNROUTED = "unrouted"
"""Stands for the route where an address matched none, so that made-up addresses make no new rows anywhere."""

_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
}
"""What every answer carries unless its route says otherwise."""

_log = structlog.get_logger("jiedao.http")


@dataclass(slots=True)
class Exchange:
    """One request and its answer.

    ``holder`` is known once the token was read; ``former`` is whose token it was, where it is valid no more.
    """

    request_id: str
    holder: Holder | None = None
    former: FormerToken | None = None


def exchange_of(request: Request) -> Exchange:
    """Return the exchange that a request belongs to."""
    exchange = request.scope["state"]["exchange"]
    if not isinstance(exchange, Exchange):
        raise TypeError("the request did not come through the exchange")
    return exchange


def route_of(scope: Scope) -> str:
    """Return the template of the route that took the request."""
    return str(getattr(scope.get("route"), "path", UNROUTED))


def method_of(scope: Scope) -> str:
    """Return the request's method; one that HTTP does not know is ``OTHER``."""
    method = str(scope["method"])
    return method if method in _METHODS else "OTHER"


def client_of(scope: Scope) -> str:
    """Return the network address that the request came from; empty where the server does not know."""
    client = scope.get("client")
    return str(client[0]) if client else ""


class ExchangeMiddleware:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, metrics: HttpMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = Exchange(uuid4().hex)
        scope.setdefault("state", {})["exchange"] = exchange
        started = perf_counter()
        status: int | None = None

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _mark(message, exchange.request_id)
            await send(message)

        try:
            _refuse_nul(scope)
            await self._app(scope, receive, send_marked)
        except HttpProblemError as error:
            await problem_of(error, exchange.request_id)(scope, receive, send_marked)
        except Exception as error:  # noqa: BLE001  # the last stop: whatever it is, the caller gets a problem and the log the place
            _log_crash(error, exchange.request_id)
            if status is None:
                await problem_of(error, exchange.request_id)(scope, receive, send_marked)
        finally:
            self._tell(scope, exchange, status or 0, perf_counter() - started)

    def _tell(self, scope: Scope, exchange: Exchange, status: int, seconds: float) -> None:
        route, method = route_of(scope), method_of(scope)
        self._metrics.observe(method, route, status, seconds)
        given = Headers(scope=scope).get(REQUEST_ID, "")
        _log.info(
            "request",
            request_id=exchange.request_id,
            method=method,
            route=route,
            status=status,  # 0: the caller hung up before it was answered
            milliseconds=round(seconds * 1_000, 1),
            holder=exchange.holder.holder if exchange.holder else None,
            client=client_of(scope),
            given_id=given if _GIVEN_ID.fullmatch(given) else None,
        )


def _refuse_nul(scope: Scope) -> None:
    """Refuse an address that holds the one character that no text in the database can."""
    query = scope["query_string"]
    if "\x00" in scope["path"] or b"%00" in query or b"\x00" in query:
        raise HttpProblemError("invalid_input", "an address holds no NUL character")


def _mark(message: Message, request_id: str) -> None:
    headers = MutableHeaders(raw=message.setdefault("headers", []))
    headers[REQUEST_ID] = request_id
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)


def _log_crash(error: Exception, request_id: str) -> None:
    """Log where it happened, and not what the error says: that may quote what was sent."""
    frames = traceback.extract_tb(error.__traceback__)
    _log.error(
        "request_crashed",
        request_id=request_id,
        error=type(error).__name__,
        frames=[f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    )
