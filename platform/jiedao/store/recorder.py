"""The recorder that the eventsourcing library is given: reads the log itself, appends through the group commit writer.

Every append is a unit with an idempotency key. A unit of work is handed in as ``unit=``; a bare
``insert_events(stored_events)`` is one unit under a key of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID, uuid4

from eventsourcing.persistence import IntegrityError, Notification, ProcessRecorder, StoredEvent, Subscription, Tracking
from psycopg.rows import TupleRow

from jiedao.domain.errors import InvalidInputError, KeyReuseError
from jiedao.domain.ports import Appended, InboxEntry, LogEntry, OffsetMove, RecordedEvent, Unit
from jiedao.store import log_queries
from jiedao.store.archive_reading import ArchiveReader
from jiedao.store.arrays import TextArray
from jiedao.store.conflicts import RecordedTrackingConflictError
from jiedao.store.database import Database
from jiedao.store.follow import LogFollower
from jiedao.store.log_reading import LogReading
from jiedao.store.subscription import LogSubscription
from jiedao.store.writer import GroupCommitWriter, appended

_LAST = 2**31 - 1
_LAST_POSITION = 2**63 - 1


@dataclass(frozen=True, slots=True)
class UnitContext:
    """What a unit holds beside its events; handed to ``Application.save(..., unit=UnitContext(...))``.

    The fields are those of :class:`~jiedao.domain.ports.Unit`.
    """

    scope: str
    key: str
    request_mac: bytes
    inbox: Sequence[InboxEntry] = ()
    offsets: Sequence[OffsetMove] = ()
    tracking: Tracking | None = None
    answer: bytes | None = None
    lane: str = "feed"
    destructions: int | None = None

    def unit(self, events: Sequence[RecordedEvent], tracking: Tracking | None = None) -> Unit:
        """Make the unit that records these events."""
        return Unit(
            scope=self.scope,
            key=self.key,
            request_mac=self.request_mac,
            events=events,
            inbox=self.inbox,
            offsets=self.offsets,
            tracking=tracking or self.tracking,
            answer=self.answer,
            lane=self.lane,
            destructions=self.destructions,
        )


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What was answered under an idempotency key, and the keyed hash of the body that it came with."""

    key: str
    request_mac: bytes
    appended: Appended

    def of(self, request_mac: bytes) -> Appended:
        """Return the answer for the same body; raises KeyReuseError for another."""
        if request_mac != self.request_mac:
            raise KeyReuseError(f"the idempotency key {self.key!r} was used before with another body: use a new one")
        return self.appended


class RepeatedUnitError(IntegrityError):
    """The unit was recorded before; ``appended`` is what it was answered then.

    The library's ``save`` takes positions only for the events it hands in, and a repetition records none of them.
    """

    def __init__(self, appended: Appended) -> None:
        super().__init__("this unit was recorded before; its first answer holds")
        self.appended = appended


@dataclass(frozen=True)
class RecordedNotification(Notification):
    """A notification with the metadata of its event."""

    metadata: bytes


class JiedaoRecorder(ProcessRecorder):
    """Records and reads events; implements the library's ApplicationRecorder and ProcessRecorder.

    ``database`` is read from, ``writer`` appends, ``follower`` serves subscriptions. All three belong to whoever made
    them and are closed there. ``archives`` hold what has left the database.
    """

    def __init__(
        self,
        database: Database,
        writer: GroupCommitWriter,
        follower: LogFollower,
        archives: ArchiveReader | None = None,
    ) -> None:
        self.database = database
        self.reading = LogReading(database, archives or ArchiveReader(None))
        self.writer = writer
        self.follower = follower

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        """Append events as one unit and return their positions.

        ``unit`` is a :class:`UnitContext`, ``tracking`` a Tracking. Raises the conflict errors of
        :mod:`jiedao.domain.errors` (each is an IntegrityError too), and RepeatedUnitError when other positions than
        those of these events would have to be returned.
        """
        tracking: Tracking | None = kwargs.get("tracking")
        context: UnitContext | None = kwargs.get("unit")
        if not stored_events and tracking is None and context is None:
            return []
        context = context or UnitContext("recorder", str(uuid4()), b"")
        recorded = self.append(context, stored_events, tracking)
        if len(recorded.positions) != len(stored_events):
            raise RepeatedUnitError(recorded)
        return recorded.positions

    def append(
        self, context: UnitContext, stored_events: Sequence[StoredEvent], tracking: Tracking | None = None
    ) -> Appended:
        """Append events as the unit of a context; raises InvalidInputError for an event without metadata."""
        return appended(self.hand_in(context, stored_events, tracking))

    def hand_in(
        self, context: UnitContext, stored_events: Sequence[StoredEvent], tracking: Tracking | None = None
    ) -> Future[Appended]:
        """Hand events in as :meth:`append` does, and do not wait: the future is done after the commit."""
        for event in stored_events:
            if not isinstance(event, RecordedEvent):
                raise InvalidInputError(f"{event.topic} comes without metadata: map events with TypedMapper")
        return self.writer.submit(context.unit(cast("Sequence[RecordedEvent]", stored_events), tracking))

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Read a stream, or the versions of it in (``gt``, ``lte``], at most ``limit`` of them."""
        asked = {
            "stream": originator_id,
            "gt": -1 if gt is None else gt,
            "lte": _LAST if lte is None else lte,
            "limit": limit,
        }
        return self.reading.events(asked, backwards=desc)

    def select_streams(self, ids: Sequence[UUID]) -> Mapping[UUID, Sequence[StoredEvent]]:
        """Read many streams with one query; streams without events are left out."""
        return self.reading.streams(ids) if ids else {}

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[RecordedNotification]:
        """Read events by position from ``start`` to ``stop``, of some topics or all."""
        first = (start or 0) + (0 if inclusive_of_start or start is None else 1)
        asked = {
            "first": first,
            "last": _LAST_POSITION if stop is None else stop,
            "topics": list(topics) or None,
            "limit": limit,
        }
        rows = self._rows(log_queries.NOTIFICATIONS, asked)
        if topics or not _without_hole(rows, first, stop, limit):
            rows = self._with_archived(rows, asked, topics)
        return [
            RecordedNotification(
                id=position, originator_id=stream, originator_version=version, topic=topic, state=state, metadata=meta
            )
            for position, stream, version, topic, state, meta in rows
        ]

    def _with_archived(self, rows: list[TupleRow], asked: Mapping[str, Any], topics: Sequence[str]) -> list[TupleRow]:
        last = rows[-1][0] if len(rows) == asked["limit"] else asked["last"]
        archived = self.reading.left_the_table(asked["first"], last, topics, asked["limit"])
        told = [
            (one.position, one.originator_id, one.originator_version, one.topic, one.state, one.metadata)
            for one in archived
        ]
        by_position = {row[0]: row for row in (*told, *rows)}
        return [by_position[one] for one in sorted(by_position)][: asked["limit"]]

    def select_log(self, after: int, limit: int) -> list[LogEntry]:
        """Read at most ``limit`` whole entries beyond the position ``after``; fewer are all that there were."""
        return self.reading.after(after, limit)

    def select_stream_entries(self, originator_id: UUID) -> list[LogEntry]:
        """Read the whole entries of one stream, oldest first."""
        return self.reading.stream_entries(originator_id)

    def select_answer(self, scope: str, key: str, request_mac: bytes) -> Appended | None:
        """Return what a unit was answered with; ``None`` when nothing was recorded under its key.

        Raises KeyReuseError when the key came with another body.
        """
        kept = self.select_answers([(scope, key)]).get((scope, key))
        return None if kept is None else kept.of(request_mac)

    def select_answers(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], KeptAnswer]:
        """Return, in one statement, what was answered under those of the keys (scope, key) that were used."""
        arrays = [TextArray([scope for scope, _ in keys]), TextArray([key for _, key in keys])]
        answers = {}
        for scope, key, mac, first, number, recorded_at, answer in self._rows(log_queries.ANSWERS, arrays):
            positions = range(first, first + number) if first is not None else range(0)
            appended = Appended(positions, recorded_at, replayed=True, answer=answer)
            answers[scope, key] = KeptAnswer(key, mac, appended)
        return answers

    def select_adoptions(self) -> list[LogEntry]:
        """Read the entries by which boundary sets, class tables and routing rules were adopted; there are few."""
        return [LogEntry(*row) for row in self._rows(log_queries.ADOPTIONS, [])]

    def max_notification_id(self) -> int | None:
        """Return the last position, or none for an empty log."""
        rows = self._rows(log_queries.HEAD, [])
        return cast("int | None", rows[0][0])

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[JiedaoRecorder]:
        """Iterate over what was recorded beyond ``gt`` and over everything that is recorded from now on."""
        return LogSubscription(self, self.follower, gt, topics)

    def insert_tracking(self, tracking: Tracking) -> None:
        """Record how far a follower has come; raises an IntegrityError when it was there already."""
        with self.database.connection() as connection:
            moved = connection.execute(log_queries.TRACK, [tracking.application_name, tracking.notification_id])
            if moved.rowcount != 1:
                raise RecordedTrackingConflictError(
                    f"{tracking.application_name} has already come to {tracking.notification_id} or beyond"
                )

    def max_tracking_id(self, application_name: str) -> int | None:
        """Return how far a follower has come, none when it never started."""
        rows = self._rows(log_queries.TRACKED, [application_name])
        return cast("int", rows[0][0]) if rows else None

    def _rows(self, query: bytes, parameters: Any) -> list[TupleRow]:
        return self.database.rows(query, parameters)


def _without_hole(rows: Sequence[TupleRow], first: int, stop: int | None, limit: int) -> bool:
    """Whether rows of all topics are surely all that there are: of all positions from the first on, to an end.

    The log's last event never leaves the table: without ``stop`` there is nothing behind the last row.
    """
    if not rows:
        return stop is None
    reached = rows[-1][0]
    whole = rows[0][0] <= max(first, 1) and reached - rows[0][0] + 1 == len(rows)
    return whole and (stop is None or reached >= stop or len(rows) == limit)
