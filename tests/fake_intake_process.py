"""A process that takes batches in as records ask it to: fails, dies or answers. Nothing is recorded anywhere."""

from __future__ import annotations

import os
from collections.abc import Sequence

from ingest.intake_frames import read_frame, write_frame
from ingest.intake_process import line_to_the_feed, take_in
from ingest.records import FeedRecord
from jiedao.application.outcomes import BatchTally, RecordOutcome

MODULE = __name__
GOOD, NOT_DECIDED, NOT_RECORDED, HALF = b"good", b"not decided", b"not recorded", b"half"
DIES_RECORDING, DIES_TELLING = b"dies over it", b"dies once it is recorded"
NONSENSE = b"nonsense"
"""A setup after which it says what nobody understands."""


class AskedPipeline:
    """Does with a batch what its records say."""

    def begin(self, _source: str, records: Sequence[FeedRecord], **_named: object) -> AskedBatch:
        return AskedBatch(records)


class AskedBatch:
    def __init__(self, records: Sequence[FeedRecord]) -> None:
        self._records = records
        self._raws = {one.raw for one in records}

    def decide(self) -> None:
        if NOT_DECIDED in self._raws:
            raise ValueError(NOT_DECIDED)

    def record(self) -> None:
        if DIES_RECORDING in self._raws:
            os._exit(3)
        if NOT_RECORDED in self._raws:
            raise ValueError(NOT_RECORDED)

    def tally(self) -> BatchTally:
        if DIES_TELLING in self._raws:
            os._exit(3)
        explained = (RecordOutcome("x", "dead", detail="half \ud800"),) if HALF in self._raws else ()
        return BatchTally({str(os.getpid()): len(self._records)}, explained)


def main() -> None:
    line = line_to_the_feed()
    if read_frame(line) == NONSENSE:
        write_frame(line, b"what?")
    take_in(AskedPipeline(), line)


if __name__ == "__main__":
    main()
