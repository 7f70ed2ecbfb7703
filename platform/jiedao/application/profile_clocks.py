"""Reads the limits of the stages (各阶段时限) from a district's profile: ``[clocks]``, ``[clocks.limits]``."""

from __future__ import annotations

from jiedao.application.profile_settings import Section
from jiedao.domain.profile import ClockSettings
from jiedao.domain.terms import ClockKind
from jiedao.domain.time_limits import parse_time_limit

SECTION = "clocks"
OF_THE_CLASS = frozenset({ClockKind.HANDLE, ClockKind.TOTAL})
"""Their limits follow from the class table."""

_NEVER = "never"


def read_clocks(district: Section) -> ClockSettings:
    """Read the settings; a profile without the section has no clocks but those of its class table."""
    if SECTION not in district.keys:
        return ClockSettings()
    section = district.section(SECTION)
    share = section.number("approaching_share")
    if not 0.0 < share < 1.0:
        section.fault("approaching_share", "a share of a limit lies between 0 and 1; write 0.75, for one")
    escalate_after = section.text("escalate_after", default=_NEVER)
    if escalate_after == _NEVER:
        escalate_after = ""
    elif not _is_one_length(escalate_after):
        section.fault("escalate_after", f"{escalate_after!r} is no length of time; write one like 1工作日, or never")
    limits = _limits(section.section("limits")) if "limits" in section.keys else {}
    section.finish()
    return ClockSettings(limits, share, escalate_after)


def _limits(section: Section) -> dict[str, str]:
    limits = {}
    for kind in ClockKind:
        if kind in OF_THE_CLASS or kind.value not in section.keys:
            continue
        text = section.text(kind.value)
        if not _is_one_length(text):
            section.fault(kind.value, f"{text!r} is no length of time; write one like 2小时 or 1工作日")
        limits[kind.value] = text
    section.finish()
    return limits


def _is_one_length(text: str) -> bool:
    limit = parse_time_limit(text)
    return limit is not None and len(limit.stages) == 1
