"""One lane of the writer: a bounded queue of units, and the thread that appends them, group by group.

While one group is being committed the next gathers, so many small units share one lock and one fsync, and a single
one never waits for company. Every unit ends: appended, failed with its own conflict, or refused in time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field
from threading import Condition, Thread
from time import monotonic, sleep

import psycopg
import structlog
from psycopg import Connection, errors
from psycopg.rows import TupleRow

from jiedao.domain.errors import ConfigurationError, InvalidInputError, JiedaoError, UnavailableError
from jiedao.domain.ports import Appended, Unit
from jiedao.store.append import KEYS_DESTROYED, append_units
from jiedao.store.arrays import register_arrays
from jiedao.store.conflicts import conflict
from jiedao.store.database import connect_alone

_log = structlog.get_logger(__name__)
_RETRY_SECONDS = 0.05

# What passes by itself: the whole group is tried again, as long as its units have time.
_PASSING = (
    errors.LockNotAvailable,
    errors.QueryCanceled,
    errors.DeadlockDetected,
    errors.SerializationFailure,
    errors.TooManyConnections,
)

# What a server error that stays means for the one unit that has it, most specific first.
_MEANINGS: tuple[tuple[type[psycopg.Error], type[JiedaoError], str], ...] = (
    (psycopg.DataError, InvalidInputError, "the unit cannot be recorded as it is"),
    (psycopg.IntegrityError, InvalidInputError, "the unit breaks a rule of the log"),
    (psycopg.ProgrammingError, ConfigurationError, "the database does not fit this version, apply the migrations"),
    (psycopg.Error, UnavailableError, "the database cannot record at present"),
)


@dataclass(frozen=True, slots=True)
class LaneLimits:
    """How much a lane takes on.

    ``group_units`` and ``group_events`` bound one server call (a single unit may exceed the latter), ``waiting_units``
    and ``waiting_events`` what may wait. ``patience`` is how many seconds a unit is tried for when the database does
    not answer.
    """

    group_units: int = 256
    group_events: int = 3_000
    waiting_units: int = 2_048
    waiting_events: int = 60_000
    patience: float = 30.0


@dataclass(slots=True)
class _Waiting:
    """A unit in the queue; ``until`` is the moment (monotonic seconds) at which it is given up."""

    unit: Unit
    until: float
    future: Future[Appended] = field(default_factory=Future)


class Lane:
    """Appends units in the order in which they were handed in. Its thread starts with the first of them."""

    def __init__(self, name: str, url: str, limits: LaneLimits, on_commit: Callable[[], None]) -> None:
        self._name = name
        self._url = url
        self._limits = limits
        self._on_commit = on_commit
        self._changed = Condition()
        self._queue: deque[_Waiting] = deque()
        self._queued_events = 0
        self._closing = False
        self._thread: Thread | None = None
        self._connection: Connection[TupleRow] | None = None

    @property
    def depth(self) -> int:
        """The number of units that wait."""
        return len(self._queue)

    def submit(self, unit: Unit) -> Future[Appended]:
        """Queue a unit; raises UnavailableError when the lane is full or closed."""
        with self._changed:
            if self._closing:
                raise UnavailableError("the log's writer is closed")
            full = self._queued_events and self._queued_events + len(unit.events) > self._limits.waiting_events
            if full or len(self._queue) >= self._limits.waiting_units:
                raise UnavailableError(f"too much waits to be recorded in the lane {self._name}: try again later")
            waiting = _Waiting(unit, monotonic() + self._limits.patience)
            self._queue.append(waiting)
            self._queued_events += len(unit.events)
            if self._thread is None:
                self._thread = Thread(target=self._run, name=f"jiedao-writer-{self._name}", daemon=True)
                self._thread.start()
            self._changed.notify()
        return waiting.future

    def close(self) -> None:
        """Append what waits, then end; what is handed in later is refused. Takes at most ``patience`` seconds or so."""
        with self._changed:
            self._closing = True
            self._changed.notify()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        try:
            while group := self._take_group():
                self._append(group)
        finally:
            self._disconnect()

    def _take_group(self) -> list[_Waiting]:
        """Wait for units and take as many as one call may hold; empty at the end."""
        with self._changed:
            while True:
                group: list[_Waiting] = []
                size = 0
                while self._queue and len(group) < self._limits.group_units:
                    if group and size + len(self._queue[0].unit.events) > self._limits.group_events:
                        break
                    waiting = self._queue.popleft()
                    self._queued_events -= len(waiting.unit.events)
                    if waiting.future.set_running_or_notify_cancel():  # nobody waits for a cancelled one
                        group.append(waiting)
                        size += len(waiting.unit.events)
                if group or (self._closing and not self._queue):
                    return group
                self._changed.wait()

    def _append(self, group: Sequence[_Waiting]) -> None:
        """Append a group; whatever happens, each of its units is answered."""
        try:
            while group:
                outcome = self._try(group)
                if outcome is not None:
                    _answer(group, outcome)
                    return
                group = self._drop_late(group)
        except Exception as error:  # noqa: BLE001  # one bad unit must not fail its neighbours, nor end the lane
            if len(group) > 1:
                for waiting in group:
                    self._append([waiting])
            else:
                _answer(group, [_meaning(error, group[0].unit)])

    def _try(self, group: Sequence[_Waiting]) -> Sequence[Appended | JiedaoError] | None:
        """Make one attempt; none when the connection or the lock was lost and the units may be tried again.

        A unit whose commit was answered by nobody is found under its key then, and answered as replayed.
        """
        try:
            if self._connection is None:
                connection = connect_alone(self._url, f"jiedao-writer-{self._name}")
                register_arrays(connection)
                self._connection = connection
            results = append_units(self._connection, [waiting.unit for waiting in group])
        except psycopg.OperationalError as error:
            lost = self._connection is None or self._connection.closed
            if not lost and not isinstance(error, _PASSING):
                raise
            _log.warning("writer_tries_again", lane=self._name, units=len(group), error=str(error))
            if lost:
                self._disconnect()
            return None
        self._on_commit()
        return results

    def _drop_late(self, group: Sequence[_Waiting]) -> Sequence[_Waiting]:
        """Refuse the units whose time is up; pause a little before the others are tried again."""
        now = monotonic()
        late = [waiting for waiting in group if waiting.until <= now]
        refusal = UnavailableError(
            "the database does not answer; whether this was recorded is not known: send it again under the same key"
        )
        _answer(late, [refusal] * len(late))
        sleep(_RETRY_SECONDS)
        return [waiting for waiting in group if waiting.until > now]

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _answer(group: Sequence[_Waiting], outcomes: Sequence[Appended | JiedaoError]) -> None:
    for waiting, outcome in zip(group, outcomes, strict=True):
        try:
            if isinstance(outcome, Appended):
                waiting.future.set_result(outcome)
            else:
                waiting.future.set_exception(outcome)
        except InvalidStateError:  # answered already: an error came between the answers of one group
            continue


def _meaning(error: Exception, unit: Unit) -> JiedaoError:
    """Say what an error means for the unit that has it."""
    if getattr(error, "sqlstate", None) == KEYS_DESTROYED:
        return conflict("keys_destroyed", unit.scope, unit.key, None)
    for kind, meaning, sentence in _MEANINGS:
        if isinstance(error, kind):
            made: JiedaoError = meaning(f"{sentence}: {error}")
            break
    else:
        made = InvalidInputError(f"the unit cannot be laid out for the database: {error!r}")
    made.__cause__ = error
    return made
