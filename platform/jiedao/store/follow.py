"""Waits for the log to grow and misses nothing: LISTEN for speed, a poll floor for certainty.

One follower holds one connection and serves any number of waiting threads. When its connection is cut it makes a new
one; what was appended meanwhile is seen with the first look after.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Condition, Event, Thread
from time import monotonic
from typing import Self

import psycopg
import structlog
from psycopg import Connection
from psycopg.rows import TupleRow

from jiedao.domain.errors import UnavailableError
from jiedao.store.database import connect_alone
from jiedao.store.notifier import CHANNEL

_log = structlog.get_logger(__name__)
_STEP_SECONDS = 0.25
_HEAD = b"SELECT coalesce(max(position), 0) FROM event"


class LogFollower:
    """Knows the log's last position.

    ``poll_floor`` is how many seconds a growth may go unseen when no notification arrives. The thread starts with the
    first wait.
    """

    def __init__(self, url: str, *, poll_floor: float = 0.5) -> None:
        self._url = url
        self._poll_floor = poll_floor
        self._changed = Condition()
        self._head = 0
        self._closing = Event()
        self._thread: Thread | None = None

    def wait_beyond(self, position: int, timeout: float, enough: Callable[[], bool] = lambda: False) -> int:
        """Return the log's last position as soon as it is beyond ``position``, or after ``timeout`` seconds.

        What it returns after the timeout, or when ``enough`` says so after a :meth:`wake`, is the last position it
        knows. Raises UnavailableError when it is closed.
        """
        until = monotonic() + timeout
        with self._changed:
            self._start()
            while self._head <= position and not self._closing.is_set() and not enough():
                remaining = until - monotonic()
                if remaining <= 0:
                    break
                self._changed.wait(remaining)
            if self._closing.is_set():
                raise UnavailableError("the log's follower is closed")
            return self._head

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._closing.is_set()

    def wake(self) -> None:
        """Let all waiting threads look again whether they still want to wait."""
        with self._changed:
            self._changed.notify_all()

    def close(self) -> None:
        """End the thread and wake everybody who waits."""
        with self._changed:
            self._closing.set()
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self) -> None:
        if self._thread is None and not self._closing.is_set():
            self._thread = Thread(target=self._run, name="jiedao-follower", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._follow()
            except psycopg.Error as error:
                if self._closing.is_set():
                    return
                _log.warning("follower_lost_connection", error=str(error))
                self._closing.wait(self._poll_floor)

    def _follow(self) -> None:
        """Listen first, then look, then wait; so nothing falls between."""
        with connect_alone(self._url, "jiedao-follower") as connection:
            connection.execute(f"LISTEN {CHANNEL}".encode())
            while not self._closing.is_set():
                self._look(connection)
                self._await_notification(connection)

    def _await_notification(self, connection: Connection[TupleRow]) -> None:
        """Wait until something is notified or the poll floor is reached, in steps short enough to be closed in."""
        until = monotonic() + self._poll_floor
        while not self._closing.is_set() and (remaining := until - monotonic()) > 0:
            for _notification in connection.notifies(timeout=min(remaining, _STEP_SECONDS), stop_after=1):
                return  # that it came is all it says

    def _look(self, connection: Connection[TupleRow]) -> None:
        row = connection.execute(_HEAD, prepare=True).fetchone()
        head = int(row[0]) if row else 0
        with self._changed:
            if head != self._head:
                self._head = head
                self._changed.notify_all()
