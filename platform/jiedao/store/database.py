"""A district's database: a small pool of connections with sane limits, handed to whoever reads or writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Self

import psycopg
from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool, PoolTimeout

from jiedao.domain.errors import UnavailableError

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
            check=ConnectionPool.check_connection,  # one that was cut is replaced before it is lent
            kwargs={"application_name": application_name, **_LIMITS},
        )

    @contextmanager
    def connection(self) -> Iterator[Connection[TupleRow]]:
        """Lend a connection for one transaction: committed when the block ends well, rolled back otherwise.

        Raises UnavailableError when none is free in time or the server does not answer.
        """
        self._pool.open(wait=False)
        try:
            lent = self._pool.getconn()
        except PoolTimeout as error:
            raise UnavailableError("the database does not answer, or all connections are busy") from error
        try:
            with lent.transaction():
                yield lent
        finally:
            self._pool.putconn(lent)

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
