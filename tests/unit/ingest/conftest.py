"""The district's real profile, whose settings the adapters are made with."""

from pathlib import Path

import pytest

from jiedao.application.district_profile import find_profile


@pytest.fixture(scope="session")
def profile():
    return find_profile(Path(__file__).parents[3] / "config", "330103")
