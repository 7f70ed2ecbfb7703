"""What was claimed of the log: the checkpoints that are published, those of the database, those that an auditor kept.

Each is checked by itself (who signed it?) and against the others (do two of the same size have the same root?). What
is published outside the database outweighs what the database says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from jiedao.audit.checkpoints import Checkpoint, read_checkpoint_note
from jiedao.audit.faults import Fault, FaultKind
from jiedao.audit.notes import Note, VerifierKey
from jiedao.audit.published import NotThere, PublishedLedger, Told
from jiedao.domain.errors import InvalidInputError
from jiedao.store.ledger import LedgerTable


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom a verification believes: the log's own keys, and the witnesses'."""

    origin: str
    keys: Sequence[VerifierKey]
    witnesses: Sequence[VerifierKey] = ()


@dataclass(slots=True)
class Claims:
    """The roots that were claimed, by size, each with who claims it; and the faults found while they were gathered.

    ``said`` tells who claims each root, ``kept`` of which sizes an auditor kept one. ``published`` is the size of the
    latest published checkpoint that is signed right, 0 where there is none; ``history`` holds the sizes of those in the
    history by day, believed or not: every checkpoint before the last of them stands there.
    ``signers`` tells, by the id of each key that signed, the size of the first checkpoint under it.
    """

    trust: Trust
    roots: dict[int, bytes] = field(default_factory=dict)
    said: dict[int, str] = field(default_factory=dict)
    kept: set[int] = field(default_factory=set)
    published: int = 0
    history: set[int] = field(default_factory=set)
    checkpoints: int = 0
    cosigned: dict[int, set[str]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    signers: dict[bytes, int] = field(default_factory=dict)

    def gather(self, published: PublishedLedger, table: LedgerTable, kept: Iterable[Told]) -> None:
        """Gather them all: what an auditor kept first, then what is published, then the database's."""
        self.kept = {told.checkpoint.size for told in kept if self._take(told.checkpoint, told.note, told.file)}
        outside = set(self._take_published(published))
        if outside:
            self.published = max(outside)
        self._take_database(table, outside)
        if len(self.signers) > 1:  # a key that was put in unseen is seen here, and a renewed one is told of
            signed = sorted(self.signers.items(), key=_size)
            names = ", ".join(f"{key.hex()} (from {size} events)" for key, size in signed)
            self._note(
                f"签过这份日志的密钥不止一把，请向区里查明并用 --key 写明 several keys signed this log: {names};"
                " ask the district which are its own, and name those by --key"
            )

    def _take_published(self, published: PublishedLedger) -> Iterator[int]:
        try:
            for told in published.history():
                if isinstance(told, NotThere):
                    self._not_there(told)
                    continue
                size = told.checkpoint.size
                if told.by_day:
                    self.history.add(size)
                if self._take(told.checkpoint, told.note, f"the published checkpoint in {told.file}"):
                    yield size
        except OSError as error:
            self._fault(0, FaultKind.PUBLISHED, str(error))

    def _not_there(self, told: NotThere) -> None:
        if told.replaced:
            self._fault(told.size, FaultKind.CHECKPOINT, f"公布的检查点被另一个替换 {told.sentence}")
        else:
            self._fault(told.size, FaultKind.PUBLISHED, f"公布的检查点已损坏 {told.sentence}")

    def _take_database(self, table: LedgerTable, outside: set[int]) -> None:
        there = set()
        for row in table.every():
            if row.origin != self.trust.origin:
                continue
            there.add(row.size)
            said = f"the database's checkpoint of {row.size} events"
            try:
                checkpoint, note = read_checkpoint_note(row.note)
            except InvalidInputError as error:
                self._fault(row.size, FaultKind.CHECKPOINT, f"检查点已损坏 {said} is damaged: {error}")
                continue
            if checkpoint != Checkpoint(row.origin, row.size, row.root):
                self._fault(
                    row.size, FaultKind.CHECKPOINT, f"检查点与其签名文本不一致 {said} says something else than its note"
                )
            self._take(checkpoint, note, said)
        for size in sorted(outside - there):
            self._fault(
                size,
                FaultKind.CHECKPOINT,
                f"公布过的检查点在数据库中缺失 the published checkpoint of {size} events is missing in the database",
            )
        announced = max(self.history, default=0)
        for size in sorted(one for one in there - outside - self.history if one < announced):
            self._fault(
                size,
                FaultKind.PUBLISHED,
                f"数据库中的检查点不在公布之列 the checkpoint of {size} events is not among the published ones",
            )

    def _take(self, checkpoint: Checkpoint, note: Note, said: str) -> bool:
        """Take a claim in; false where it is not to be believed."""
        if checkpoint.origin != self.trust.origin:
            self._fault(checkpoint.size, FaultKind.CHECKPOINT, f"属于另一份日志 {said} is of another log")
            return False
        known = self.roots.get(checkpoint.size)
        if known is not None and known != checkpoint.root:
            self._fault(
                checkpoint.size,
                FaultKind.CHECKPOINT,
                f"根与公布的不同 {said} has another root than {self.said[checkpoint.size]}",
            )
            return False
        signer = next((key for key in self.trust.keys if note.signed_by(key)), None)
        if signer is None:
            self._fault(
                checkpoint.size,
                FaultKind.SIGNATURE,
                f"没有可信密钥的签名 {said} is not signed by a key that is trusted",
            )
            return False
        self.signers[signer.key_id] = min(checkpoint.size, self.signers.get(signer.key_id, checkpoint.size))
        self.checkpoints += known is None
        self.roots[checkpoint.size] = checkpoint.root
        self.said.setdefault(checkpoint.size, said)
        for signature in note.signatures[1:]:
            witness = next((key for key in self.trust.witnesses if key.key_id == signature.key_id), None)
            if witness is None:
                self._note(f"{signature.name} 不是这里设定的见证人 cosigned, and is no witness that is configured here")
            elif witness.verify(note.text, signature):
                self.cosigned.setdefault(checkpoint.size, set()).add(witness.name)
            else:
                self._fault(
                    checkpoint.size,
                    FaultKind.SIGNATURE,
                    f"见证签名无效 {said}: the cosignature of {witness.name} is not right",
                )
        return True

    def _fault(self, position: int, kind: FaultKind, sentence: str) -> None:
        self.faults.append(Fault(position, kind, sentence))

    def _note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)


def _size(signer: tuple[bytes, int]) -> int:
    return signer[1]
