"""Proofs from the published tree: that events are in the log, and that the log only ever grew.

Every proof is checked against the signed root before it is given away, with the event's hash worked out from what is
stored now: what is not as it was published gets no proof, and the error says so.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from jiedao.audit.merkle import consistency_path, consistent, included, inclusion_path, root_of
from jiedao.audit.notes import Note
from jiedao.audit.published import LedgerFaultError, PublishedLedger
from jiedao.audit.sealer import cosigned_note
from jiedao.audit.tiles import TiledTree
from jiedao.domain.errors import InvalidInputError, NotFoundError
from jiedao.domain.ports import LogEntry
from jiedao.store.leaf import leaf_hash
from jiedao.store.ledger import LedgerTable
from jiedao.store.log_reading import LogReading

FORM = "jiedao.inclusion-proofs.1/sha256"
CONSISTENCY_FORM = "jiedao.consistency-proof.1/sha256"

_SEAL = "`jiedao audit seal` seals it at once, `jiedao serve` every few seconds"


@dataclass(frozen=True, slots=True)
class Proof:
    """That the event at ``position`` is leaf ``index`` = position - 1 of the tree; hashes are in base64."""

    position: int
    index: int
    version: int
    topic: str
    leaf_hash: str
    path: Sequence[str]


@dataclass(frozen=True, slots=True)
class InclusionProofs:
    """Proofs that events are among the first ``size`` of the log, whose root is ``root`` (base64).

    ``checkpoint`` is the signed note that says so, with the witnesses' cosignatures; ``None`` where no checkpoint of
    that size was made. ``not_yet_protected`` are the positions of events that lie after it.
    """

    form: str
    origin: str
    size: int
    root: str
    checkpoint: str | None
    verifier_key: str
    stream: UUID | None
    proofs: Sequence[Proof]
    not_yet_protected: Sequence[int]


@dataclass(frozen=True, slots=True)
class ConsistencyProof:
    """That the first ``first_size`` of ``second_size`` events are those that they were; hashes are in base64."""

    form: str
    origin: str
    first_size: int
    second_size: int
    first_root: str
    second_root: str
    path: Sequence[str]
    first_checkpoint: str | None
    second_checkpoint: str | None
    verifier_key: str


class Prover:
    """Makes proofs for one log."""

    def __init__(self, origin: str, log: LogReading, table: LedgerTable, published: PublishedLedger) -> None:
        self._origin = origin
        self._log = log
        self._table = table
        self._published = published

    def of_stream(self, stream: UUID, size: int | None = None) -> tuple[InclusionProofs, list[LogEntry]]:
        """Prove that the events of a stream are in the tree of ``size`` events, or of the latest that is published.

        Returns the proofs, and the entries that they are about, as they are stored. Raises NotFoundError for an
        empty stream or where nothing is published yet, LedgerFaultError where an event is not as it was published.
        """
        entries = self.entries_of(stream)
        return self._prove(entries, size, stream), entries

    def entries_of(self, stream: UUID) -> list[LogEntry]:
        """The entries of a stream, as they are stored. Raises NotFoundError for an empty one."""
        entries = self._log.stream_entries(stream)
        if not entries:
            raise NotFoundError(f"there is no stream {stream}")
        return entries

    def of_entries(self, entries: Sequence[LogEntry], stream: UUID | None) -> InclusionProofs:
        """Prove entries, of one stream or of several, in the latest tree. Raises as :meth:`of_stream` does."""
        return self._prove(entries, None, stream)

    def of_position(self, position: int, size: int | None = None) -> InclusionProofs:
        """Prove that the event at a position is in the tree. Raises as :meth:`of_stream` does."""
        entries = self._log.at([position])
        if not entries:
            raise NotFoundError(f"there is no event at position {position}")
        return self._prove(entries, size, entries[0].originator_id)

    def consistency(self, first: int, second: int) -> ConsistencyProof:
        """Prove that the tree of ``first`` events is how that of ``second`` begins.

        Raises InvalidInputError for sizes that do not grow, NotFoundError beyond what is published, LedgerFaultError
        where a published root is not that of the tree.
        """
        if not 1 <= first <= second:
            raise InvalidInputError("sizes begin at 1, and the second one is not smaller than the first", "/from")
        tree, _ = self._tree(second)
        first_root, second_root = self._root(tree, first), self._root(tree, second)
        path = consistency_path(tree, first, second)
        if not consistent(first, second, path, first_root, second_root):
            raise LedgerFaultError("the published tiles are damaged: bring the folder back from a copy")
        return ConsistencyProof(
            CONSISTENCY_FORM,
            self._origin,
            first,
            second,
            _text(first_root),
            _text(second_root),
            [_text(one) for one in path],
            self._note(first),
            self._note(second),
            self._key(),
        )

    def note_of(self, size: int) -> Note | None:
        """The signed checkpoint of a size with its cosignatures; ``None`` where none was made."""
        try:
            return cosigned_note(self._table, self._origin, size)
        except NotFoundError:
            return None

    def _prove(self, entries: Sequence[LogEntry], size: int | None, stream: UUID | None) -> InclusionProofs:
        tree, size = self._tree(size)
        root = self._root(tree, size)
        return InclusionProofs(
            FORM,
            self._origin,
            size,
            _text(root),
            self._note(size),
            self._key(),
            stream,
            [self._proof(tree, size, root, entry) for entry in entries if entry.position <= size],
            [entry.position for entry in entries if entry.position > size],
        )

    def _proof(self, tree: TiledTree, size: int, root: bytes, entry: LogEntry) -> Proof:
        index, leaf = entry.position - 1, leaf_hash(entry)
        path = inclusion_path(tree, index, size)
        if not included(leaf, index, size, path, root):
            raise LedgerFaultError(
                f"the event at position {entry.position} is not the one that was published: see what holds with"
                " `jiedao audit verify`"
            )
        return Proof(
            entry.position, index, entry.originator_version, entry.topic, _text(leaf), [_text(one) for one in path]
        )

    def _tree(self, size: int | None) -> tuple[TiledTree, int]:
        told = self._published.latest()
        if told is None:
            raise NotFoundError(f"no checkpoint is published yet: {_SEAL}")
        latest = told.checkpoint.size
        if size is not None and not 1 <= size <= latest:
            raise NotFoundError(f"the published tree has {latest} events: there is none of {size} yet; {_SEAL}")
        return self._published.tree(latest), size or latest

    def _root(self, tree: TiledTree, size: int) -> bytes:
        """The root over the first events, which is that of the checkpoint of this size where one was made."""
        root = root_of(tree, size)
        row, told = self._table.find(self._origin, size), self._published.latest()
        claimed = [row.root] if row is not None else []
        if told is not None and told.checkpoint.size == size:
            claimed.append(told.checkpoint.root)
        if any(one != root for one in claimed):
            raise LedgerFaultError(
                f"the published tiles do not have the root of the checkpoint of {size} events: see what holds with"
                " `jiedao audit verify`"
            )
        return root

    def _note(self, size: int) -> str | None:
        note = self.note_of(size)
        return None if note is None else str(note)

    def _key(self) -> str:
        keys = self._published.keys()
        return str(keys[-1]) if keys else ""


def tlog_proof(proofs: InclusionProofs) -> str:
    """Write the proof of one event as C2SP's tlog-proof does. Raises NotFoundError where no checkpoint goes with it."""
    if not proofs.proofs or proofs.checkpoint is None:
        raise NotFoundError(f"no published checkpoint goes with this proof: {_SEAL}")
    (proof,) = proofs.proofs
    lines = ["c2sp.org/tlog-proof@v1", f"index {proof.index}", *proof.path, "", proofs.checkpoint]
    return "\n".join(lines)


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
