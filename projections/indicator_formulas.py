"""The formulas of indicators (考核评议): declared in ``indicators.toml`` with :mod:`projections.indicator_terms`.

The loader is strict: it names every fault at once, with the table and the key, and a formula that it lets through can
be asked of the database. A new indicator from the words there are needs no code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from jiedao.application.district_profile import DISTRICTS_FOLDER
from jiedao.application.profile_faults import Faults
from jiedao.application.profile_settings import Section, read_section
from jiedao.application.profile_tables import read_text
from jiedao.domain.errors import ConfigurationError
from projections.indicator_terms import CONDITIONS, MOMENTS, QUANTITIES

INDICATORS_FILE = "indicators.toml"
_LIMITS = "limits"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_BETTER = ("higher", "lower")
_CASES = "cases"


@dataclass(frozen=True, slots=True)
class Formula:
    """One indicator: a share of the cases that ``denominator`` lets through.

    The numerator's conditions hold besides those of the denominator. Sums are of ``denominator_of`` and
    ``numerator_of`` over those cases (quantities; ``cases`` counts them). ``period`` is the moment by which a case
    falls into a period. ``assumed`` is true when no text with this very formula was at hand.
    """

    name: str
    label: str
    label_en: str
    meaning: str
    meaning_en: str
    period: str
    denominator: tuple[str, ...]
    numerator: tuple[str, ...]
    denominator_of: str
    numerator_of: str
    better: str
    origin: str
    assumed: bool

    @property
    def sentence(self) -> str:
        """The formula in Chinese, numerator ÷ denominator, as it stands beside the figure."""
        above = _say_zh(self.numerator, self.numerator_of)
        below = _say_zh(self.denominator, self.denominator_of)
        return f"（其中{above}）÷（{below}），按{MOMENTS[self.period].zh}计入时段"

    @property
    def sentence_en(self) -> str:
        """The formula in English."""
        above = _say_en(self.numerator, self.numerator_of)
        below = _say_en(self.denominator, self.denominator_of)
        return f"(of those, {above}) ÷ ({below}), in the period by {MOMENTS[self.period].en}"


@dataclass(frozen=True, slots=True)
class Formulas:
    """All indicators of a district, in the order of the file."""

    indicators: tuple[Formula, ...]


def find_formulas(config_directory: Path, district: str, shipped: Path) -> Formulas:
    """Load the formulas of a district: its own, else the configuration's, else those that come with the software.

    Raises ConfigurationError that lists all faults of the file.
    """
    folders = (config_directory / DISTRICTS_FOLDER / district, config_directory, shipped)
    for folder in folders:
        if (folder / INDICATORS_FILE).is_file():
            return load_formulas(folder)
    raise ConfigurationError(f"there is no {INDICATORS_FILE} in {config_directory}: copy the one that is shipped")


def load_formulas(directory: Path) -> Formulas:
    """Load the formulas in a directory. Raises ConfigurationError that lists all faults, one a line."""
    faults = Faults(directory, "the list of indicators in")
    text = read_text(directory / INDICATORS_FILE, INDICATORS_FILE, faults, needed=True)
    whole = read_section(INDICATORS_FILE, text, faults)
    names = [name for name in whole.keys if name != _LIMITS]
    if _LIMITS in whole.keys:
        faults.add(
            INDICATORS_FILE, _LIMITS, "the limit for filing is the 立案 clock's, [clocks.limits] file in district.toml:"
            " remove this table",
        )  # fmt: skip
    indicators = tuple(_formula(name, whole.section(name)) for name in names)
    if not indicators:
        faults.add(INDICATORS_FILE, None, "no indicator is declared; declare at least one")
    faults.raise_any()
    return Formulas(indicators)


def _formula(name: str, section: Section) -> Formula:
    formula = Formula(
        name=name,
        label=section.text("label"),
        label_en=section.text("label_en"),
        meaning=section.text("meaning"),
        meaning_en=section.text("meaning_en"),
        period=section.one_of("period", MOMENTS),
        denominator=section.words("denominator", CONDITIONS),
        numerator=section.words("numerator", CONDITIONS),
        denominator_of=section.one_of("denominator_of", QUANTITIES, _CASES),
        numerator_of=section.one_of("numerator_of", QUANTITIES, _CASES),
        better=section.one_of("better", _BETTER),
        origin=section.text("origin"),
        assumed=section.truth("assumed"),
    )
    section.finish()
    if not _NAME.fullmatch(name):
        section.fault("", "an indicator is named by small letters, digits and _; rename it")
    if (formula.numerator, formula.numerator_of) == ((), formula.denominator_of):
        section.fault("numerator", "it says the same as the denominator; name a condition, or another numerator_of")
    for word in set(formula.numerator) & set(formula.denominator):
        section.fault("numerator", f"{word!r} stands in the denominator already; remove one")
    return formula


def _say_zh(conditions: tuple[str, ...], quantity: str) -> str:
    said = "、".join(CONDITIONS[name].zh for name in conditions)
    return f"{said}的{QUANTITIES[quantity].zh}" if said else QUANTITIES[quantity].zh


def _say_en(conditions: tuple[str, ...], quantity: str) -> str:
    said = ", ".join(CONDITIONS[name].en for name in conditions)
    return f"{QUANTITIES[quantity].en}: {said}" if said else QUANTITIES[quantity].en
