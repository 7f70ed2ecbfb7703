"""Takes what witnesses signed: people or machines elsewhere who looked at a checkpoint and saw that the log only grew.

A cosignature is believed when it is right, under the key of a witness that is configured, and below a checkpoint that
this log made. From then on it is served and published with it, and whoever holds it can prove a later change.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from jiedao.audit.checkpoints import read_checkpoint_note
from jiedao.audit.notes import Note, Signature, VerifierKey
from jiedao.domain.errors import InvalidInputError, NotFoundError
from jiedao.store.ledger import CosignatureRow, LedgerTable

AHEAD = timedelta(minutes=10)
"""How far a witness's clock may be ahead of ours."""


def take_cosignatures(  # noqa: PLR0913  # the parts of one act, by keyword
    table: LedgerTable,
    origin: str,
    witnesses: Sequence[VerifierKey],
    written: str,
    *,
    received_from: str,
    now: datetime,
) -> list[CosignatureRow]:
    """Keep the witnesses' lines of a note; returns those that are kept now, whether they were before or not.

    ``written`` is the whole note: the checkpoint's text, an empty line, the lines of signatures. The log's own line may
    be among them. Raises InvalidInputError for what is no such note or is not signed right by a configured witness,
    NotFoundError for a checkpoint that this log did not make; then nothing is kept.
    """
    checkpoint, note = read_checkpoint_note(written)
    row = table.find(origin, checkpoint.size) if checkpoint.origin == origin else None
    if row is None or read_checkpoint_note(row.note)[1].text != note.text:
        raise NotFoundError(
            f"this log ({origin}) made no such checkpoint of {checkpoint.size} events: cosign one that it serves"
        )
    own = read_checkpoint_note(row.note)[1].signatures
    rows = [
        CosignatureRow(origin, checkpoint.size, signature.name, signature.line(), cosigned_at, now, received_from)
        for signature in note.signatures
        if signature not in own
        for cosigned_at in [_checked(note, signature, witnesses, now)]
    ]
    if not rows:
        raise InvalidInputError("this note holds no cosignature: its lines are the log's own")
    for one in rows:
        table.cosign(one)
    return rows


def _checked(note: Note, signature: Signature, witnesses: Sequence[VerifierKey], now: datetime) -> datetime:
    """Return when the witness looked."""
    key = next((one for one in witnesses if (one.name, one.key_id) == (signature.name, signature.key_id)), None)
    if key is None:
        raise InvalidInputError(
            f"{signature.name} (key {signature.key_id.hex()}) is no witness that is configured here: name its verifier"
            " key in JIEDAO_LEDGER_WITNESSES"
        )
    cosigned_at = signature.cosigned_at()
    if cosigned_at is None or not key.verify(note.text, signature):
        raise InvalidInputError(f"the cosignature of {signature.name} is not right for this checkpoint")
    if cosigned_at > now + AHEAD:
        raise InvalidInputError(f"the cosignature of {signature.name} is from the future: {cosigned_at.isoformat()}")
    return cosigned_at
