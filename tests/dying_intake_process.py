"""The district's own intake process, which dies once: when it recorded a batch, before or after it told the feed.

The folder in ``JIEDAO_TEST_DIED`` holds a file from then on; ``JIEDAO_TEST_DIES`` names what it does last.
"""

from __future__ import annotations

import os
from pathlib import Path

from jiedao.application.intake import BatchUnderWay
from jiedao.entrypoints import intake_process

MODULE = __name__
WHERE, WHEN = "JIEDAO_TEST_DIED", "JIEDAO_TEST_DIES"
RECORDED, TOLD = "recorded", "told"
_record = BatchUnderWay.record


def die() -> None:
    try:
        Path(os.environ[WHERE], "died").touch(exist_ok=False)
    except FileExistsError:
        return
    os._exit(9)


def record_and_die(batch: BatchUnderWay) -> None:
    _record(batch)
    if os.environ[WHEN] == RECORDED:
        die()
    else:
        batch.tally = dying_tally(batch)


def dying_tally(batch: BatchUnderWay):
    tally = batch.tally

    def tell():
        die()
        return tally()

    return tell


if __name__ == "__main__":
    BatchUnderWay.record = record_and_die
    intake_process.main()
