"""Tells followers that the log has grown: NOTIFY after the commit, on a connection of its own, at most so often.

Inside the append a NOTIFY would serialise the whole server. A lost notification costs a follower no more than its poll
floor, so nothing here ever holds up or fails an append.
"""

from __future__ import annotations

from threading import Event, Lock, Thread

import psycopg
import structlog
from psycopg import Connection
from psycopg.rows import TupleRow

from jiedao.store.database import connect_alone

CHANNEL = "jiedao_log"
"""The channel of the log in its database."""

_log = structlog.get_logger(__name__)
_RETRY_SECONDS = 0.5


class CommitNotifier:
    """Sends NOTIFY for commits, at most ``per_second`` times a second; several commits become one."""

    def __init__(self, url: str, *, per_second: float = 50.0) -> None:
        self._url = url
        self._pause = 1.0 / per_second
        self._grown = Event()
        self._closing = Event()
        self._lock = Lock()
        self._thread: Thread | None = None

    def committed(self) -> None:
        """Say that something was committed; returns at once."""
        if self._thread is None:
            with self._lock:
                if self._thread is None and not self._closing.is_set():
                    self._thread = Thread(target=self._run, name="jiedao-notifier", daemon=True)
                    self._thread.start()
        self._grown.set()

    def close(self) -> None:
        """Send what is due and end."""
        with self._lock:
            self._closing.set()
            thread = self._thread
        self._grown.set()
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        connection: Connection[TupleRow] | None = None
        try:
            while True:
                self._grown.wait()
                self._grown.clear()
                connection = self._send(connection)
                if self._closing.wait(self._pause) and not self._grown.is_set():
                    return
        finally:
            if connection is not None:
                connection.close()

    def _send(self, connection: Connection[TupleRow] | None) -> Connection[TupleRow] | None:
        """Notify once; returns the connection to go on with, none after a failure (the next commit tries again)."""
        try:
            if connection is None:
                connection = connect_alone(self._url, "jiedao-notifier")
            connection.execute(f"NOTIFY {CHANNEL}".encode())
        except psycopg.Error as error:
            _log.warning("notifier_lost_connection", error=str(error))
            if connection is not None:
                connection.close()
            self._closing.wait(_RETRY_SECONDS)
            return None
        return connection
