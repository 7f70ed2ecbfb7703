"""How a reader says that something cannot be read: it raises, or notes it and reads on to name all that is bad.

What leaves nothing to read on with (bytes that are no JSON, a message of an unknown shape) is raised. A bad field is
noted by whoever asked for it (:meth:`ingest.sources.reading.notes.Notes.fault`), and :data:`UNREAD` stands in for it:
a report is made to its end, and thrown away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ingest.rejections import REASONS
from jiedao.domain.record_fault import RecordFault

UNREAD = "\ufffd"
"""Stands in for a text that could not be read: not empty, so that nobody goes on to say that it is missing."""


class UnreadableError(Exception):
    """The record, or a field of it, cannot be read.

    ``reason`` is a code of :data:`ingest.rejections.REASONS`, whose sentence is the ``detail`` unless a more exact one
    is given; ``pointer`` is a JSON pointer to the field. Neither quotes the record.
    """

    def __init__(self, reason: str, pointer: str | None = None, detail: str | None = None) -> None:
        """Say which reason, where, and what exactly."""
        self.reason = reason
        self.pointer = pointer
        self.detail = detail or REASONS[reason].sentence
        super().__init__(self.detail)

    @property
    def fault(self) -> RecordFault:
        """The same, to be kept."""
        return RecordFault(self.reason, self.detail, self.pointer)


def in_order(faults: Iterable[RecordFault], content: object) -> Sequence[RecordFault]:
    """Put faults in the order of the document: first what it lacks and what is wrong with it as a whole, as noted.

    ``content`` is the record as it was decoded: objects and lists, to which the pointers lead.
    """
    return sorted(faults, key=lambda fault: _place(content, fault.pointer or ""))


def _place(content: object, pointer: str) -> tuple[int, ...]:
    """Return the place of what a pointer leads to, level by level; of what is missing, that of where it is missing."""
    place = []
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(content, dict) and name in content:
            place.append(list(content).index(name))
            content = content[name]
        elif isinstance(content, list) and name.isdecimal() and int(name) < len(content):
            place.append(int(name))
            content = content[int(name)]
        else:
            break
    return tuple(place)
