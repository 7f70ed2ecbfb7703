"""What can go wrong, as types, each with a sentence that a person can act on.

At the edges every one of these becomes one RFC 9457 problem document or one line on the terminal.
"""

from __future__ import annotations

from collections.abc import Iterable


class JiedaoError(Exception):
    """The base of all errors that the platform itself raises."""

    code = "error"


class NotFoundError(JiedaoError):
    """What was asked for does not exist (or the asker may not know that it does)."""

    code = "not_found"


class InvalidInputError(JiedaoError):
    """Something handed in is not acceptable; ``pointer`` is a JSON pointer to it where there is one."""

    code = "invalid_input"

    def __init__(self, message: str, pointer: str | None = None) -> None:
        """Say what is wrong, and where."""
        super().__init__(message)
        self.pointer = pointer


class OutsideLogError(InvalidInputError):
    """It is asked as of a moment that has not come, or that was before the log began; ``pointer`` says by what."""

    code = "invalid_parameter"


class NotAllowedError(JiedaoError):
    """The holder of the token may not do this.

    ``allowed`` says what would have been, such as ``role:auditor`` or ``street:330103001``; ``recorded`` that whoever
    refused it has put the refusal in the log already.
    """

    code = "not_allowed"

    def __init__(self, message: str, *, allowed: Iterable[str] = (), recorded: bool = False) -> None:
        """Say why not, and what would have been allowed."""
        super().__init__(message)
        self.allowed = tuple(allowed)
        self.recorded = recorded


class ConfigurationError(JiedaoError):
    """A setting or a profile file is wrong; the sentence names it and says what to do."""

    code = "configuration"


class UnavailableError(JiedaoError):
    """A part that is needed does not answer in time; trying again later may work."""

    code = "unavailable"


class ConflictError(JiedaoError):
    """Somebody else was faster: what this rested on is no longer so. Decide again."""

    code = "conflict"


class VersionConflictError(ConflictError):
    """Another unit already wrote this version of this stream."""

    code = "version_conflict"


class InboxConflictError(ConflictError):
    """Another unit already recorded this record of this source."""

    code = "inbox_conflict"


class OffsetConflictError(ConflictError):
    """The offset is not where this consumer believed it: another consumer owns the partition now."""

    code = "offset_conflict"


class TrackingConflictError(ConflictError):
    """The position was already reached by another follower of the log."""

    code = "tracking_conflict"


class KeysDestroyedError(ConflictError):
    """A key was destroyed since something in the unit was sealed: seal it again, and decide again."""

    code = "keys_destroyed"


class KeyReuseError(JiedaoError):
    """The same idempotency key was used before with another body."""

    code = "idempotency_key_reused"
