"""Where records of given names hold which field."""

import pytest

from ingest.sources.reading import aliases
from ingest.sources.reading.aliases import Aliases

TABLE = Aliases({"number": ("case_number", "编号"), "title": ("title", "number"), "nowhere": ()})


def test_every_field_has_its_names_of_a_record_in_the_order_of_preference():
    assert TABLE.layout(("编号", "X", "Case-Number", "caseNumber", "NUMBER")) == {
        "number": ("Case-Number", "caseNumber", "编号"), "title": ("NUMBER",), "nowhere": (),
    }  # fmt: skip
    assert dict(TABLE) == {"number": ("case_number", "编号"), "title": ("title", "number"), "nowhere": ()}
    with pytest.raises(KeyError):
        TABLE["no_field"]


def test_a_layout_is_worked_out_once_for_records_of_the_same_names():
    assert TABLE.layout(("编号", "title")) is TABLE.layout(("编号", "title"))
    assert TABLE.layout(("title", "编号")) is not TABLE.layout(("编号", "title"))


def test_what_is_kept_is_bounded_in_number_and_in_size():
    table = Aliases({"number": ("编号",)})
    for number in range(3 * aliases._KEPT_LAYOUTS):
        assert table.layout((f"name {number}", "编号"))["number"] == ("编号",)
        assert len(table._layouts) <= aliases._KEPT_LAYOUTS
    before = len(table._layouts)
    long = ("x" * aliases._KEPT_LETTERS, "编号")
    assert table.layout(long)["number"] == ("编号",)
    assert len(table._layouts) == before
