"""Conflicts as both worlds know them: the platform's own error, and the library's IntegrityError, in one type.

Code of the platform catches the errors of :mod:`jiedao.domain.errors`; code of the library catches IntegrityError.
"""

from __future__ import annotations

from eventsourcing.persistence import IntegrityError

from jiedao.domain.errors import (
    ConflictError,
    InboxConflictError,
    JiedaoError,
    KeyReuseError,
    KeysDestroyedError,
    OffsetConflictError,
    TrackingConflictError,
    VersionConflictError,
)


class RecordedVersionConflictError(VersionConflictError, IntegrityError):
    """A version of a stream is already written."""


class RecordedInboxConflictError(InboxConflictError, IntegrityError):
    """A source's record is already recorded."""


class RecordedOffsetConflictError(OffsetConflictError, IntegrityError):
    """An offset was moved by somebody else."""


class RecordedTrackingConflictError(TrackingConflictError, IntegrityError):
    """A tracking position was already reached."""


class RecordedKeysDestroyedError(KeysDestroyedError, IntegrityError):
    """A key was destroyed since something in the unit was sealed."""


class RecordedKeyReuseError(KeyReuseError, IntegrityError):
    """An idempotency key came with another body before."""


class UnknownConflictError(ConflictError, IntegrityError):
    """A unique constraint that this version does not know was violated."""


_SENTENCES: dict[str, tuple[type[JiedaoError], str]] = {
    "version": (RecordedVersionConflictError, "another unit already wrote this version of the stream: decide again"),
    "inbox": (RecordedInboxConflictError, "this record of the source is already recorded: decide again"),
    "offset": (RecordedOffsetConflictError, "the offset was moved by another consumer: stop, the partition is theirs"),
    "tracking": (RecordedTrackingConflictError, "this position was already reached: read the tracking again"),
    "keys_destroyed": (RecordedKeysDestroyedError, "a key was destroyed since this was sealed: seal and decide again"),
    "key_reuse": (RecordedKeyReuseError, "this idempotency key was used before with another body: use a new key"),
}


def conflict(outcome: str, scope: str, key: str, detail: str | None) -> JiedaoError:
    """Make the error for an outcome of ``append_units``; ``detail`` is what the server said of it."""
    kind, sentence = _SENTENCES.get(outcome, (UnknownConflictError, f"the constraint {outcome} was violated"))
    return kind(f"{sentence} (unit {scope}/{key}{'; ' + detail if detail else ''})")
