"""Reads how long what has ended is kept (档案保管期限) from a profile: ``[retention]``, ``[retention.KIND]``."""

from __future__ import annotations

from jiedao.application.profile_settings import Section
from jiedao.domain.retention import KeptFor, Period, RetentionRules, read_period
from jiedao.domain.terms import RetentionKind

SECTION = "retention"


def read_retention(district: Section) -> RetentionRules:
    """Read the periods; a profile without the section keeps what the software assumes."""
    if SECTION not in district.keys:
        return RetentionRules()
    section = district.section(SECTION)
    kinds = {kind: _kept_for(section.section(kind.value)) for kind in RetentionKind}
    assumed = section.truth("assumed")
    section.finish()
    return RetentionRules(kinds, assumed)


def _kept_for(section: Section) -> KeptFor:
    kept = KeptFor(_period(section, "keep"), _period(section, "online"))
    section.finish()
    return kept


def _period(section: Section, key: str) -> Period:
    text = section.text(key)
    period = read_period(text)
    if period is None and text:
        section.fault(key, f"{text!r} is no period; write one like 10年, 6个月 or 30日")
    return period or Period()
