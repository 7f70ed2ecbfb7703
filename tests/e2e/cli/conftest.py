"""The command line within this process, on a test's own database and folder."""

from __future__ import annotations

import shutil

import pytest
from psycopg.conninfo import conninfo_to_dict

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


@pytest.fixture(scope="session")
def filled_once(cloner, template_database, tmp_path_factory):
    """An installation that was filled once, to be copied: its database's name and its data folder."""
    with cloner.clone(template_database) as url:
        terminal = Terminal(url, tmp_path_factory.mktemp("filled"))
        with logging_as_before():
            terminal.fill()
        yield conninfo_to_dict(url)["dbname"], terminal.data


@pytest.fixture
def filled(filled_once, cloner, tmp_path):
    """A terminal at an installation with a few reports: see :mod:`tests.e2e.cli.terminal`."""
    database, data = filled_once
    with cloner.clone(database) as url:
        terminal = Terminal(url, tmp_path)
        shutil.copytree(data, terminal.data)
        yield terminal
