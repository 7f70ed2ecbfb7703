"""Verifies the whole log: every event from its stored bytes, every stream, every checkpoint that was ever made.

It believes nobody: leaf hashes are worked out here, the tree is built anew, and its roots are compared with what is
published outside the database, with the database's own checkpoints, and with those that an auditor kept. What lies
after the last published checkpoint is told apart: it is not protected yet.
"""

from __future__ import annotations

import signal
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from time import monotonic

from psycopg import Connection
from psycopg.rows import TupleRow

from jiedao.audit.claims import Claims, Trust
from jiedao.audit.faults import Fault, FaultKind
from jiedao.audit.merkle import Frontier, root_of
from jiedao.audit.published import PublishedLedger, Told
from jiedao.audit.verifying_archives import Unread, compare_with_the_log, look_at_archives, not_located
from jiedao.audit.verifying_range import STRETCH, Stretch, Verified, verify_apart
from jiedao.domain.errors import JiedaoError
from jiedao.store.archive_reading import ArchiveReader
from jiedao.store.database import Database, connect_alone
from jiedao.store.ledger import LedgerTable, Removal
from jiedao.store.log_reading import LogReading

MOST_TOLD = 100
"""How many faults a report holds, by position; ``fault_count`` counts them all."""

Report = Callable[[int, int], None]

_STREAMS = b"""
SELECT s.originator_id, s.originator_version, s.previous
FROM (SELECT originator_id, originator_version,
             lag(originator_version, 1, 0) OVER (PARTITION BY originator_id ORDER BY originator_version) AS previous
      FROM (SELECT originator_id, originator_version FROM event
            UNION ALL SELECT originator_id, originator_version FROM removed_event) AS e) AS s
WHERE s.originator_version <> s.previous + 1
"""
_POSITION = b"""
SELECT min(position) FROM (
    SELECT position FROM event WHERE originator_id = %(stream)s AND originator_version = %(version)s
    UNION ALL SELECT position FROM removed_event
    WHERE originator_id = %(stream)s AND originator_version = %(version)s) AS e
"""


@dataclass(frozen=True, slots=True)
class VerificationReport:
    """What was found. ``head`` is the log's last position, ``protected`` that of the last published checkpoint.

    ``first_fault`` is the first position that does not hold. ``witnesses`` cosigned the last published checkpoint.
    ``removals`` are ranges that left the database by the recorded procedure; ``unread`` those of them whose archive is
    not there: their leaf hashes lead to the roots that were signed, and what they are hashes of was not seen. Times are
    in seconds.
    """

    whole: bool
    origin: str
    head: int
    protected: int
    unprotected: int
    first_fault: int | None
    fault_count: int
    faults: Sequence[Fault]
    checkpoints: int
    cosigned: int
    witnesses: Sequence[str]
    removals: Sequence[Removal]
    unread: Sequence[Unread]
    notes: Sequence[str]
    seconds: float
    events_per_second: float


@dataclass(frozen=True, slots=True)
class Verification:
    """What is to be verified, and by whom it is trusted; ``archives`` is the folder of what left the database."""

    database: Database
    published: PublishedLedger
    trust: Trust
    kept: Sequence[Told] = ()
    processes: int = 1
    archives: Path | None = None

    def run(self, report: Report) -> VerificationReport:
        """Verify everything that is in the log by now; ``report`` is told how far it is."""
        began = monotonic()
        table = LedgerTable(self.database)
        claims = Claims(self.trust)
        claims.gather(self.published, table, self.kept)  # first: while a server seals, the log is never behind them
        head, removals = table.head(), table.removals()
        reader = ArchiveReader(self.archives)
        archives = look_at_archives(reader, removals)
        faults = [*claims.faults, *self._tree(claims, head, removals, report)]
        faults += [*not_located(archives.changed, removals, faults)]
        faults += _published_tree(self.published, claims)
        if head < (most := max(claims.roots, default=0)):
            gone = f"检查点有 {most} 条，日志止于 {head} these many events have a checkpoint, and the log ends there"
            faults.append(Fault(head + 1, FaultKind.TRUNCATED, f"{gone}: {claims.said[most]}"))
        with connect_alone(self.database.url, "jiedao-audit-verify") as connection:
            faults += compare_with_the_log(LogReading(self.database, reader), connection, removals, claims.published)
            faults += _streams(connection)
        faults.sort()
        seconds = monotonic() - began
        return VerificationReport(
            whole=not faults,
            origin=self.trust.origin,
            head=head,
            protected=min(claims.published, head),
            unprotected=max(0, head - claims.published),
            first_fault=faults[0].position if faults else None,
            fault_count=len(faults),
            faults=faults[:MOST_TOLD],
            checkpoints=claims.checkpoints,
            cosigned=len(claims.cosigned),
            witnesses=sorted(claims.cosigned.get(claims.published, ())),
            removals=removals,
            unread=archives.unread,
            notes=[*claims.notes, *_remarks(claims, head), *map(_unread, archives.unread)],
            seconds=round(seconds, 3),
            events_per_second=round(head / seconds) if seconds else 0,
        )

    def _tree(self, claims: Claims, head: int, removals: Sequence[Removal], report: Report) -> Iterator[Fault]:
        """Build the tree anew, a stretch at a time, and compare its roots."""
        sizes = sorted(size for size in claims.roots if size <= head)
        removed = [one.range for one in removals]
        stretches = [
            Stretch(
                first=first,
                last=(last := min(first + STRETCH - 1, head)),
                sizes=sizes[bisect_left(sizes, first) : bisect_right(sizes, last)],
                published=claims.published,
                folder=self.published.folder,
                removed=removed,
                archives=self.archives,
            )
            for first in range(1, head + 1, STRETCH)
        ]
        whole, told, in_doubt, differing, held = Frontier(), list[Fault](), list[Fault](), list[int](), 0
        report(0, head)
        for stretch, verified in zip(stretches, self._each(stretches), strict=True):
            told += verified.faults
            in_doubt += [one for one in verified.faults if one.kind == FaultKind.REWRITTEN]
            yield from (one for one in verified.faults if one.kind != FaultKind.REWRITTEN)
            for size, roots in verified.edges:
                reached = whole.copy()
                reached.join(Frontier(size, roots))
                if reached.root() != claims.roots[reached.size]:
                    differing.append(reached.size)
                    continue
                yield from (_contradicted(size, reached.size, held, claims) for size in differing)
                yield from (_damaged_tile(one) for one in in_doubt if one.position <= reached.size)
                in_doubt = [one for one in in_doubt if one.position > reached.size]
                differing, held = [], reached.size
            whole.join(Frontier(verified.size, verified.roots))
            if whole.size != stretch.last:
                break  # what cannot be read has no root, and nothing after it either
            report(whole.size, head)
        if differing:  # every later one differs too
            yield _differing(differing[0], held, told, claims.said[differing[0]])
        yield from in_doubt

    def _each(self, stretches: Sequence[Stretch]) -> Iterator[Verified]:
        verify = partial(verify_apart, self.database.url)
        if self.processes <= 1 or len(stretches) <= 1:
            yield from map(verify, stretches)
            return
        with _processes(min(self.processes, len(stretches))) as pool:
            yield from pool.map(verify, stretches)


def _damaged_tile(fault: Fault) -> Fault:
    """An event that is not as its tile says, in a tree that has the root which was signed: the tile is wrong."""
    sentence = (
        f"公布的哈希块损坏，日志与签名相符 the published tile that holds position {fault.position} is damaged;"
        " the log has the signed root"
    )
    return Fault(fault.position, FaultKind.PUBLISHED, sentence)


def _contradicted(size: int, later: int, before: int, claims: Claims) -> Fault:
    """Tell of a checkpoint whose root the log does not have, while it has that of a later one.

    Two histories were signed. The later one commits to all events before it, so the log as it is was sealed then. Where
    it is the auditor's own checkpoint that differs, the log is the one to doubt, from where the last root held on.
    """
    sentence = (
        f"与日志及其后 {later} 条的检查点矛盾 {claims.said[size]} says another root of {size} events than the log has,"
        f" and it has that of the later checkpoint of {later}: one of the two was made for another history"
    )
    kept = size in claims.kept
    return Fault(before + 1 if kept else size, FaultKind.ROOT if kept else FaultKind.CHECKPOINT, sentence)


def _differing(size: int, before: int, known: Sequence[Fault], said: str) -> Fault:
    """Tell of the first root that differs; where no event was found to differ before, the last root that held helps."""
    located = [one.position for one in known if before < one.position <= size]
    sentence = f"前 {size} 条与检查点的根不符 the first {size} events do not have their checkpoint's root ({said})"
    if before:
        sentence += f"；前 {before} 条相符 those of the checkpoint of {before} do"
    return Fault(min(located, default=before + 1), FaultKind.ROOT, sentence)


def _published_tree(published: PublishedLedger, claims: Claims) -> Iterator[Fault]:
    """See whether the published tiles have the root of the published checkpoint: proofs are made of them."""
    size = claims.published
    if not size:
        return
    try:
        holds = root_of(published.tree(size), size) == claims.roots.get(size)
    except (JiedaoError, OSError) as error:
        yield Fault(size, FaultKind.PUBLISHED, str(error))
        return
    if not holds:
        sentence = "公布的哈希块与检查点的根不符 the published tiles do not have the root of the published checkpoint"
        yield Fault(size, FaultKind.PUBLISHED, sentence)


def _streams(connection: Connection[TupleRow]) -> list[Fault]:
    """Find streams whose versions are not 1, 2, 3, …, wherever their events are."""
    faults = []
    for stream, version, previous in connection.execute(_STREAMS).fetchmany(MOST_TOLD):
        row = connection.execute(_POSITION, {"stream": stream, "version": version}).fetchone()
        follows = f"follows version {previous}" if previous else "is the first"
        sentence = f"版本缺失 version {version} of the stream {stream} {follows}: what stood between is not there"
        faults.append(Fault(int(row[0]) if row else 0, FaultKind.VERSION, sentence))
    return faults


def _remarks(claims: Claims, head: int) -> Iterator[str]:
    if not claims.published:
        yield _unprotected(claims) if head else "the log is empty"
    elif head > claims.published:
        after = head - claims.published
        yield f"{after} events after position {claims.published} are not yet protected by a published checkpoint"


def _unprotected(claims: Claims) -> str:
    if any(fault.kind is FaultKind.SIGNATURE for fault in claims.faults):
        return (
            "没有一个公布的检查点由可信密钥签名 no published checkpoint is signed by a key that is trusted:"
            " is --key the key of this log?"
        )
    return "nothing is published outside the database: whoever can write to it could have rewritten all of it"


def _unread(one: Unread) -> str:
    return (
        f"the positions {one.first_position} to {one.last_position} were not read: their leaf hashes, as they were"
        f" published, lead to the signed roots, and whether the archive still holds those events was not seen."
        f" {one.sentence}"
    )


@contextmanager
def _processes(number: int) -> Iterator[ProcessPoolExecutor]:
    """So many processes that leave Ctrl-C to this one."""
    pool = ProcessPoolExecutor(number, mp_context=get_context("spawn"), initializer=_leave_interrupts)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _leave_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
