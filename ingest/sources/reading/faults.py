"""How a reader says that a record cannot be read: it raises, and the adapter's outermost call makes a Rejection."""

from __future__ import annotations

from ingest.rejections import REASONS


class UnreadableError(Exception):
    """The record cannot be read.

    ``reason`` is a code of :data:`ingest.rejections.REASONS`, whose sentence is the ``detail`` unless a more exact one
    is given; ``pointer`` is a JSON pointer to the field. Neither quotes the record.
    """

    def __init__(self, reason: str, pointer: str | None = None, detail: str | None = None) -> None:
        """Say which reason, where, and what exactly."""
        self.reason = reason
        self.pointer = pointer
        self.detail = detail or REASONS[reason].sentence
        super().__init__(self.detail)
