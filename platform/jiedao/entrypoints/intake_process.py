"""A process that takes large batches in for a feed of this district: the intake alone, on the same database.

It is told with what by whoever starts it (``bootstrap.intake_apart``), over its standard input, so neither the root
key nor the database's password stands in its arguments or environment. It ends when the feed is done or gone.
"""

from __future__ import annotations

import pickle

from ingest.intake_frames import read_frame
from ingest.intake_process import line_to_the_feed, take_in
from jiedao.application.collector import started_frozen
from jiedao.entrypoints.clock import SystemClock
from jiedao.entrypoints.intake import IntakeSetup, open_intake
from jiedao.entrypoints.log_lines import logging_to
from jiedao.entrypoints.settings import Settings


def main() -> None:
    """Open the intake and answer batches until the feed is gone."""
    line = line_to_the_feed()
    told = read_frame(line)
    if told is None:
        return
    settings: Settings
    setup: IntakeSetup
    settings, setup = pickle.loads(told)  # noqa: S301  # from the process that started this one
    with logging_to(settings), open_intake(setup, SystemClock()) as parts, started_frozen():
        take_in(parts.pipeline, line)


if __name__ == "__main__":
    main()
