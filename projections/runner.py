"""The batch runner: reads the log, folds a batch in memory, writes it with a few statements.

Rows and position commit together, under the generation's lock, so any number of processes may run one and each event
is applied once. An event that cannot be applied stops the generation there, with position and reason; it is never
skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from threading import Event
from time import monotonic

import structlog
from psycopg import (
    Connection,
    DataError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
)
from psycopg.rows import TupleRow

from jiedao.application.collector import collection_paused
from jiedao.domain.errors import JiedaoError, UnavailableError
from jiedao.store.database import Database
from projections.folding import Folded, UnappliableEventError, fold, load_before, look_again
from projections.generations import (
    Generation,
    ensure_active,
    enter,
    lock_generation,
    read_active,
    read_generation,
)
from projections.log import EventDecoder, Follower, LogReader, PositionedEvent, Stretch, read_moments
from projections.timekeeping import LimitClocks
from projections.view import View
from projections.views import ALL_VIEWS

BATCH_EVENTS = 3_000
"""Events read and applied in one transaction: large enough that statements cost little, small enough for memory."""

GATHER_SECONDS = 0.05
"""How long one who follows a growing log lets events gather, from the beginning of a batch to that of the next.

A batch costs some 3 ms of processor time however small it is, and the posts and commands of the same process wait for
it. The first event after a rest is applied at once.
"""

# What retrying would not mend; a database that does not answer is no fault of the event.
_UNWRITABLE = (
    DataError,
    IntegrityError,
    InternalError,
    ProgrammingError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
)

_log = structlog.get_logger(__name__)


class ProjectionStoppedError(JiedaoError):
    """A view cannot apply an event: the read side stands still there until the software or the log's reading is mended.

    ``generation`` is the number of the stopped one, ``position`` that of the event.
    """

    code = "projection_stopped"

    def __init__(self, generation: int, position: int, reason: str) -> None:
        super().__init__(f"the views (generation {generation}) stopped at position {position}: {reason}")
        self.generation = generation
        self.position = position
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Applied:
    """What one step did: events applied, the position reached, whether the log ended there, who else is at work."""

    events: int
    position: int
    reached_end: bool
    taken_elsewhere: bool = False


Finish = Callable[[Connection[TupleRow], Applied], None]
"""What is done in the batch's own transaction after it was applied; raising undoes the batch."""


def _nothing_more(_connection: Connection[TupleRow], _applied: Applied) -> None:
    """A live generation is only moved on."""


class ProjectionRunner:
    """Moves generations of the views along the log.

    ``batch_events`` bounds what one transaction applies; a single moment of the log is never parted.
    """

    def __init__(
        self,
        database: Database,
        log: LogReader,
        decoder: EventDecoder,
        *,
        views: Sequence[View] = ALL_VIEWS,
        batch_events: int = BATCH_EVENTS,
    ) -> None:
        self._database = database
        self._log = log
        self._decoder = decoder
        self._views = views
        self._batch_events = batch_events
        self._limit_clocks = LimitClocks()
        self._topics = tuple({topic for view in views for topic in view.topics})

    @property
    def database(self) -> Database:
        """The database whose views it moves."""
        return self._database

    @property
    def views(self) -> Sequence[View]:
        """The views that it fills."""
        return self._views

    def step(self, number: int, finish: Finish = _nothing_more) -> Applied:
        """Apply one batch to a generation.

        Raises ProjectionStoppedError when an event cannot be applied; everything before it is applied then.
        """
        limit = self._batch_events
        while True:
            try:
                return self._apply(number, limit, finish)
            except UnappliableEventError as error:
                if limit > 1:  # apply what stands before the bad event, in ever smaller batches
                    limit //= 2
                    continue
                self._record_fault(number, error)
                raise ProjectionStoppedError(number, error.position, error.reason) from error

    def catch_up(self) -> int:
        """Apply everything that the log holds now to the active generation; returns the position reached.

        Waits while another process applies, as long as the session's ``lock_timeout`` allows.
        """
        generation = ensure_active(self._database, self._views)
        while True:
            applied = self.step(generation.number)
            if applied.reached_end and not applied.taken_elsewhere:
                return applied.position
            if applied.taken_elsewhere:
                with self._database.connection() as connection:
                    lock_generation(connection, generation.number, wait=True)

    def run(self, follower: Follower, stop: Event, on_applied: Callable[[Applied], None] | None = None) -> None:
        """Follow the log with the active generation until ``stop`` is set.

        A database that does not answer is asked again; ProjectionStoppedError ends the run.
        """
        ensure_active(self._database, self._views)
        while not stop.is_set():
            began = monotonic()
            try:
                applied = self._follow(follower)
            except (OperationalError, InterfaceError, UnavailableError) as error:
                if stop.is_set():  # whoever stops it closes the follower
                    return
                _log.warning("projection_waits_for_database", error=str(error))
                stop.wait(_RETRY_SECONDS)
                continue
            if applied.taken_elsewhere:
                stop.wait(_RETRY_SECONDS)
            elif applied.events:
                if on_applied is not None:
                    on_applied(applied)
                if applied.reached_end:
                    stop.wait(max(0.0, GATHER_SECONDS - (monotonic() - began)))

    def _follow(self, follower: Follower) -> Applied:
        """Apply what is there; wait for more, but not long, as another process may activate a new generation."""
        with self._database.connection() as connection:
            active = read_active(connection)
        if active is None:
            active = ensure_active(self._database, self._views)
        applied = self.step(active.number)
        if applied.reached_end and not applied.taken_elsewhere:
            follower.wait_beyond(applied.position, _FOLLOW_SECONDS)
        return applied

    def _apply(self, number: int, limit: int, finish: Finish) -> Applied:
        with self._database.connection() as connection, collection_paused():
            if not lock_generation(connection, number, wait=False):
                return Applied(0, 0, reached_end=False, taken_elsewhere=True)
            generation = read_generation(connection, number)
            if generation is None:  # dropped after it was retired: the next look finds the active one
                return Applied(0, 0, reached_end=True)
            stretch = read_moments(self._log, generation.position, limit)
            applied = Applied(
                len(stretch.entries), generation.position + len(stretch.entries), reached_end=stretch.reached_end
            )
            if stretch.entries:
                self._write(connection, generation, stretch)
            finish(connection, applied)
            return applied

    def _write(self, connection: Connection[TupleRow], generation: Generation, stretch: Stretch) -> None:
        events = self._decode(generation.position, stretch)
        enter(connection, generation.number)
        folded = fold(events, load_before(connection, self._limit_clocks, events))
        for piece in chain([folded], look_again(folded)):
            self._write_views(connection, piece, stretch.entries[0].position)
        connection.execute("SELECT set_config('search_path', 'public', true)")
        _move(connection, generation, stretch.entries[-1].position)

    def _write_views(self, connection: Connection[TupleRow], folded: Folded, first: int) -> None:
        for view in self._views:
            try:
                view.write(connection, folded)
            except _UNWRITABLE as error:
                raise UnappliableEventError(first, f"the view {view.name} cannot be written: {error}") from error

    def _decode(self, after: int, stretch: Stretch) -> list[PositionedEvent]:
        """Decode what any view reads; check that the log has no hole."""
        events = []
        for expected, entry in enumerate(stretch.entries, after + 1):
            if entry.position != expected:
                raise UnappliableEventError(expected, f"the log has a hole: position {entry.position} comes next")
            if entry.topic.startswith(self._topics):
                try:
                    event = self._decoder.to_event(entry)
                except Exception as error:  # whatever decoding raises, the projection stops at this event and says so
                    raise UnappliableEventError(entry.position, f"{entry.topic} cannot be decoded: {error}") from error
                events.append(PositionedEvent(entry.position, entry.recorded_at, entry.topic, event))
        return events

    def _record_fault(self, number: int, error: UnappliableEventError) -> None:
        _log.error("projection_stopped", generation=number, position=error.position, reason=error.reason)
        with self._database.connection() as connection:
            connection.execute(
                "UPDATE projection_generation SET fault_position = %s, fault_reason = %s, fault_at = now()"
                " WHERE number = %s",
                [error.position, error.reason, number],
            )


_RETRY_SECONDS = 0.5
_FOLLOW_SECONDS = 1.0


def _move(connection: Connection[TupleRow], generation: Generation, position: int) -> None:
    """Record the new position in the transaction of the rows; clear a fault that is overcome."""
    moved = connection.execute(
        "UPDATE tracking SET position = %s WHERE application_name = %s AND position = %s",
        [position, generation.schema, generation.position],
    )
    if moved.rowcount != 1:
        raise OperationalError(f"{generation.schema} was moved by somebody who does not hold its lock")
    if generation.fault_position is not None:
        connection.execute(
            "UPDATE projection_generation SET fault_position = NULL, fault_reason = NULL, fault_at = NULL"
            " WHERE number = %s",
            [generation.number],
        )
