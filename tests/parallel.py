"""How the suite is spread over several processes (``pytest -n 2``, as ``make test`` runs it), and in which order.

Every process has a PostgreSQL of its own. What shares something dear is marked to stay together on one process: the
tests on the real Kafka, and those of a file that opens something once for the whole file. The longest begin first, so
that at the end no process waits for another; in a single process the order is the files' own.
"""

from __future__ import annotations

from pathlib import Path

import pytest

_FIRST = ("kafka", "e2e", "faults", "browser", "integration", "contract", "property")
"""Folders whose tests take longest, and the group of the real Kafka before all."""
_ROOT = Path(__file__).parent


def _shared_thing(item: pytest.Item) -> str | None:
    """What a test shares with others that is made once: ``kafka``, or its file's own; none where it is alone."""
    definitions = item._fixtureinfo.name2fixturedefs
    if "kafka" in definitions:
        return "kafka"
    scopes = {one.scope for found in definitions.values() for one in found}
    return item.path.relative_to(_ROOT).as_posix() if scopes & {"module", "class", "package"} else None


def _rank(item: pytest.Item) -> int:
    shared = _shared_thing(item)
    place = shared if shared == "kafka" else item.path.relative_to(_ROOT).parts[0]
    return _FIRST.index(place) if place in _FIRST else len(_FIRST)


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep together what shares something, and begin with what takes longest."""
    if not hasattr(config, "workerinput"):
        return
    for item in items:
        shared = _shared_thing(item)
        if shared is not None:
            item.add_marker(pytest.mark.xdist_group(shared))
    items.sort(key=_rank)
