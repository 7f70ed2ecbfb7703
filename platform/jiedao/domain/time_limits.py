"""Reads the time limits of a class table (处置时限) as people write them: ``2紧急工作时``, ``停工4工作时/处罚7工作日``.

A limit is one or several stages, each a length of continuous time or of working time; a text that names no length is
no limit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

HOUR_S = 3_600
WORKING_DAY_S = 8 * HOUR_S
"""One working day (工作日) of a limit is eight hours of working time, whatever the district's own day holds."""

_CONTINUOUS_DAY_S = 24 * HOUR_S

UNITS: dict[str, tuple[str, int, bool]] = {
    # text: (word of the glossary, seconds of one, whether only working time counts)
    "紧急工作时": ("urgent_hour", HOUR_S, False),
    "紧急工作日": ("urgent_day", _CONTINUOUS_DAY_S, False),
    "工作小时": ("working_hour", HOUR_S, True),
    "工作时": ("working_hour", HOUR_S, True),
    "工作日": ("working_day", WORKING_DAY_S, True),
    "小时": ("hour", HOUR_S, False),
    "自然日": ("day", _CONTINUOUS_DAY_S, False),
    "天": ("day", _CONTINUOUS_DAY_S, False),
    "日": ("day", _CONTINUOUS_DAY_S, False),
}
"""The units of limits. Urgent hours and days run without a break, also at night and on holidays (GB/T 30428.8)."""

_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_SEPARATORS = re.compile(r"[/／；;，,、]")
_LENGTH = re.compile(rf"(\d+(?:\.\d+)?|半|[一二两三四五六七八九十]+)\s*个?\s*({'|'.join(UNITS)})")
_MOST_SECONDS = 1e11  # some three thousand years
_CACHED_TEXTS = 4_096  # more than any class table has; texts of strangers cannot fill memory


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a limit, counted like all others from the start of the whole.

    ``label`` is what the text says of it (``停工``, empty for a plain limit), ``unit`` a word of the glossary,
    ``seconds`` its length: working time where ``working`` is true, continuous time otherwise.
    """

    label: str
    unit: str
    seconds: int
    working: bool


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """A limit that was read; ``stages`` in the order of the text, at least one."""

    text: str
    stages: tuple[Stage, ...]


@lru_cache(maxsize=_CACHED_TEXTS)
def parse_time_limit(text: str) -> TimeLimit | None:
    """Read a limit; ``None`` when the text names no length of time (``按合同约定``), zero, or thousands of years."""
    stages = tuple(stage for part in _SEPARATORS.split(text) if (stage := _stage(part)) is not None)
    return TimeLimit(text, stages) if stages else None


def _stage(part: str) -> Stage | None:
    found = _LENGTH.search(part)
    if found is None:
        return None
    unit, unit_seconds, working = UNITS[found[2]]
    amount = _amount(found[1]) * unit_seconds
    if not amount < _MOST_SECONDS:  # nobody's limit; as a number it may not even be finite
        return None
    seconds = round(amount)
    if seconds <= 0:
        return None
    label = (part[: found.start()] + part[found.end() :]).strip()
    return Stage(label, unit, seconds, working)


def _amount(text: str) -> float:
    """Read ``4``, ``1.5``, ``半``, ``两``, ``十五``, ``二十``."""
    if text[0].isdecimal():
        return float(text)
    if text == "半":
        return 0.5
    tens, ten, ones = text.partition("十")
    if not ten:
        return float(_DIGITS[text]) if text in _DIGITS else 0.0
    return 10.0 * _DIGITS.get(tens, 1) + _DIGITS.get(ones, 0)
