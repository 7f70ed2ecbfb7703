"""The district's rules of duty: read strictly, defaulted where there is no file, and marked as assumed."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from jiedao.application.district_profile import load_profile
from jiedao.domain.duty import AdviceWeights, DutyRules
from jiedao.domain.errors import ConfigurationError

SHIPPED = Path(__file__).parents[3] / "config" / "districts" / "330103"


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(SHIPPED, tmp_path / "330103"))


def test_the_shipped_rules_are_assumed(folder):
    assert load_profile(SHIPPED).duty == DutyRules(
        timedelta(hours=4), AdviceWeights(35, 30, 20, 15), 8, 2000.0, 10, timedelta(days=180), assumed=True
    )
    (folder / "duty.toml").unlink()
    assert load_profile(folder).duty == DutyRules()


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "approaching_hours = 4",
            "approaching_hours = 0",
            r"\[handover\] approaching_hours: write a number from 1 to 744",
        ),
        ("full_load = 8", "full_load = -1", "write a number from 1 to 10000"),
        ("duty = 35", "duty = -35", "weights are not negative"),
        ("load = 30", "burden = 30", "there is no such setting"),
        ("remembered_days = 180", "", "the setting is missing"),
        ("at_most = 3", "at_most = 2.5", r"\[onward\] at_most: write a whole number from 0 to 100"),
        ("at_most = 3", "at_most = -1", "write a whole number from 0 to 100"),
        ('then = ["shift_leader", "supervisor"]', "then = []", "name at least one role"),
        ('then = ["shift_leader", "supervisor"]', 'then = ["boss"]', "a list of words, each once"),
    ],
)
def test_a_fault_is_named_with_its_place(folder, old, new, fault):
    file = folder / "duty.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=fault) as told:
        load_profile(folder)
    assert "duty.toml" in str(told.value)
