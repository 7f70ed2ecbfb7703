"""On several processes what shares something dear stays on one, and what takes longest begins."""

from types import SimpleNamespace

import pytest

from tests import parallel

pytest_plugins = ["pytester"]

FILE = """
import pytest

@pytest.fixture
def kafka(): ...

@pytest.fixture
def topic(kafka): ...

@pytest.fixture(scope="module")
def opened_once(): ...

@pytest.fixture
def asked(opened_once): ...

def test_of_its_own(tmp_path): ...

def test_on_what_was_opened(asked): ...

def test_on_the_broker(topic): ...
"""


@pytest.fixture
def items(pytester, monkeypatch):
    monkeypatch.setattr(parallel, "_ROOT", pytester.path)
    return pytester.getitems(FILE)


def groups(items):
    return {item.name: [mark.args for mark in item.iter_markers("xdist_group")] for item in items}


def test_tests_on_one_broker_or_on_what_their_file_opens_once_stay_together(items):
    parallel.pytest_collection_modifyitems(SimpleNamespace(workerinput={}), items)
    assert groups(items) == {
        "test_of_its_own": [],
        "test_on_what_was_opened": [(items[-1].path.name,)],
        "test_on_the_broker": [("kafka",)],
    }


def test_the_broker_begins_before_all_others(items):
    parallel.pytest_collection_modifyitems(SimpleNamespace(workerinput={}), items)
    assert [item.name for item in items] == ["test_on_the_broker", "test_of_its_own", "test_on_what_was_opened"]


def test_folders_that_take_long_begin_before_the_quick_ones():
    ranks = [parallel._rank(SimpleNamespace(path=parallel._ROOT / folder / "test_x.py", _fixtureinfo=SimpleNamespace(name2fixturedefs={})))
             for folder in ("e2e/cli", "faults", "unit/domain")]  # fmt: skip
    assert ranks == sorted(set(ranks))


def test_in_one_process_the_order_is_the_files_own(items):
    before = list(items)
    parallel.pytest_collection_modifyitems(SimpleNamespace(), items)
    assert items == before
    assert set(map(tuple, groups(items).values())) == {()}
