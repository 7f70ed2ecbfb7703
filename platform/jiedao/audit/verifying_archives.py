"""Verifies what left the table of events: is each range told of by the log, is its archive there, and is it that one.

The events themselves are hashed with all others (``verifying_range.py``), out of the archive. Where that is not there,
their published leaf hashes stand for them: the tree still has its root, and what was not read is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from psycopg import Connection
from psycopg.rows import TupleRow

from jiedao.audit.faults import Fault, FaultKind
from jiedao.domain.ports import LogEntry
from jiedao.domain.range_removal import ArchivedRange, RangeRemoval
from jiedao.store.archive_reading import ArchiveReader, ArchiveUnreadableError
from jiedao.store.ledger import Removal
from jiedao.store.log_reading import LogReading
from jiedao.store.mapper import TypedMapper


@dataclass(frozen=True, slots=True)
class Unread:
    """Positions, both included, that were held by their leaf hashes alone, because their archive is not there."""

    first_position: int
    last_position: int
    file: str | None
    sentence: str


@dataclass(frozen=True, slots=True)
class ArchivesLookedAt:
    """What was found of the archives: which are not there, and which are not what the log says they are."""

    unread: Sequence[Unread]
    changed: Sequence[Fault]


def look_at_archives(reader: ArchiveReader, removals: Sequence[Removal]) -> ArchivesLookedAt:
    """Hash each archive that the removals name."""
    unread, changed = [], []
    for one in removals:
        try:
            reader.check(one.range)
        except ArchiveUnreadableError as error:
            if reader.has(one.range):
                changed.append(Fault(one.first_position, FaultKind.ARCHIVE, str(error)))
            else:
                unread.append(Unread(one.first_position, one.last_position, one.archive_file, str(error)))
    return ArchivesLookedAt(unread, changed)


def not_located(changed: Sequence[Fault], removals: Sequence[Removal], found: Sequence[Fault]) -> Iterator[Fault]:
    """Those of the changed archives in which no event was found to differ: the archive as a whole is the fault."""
    ends = {one.first_position: one.last_position for one in removals}
    for fault in changed:
        if not any(fault.position <= one.position <= ends[fault.position] for one in found):
            yield fault


def compare_with_the_log(
    log: LogReading, connection: Connection[TupleRow], removals: Sequence[Removal], published: int
) -> Iterator[Fault]:
    """Find removals that the procedure would not have permitted, that no event tells of, or tells otherwise."""
    for one in removals:
        said = f"归档移除 the removal of the positions {one.first_position} to {one.last_position}"
        if one.last_position > published:
            unsealed = "当时未封存，或公布的检查点不全 they were not sealed, or what was published is not all here"
            yield Fault(one.first_position, FaultKind.MISSING, f"{said}: {unsealed}")
        if why := _untold(log, one):
            yield Fault(one.first_position, FaultKind.REMOVAL, f"{said} {why}")
        row = connection.execute(_LEFT_BEHIND, [one.first_position, one.last_position] * 2).fetchone()
        behind, still_there = row or (0, None)
        if behind != one.last_position - one.first_position + 1:
            yield Fault(one.first_position, FaultKind.REMOVAL, f"{said} left {behind} events' places behind, not all")
        if still_there is not None:
            yield Fault(int(still_there), FaultKind.TWICE, f"{said} and still there is an event at {still_there}")


def _untold(log: LogReading, removal: Removal) -> str:
    """Say how a removal's row and the event that records it differ; empty where they do not."""
    if removal.recorded_position is None:
        return "names an event that is not there"
    found: list[LogEntry] = log.at([removal.recorded_position])
    if not found or found[0].topic != RangeRemoval.CarriedOut.TOPIC:
        return f"names an event at position {removal.recorded_position} that tells of nothing like it"
    event = TypedMapper().to_event(found[0])
    if not isinstance(event, RangeRemoval.CarriedOut):
        return f"names an event at position {removal.recorded_position} that cannot be read"
    row = ArchivedRange(
        removal.first_position,
        removal.last_position,
        removal.archive_file or "",
        removal.archive_sha256,
        removal.tree_size or 0,
    )
    told = (event.archive, event.approvers, event.context.reason)
    if told != (row, (removal.approver, removal.second_approver), removal.reason):
        return f"is not the one that the event at position {removal.recorded_position} tells of: its row was changed"
    return ""


_LEFT_BEHIND = b"""
SELECT (SELECT count(*) FROM removed_event WHERE position BETWEEN %s AND %s),
       (SELECT min(position) FROM event WHERE position BETWEEN %s AND %s)
"""
