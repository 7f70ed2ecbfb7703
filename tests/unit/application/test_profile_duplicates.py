"""The district's rules for duplicates: read strictly, defaulted where there is no file, and marked as assumed."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from jiedao.application.district_profile import load_profile
from jiedao.domain.duplicates import DuplicateRules, DuplicateWeights, Reach
from jiedao.domain.errors import ConfigurationError

SHIPPED = Path(__file__).parents[3] / "config" / "districts" / "330103"


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(SHIPPED, tmp_path / "330103"))


def change(folder, old, new):
    file = folder / "duplicates.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_shipped_rules_are_assumed_and_say_how_near_is_near():
    rules = load_profile(SHIPPED).duplicates
    assert rules.assumed
    assert (rules.suggest_from, rules.repeated_from) == (0.5, 0.7)
    assert rules.weights == DuplicateWeights(30, 15, 20, 10, 10, 15)
    assert rules.reach_of("E0101") == Reach(100.0, timedelta(hours=72))
    assert rules.reach_of("C0101") == Reach(60.0, timedelta(days=7))
    assert rules.reach_of("E0401") == Reach(150.0, timedelta(hours=12))


def test_a_profile_without_the_file_has_the_rules_that_come_with_the_software(folder):
    (folder / "duplicates.toml").unlink()
    assert load_profile(folder).duplicates == DuplicateRules()


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("assumed = true", "assumed = 1", "assumed: 1 is not right here; write true or false"),
        ("suggest_from = 0.5", "suggest_from = 1.5", "suggest_from: write a number from 0 to 1"),
        ("distance = 30", "distance = -1", "weights are not negative"),
        ("distance = 30", "nearness = 30", "there is no such setting"),
        ("radius_m = 100", "radius_m = 0", r"\[reach\] radius_m: write metres, more than 0 and at most 5000"),
        ("window_hours = 72", "window_hours = 9999", "write hours, more than 0 and at most 8784"),
        ("C01 =", "X99 =", "no class of classes.csv begins so"),
        ("[reach]", "[[reach]]", "write a table"),
    ],
)
def test_a_fault_is_named_with_its_place(folder, old, new, fault):
    change(folder, old, new)
    with pytest.raises(ConfigurationError, match=fault) as told:
        load_profile(folder)
    assert "duplicates.toml" in str(told.value)
