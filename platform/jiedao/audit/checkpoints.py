"""A checkpoint: how many events the log had, and the root over all of them, as C2SP's tlog-checkpoint writes it.

Three lines are signed: the log's origin, the size in decimal, the root in base64. Whoever holds a checkpoint can be
shown later that the log still begins with what it began with then.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from jiedao.audit.merkle import HASH_BYTES
from jiedao.audit.notes import Note, Signer, read_note
from jiedao.domain.errors import InvalidInputError

_SIZE = re.compile(r"0|[1-9]\d{0,17}")
_LINES = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The first ``size`` events of the log called ``origin`` have this root (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    def signed(self, signer: Signer) -> Note:
        """The note, with the log's own signature."""
        text = self.text()
        return Note(text, (signer.sign(text),))


def read_checkpoint(note: Note) -> Checkpoint:
    """Read what a note says of a log; lines after the third are not ours to judge. Raises InvalidInputError."""
    lines = note.text.removesuffix("\n").split("\n")
    if len(lines) < _LINES or not lines[0] or not _SIZE.fullmatch(lines[1]):
        raise InvalidInputError("this note is no checkpoint: its lines are the log's origin, a size and a root")
    try:
        root = base64.b64decode(lines[2], validate=True)
    except (binascii.Error, ValueError):
        root = b""
    if len(root) != HASH_BYTES:
        raise InvalidInputError("this note is no checkpoint: its third line is not a root of 32 bytes in base64")
    return Checkpoint(lines[0], int(lines[1]), root)


def read_checkpoint_note(written: str) -> tuple[Checkpoint, Note]:
    """Read a note and the checkpoint that it is. Raises InvalidInputError."""
    note = read_note(written)
    return read_checkpoint(note), note
