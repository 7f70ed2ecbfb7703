"""One district for each test."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.integration.forgetting.town import Town


@pytest.fixture
def town(database_url, tmp_path):
    with ExitStack() as stack:
        yield Town(database_url, tmp_path, stack)
