"""Query parameters that several routes share."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

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
