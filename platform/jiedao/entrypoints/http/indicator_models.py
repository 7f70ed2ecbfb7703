"""The shape of answers about indicators (考核评议), as the API's documentation shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from jiedao.entrypoints.http.models import Answer, Position


class WordAnswer(Answer):
    """A word in which formulas are declared."""

    name: Annotated[str, Field(examples=["closed_in_time"])]
    zh: Annotated[str, Field(examples=["在期限内结案"])]
    en: Annotated[str, Field(examples=["closed by its deadline"])]


class FormulaAnswer(Answer):
    """One indicator's formula, as it is declared and in a sentence."""

    name: Annotated[str, Field(examples=["on_time_closing_rate"])]
    label: Annotated[str, Field(examples=["按期结案率"])]
    label_en: str
    meaning: str
    meaning_en: str
    formula: Annotated[str, Field(description="分子 ÷ 分母 The formula in Chinese.")]
    formula_en: str
    numerator: Sequence[WordAnswer]
    numerator_of: WordAnswer
    denominator: Sequence[WordAnswer]
    denominator_of: WordAnswer
    period: Annotated[WordAnswer, Field(description="By which moment a case falls into the period.")]
    better: Annotated[str, Field(description="higher or lower", examples=["higher"])]
    origin: Annotated[str, Field(description="出处 Where the formula is from.")]
    assumed: Annotated[bool, Field(description="True where no text with this very formula was at hand.")]


class FormulasAnswer(Answer):
    """指标公式 All indicators, and the words of which further ones can be made."""

    items: Sequence[FormulaAnswer]
    conditions: Sequence[WordAnswer]
    quantities: Sequence[WordAnswer]
    moments: Sequence[WordAnswer]


class FigureAnswer(Answer):
    """One figure with what it was made of."""

    name: Annotated[str, Field(examples=["on_time_closing_rate"])]
    label: Annotated[str, Field(examples=["按期结案率"])]
    value: Annotated[
        float | None, Field(description="The share, 0 to 1; null where there is nothing to divide by.", examples=[0.8])
    ]
    numerator: Annotated[int, Field(examples=[4])]
    denominator: Annotated[int, Field(examples=[5])]
    formula: str
    better: str


class FigureGroupAnswer(Answer):
    """The figures of one street, platform, department, class or source; code null: of those where it is not known."""

    code: str | None
    label: str
    figures: Sequence[FigureAnswer]


_EXAMPLE_FIGURE: JsonDict = {
    "name": "on_time_closing_rate",
    "label": "按期结案率",
    "value": 0.8,
    "numerator": 4,
    "denominator": 5,
    "formula": (
        "（其中在期限内结案的案件数）÷（未作废且未并案、超时未获申诉免责、已立案（含即查即结）、期限已到的案件数），按期限计入时段"
    ),
    "better": "higher",
}


class IndicatorsAnswer(Answer):
    """考核评议 The figures of all cases together, and of each group."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "district_code": "330103",
                "district_name": "下城区",
                "by": "street",
                "by_label": "街道",
                "since": "2026-10-31T16:00:00Z",
                "until": "2026-11-30T16:00:00Z",
                "as_of": "2026-11-25T01:30:00Z",
                "position": 1042,
                "total": [_EXAMPLE_FIGURE],
                "groups": [{"code": "330103006", "label": "朝晖街道", "figures": [_EXAMPLE_FIGURE]}],
            }
        }
    )

    district_code: str
    district_name: str
    by: Annotated[str, Field(examples=["street"])]
    by_label: Annotated[str, Field(examples=["街道"])]
    since: Annotated[datetime | None, Field(description="时段起（含） Included; null: from the beginning.")]
    until: Annotated[datetime | None, Field(description="时段止（不含） Not included; null: open.")]
    as_of: Annotated[datetime, Field(description="As of when: deadlines are looked at then.")]
    position: Position
    total: Sequence[FigureAnswer]
    groups: Sequence[FigureGroupAnswer]
