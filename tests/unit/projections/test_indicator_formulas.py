"""Formulas are declared in data: what is sound becomes a formula, what is not is told with its place, all at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from jiedao.domain.errors import ConfigurationError
from projections.indicator_formulas import Formula, find_formulas, load_formulas
from projections.indicator_terms import CONDITIONS, GROUPINGS, MOMENTS, QUANTITIES

CONFIG = Path(__file__).parents[3] / "config"
ONE = """
[{name}]
label = "即查即结率"
label_en = "on-the-spot rate"
meaning = "结案的案件中，即查即结的占多少"
meaning_en = "how many of the closed cases were settled on the spot"
period = "{period}"
denominator = ["counted", "closed"]
numerator = {numerator}
better = "{better}"
origin = "试"
assumed = true
{more}
"""


def write(folder, **changes):
    fields = {
        "name": "on_the_spot_rate", "period": "closed", "numerator": '["settled"]', "better": "higher",
        "more": "",
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "indicators.toml").write_text(ONE.format(**fields | changes), encoding="utf-8")
    return folder


def faults(folder):
    with pytest.raises(ConfigurationError) as raised:
        load_formulas(folder)
    return str(raised.value)


def test_a_formula_is_what_the_file_says_and_counts_cases_unless_told_otherwise(tmp_path):
    formulas = load_formulas(write(tmp_path))
    assert formulas.indicators == (
        Formula(
            "on_the_spot_rate", "即查即结率", "on-the-spot rate", "结案的案件中，即查即结的占多少",
            "how many of the closed cases were settled on the spot", "closed", ("counted", "closed"), ("settled",),
            "cases", "cases", "higher", "试", assumed=True,
        ),
    )  # fmt: skip
    assert (
        formulas.indicators[0].sentence
        == "（其中即查即结的案件数）÷（未作废且未并案、已结案的案件数），按结案时间计入时段"
    )
    assert formulas.indicators[0].sentence_en == (
        "(of those, cases: settled on the spot) ÷ (cases: neither void nor merged, closed), in the period by when it was closed"
    )


def test_the_shipped_formulas_are_those_that_the_field_asks_for():
    shipped = load_formulas(CONFIG)
    assert [(one.label, one.better) for one in shipped.indicators] == [
        ("立案率", "higher"), ("按期立案率", "higher"), ("派遣准确率", "higher"), ("按期处置率", "higher"), ("结案率", "higher"),
        ("按期结案率", "higher"), ("返工率", "lower"), ("超期率", "lower"), ("超期未结率", "lower"), ("满意率", "higher"),
        ("解决率", "higher"),
    ]  # fmt: skip
    assert all("counted" in one.denominator for one in shipped.indicators), "what was opened by mistake counts nowhere"


def test_every_fault_is_told_at_once_with_its_place(tmp_path):
    told = faults(write(tmp_path, numerator='["closed", "lucky"]', period="tomorrow", better="other", more="x=1"))
    assert "the list of indicators in" in told
    assert "[on_the_spot_rate] numerator: ['closed', 'lucky'] is not right here; write a list of words" in told
    assert "settled" in told
    assert "[on_the_spot_rate] period: 'tomorrow' is not right here; write one of received, admitted" in told
    assert "[on_the_spot_rate] better" in told
    assert "[on_the_spot_rate] x: there is no such setting" in told


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"numerator": "[]"}, "it says the same as the denominator"),
        ({"numerator": '["counted"]'}, "'counted' stands in the denominator already"),
        ({"numerator": '["settled", "settled"]'}, "each once"),
        ({"name": "Rate-1"}, "named by small letters, digits and _"),
        ({"more": "[limits]\nfiling = '2小时'"}, "the limit for filing is the 立案 clock's"),
        ({"more": 'numerator_of = "luck"'}, "one of cases, tasks"),
    ],
)
def test_what_cannot_be_a_formula_is_refused(tmp_path, changes, sentence):
    assert sentence in faults(write(tmp_path, **changes))


def test_a_list_without_any_indicator_is_refused(tmp_path):
    (tmp_path / "indicators.toml").write_text("# nothing\n", encoding="utf-8")
    assert "no indicator is declared" in faults(tmp_path)


def test_a_districts_own_formulas_take_the_place_of_the_configurations_and_those_of_the_shipped(tmp_path):
    shipped, config = write(tmp_path / "shipped", name="shipped"), tmp_path / "config"
    assert find_formulas(config, "330103", shipped).indicators[0].name == "shipped"
    write(config, name="ours")
    assert find_formulas(config, "330103", shipped).indicators[0].name == "ours"
    write(config / "districts" / "330103", name="own")
    assert find_formulas(config, "330103", shipped).indicators[0].name == "own"
    assert find_formulas(config, "330105", shipped).indicators[0].name == "ours"
    with pytest.raises(ConfigurationError, match=r"no indicators\.toml"):
        find_formulas(tmp_path / "none", "330103", tmp_path / "none")


@pytest.mark.parametrize("terms", [CONDITIONS, QUANTITIES, MOMENTS, GROUPINGS])
def test_every_word_is_said_in_chinese_and_english_and_means_something_else_than_the_others(terms):
    for name, term in terms.items():
        assert term.name == name
        assert any("\u4e00" <= letter <= "\u9fff" for letter in term.zh)
        assert term.en.isascii()
    for part in ("zh", "en", "expression"):
        assert len({getattr(term, part) for term in terms.values()}) == len(terms)
