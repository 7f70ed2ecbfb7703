"""The command line within this process, on a test's own database and folder."""

from __future__ import annotations

import logging

import pytest
import structlog

from tests.e2e.cli.terminal import Terminal


@pytest.fixture(autouse=True)
def _log_as_before():
    """A command sets logging up for its process; the next test must not write into its closed streams."""
    before, handlers, level = structlog.get_config(), logging.root.handlers, logging.root.level
    yield
    structlog.configure(**before)
    logging.root.handlers = handlers
    logging.root.setLevel(level)


@pytest.fixture
def terminal(database_url, tmp_path):
    """A terminal at an installation of district 330103."""
    return Terminal(database_url, tmp_path)


@pytest.fixture
def filled(terminal):
    """The same, with a few reports: see :mod:`tests.e2e.cli.terminal`."""
    terminal.fill()
    return terminal
