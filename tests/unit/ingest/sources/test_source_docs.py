"""The documentation of a source names every field that its adapter reads."""

import re
from pathlib import Path

import pytest

from ingest.sources import digital_city, hotline, manual, work_order

DOCS = Path(__file__).parents[4] / "docs" / "sources"
MODULES = [digital_city, hotline, work_order, manual]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_every_name_of_every_field_stands_in_the_page(module):
    page = (DOCS / f"{module.__name__.rpartition('.')[2]}.md").read_text("utf-8")
    told = set(re.findall(r"`([^`\n]+)`", page))
    read = {name for aliases in module.ALIASES.values() for name in aliases}
    assert read <= told


def test_every_field_of_the_forms_reporter_stands_in_the_page():
    told = set(re.findall(r"`([^`\n]+)`", (DOCS / "manual.md").read_text("utf-8")))
    assert {name for aliases in manual.REPORTER.values() for name in aliases} <= told
