"""One leader among the processes of a district: who holds an advisory lock on a connection of its own.

The lock ends with the connection, and the connection with its process, however that ends. Where a machine vanishes
without a word, the server finds out by keepalives within :data:`LOST_SECONDS`; a leader that was cut off finds out with
its next look. Nothing rests on there being one alone: leadership saves work, and the log's own guards keep it right.
"""

from __future__ import annotations

from contextlib import suppress
from threading import Lock

import psycopg
import structlog
from psycopg import Connection
from psycopg.rows import TupleRow

from jiedao.store.database import connect_alone

CLOCK_LEADER = 0x4A43_4C4B  # "JCLK"
LEDGER_LEADER = 0x4A4C_4544  # "JLED"
LOST_SECONDS = 8
"""After so many seconds without a sign of life a connection is given up, at either end."""

# Idle for 4 s, then two probes 2 s apart.
_SERVER_KEEPALIVES = (
    ("tcp_keepalives_idle", "4"), ("tcp_keepalives_interval", "2"), ("tcp_keepalives_count", "2"),
    ("tcp_user_timeout", str(LOST_SECONDS * 1000)),
)  # fmt: skip
_log = structlog.get_logger(__name__)


class Leadership:
    """Tries to lead, and says whether it does. Threads may share it."""

    def __init__(self, url: str, lock: int = CLOCK_LEADER, name: str = "jiedao-clock-leader") -> None:
        """Prepare to lead: ``lock`` is what for, ``name`` how the server shows the connection."""
        self._url = url
        self._name = name
        self._number = lock
        self._connection: Connection[TupleRow] | None = None
        self._leads = False
        self._guard = Lock()

    @property
    def leads(self) -> bool:
        """Whether it led when it last looked."""
        return self._leads

    def look(self) -> bool:
        """Take the lead where nobody has it, and say whether it leads; false where the database does not answer."""
        with self._guard:
            try:
                self._leads = self._look()
            except psycopg.Error as error:
                _log.warning("leadership_lost_connection", error=str(error).strip())
                self._disconnect()
            return self._leads

    def resign(self) -> None:
        """Let another one lead, at once."""
        with self._guard:
            if self._leads and self._connection is not None:
                with suppress(psycopg.Error):  # the lock ends with the connection all the same
                    self._connection.execute("SELECT pg_advisory_unlock(%s)", [self._number])
            self._disconnect()

    def _look(self) -> bool:
        if self._connection is None:
            self._connection = connect_alone(self._url, self._name)
            for name, seconds in _SERVER_KEEPALIVES:  # without effect on a socket of the same machine
                self._connection.execute("SELECT set_config(%s, %s, false)", [name, seconds])
        if self._leads:
            self._connection.execute("SELECT 1")
            return True
        row = self._connection.execute("SELECT pg_try_advisory_lock(%s)", [self._number]).fetchone()
        return bool(row and row[0])

    def _disconnect(self) -> None:
        self._leads = False
        if self._connection is not None:
            self._connection.close()
            self._connection = None
