"""A process of its own that removes a range whose removal was decided, to be killed at any moment.

Says on standard output how many events are done, a line for each step, and ``committed`` at the end.
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

from jiedao.store.archive import read_events
from jiedao.store.removal import RangeRemover


def say(what: object) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def main(url: str, decided: str, archive: str) -> None:
    with Path(decided).open("rb") as content:
        what = pickle.load(content)  # noqa: S301  # the test wrote it
    RangeRemover(url).remove(what, read_events(Path(archive)), lambda done, _total: say(done))
    say("committed")


if __name__ == "__main__":
    main(*sys.argv[1:])
