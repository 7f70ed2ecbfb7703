"""What a reader notes about one record while it reads: what was odd or bad, and what else a person may want to read."""

from __future__ import annotations

import msgspec

from ingest.sources.reading.faults import UnreadableError, in_order
from jiedao.domain.record_fault import RecordFault
from jiedao.domain.terms import ReportFlag

MAX_FAULTS = 100
"""How many bad fields of one record are named; who mends so many finds the rest when it is sent again."""


class Notes(msgspec.Struct):
    """Flags in the order in which they came up, each once; details as text; the record's number once it is known.

    ``content`` is the record as it was decoded, once it is: the faults follow its order.
    """

    external_id: str | None = None
    content: object = None
    details: dict[str, str] = {}
    _flags: dict[ReportFlag, None] = {}
    _faults: dict[str, RecordFault] = {}

    @property
    def flags(self) -> tuple[str, ...]:
        """The flags so far."""
        return tuple(flag.value for flag in self._flags)

    @property
    def faults(self) -> tuple[RecordFault, ...]:
        """What cannot be read so far, in the order of the document; empty while everything can."""
        return tuple(in_order(self._faults.values(), self.content)) if self._faults else ()

    def flag(self, flag: ReportFlag) -> None:
        """Note that something was odd."""
        self._flags[flag] = None

    def keep(self, name: str, text: str) -> None:
        """Keep a text under a name of ours; an empty one is nothing to keep."""
        if text:
            self.details[name] = text

    def fault(self, error: UnreadableError) -> None:
        """Note what cannot be read; of one place only the first, because what is said later may follow from it."""
        if len(self._faults) < MAX_FAULTS:
            self._faults.setdefault(error.pointer or "", error.fault)
