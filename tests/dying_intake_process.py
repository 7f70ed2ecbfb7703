"""The district's own intake process, which dies once: right after it recorded a batch, before it tells of it.

The folder in ``JIEDAO_TEST_DIED`` holds a file from then on.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from jiedao.application.intake import BatchUnderWay
from jiedao.application.outcomes import RecordOutcome
from jiedao.entrypoints import intake_process

MODULE = __name__
WHERE = "JIEDAO_TEST_DIED"
_finish = BatchUnderWay.finish


def finish_and_die(batch: BatchUnderWay) -> Sequence[RecordOutcome]:
    outcomes = _finish(batch)
    try:
        Path(os.environ[WHERE], "died").touch(exist_ok=False)
    except FileExistsError:
        return outcomes
    os._exit(9)


if __name__ == "__main__":
    BatchUnderWay.finish = finish_and_die
    intake_process.main()
