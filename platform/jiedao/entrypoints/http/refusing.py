"""Turns every error of a request into its problem document, and records those that are refusals."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from fastapi.exceptions import RequestValidationError
from psycopg import Error as DatabaseError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from jiedao.domain.errors import InvalidInputError, JiedaoError, NotAllowedError
from jiedao.entrypoints.http.edge import Edge, edge_of
from jiedao.entrypoints.http.exchange import Exchange, client_of, exchange_of, method_of, route_of
from jiedao.entrypoints.http.problems import BY_STATUS, FieldError, HttpProblemError, code_of, pointer_to, problem_of
from jiedao.store.refusals import Refusal

REFUSALS = frozenset({"unauthenticated", "not_allowed"})
"""The codes of errors that are refusals."""

_FORMER = {"revoked": "令牌已撤销 this token was revoked", "expired": "令牌已过期 this token has expired"}
_SENDING = frozenset({"POST", "PUT", "PATCH"})
_log = structlog.get_logger("jiedao.http")


async def answer_error(request: Request, error: Exception) -> Response:
    """Answer one of the platform's own errors, or one of the database's."""
    exchange = exchange_of(request)
    code = code_of(error)
    if code in REFUSALS:
        await _refuse(request, edge_of(request), exchange, code, error)
    elif code in {"error", "configuration"} or isinstance(error, DatabaseError):
        # A database error's text may quote a row, so only its kind is logged; our own sentences quote nothing.
        sentence = None if isinstance(error, DatabaseError) else str(error)
        _log.error("request_failed", request_id=exchange.request_id, error=type(error).__name__, sentence=sentence)
    return problem_of(error, exchange.request_id, _place(request, error))


def _place(request: Request, error: Exception) -> str:
    """Say where the field stands that an error points to: in the body, unless it is a parameter or only asked for."""
    pointer = error.pointer if isinstance(error, InvalidInputError) else None
    name = (pointer or "").strip("/").partition("/")[0]
    return "body" if request.method in _SENDING and name not in request.query_params else "query"


async def answer_framework_error(request: Request, error: Exception) -> Response:
    """Answer what the web framework refused: no such address, not this method, a malformed request."""
    if not isinstance(error, HTTPException):
        raise error
    code = BY_STATUS.get(error.status_code, "invalid_input" if error.status_code < 500 else "error")  # noqa: PLR2004  # where server errors begin
    known = HttpProblemError(code, _SENTENCES.get(code, str(error.detail)), headers=error.headers)
    return problem_of(known, exchange_of(request).request_id)


async def answer_invalid_parameters(request: Request, error: Exception) -> Response:
    """Answer parameters that are not what the route declares, with a pointer to each."""
    if not isinstance(error, RequestValidationError):
        raise error
    fields = [_field(tuple(found["loc"]), str(found["msg"])) for found in error.errors()]
    sentence = "; ".join(f"{field.pointer}: {field.detail}" for field in fields)
    return problem_of(HttpProblemError("invalid_parameter", sentence, errors=fields), exchange_of(request).request_id)


_SENTENCES = {
    "not_found": "there is nothing at this address; /docs lists all there is",
    "method_not_allowed": "this address exists, but not with this method; /docs says which it takes",
}


def _field(location: Sequence[object], message: str) -> FieldError:
    place, *parts = location or ("body",)
    return FieldError(pointer_to(*parts), message, str(place))


async def _refuse(request: Request, edge: Edge, exchange: Exchange, reason: str, error: Exception) -> None:
    """Record a refusal before it is answered; one that cannot be recorded is logged and counted, and still refused.

    Whose token was revoked or has expired is a known person, too.
    """
    former = exchange.former
    holder = former.holder if former else exchange.holder
    refusal = Refusal(
        at=edge.services.clock.now(),
        status=403 if reason == "not_allowed" else 401,
        reason=f"token_{former.ended}" if former else reason,
        method=method_of(request.scope),
        route=route_of(request.scope),
        token_id=holder.token_id if holder else "",
        holder=holder.holder if holder else "",
        role=holder.role.value if holder else "",
        client=client_of(request.scope),
        request_id=exchange.request_id,
        why=_FORMER[former.ended] if former else str(error),
        allowed=error.allowed if isinstance(error, NotAllowedError) else (),
        recorded=isinstance(error, NotAllowedError) and error.recorded,
    )
    edge.metrics.refused(reason)
    _log.warning(
        "refused", reason=reason, request_id=refusal.request_id, route=refusal.route, method=refusal.method,
        token_id=refusal.token_id or None, holder=refusal.holder or None, client=refusal.client,
    )  # fmt: skip
    try:
        await edge.refusals.ask(refusal, timeout=5.0)
    except (JiedaoError, DatabaseError) as failure:
        edge.metrics.refusal_unrecorded()
        # Where it was raised says nothing more than what it is.
        _log.error("refusal_not_recorded", request_id=refusal.request_id, error=type(failure).__name__)
