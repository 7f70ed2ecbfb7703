"""Feeds reports from files: JSON, JSON Lines, XML or CSV, in a source's native shape, in units of many records.

A file can be fed again at any time, after a stop, a crash or a correction: what was recorded is known by its number.
One in which no records can be told apart is set aside whole, as a dead letter, unless it is too large for that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePath
from threading import Event
from typing import BinaryIO, Protocol

from ingest.intake_apart import IntakeApart
from ingest.normalising import MAX_RECORD_BYTES
from ingest.overlap import BatchPipeline, Overlap
from ingest.records import FeedRecord
from jiedao.application.outcomes import BatchTally, RecordOutcome, tally_of
from jiedao.domain.access import Holder
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.ports import Clock
from jiedao.domain.terms import Transport

NDJSON = "application/x-ndjson"
MEDIA_TYPES: Mapping[str, str] = {
    ".json": "application/json",
    ".jsonl": NDJSON,
    ".ndjson": NDJSON,
    ".xml": "application/xml",
    ".csv": "text/csv",
}
"""The media type of a file by the ending of its name."""

UNIT_RECORDS = 500
MAX_WHOLE_BYTES = 256 * 1024 * 1024
"""A file that can only be read whole (all but JSON Lines) must not be larger."""

_CHUNK_BYTES = 4 * 1024 * 1024


class FilePipeline(BatchPipeline, Protocol):
    """What the feed needs of the pipeline."""

    def split(self, source: str, payload: bytes, media_type: str) -> Sequence[bytes]:
        """Part a payload into single records; raises InvalidInputError when it cannot be parted."""

    def validate(self, source: str, records: Sequence[FeedRecord]) -> list[RecordOutcome]:
        """Say what would become of the records; nothing is recorded."""


@dataclass(slots=True)
class FileTotals:
    """What became of a file's records: their number, by outcome, and those that are dead, up to ``MAX_DEAD``.

    ``unparted`` says why the file was taken as one record, where no records could be told apart in it.
    """

    records: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    dead: list[RecordOutcome] = field(default_factory=list)
    stopped: bool = False
    unparted: str | None = None


MAX_DEAD = 100
"""How many dead records the totals list; all of them are dead letters."""


def media_type_of(name: str) -> str:
    """Tell a file's media type by its name; raises InvalidInputError for an ending that is not known."""
    ending = PurePath(name).suffix.lower()
    if ending not in MEDIA_TYPES:
        raise InvalidInputError(f"{name} does not end in one of {', '.join(MEDIA_TYPES)}; say its format")
    return MEDIA_TYPES[ending]


class FileFeed:
    """Feeds files of one district; with ``validate_only`` nothing is recorded. ``apart`` may take large units in."""

    def __init__(
        self,
        pipeline: FilePipeline,
        actor: Holder,
        clock: Clock,
        *,
        validate_only: bool = False,
        apart: IntakeApart | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._actor = actor
        self._clock = clock
        self._validate_only = validate_only
        self._apart = apart

    def run(  # noqa: PLR0913  # what is fed, and how it is followed
        self,
        source: str,
        name: str,
        content: BinaryIO,
        media_type: str,
        *,
        stop: Event | None = None,
        on_unit: Callable[[FileTotals, int], None] | None = None,
    ) -> FileTotals:
        """Feed a file until its end, or until ``stop`` is set; a unit that was begun is recorded whole.

        ``name`` stands in each record's origin, with its number in the file. ``on_unit`` is told the totals so far and
        how many of the file's bytes are done. Raises InvalidInputError for a file that can neither be parted nor kept
        as one dead letter, NotFoundError for an unknown source.
        """
        totals = FileTotals()
        numbered = 0
        with Overlap(self._pipeline, Transport.FILE.value, self._actor, self._apart) as overlap:
            for parts, read in self._units(source, content, media_type, name, totals):
                if stop is not None and stop.is_set():
                    totals.stopped = True
                    break
                records = self._records(name, parts, numbered)
                numbered += len(records)
                then = partial(_count, totals, read, on_unit)
                if self._validate_only:
                    then(tally_of(self._pipeline.validate(source, records)))
                else:
                    overlap.record(source, records, then)
        return totals

    def _units(
        self, source: str, content: BinaryIO, media_type: str, name: str, totals: FileTotals
    ) -> Iterator[tuple[Sequence[bytes], int]]:
        """Yield the records of each unit, and how many of the file's bytes are done with it."""
        read = 0
        for payload in _portions(content, media_type, name):
            read += len(payload)
            parts = self._parts(source, payload, media_type, totals)
            for start in range(0, len(parts), UNIT_RECORDS):
                left = max(0, len(parts) - start - UNIT_RECORDS)
                yield parts[start : start + UNIT_RECORDS], read - len(payload) * left // len(parts)

    def _parts(self, source: str, payload: bytes, media_type: str, totals: FileTotals) -> Sequence[bytes]:
        """Part a payload; one that cannot be parted is a record of its own, as it is over HTTP and from Kafka."""
        try:
            return self._pipeline.split(source, payload, media_type)
        except InvalidInputError as error:
            if not payload.strip() or len(payload) > MAX_RECORD_BYTES:
                raise
            totals.unparted = str(error)
            return [payload]

    def _records(self, name: str, parts: Sequence[bytes], before: int) -> list[FeedRecord]:
        received_at = self._clock.now()
        return [FeedRecord(part, f"file:{name}#{number}", received_at) for number, part in enumerate(parts, before + 1)]


OnUnit = Callable[[FileTotals, int], None]


def _count(totals: FileTotals, read: int, on_unit: OnUnit | None, tally: BatchTally) -> None:
    """Add what became of a unit, ``read`` bytes of the file being done with it."""
    totals.records += tally.records
    totals.outcomes.update(tally.outcomes)
    totals.dead += tally.explained[: MAX_DEAD - len(totals.dead)]
    if on_unit is not None:
        on_unit(totals, read)


def _portions(content: BinaryIO, media_type: str, name: str) -> Iterator[bytes]:
    """Cut JSON Lines at the ends of lines, so that a file of any size goes through; all else is read whole."""
    if media_type != NDJSON:
        whole = content.read(MAX_WHOLE_BYTES + 1)
        if len(whole) > MAX_WHOLE_BYTES:
            raise InvalidInputError(
                f"{name} is larger than {MAX_WHOLE_BYTES} bytes; part it, or write JSON Lines, which may be of any size"
            )
        yield whole
        return
    while chunk := content.read(_CHUNK_BYTES):
        yield chunk + content.readline()
