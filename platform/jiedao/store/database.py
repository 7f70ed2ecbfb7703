"""A district's database: a small pool of connections with sane limits, handed to whoever reads or writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool, PoolTimeout

from jiedao.domain.errors import UnavailableError

_SESSION_OPTIONS = "-c lock_timeout=10s -c idle_in_transaction_session_timeout=60s -c timezone=UTC"


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
            kwargs={
                "application_name": application_name,
                "options": _SESSION_OPTIONS,
                "connect_timeout": 10,
                "keepalives": 1,
                "keepalives_idle": 30,
                "keepalives_interval": 10,
                "keepalives_count": 3,
            },
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
