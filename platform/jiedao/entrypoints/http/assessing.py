"""Puts the figures of indicators into words, and writes them as CSV; over HTTP and on the command line alike."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from jiedao.domain.profile import DistrictProfile
from jiedao.domain.terms import Lifecycle, Platform
from jiedao.entrypoints.http.indicator_models import (
    FigureAnswer,
    FigureGroupAnswer,
    FormulaAnswer,
    FormulasAnswer,
    IndicatorsAnswer,
    WordAnswer,
)
from jiedao.entrypoints.services import Services
from projections.indicator_formulas import Formula, Formulas
from projections.indicator_terms import CONDITIONS, GROUPINGS, MOMENTS, QUANTITIES, IndicatorTerm
from projections.indicators import Figure, IndicatorQuestion

UNKNOWN = "未定"
"""What the group is called whose street, platform … is not known."""

WHOLE = "全区"
"""What all cases together are called."""

CSV_COLUMNS = (
    "分组 by", "编码 code", "名称 label", "指标 indicator", "指标名称 name", "数值 value", "分子 numerator",
    "分母 denominator", "公式", "formula", "时段起 from", "时段止 to", "截至 as of", "日志位置 position",
)  # fmt: skip
_MARK = "\ufeff"  # so that spreadsheets see that it is UTF-8


def assess(services: Services, question: IndicatorQuestion) -> IndicatorsAnswer:
    """Work the indicators out and put them into words. Blocks on the database."""
    found = services.read.indicators(question, services.formulas, services.clock.now())
    profile = services.profile
    names = names_of(profile, question.by)
    return IndicatorsAnswer(
        district_code=profile.code,
        district_name=profile.name,
        by=question.by,
        by_label=GROUPINGS[question.by].zh,
        since=question.since,
        until=question.until,
        as_of=found.moment,
        position=found.position,
        total=_figures(services.formulas, found.total),
        groups=[
            FigureGroupAnswer(
                code=group.code,
                label=UNKNOWN if group.code is None else names.get(group.code, group.code),
                figures=_figures(services.formulas, group.figures),
            )
            for group in found.groups
        ],
    )


def describe(formulas: Formulas) -> FormulasAnswer:
    """Tell all formulas, and the words that there are."""
    return FormulasAnswer(
        items=[_formula(formula) for formula in formulas.indicators],
        conditions=_words(CONDITIONS.values()),
        quantities=_words(QUANTITIES.values()),
        moments=_words(MOMENTS.values()),
    )


def percent(value: float | None) -> str:
    """Return a share for people; ``—`` where there is no figure."""
    return "—" if value is None else f"{value:.2%}"


def write_csv(answer: IndicatorsAnswer, formulas: Formulas, zone: ZoneInfo) -> str:
    """Write the figures as CSV, one a row, all cases together first; times as the district's clocks show them."""
    written = io.StringIO(newline="")
    rows = csv.writer(written, lineterminator="\r\n")
    rows.writerow(CSV_COLUMNS)
    rows.writerows(_csv_rows(answer, formulas, zone))
    return _MARK + written.getvalue()


def _csv_rows(answer: IndicatorsAnswer, formulas: Formulas, zone: ZoneInfo) -> Iterator[tuple[object, ...]]:
    english = {formula.name: formula.sentence_en for formula in formulas.indicators}
    asked = (_local(answer.since, zone), _local(answer.until, zone), _local(answer.as_of, zone), answer.position)
    whole = FigureGroupAnswer(code="", label=WHOLE, figures=answer.total)
    for group in (whole, *answer.groups):
        for one in group.figures:
            value = "" if one.value is None else f"{one.value:.6f}"
            counts = (one.name, one.label, value, one.numerator, one.denominator)
            yield (answer.by, _cell(group.code), _cell(group.label), *counts, one.formula, english[one.name], *asked)


def _cell(text: str | None) -> str:
    """Keep a spreadsheet from taking a name for a formula of its own."""
    return f"'{text}" if text and text[0] in "=+-@\t\r" else text or ""


def _local(moment: datetime | None, zone: ZoneInfo) -> str:
    return "" if moment is None else moment.astimezone(zone).isoformat(timespec="seconds")


def names_of(profile: DistrictProfile, by: str) -> Mapping[str, str]:
    """What the codes of a grouping are called in this district; a department is called as it is."""
    known: Mapping[str, Mapping[str, str]] = {
        "street": {street.code: street.name for street in profile.streets},
        "platform": {platform.value: platform.label for platform in Platform},
        "class": {code: one.minor_class for code, one in profile.class_table.classes.items()},
        "source": {name: source.label for name, source in profile.sources.items()},
        "lifecycle": {lifecycle.value: lifecycle.label for lifecycle in Lifecycle},
    }
    return known.get(by, {})


def _figures(formulas: Formulas, figures: Sequence[Figure]) -> list[FigureAnswer]:
    return [
        FigureAnswer(
            name=formula.name,
            label=formula.label,
            value=figure.value,
            numerator=figure.numerator,
            denominator=figure.denominator,
            formula=formula.sentence,
            better=formula.better,
        )
        for formula, figure in zip(formulas.indicators, figures, strict=True)
    ]


def _formula(formula: Formula) -> FormulaAnswer:
    return FormulaAnswer(
        name=formula.name,
        label=formula.label,
        label_en=formula.label_en,
        meaning=formula.meaning,
        meaning_en=formula.meaning_en,
        formula=formula.sentence,
        formula_en=formula.sentence_en,
        numerator=_words(CONDITIONS[name] for name in formula.numerator),
        numerator_of=_word(QUANTITIES[formula.numerator_of]),
        denominator=_words(CONDITIONS[name] for name in formula.denominator),
        denominator_of=_word(QUANTITIES[formula.denominator_of]),
        period=_word(MOMENTS[formula.period]),
        better=formula.better,
        origin=formula.origin,
        assumed=formula.assumed,
    )


def _words(terms: Iterable[IndicatorTerm]) -> list[WordAnswer]:
    return [_word(term) for term in terms]


def _word(term: IndicatorTerm) -> WordAnswer:
    return WordAnswer(name=term.name, zh=term.zh, en=term.en)
