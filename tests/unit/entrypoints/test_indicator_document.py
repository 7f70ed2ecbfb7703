"""docs/indicators.md is what the shipped formulas and the words of formulas say."""

from __future__ import annotations

from pathlib import Path

from jiedao.entrypoints.indicator_document import COMMAND, write_document
from projections.indicator_formulas import load_formulas
from projections.indicator_terms import CONDITIONS, GROUPINGS, MOMENTS, QUANTITIES

ROOT = Path(__file__).parents[3]


def test_the_document_is_up_to_date():
    written = (ROOT / "docs" / "indicators.md").read_text(encoding="utf-8")
    assert written == write_document(load_formulas(ROOT / "config")), f"write it anew: {COMMAND}"


def test_the_document_tells_every_indicator_and_every_word():
    rows = [line.split(" | ") for line in write_document(load_formulas(ROOT / "config")).splitlines()]
    told = {cells[1].strip("`") for cells in rows if len(cells) > 2}
    assert told >= {"filing_rate", "on_time_closing_rate", "satisfaction_rate"}
    for terms in (CONDITIONS, QUANTITIES, MOMENTS, GROUPINGS):
        assert told >= set(terms)
    (closing,) = [cells for cells in rows if cells[0] == "| 结案率"]
    assert closing[1:] == [
        "`closing_rate`", "立案的案件中，已经结案的占多少；挂账的不计。how many of the filed cases are closed; suspended ones are not counted",
        "案件数 `cases`：已结案 `closed`",
        "案件数 `cases`：未作废且未并案 `counted`、未被不予受理、不予立案、移送或退回上级 `pursued`、未挂账 `running`、已立案（含即查即结） `filed`",
        "立案时间 `filed`", "高 higher", "金华：结案数 ÷（应结案数 − 缓办数） |",
    ]  # fmt: skip
