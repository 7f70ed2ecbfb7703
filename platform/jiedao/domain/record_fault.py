"""One thing that is wrong with a record; a record that cannot be read has at least one (字段错误)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RecordFault:
    """What is wrong, and where.

    ``reason`` is a short stable code, ``detail`` a sentence a person can act on (never quoting the record's content),
    ``pointer`` a JSON pointer to the bad field; ``None`` where it is the record as a whole.
    """

    reason: str
    detail: str
    pointer: str | None = None
