"""Reads ``duplicates.toml`` of a district's profile: how near and how alike two incidents are that may be one."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta

from jiedao.application.profile_settings import Section, read_section
from jiedao.application.profile_tables import TableReader, read_text
from jiedao.domain.duplicates import DuplicateRules, DuplicateWeights, Reach, major_of
from jiedao.domain.profile import ClassTable

DUPLICATES_FILE = "duplicates.toml"
_FARTHEST_M = 5_000.0
_LONGEST_HOURS = 24.0 * 366


def read_duplicate_rules(tables: TableReader, classes: ClassTable) -> DuplicateRules:
    """Return the rules of the profile; those that come with the software where it has no such file."""
    text = read_text(tables.directory / DUPLICATES_FILE, DUPLICATES_FILE, tables.faults, needed=False)
    if not text:
        return DuplicateRules()
    whole = read_section(DUPLICATES_FILE, text, tables.faults)
    by_class = whole.section("classes")
    known = set(classes.classes) | {major_of(code) for code in classes.classes}
    for code in by_class.keys:
        if code not in known:
            by_class.fault(code, "no class of classes.csv begins so; write a class code or its major class")
    rules = DuplicateRules(
        weights=_weights(whole.section("weights")),
        reach=_reach(whole.section("reach")),
        by_class={code: _reach(by_class.section(code)) for code in by_class.keys},
        suggest_from=_share(whole, "suggest_from"),
        repeated_from=_share(whole, "repeated_from"),
        assumed=whole.truth("assumed"),
    )
    whole.finish()
    return rules


def _weights(section: Section) -> DuplicateWeights:
    given = {one.name: section.number(one.name) for one in fields(DuplicateWeights)}
    section.finish()
    if min(given.values()) < 0.0 or not sum(given.values()) > 0.0:
        section.fault("distance", "weights are not negative, and not all of them 0")
        return DuplicateWeights()
    return DuplicateWeights(**given)


def _reach(section: Section) -> Reach:
    metres, hours = section.number("radius_m"), section.number("window_hours")
    section.finish()
    if not 0.0 < metres <= _FARTHEST_M:
        section.fault("radius_m", f"write metres, more than 0 and at most {_FARTHEST_M:g}")
        return Reach()
    if not 0.0 < hours <= _LONGEST_HOURS:
        section.fault("window_hours", f"write hours, more than 0 and at most {_LONGEST_HOURS:g}")
        return Reach()
    return Reach(metres, timedelta(hours=hours))


def _share(section: Section, key: str) -> float:
    share = section.number(key)
    if not 0.0 <= share <= 1.0:
        section.fault(key, "write a number from 0 to 1")
    return share
