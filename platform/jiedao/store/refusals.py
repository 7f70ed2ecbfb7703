"""Keeps what was refused: who asked for what, when, and why not.

A flood of the same refusal is one row a minute with a count, so that someone who hammers the door fills a counter and
not the disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from jiedao.domain.errors import InvalidInputError
from jiedao.store.database import Database

MAX_LISTED = 1_000
"""The most refusals that one question is answered with."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refused request.

    ``status`` is the HTTP status it was answered with, ``reason`` a short stable code, ``route`` the route's template.
    ``token_id``, ``holder`` and ``role`` are empty where no known token was shown. ``client`` is the network address.
    """

    at: datetime
    status: int
    reason: str
    method: str
    route: str
    token_id: str
    holder: str
    role: str
    client: str
    request_id: str


@dataclass(frozen=True, slots=True)
class CountedRefusal:
    """The same refusal within one minute; ``request_id`` is that of the last one."""

    status: int
    reason: str
    method: str
    route: str
    token_id: str
    holder: str
    role: str
    client: str
    times: int
    first_at: datetime
    last_at: datetime
    request_id: str


# The rows of one statement are folded first: an upsert cannot touch one row twice. Sorted, so that two that record at
# once lock rows in the same order.
_RECORD = b"""
INSERT INTO refusal (
    minute, status, reason, method, route, token_id, holder, role, client, times, first_at, last_at, request_id
)
SELECT date_trunc('minute', at), status, reason, method, route, token_id, min(holder), min(role), client,
       count(*), min(at), max(at), (array_agg(request_id ORDER BY at DESC))[1]
FROM unnest(
    %s::timestamptz[], %s::smallint[], %s::text[], %s::text[], %s::text[],
    %s::text[], %s::text[], %s::text[], %s::text[], %s::text[]
) AS r (at, status, reason, method, route, token_id, holder, role, client, request_id)
GROUP BY date_trunc('minute', at), status, reason, method, route, token_id, client
ORDER BY 1, 2, 3, 4, 5, 6, 9
ON CONFLICT ON CONSTRAINT refusal_once_a_minute DO UPDATE SET
    times = refusal.times + excluded.times,
    last_at = greatest(refusal.last_at, excluded.last_at),
    request_id = excluded.request_id
"""
_RECENT = b"""
SELECT status, reason, method, route, token_id, holder, role, client, times, first_at, last_at, request_id
FROM refusal
WHERE last_at >= %(since)s AND (%(token_id)s::text IS NULL OR token_id = %(token_id)s)
ORDER BY last_at DESC, request_id
LIMIT %(limit)s
"""
_PAGE = b"""
SELECT status, reason, method, route, token_id, holder, role, client, times, first_at, last_at, request_id
FROM refusal
WHERE (%(holder)s::text IS NULL OR holder = %(holder)s)
  AND (%(since)s::timestamptz IS NULL OR last_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR first_at < %(until)s)
  AND (%(last_at)s::timestamptz IS NULL OR (last_at, request_id) < (%(last_at)s, %(request_id)s))
ORDER BY last_at DESC, request_id DESC
LIMIT %(limit)s
"""


class RefusalLog:
    """Records refusals and lists them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, refusals: Sequence[Refusal]) -> None:
        """Record a batch with one statement; raises UnavailableError when the database does not answer."""
        if not refusals:
            return
        columns: tuple[list[object], ...] = (
            [refusal.at for refusal in refusals],
            [refusal.status for refusal in refusals],
            [refusal.reason for refusal in refusals],
            [refusal.method for refusal in refusals],
            [refusal.route for refusal in refusals],
            [refusal.token_id for refusal in refusals],
            [refusal.holder for refusal in refusals],
            [refusal.role for refusal in refusals],
            [refusal.client for refusal in refusals],
            [refusal.request_id for refusal in refusals],
        )
        with self._database.connection() as connection:
            connection.execute(_RECORD, columns)

    def recent(self, since: datetime, *, token_id: str | None = None, limit: int = 100) -> list[CountedRefusal]:
        """List refusals from ``since`` on, the latest first. Raises InvalidInputError for a limit beyond 1..1000."""
        if not 1 <= limit <= MAX_LISTED:
            raise InvalidInputError(f"1 to {MAX_LISTED} refusals are listed, not {limit}", pointer="/limit")
        asked = {"since": since, "token_id": token_id, "limit": limit}
        with (
            self._database.connection() as connection,
            connection.cursor(row_factory=class_row(CountedRefusal)) as cursor,
        ):
            return cursor.execute(_RECENT, asked).fetchall()

    def page(
        self,
        *,
        holder: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        after: tuple[datetime, str] | None = None,
        limit: int = 50,
    ) -> list[CountedRefusal]:
        """List refusals, the latest first, after the one whose ``last_at`` and ``request_id`` are given.

        ``since`` is included, ``until`` is not. Raises InvalidInputError as :meth:`recent` does.
        """
        if not 1 <= limit <= MAX_LISTED:
            raise InvalidInputError(f"1 to {MAX_LISTED} refusals are listed, not {limit}", pointer="/limit")
        last_at, request_id = after or (None, None)
        asked = {
            "holder": holder, "since": since, "until": until, "last_at": last_at, "request_id": request_id,
            "limit": limit,
        }  # fmt: skip
        with (
            self._database.connection() as connection,
            connection.cursor(row_factory=class_row(CountedRefusal)) as cursor,
        ):
            return cursor.execute(_PAGE, asked).fetchall()
