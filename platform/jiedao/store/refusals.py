"""Keeps what was refused: who asked for what, when, and why not.

A flood of the same refusal is one row a minute with a count, so that someone who hammers the door fills a counter and
not the disk. Beside the count stands how many of them the log tells of: those of known people are events, too
(:mod:`jiedao.audit.refusing`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import LiteralString

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
    ``why`` is the sentence that was answered, ``allowed`` what would have been permitted (``role:auditor``);
    ``recorded`` says that the log tells of it already.
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
    why: str = ""
    allowed: tuple[str, ...] = ()
    recorded: bool = False


@dataclass(frozen=True, slots=True)
class CountedRefusal:
    """The same refusal within the minute that begins at ``minute``; ``request_id`` is that of the last one.

    ``told`` is how many of the ``times`` the log tells of; ``why`` and ``allowed`` are those of the first.
    """

    minute: datetime
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
    why: str
    allowed: Sequence[str]
    told: int


_COLUMNS: LiteralString = (
    "minute, status, reason, method, route, token_id, holder, role, client, times, first_at, last_at, request_id, why,"
    " allowed, told"
)


# The rows of one statement are folded first: an upsert cannot touch one row twice. Sorted, so that two that record at
# once lock rows in the same order.
_RECORD = f"""
INSERT INTO refusal (
    minute, status, reason, method, route, token_id, holder, role, client, times, first_at, last_at, request_id, why,
    allowed, told
)
SELECT date_trunc('minute', at), status, reason, method, route, token_id, holder, min(role), client, count(*), min(at),
       max(at), (array_agg(request_id ORDER BY at DESC))[1], (array_agg(why ORDER BY at))[1],
       string_to_array((array_agg(allowed ORDER BY at))[1], chr(10)), count(*) FILTER (WHERE recorded)
FROM unnest(
    %s::timestamptz[], %s::smallint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
    %s::text[], %s::text[], %s::text[], %s::text[], %s::boolean[]
) AS r (at, status, reason, method, route, token_id, holder, role, client, request_id, why, allowed, recorded)
GROUP BY date_trunc('minute', at), status, reason, method, route, token_id, holder, client
ORDER BY 1, 2, 3, 4, 5, 6, 7, 9
ON CONFLICT ON CONSTRAINT refusal_once_a_minute DO UPDATE SET
    times = refusal.times + excluded.times,
    told = refusal.told + excluded.told,
    last_at = greatest(refusal.last_at, excluded.last_at),
    request_id = excluded.request_id
RETURNING {_COLUMNS}
""".encode()  # noqa: S608  # constants of this file
_RECENT = f"""
SELECT {_COLUMNS} FROM refusal
WHERE last_at >= %(since)s AND (%(token_id)s::text IS NULL OR token_id = %(token_id)s)
ORDER BY last_at DESC, request_id
LIMIT %(limit)s
""".encode()  # noqa: S608  # as above
_PAGE = f"""
SELECT {_COLUMNS} FROM refusal
WHERE (%(holder)s::text IS NULL OR holder = %(holder)s)
  AND (%(since)s::timestamptz IS NULL OR last_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR first_at < %(until)s)
  AND (%(last_at)s::timestamptz IS NULL OR (last_at, request_id) < (%(last_at)s, %(request_id)s))
ORDER BY last_at DESC, request_id DESC
LIMIT %(limit)s
""".encode()  # noqa: S608  # as above
_UNTOLD = f"""
SELECT {_COLUMNS} FROM refusal WHERE holder <> '' AND told < times AND minute < %s ORDER BY minute LIMIT %s
""".encode()  # noqa: S608  # as above
_TELL = b"""
UPDATE refusal SET told = least(times, told + %(more)s)
WHERE minute = %(minute)s AND status = %(status)s AND reason = %(reason)s AND method = %(method)s AND route = %(route)s
  AND token_id = %(token_id)s AND holder = %(holder)s AND client = %(client)s AND told = %(told)s
"""


class RefusalLog:
    """Records refusals and lists them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, refusals: Sequence[Refusal]) -> list[CountedRefusal]:
        """Count a batch with one statement and return the rows; raises UnavailableError as every method does."""
        if not refusals:
            return []
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
            [refusal.why for refusal in refusals],
            ["\n".join(refusal.allowed) for refusal in refusals],
            [refusal.recorded for refusal in refusals],
        )
        with (
            self._database.connection() as connection,
            connection.cursor(row_factory=class_row(CountedRefusal)) as cursor,
        ):
            return cursor.execute(_RECORD, columns).fetchall()

    def untold(self, before: datetime, limit: int = 500) -> list[CountedRefusal]:
        """List what the log does not wholly tell of yet, of minutes before one, the oldest first."""
        with (
            self._database.connection() as connection,
            connection.cursor(row_factory=class_row(CountedRefusal)) as cursor,
        ):
            return cursor.execute(_UNTOLD, [before, limit]).fetchall()

    def tell(self, refusal: CountedRefusal, more: int) -> None:
        """Note that the log tells of ``more`` of them than the row says; nothing where somebody else noted it."""
        with self._database.connection() as connection:
            connection.execute(_TELL, asdict(refusal) | {"more": more})

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
