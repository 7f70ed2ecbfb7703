"""What a machine lacks is named, and under ``JIEDAO_REQUIRE=all`` nothing is skipped in silence."""

from __future__ import annotations

import pytest

from tests import kafka_jars, machine

pytest_plugins = ["pytester"]

SKIPPING = """
import pytest

def test_that_asks(needed): ...

@pytest.mark.skip(reason="marked so")
def test_that_is_marked(): ...

def test_that_skips_itself():
    pytest.skip("in the middle")

@pytest.mark.xfail(reason="known", strict=True)
def test_that_is_known_to_fail():
    raise AssertionError

def test_that_runs(): ...
"""
HOOKS = """
import pytest
from tests.machine import pytest_make_collect_report, pytest_report_header, pytest_runtest_makereport

@pytest.fixture
def needed():
    pytest.skip("the part is missing")
"""
WHOLE_FILE = 'import pytest\npytest.skip("the whole file", allow_module_level=True)\n'


@pytest.fixture
def suite(pytester):
    pytester.makeconftest(HOOKS)
    pytester.makepyfile(test_skipping=SKIPPING, test_whole_file=WHOLE_FILE)
    return pytester


def test_a_skip_is_a_failure_with_its_reason_where_everything_is_required(suite, monkeypatch):
    monkeypatch.setenv("JIEDAO_REQUIRE", "all")
    result = suite.runpytest_inprocess("test_skipping.py")
    result.assert_outcomes(passed=1, failed=1, errors=2, xfailed=1)
    result.stdout.fnmatch_lines_random(["*the part is missing", "*marked so", "*in the middle", "required: all*"])


def test_a_skipped_file_is_an_error_where_everything_is_required(suite, monkeypatch):
    monkeypatch.setenv("JIEDAO_REQUIRE", "all")
    result = suite.runpytest_inprocess("test_whole_file.py")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*the whole file"])


def test_a_skip_is_a_skip_elsewhere(suite, monkeypatch):
    monkeypatch.delenv("JIEDAO_REQUIRE", raising=False)
    suite.runpytest_inprocess().assert_outcomes(passed=1, skipped=4, xfailed=1)


def test_the_head_names_what_is_here_and_what_is_lacking(monkeypatch, tmp_path):
    (tmp_path / "kcat").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(machine, "SHARED_DATA", tmp_path / "nowhere")
    monkeypatch.delenv("JIEDAO_REQUIRE", raising=False)
    here, kafka, lacking = machine.describe()
    assert here.startswith("machine: PostgreSQL 18")
    assert here.endswith(f", kcat {tmp_path / 'kcat'}")
    assert kafka == kafka_jars.report_line()
    assert "Java 17" in kafka
    assert "mock" in kafka
    for part in ("Java", "Maven", "Chromium", "ogr2ogr", "shared data"):
        assert part in lacking


def test_a_chosen_mock_is_named_with_its_reason(monkeypatch):
    monkeypatch.setenv("JIEDAO_TEST_KAFKA", "mock")
    assert "mock cluster, because JIEDAO_TEST_KAFKA=mock" in machine.describe()[1]
