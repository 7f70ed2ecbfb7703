"""The application of a small district, driven in-process."""

from __future__ import annotations

import pytest

from jiedao.entrypoints.http.app import create_app
from tests.e2e.http.caller import Caller
from tests.e2e.http.district import open_district
from tests.e2e.http.in_process import InProcessClient


@pytest.fixture
def services(database_url, tmp_path):
    with open_district(database_url, tmp_path) as services:
        yield services


@pytest.fixture
def app(services):
    return create_app(services)


@pytest.fixture
def call(app):
    with InProcessClient(app) as client:
        yield Caller(client)
