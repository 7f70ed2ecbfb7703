"""Reads one record by its source's adapter, so that no record can stop its neighbours.

An adapter may fail at a record that its author did not think of. That is said without the record's content: neither
message nor values of variables, which may hold what the reporter said.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from traceback import extract_tb

from ingest.records import Normalised, Rejection, SourceAdapter

MAX_RECORD_BYTES = 8 * 1024 * 1024
"""A larger single record is set aside: photos are sent as links or as files."""


@dataclass(frozen=True, slots=True)
class AdapterFailure:
    """An adapter failed at a record: with an error of which type, and where in the software."""

    error: str
    where: str

    def rejection(self) -> Rejection:
        """The record is kept; whoever mends the adapter replays it."""
        return Rejection("adapter_failed", "the software failed to read this record; it is kept for replay", "")


Found = Normalised | Rejection | AdapterFailure
"""What reading one record comes to."""


def normalise(adapter: SourceAdapter, raw: bytes, received_at: datetime) -> Found:
    """Read one record; raises nothing."""
    if len(raw) > MAX_RECORD_BYTES:
        return Rejection("too_large", f"the record has {len(raw)} bytes, at most {MAX_RECORD_BYTES} are read", "")
    try:
        return adapter.normalise(raw, received_at)
    except Exception as error:  # noqa: BLE001  # one record must not hold up the others; it is kept, and this is logged
        place = extract_tb(error.__traceback__)[-1]
        return AdapterFailure(type(error).__name__, f"{place.name}:{place.lineno}")
