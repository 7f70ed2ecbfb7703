"""Reads events for people's eyes: what was sealed under a key that was destroyed is not there any more (已删除)."""

from __future__ import annotations

from collections.abc import Callable

from jiedao.domain.aggregate import RecordedEvent
from jiedao.domain.incident import Incident
from jiedao.domain.ports import LogEntry
from jiedao.domain.report import ERASED
from jiedao.store.erasure import ErasureTable

_OF_REPORTERS = (Incident.Received, Incident.Revised, Incident.LateRevisionRecorded)
_SEALED = ("raw", "reporter")


def forgetful(decode: Callable[[LogEntry], RecordedEvent], keys: ErasureTable) -> Callable[[LogEntry], RecordedEvent]:
    """Return a decoder that puts :data:`~jiedao.domain.report.ERASED` in place of what can be opened by nobody.

    The stored bytes, and their hashes, are as they were.
    """

    def decode_what_is_left(entry: LogEntry) -> RecordedEvent:
        event = decode(entry)
        if isinstance(event, _OF_REPORTERS):
            sealed = {name: one for name in _SEALED if (one := getattr(event, name)) is not None}
            erased = set(keys.destroyed_among([one.key_id for one in sealed.values()]))
            for name, one in sealed.items():
                if one.key_id in erased:
                    object.__setattr__(event, name, ERASED)
        return event

    return decode_what_is_left
