"""The command line within this process, on a test's own database and folder."""

from __future__ import annotations

import pytest

from tests.e2e.cli.terminal import Terminal
from tests.installation import logging_as_before


@pytest.fixture(autouse=True)
def _log_as_before():
    with logging_as_before():
        yield


@pytest.fixture
def terminal(database_url, tmp_path):
    """A terminal at an installation of district 330103."""
    return Terminal(database_url, tmp_path)


@pytest.fixture
def filled(terminal):
    """The same, with a few reports: see :mod:`tests.e2e.cli.terminal`."""
    terminal.fill()
    return terminal
