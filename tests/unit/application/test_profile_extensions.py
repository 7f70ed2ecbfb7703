"""How deadlines may be extended in a district: one row for all classes, and rows for single ones."""

from __future__ import annotations

import pytest

from jiedao.application.district_profile import find_profile
from jiedao.application.profile_extensions import read_extensions
from jiedao.application.profile_faults import Faults
from jiedao.application.profile_tables import TableReader
from jiedao.domain.errors import ConfigurationError
from jiedao.domain.extension_rules import ExtensionRule, ExtensionRules
from jiedao.domain.terms import Role
from tests.unit.application.test_district_profile import CONFIG

CLASSES = {"E0101", "G0101"}


def read(tmp_path, *rows):
    (tmp_path / "extensions.csv").write_text("\n".join(["class_code,most,longest,approver", *rows]), "utf-8")
    faults = Faults(tmp_path)
    rules = read_extensions(TableReader(tmp_path, frozenset(), faults), CLASSES)
    faults.raise_any()
    return rules


def test_a_row_for_all_and_rows_for_single_classes(tmp_path):
    assert read(tmp_path, "*,1,2工作日,shift_leader", "G0101,2,5工作日,supervisor", "E0101,0,,") == ExtensionRules(
        ExtensionRule(1, "2工作日", Role.SHIFT_LEADER),
        {
            "G0101": ExtensionRule(2, "5工作日", Role.SUPERVISOR),
            "E0101": ExtensionRule(0, "", Role.SHIFT_LEADER),
        },
    )


def test_without_the_table_nothing_is_extended(tmp_path):
    assert read_extensions(TableReader(tmp_path, frozenset(), Faults(tmp_path)), CLASSES) == ExtensionRules()


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("E9999,1,2工作日,shift_leader", "there is no class 'E9999'"),
        ("*,often,2工作日,shift_leader", "most is 'often'; write how often, 0 for never"),
        ("*,-1,2工作日,shift_leader", "most is '-1'"),
        ("*,1,soon,shift_leader", "longest is 'soon'; write a length like 2工作日"),
        ("*,1,,shift_leader", "longest is ''"),
        ("*,1,2工作日,handler", "approver is 'handler'; write one of shift_leader, supervisor"),
    ],
)
def test_what_is_wrong_is_told_with_what_to_do(tmp_path, row, told):
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, row)
    assert told in str(caught.value)
    assert "extensions.csv" in str(caught.value)


def test_what_ships_is_marked_as_assumed():
    rules = find_profile(CONFIG, "330103").extensions
    assert rules.default is not None
    assert all(rule.assumed for rule in [rules.default, *rules.by_class.values()])
    assert rules.of("E0502").most == 0  # a broken gas pipe does not wait
