"""The sealer: extends the tree over what was appended, signs a checkpoint, and publishes both outside the database.

It hashes every event from its stored bytes before it seals it, and never trusts one side alone: what is published, what
the database keeps and what the log holds have to fit together, or it refuses, says what does not fit, and seals nothing
until a person has cleared it up. The order is tiles, the database's checkpoint, the published one; a crash between any
two is mended by the next start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import structlog

from jiedao.audit.checkpoints import Checkpoint, read_checkpoint_note
from jiedao.audit.growth import GrowingTree
from jiedao.audit.merkle import root_of
from jiedao.audit.notes import Note, Signer, read_note, read_signature
from jiedao.audit.published import LedgerFaultError, PublishedLedger, Told
from jiedao.domain.errors import ConflictError, InvalidInputError, NotFoundError
from jiedao.domain.ports import Clock
from jiedao.store.database import Database
from jiedao.store.ledger import CheckpointRow, LedgerTable
from jiedao.store.ledger_reading import hashed_rows

STEP_EVENTS = 1 << 18
"""The most events that one checkpoint adds; a long log gets several on its first sealing."""

_VERIFY = "see what holds with `jiedao audit verify`"
_log = structlog.get_logger(__name__)

Report = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Protection:
    """How far the log is protected: ``size`` events by the published checkpoint that was made at ``sealed_at``."""

    size: int
    head: int
    sealed_at: datetime | None

    @property
    def unprotected(self) -> int:
        """How many events lie after the last published checkpoint."""
        return max(0, self.head - self.size)


def protection_of(origin: str, table: LedgerTable, published: PublishedLedger) -> Protection:
    """Say how far a log is protected, by what is published now. Raises LedgerFaultError for a damaged checkpoint."""
    told = published.latest()
    size = told.checkpoint.size if told is not None else 0
    row = table.find(origin, size)
    return Protection(size, table.head(), row.sealed_at if row is not None else None)


class Sealer:
    """Seals one district's log; one at a time (see :class:`~jiedao.store.leadership.Leadership`)."""

    def __init__(self, database: Database, published: PublishedLedger, signer: Signer, clock: Clock) -> None:
        self._database = database
        self._table = LedgerTable(database)
        self._published = published
        self._signer = signer
        self._clock = clock
        self._tree: GrowingTree | None = None
        self._cosigned = 0

    @property
    def origin(self) -> str:
        """The log's name."""
        return self._signer.key.name

    def seal(self, report: Report | None = None, *, anew: bool = False) -> Protection:
        """Seal everything that is in the log by now, publish what is new, and say how far it is protected.

        ``anew`` lets it begin in an empty folder although the database has checkpoints: where the folder was lost.
        Raises LedgerFaultError where log, database and folder do not fit together, OSError where the folder cannot be
        written; whatever was raised, the next call looks at everything again.
        """
        try:
            if self._tree is None:
                self._tree = self._begin(report, anew=anew)
            head = self._table.head()
            while self._tree.size < head:
                self._tree = self._step(self._tree, min(head, self._tree.size + STEP_EVENTS), report, head)
            self._publish_cosignatures()
        except BaseException:
            self._tree = None
            raise
        return self.protection()

    def protection(self) -> Protection:
        """Say how far the log is protected, by what is published now."""
        return protection_of(self.origin, self._table, self._published)

    def _begin(self, report: Report | None, *, anew: bool) -> GrowingTree:
        """Take up the published tree, once it fits with the log and with what the database keeps."""
        told, row = self._published.latest(), self._table.latest(self.origin)
        self._published.folder.mkdir(parents=True, exist_ok=True)
        if told is None:
            if row is not None and not anew and not self._was_first():
                raise LedgerFaultError(
                    f"nothing is published in {self._published.folder}, but the database has checkpoints up to"
                    f" {row.size} events: bring the folder back; if it is lost for good, `jiedao audit seal --anew`"
                    " publishes the database's checkpoints again"
                )
            self._published.add_key(self._signer.key)
            return self._caught_up(GrowingTree(), report)
        self._fits(told, row)
        self._published.add_key(self._signer.key)
        tree = self._published.tree(told.checkpoint.size)
        if root_of(tree, tree.size) != told.checkpoint.root:
            raise LedgerFaultError(
                f"the tiles in {self._published.folder} do not have the root of the checkpoint beside them: bring the"
                f" folder back from a copy; {_VERIFY}"
            )
        self._same_last_event(tree.node(0, tree.size - 1), tree.size)
        if row is None or row.size < told.checkpoint.size:
            _log.warning("checkpoint_missing_in_database", size=told.checkpoint.size, now="it is put back")
            own = Note(told.note.text, told.note.signatures[:1])
            self._add(told.checkpoint, own, self._clock.now())
        return self._caught_up(GrowingTree(tree), report)

    def _was_first(self) -> bool:
        """Whether a crash kept the very first checkpoint from being published: the folder was begun, and holds none."""
        signed_here = self._published.keys()
        return self._signer.key in signed_here and len(self._table.page(self.origin, None, 2)) == 1

    def _fits(self, told: Told, row: CheckpointRow | None) -> None:
        here = told.checkpoint
        if here.origin != self.origin:
            raise LedgerFaultError(
                f"{self._published.folder} belongs to the log {here.origin}, and this one is {self.origin}: name"
                " another folder, or the right origin"
            )
        if not any(told.note.signed_by(key) for key in [self._signer.key, *self._published.keys()]):
            raise LedgerFaultError(f"the checkpoint in {self._published.folder} is not signed by this log's key")
        if row is not None and row.size == here.size and row.root != here.root:
            raise LedgerFaultError(
                f"the database's checkpoint of {here.size} events has another root than the published one; {_VERIFY}"
            )
        head = self._table.head()
        if head < here.size:
            raise LedgerFaultError(
                f"a checkpoint of {here.size} events is published and the log ends at position {head}: its end was cut"
                f" off, or an older backup was brought back; docs/audit.md says what to do. {_VERIFY}"
            )

    def _same_last_event(self, leaf: bytes, position: int) -> None:
        if [computed for _, computed, _ in self._rows(position, position)] != [leaf]:
            raise LedgerFaultError(
                f"the event at position {position} is not the one that was published: it was changed, or an older"
                f" backup was brought back and the log went on from there; docs/audit.md says what to do. {_VERIFY}"
            )

    def _caught_up(self, tree: GrowingTree, report: Report | None) -> GrowingTree:
        """Publish what the database has beyond the folder: what a crash kept from being published."""
        for row in reversed(self._unpublished(tree.size)):
            grown = self._grow(tree, row.size, report, row.size)
            if grown.root() != row.root:
                raise LedgerFaultError(
                    f"the log does not have the root of the database's checkpoint of {row.size} events; {_VERIFY}"
                )
            self._published.announce(read_note(row.note), row.sealed_at)
            tree = grown
        return tree

    def _unpublished(self, size: int) -> list[CheckpointRow]:
        """The database's checkpoints of more than ``size`` events, the largest first."""
        found: list[CheckpointRow] = []
        before: int | None = None
        while page := [row for row in self._table.page(self.origin, before, 1_000) if row.size > size]:
            found += page
            before = page[-1].size
        return found

    def _step(self, tree: GrowingTree, upto: int, report: Report | None, head: int) -> GrowingTree:
        grown = self._grow(tree, upto, report, head)
        checkpoint, now = Checkpoint(self.origin, grown.size, grown.root()), self._clock.now()
        note = checkpoint.signed(self._signer)
        self._add(checkpoint, note, now)
        self._published.announce(note, now)
        return grown

    def _grow(self, tree: GrowingTree, upto: int, report: Report | None, head: int) -> GrowingTree:
        grown = tree.copy()
        self._published.write_tiles(grown.grow(self._leaves(tree.size + 1, upto, report, head)))
        return grown

    def _leaves(self, first: int, last: int, report: Report | None, head: int) -> Iterator[bytes]:
        """The leaf hashes of the events from ``first`` to ``last``, each worked out from what is stored."""
        expected = first
        for position, computed, stored in self._rows(first, last):
            if position != expected:
                break
            if computed != stored:
                raise LedgerFaultError(f"the event at position {position} is not what was appended there; {_VERIFY}")
            yield computed
            expected += 1
            if report is not None and expected % 4096 == 0:
                report(expected, head)
        if expected <= last:
            raise LedgerFaultError(f"there is no event at position {expected}, and there are later ones; {_VERIFY}")

    def _rows(self, first: int, last: int) -> Iterator[tuple[int, bytes, bytes]]:
        with self._database.connection() as connection:
            yield from hashed_rows(connection, first, last)

    def _add(self, checkpoint: Checkpoint, note: Note, at: datetime) -> None:
        try:
            self._table.add(CheckpointRow(checkpoint.origin, checkpoint.size, checkpoint.root, str(note), at))
        except ConflictError as error:
            raise LedgerFaultError(
                f"{error}: another process seals this log too, or the database was changed"
            ) from error

    def _publish_cosignatures(self) -> None:
        last, sizes = self._table.cosigned_after(self.origin, self._cosigned)
        there = self._published.cosigned_sizes() if self._cosigned == 0 else set()
        for size in sizes:
            if size not in there:
                note = cosigned_note(self._table, self.origin, size)
                self._published.announce_cosigned(note)
        self._cosigned = last


def cosigned_note(table: LedgerTable, origin: str, size: int) -> Note:
    """The database's checkpoint of a size, with everything that witnesses signed of it. Raises NotFoundError."""
    row = table.find(origin, size)
    if row is None:
        raise NotFoundError(f"there is no checkpoint of {size} events")
    try:
        _, note = read_checkpoint_note(row.note)
        lines = [read_signature(one.line) for one in table.cosignatures(origin, [size])]
    except InvalidInputError as error:
        raise LedgerFaultError(f"the database's checkpoint of {size} events is damaged: {error}") from error
    return note.with_signatures(lines)
