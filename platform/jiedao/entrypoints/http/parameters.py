"""Query parameters that several routes share."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from fastapi.routing import APIRoute
from starlette.requests import Request

from jiedao.domain.profile import DistrictProfile
from jiedao.entrypoints.http.problems import FieldError, HttpProblemError, pointer_to

Cursor = Annotated[
    str | None, Query(max_length=500, description="游标 `next_cursor` of the page before, with the same filters.")
]
Limit = Annotated[int, Query(ge=1, le=500, description="每页条数 Rows on a page.")]
MinPosition = Annotated[
    int | None,
    Query(
        ge=0, le=2**63 - 1, description="至少包含此日志位置 Wait until at least this position is shown (at most 5 s)."
    ),
]
AsOf = Annotated[
    str | None,
    Query(
        max_length=40,
        description="回看时点：日志位置或带时区的时间 As of a position in the log, or of a time with its zone.",
        examples=["1042", "2026-11-24T09:30:00+08:00"],
    ),
]


def refuse_unknown_parameters(request: Request) -> None:
    """Raise a 422 problem for a parameter that the route does not know: a mistyped filter must not widen an answer."""
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return
    known = [str(one.alias) for one in route.dependant.query_params]
    unknown = sorted(set(request.query_params) - set(known))
    if unknown:
        taken = ", ".join(known) or "none"
        errors = [FieldError(pointer_to(name), "there is no such parameter", "query") for name in unknown]
        raise HttpProblemError("invalid_parameter", f"this address takes the parameters: {taken}", errors=errors)


def require_known_source(profile: DistrictProfile, source: str) -> None:
    """Raise a problem that names the district's sources when it has none of this name."""
    if source not in profile.sources:
        sentence = f"{profile.name} has no source {source!r}; it has {', '.join(sorted(profile.sources))}"
        raise HttpProblemError("invalid_parameter", sentence, errors=[FieldError("/source", sentence, "query")])


def require_known_street(profile: DistrictProfile, street: str) -> None:
    """Raise a problem that names the district's streets when none of them has this code: a name is no code."""
    if any(one.code == street for one in profile.streets):
        return
    streets = ", ".join(f"{one.code} {one.name}" for one in profile.streets)
    sentence = f"{profile.name} has no street {street!r}; it has {streets}"
    raise HttpProblemError("invalid_parameter", sentence, errors=[FieldError("/street", sentence, "query")])
