"""Reads the log: the table of events, and where events have left it, their archives. Nobody else need know which.

Reading costs what reading the table costs while nothing has left it. By position there is no hole in the log, so a hole
in what the table answers tells by itself that there are archives to be asked. A statement that reads streams from the
table answers nothing once anything has left it, and another one is asked, which says what of them has left; so an
answer is never short because somebody else removed something a moment ago.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow

from jiedao.domain.ports import LogEntry, RecordedEvent
from jiedao.store import log_queries
from jiedao.store.archive_reading import ArchiveReader, ArchiveUnreadableError, RemovedRange
from jiedao.store.arrays import UuidArray
from jiedao.store.database import Database

_LAST_POSITION = 2**63 - 1
_TOPIC = 2  # of a row of a stream: none where the event has left the table
_FORWARDS = (log_queries.STREAM, log_queries.WHOLE_STREAM)
_BACKWARDS = (log_queries.STREAM_BACKWARDS, log_queries.WHOLE_STREAM_BACKWARDS)


class LogReading:
    """Reads one district's log; threads may share it. Raises ArchiveUnreadableError where an archive is not there."""

    def __init__(self, database: Database, archives: ArchiveReader) -> None:
        self.database = database
        self.archives = archives
        self._removed: tuple[RemovedRange, ...] = ()

    def removed(self) -> tuple[RemovedRange, ...]:
        """The ranges that have left the table by now, in their order."""
        rows = self.database.rows(log_queries.REMOVED)
        self._removed = tuple(RemovedRange(*row) for row in rows)
        return self._removed

    def after(self, after: int, limit: int) -> list[LogEntry]:
        """Read at most ``limit`` entries beyond a position; fewer are all that there were."""
        if not self._removed:
            entries = self._table(after, limit)
            if not entries or entries[-1].position - after == len(entries):
                return entries
            self.removed()
        entries, more = [], True
        while more and len(entries) < limit:
            read, more = self._next(after, limit - len(entries))
            entries += read
            after += len(read)
        return entries

    def _next(self, after: int, limit: int) -> tuple[list[LogEntry], bool]:
        """What follows a position, from the table or from one archive; and whether the other follows on it."""
        for one in self._removed:
            if after + 1 in one:
                return list(self.archives.between(one, after + 1, min(one.last, after + limit))), True
        ahead = min((one.first for one in self._removed if one.first > after), default=None)
        asked = limit if ahead is None else min(limit, ahead - 1 - after)
        entries = self._table(after, asked)
        if entries and entries[-1].position - after != len(entries):
            known = self._removed
            if self.removed() != known:
                return self._next(after, limit)
            return entries, False  # a hole that nobody dug by the rules: whoever reads on sees it
        return entries, ahead is not None and len(entries) == asked

    def _table(self, after: int, limit: int) -> list[LogEntry]:
        return [LogEntry(*row) for row in self.database.rows(log_queries.LOG, [after, limit])]

    def at(self, positions: Sequence[int]) -> list[LogEntry]:
        """Read the entries at these positions, as far as there are any, in their order."""
        wanted = sorted(set(positions))
        found = {row[0]: LogEntry(*row) for row in self.database.rows(log_queries.AT, [wanted])}
        if len(found) < len(wanted):
            self.removed()
            missing = [one for one in wanted if one not in found and self._range(one) is not None]
            found |= {entry.position: entry for entry in self._archived(missing)}
        return [found[one] for one in wanted if one in found]

    def recorded_at(self, position: int) -> datetime | None:
        """When the event at a position was recorded; ``None`` where there is none. No archive is needed."""
        return cast("datetime | None", self.database.rows(log_queries.RECORDED_AT, [position])[0][0])

    def stream_entries(self, stream: UUID) -> list[LogEntry]:
        """Read the whole entries of a stream, oldest first."""
        return self.entries_of([stream])

    def entries_of(self, streams: Sequence[UUID], connection: Connection[TupleRow] | None = None) -> list[LogEntry]:
        """Read the whole entries of streams, in the order of the log; where a connection is given, in its snapshot."""
        asked = {"streams": list(streams)}
        rows = (
            self.database.rows(log_queries.STREAM_ENTRIES, asked)
            if connection is None
            else connection.cursor(binary=True).execute(log_queries.STREAM_ENTRIES, asked).fetchall()
        )
        left = [row for row in rows if row[3] is None]
        archived = self._left({row[0]: (row[1], row[2]) for row in left}) if left else {}
        return [LogEntry(*row) if row[3] is not None else archived[row[0]] for row in rows]

    def events(self, asked: dict[str, Any], *, backwards: bool) -> list[RecordedEvent]:
        """Read the events of a stream: ``stream``, versions beyond ``gt`` up to ``lte``, at most ``limit``."""
        table, whole = _BACKWARDS if backwards else _FORWARDS
        return [RecordedEvent(*row) for row in self._of_streams(table, whole, asked)]

    def streams(self, ids: Sequence[UUID]) -> dict[UUID, list[RecordedEvent]]:
        """Read many streams by one statement; streams without events are left out."""
        asked = [UuidArray(list(dict.fromkeys(ids)))]
        streams: dict[UUID, list[RecordedEvent]] = {}
        for row in self._of_streams(log_queries.STREAMS, log_queries.WHOLE_STREAMS, asked):
            streams.setdefault(row[0], []).append(RecordedEvent(*row))
        return streams

    def _of_streams(self, table: bytes, whole: bytes, asked: Any) -> list[TupleRow]:
        """Ask the table alone while nothing has left it; it answers nothing where something has."""
        if not self._removed:
            rows = self.database.rows(table, asked)
            if rows or not self.removed():
                return rows
        rows = self.database.rows(whole, asked)
        return self._completed(rows) if any(row[_TOPIC] is None for row in rows) else rows

    def left_the_table(self, first: int, last: int, topics: Sequence[str], limit: int) -> list[LogEntry]:
        """Read at most ``limit`` entries of some topics, or of all, that have left the table, within a range."""
        found: list[LogEntry] = []
        for one in self.removed():
            if one.last < first or one.first > last:
                continue
            for entry in self.archives.between(one, max(first, one.first), min(last, one.last)):
                if not topics or entry.topic in topics:
                    found.append(entry)
                    if len(found) == limit:
                        return found
        return found

    def _completed(self, rows: Sequence[TupleRow]) -> list[TupleRow]:
        """Put what the archives hold in the place of rows that say no more than where an event stood."""
        left = {int.from_bytes(row[3], "big"): (row[0], row[1]) for row in rows if row[_TOPIC] is None}
        archived = self._left(left)
        completed = []
        for row in rows:
            if row[_TOPIC] is None:
                entry = archived[int.from_bytes(row[3], "big")]
                row = (row[0], row[1], entry.topic, entry.state, entry.metadata)  # noqa: PLW2901  # the same row, whole
            completed.append(row)
        return completed

    def _left(self, wanted: dict[int, tuple[UUID, int]]) -> dict[int, LogEntry]:
        """The archived entries at positions, each of the stream and version that it is known to be."""
        found = {entry.position: entry for entry in self._archived(sorted(wanted))}
        for position, (stream, version) in wanted.items():
            entry = found.get(position)
            if entry is None or (entry.originator_id, entry.originator_version) != (stream, version):
                raise ArchiveUnreadableError(
                    f"version {version} of the stream {stream} was archived from position {position}, and no archive"
                    " holds it there: see what holds with `jiedao audit verify`"
                )
        return found

    def _archived(self, positions: Sequence[int]) -> Iterator[LogEntry]:
        if any(self._range(one) is None for one in positions):
            self.removed()  # somebody removed them since it was looked
        by_range: dict[RemovedRange, list[int]] = {}
        for position in positions:
            if (one := self._range(position)) is not None:
                by_range.setdefault(one, []).append(position)
        for one, there in by_range.items():
            yield from self.archives.at(one, there)

    def _range(self, position: int) -> RemovedRange | None:
        return next((one for one in self._removed if position in one), None)
