"""A district's database: a small pool of connections with sane limits, handed to whoever reads or writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Self, TypeVar

import psycopg
from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool, PoolTimeout

from jiedao.domain.errors import UnavailableError
from jiedao.store.arrays import PackedArray, register_arrays

_SESSION_OPTIONS = "-c lock_timeout=10s -c idle_in_transaction_session_timeout=60s -c timezone=UTC"
_LIMITS: Mapping[str, str | int] = {
    "options": _SESSION_OPTIONS,
    "connect_timeout": 10,
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


def connect_alone(url: str, application_name: str) -> Connection[TupleRow]:
    """Open a connection of one's own, in autocommit, with the same limits as those of the pool.

    For those who hold a connection for long: the writer's lanes, the follower, the notifier. Raises psycopg's
    OperationalError when the server does not answer.
    """
    return psycopg.connect(url, autocommit=True, application_name=application_name, **_LIMITS)  # type: ignore[arg-type]  # libpq's own names


Answer = TypeVar("Answer")


class Database:
    """One district's PostgreSQL database.

    ``url`` is a libpq connection string; ``max_connections`` is this process's share of the connection budget.
    Nothing connects before the first use.
    """

    def __init__(self, url: str, *, max_connections: int = 8, application_name: str = "jiedao") -> None:
        self.url = url
        self._pool: ConnectionPool[Connection[TupleRow]] = ConnectionPool(
            url,
            min_size=1,
            max_size=max_connections,
            open=False,
            name=application_name,
            timeout=15.0,
            kwargs={"application_name": application_name, "autocommit": True, **_LIMITS},
        )
        self._max_connections = max_connections

    @contextmanager
    def connection(self) -> Iterator[Connection[TupleRow]]:
        """Lend a connection for one transaction: committed when the block ends well, rolled back otherwise.

        One that was cut while nobody used it is found out by its BEGIN, and another is lent. Raises UnavailableError
        when none is free in time or the server does not answer.
        """
        lent, _begun = self._ask(_begin)
        try:
            yield lent
        except BaseException:
            with suppress(psycopg.Error):  # what went wrong is told, whatever becomes of the connection
                lent.rollback()
            raise
        else:
            lent.commit()
        finally:
            self._pool.putconn(lent)

    def rows(self, query: bytes, parameters: Any = (), *, prepare: bool | None = None) -> list[TupleRow]:
        """Run one statement by itself, in a single round trip, and return its rows, which came in binary form.

        Parameters may be packed arrays.

        On a connection that was cut it is run again on another: it must be one that may run twice. Raises
        UnavailableError as :meth:`connection` does.
        """
        packed = any(isinstance(one, PackedArray) for one in parameters)

        def ask(lent: Connection[TupleRow]) -> list[TupleRow]:
            with lent.cursor(binary=True) as cursor:
                if packed:  # for this cursor alone: known to the connection they would be taken for lists, too
                    register_arrays(cursor)
                return cursor.execute(query, parameters, prepare=prepare).fetchall()

        lent, found = self._ask(ask)
        self._pool.putconn(lent)
        return found

    def _ask(self, ask: Callable[[Connection[TupleRow]], Answer]) -> tuple[Connection[TupleRow], Answer]:
        """Lend a connection and ask it something; one that turns out to have been cut is replaced by another.

        All connections of the pool may have been cut at once, by a restart of the server.
        """
        self._pool.open(wait=False)
        for left in range(self._max_connections, -1, -1):
            try:
                lent = self._pool.getconn()
            except PoolTimeout as error:
                raise UnavailableError("the database does not answer, or all connections are busy") from error
            try:
                return lent, ask(lent)
            except BaseException as error:
                cut = isinstance(error, psycopg.OperationalError) and lent.closed
                self._pool.putconn(lent)  # which makes a new one in the place of one that was cut
                if not (cut and left):
                    raise
        raise UnavailableError("the database cuts every connection")  # not reached: the last one raises

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _begin(lent: Connection[TupleRow]) -> None:
    lent.execute(b"BEGIN")
