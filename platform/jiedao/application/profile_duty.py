"""Reads ``duty.toml`` of a district's profile: what a handover names, and how handlers are advised."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta

from jiedao.application.profile_settings import Section, read_section
from jiedao.application.profile_tables import TableReader, read_text
from jiedao.domain.duty import AdviceWeights, DutyRules, OnwardRules
from jiedao.domain.terms import Role

DUTY_FILE = "duty.toml"
_MOST_HOURS = 24.0 * 31
_MOST_OFFERS = 100
_MOST_DAYS = 3_660.0


def read_duty_rules(tables: TableReader) -> DutyRules:
    """Return the rules of the profile; those that come with the software where it has no such file."""
    text = read_text(tables.directory / DUTY_FILE, DUTY_FILE, tables.faults, needed=False)
    if not text:
        return DutyRules()
    whole = read_section(DUTY_FILE, text, tables.faults)
    handover, advice = whole.section("handover"), whole.section("advice")
    rules = DutyRules(
        approaching=timedelta(hours=_between(handover, "approaching_hours", _MOST_HOURS)),
        weights=_weights(advice.section("weights")),
        full_load=round(_between(advice, "full_load", 10_000)),
        far_m=_between(advice, "far_m", 1_000_000),
        experienced=round(_between(advice, "experienced", 1_000_000)),
        remembered=timedelta(days=_between(advice, "remembered_days", _MOST_DAYS)),
        onward=_onward(whole),
        assumed=whole.truth("assumed"),
    )
    for section in (handover, advice, whole):
        section.finish()
    return rules


def _between(section: Section, key: str, most: float) -> float:
    given = section.number(key)
    if not 1.0 <= given <= most:
        section.fault(key, f"write a number from 1 to {most:g}")
        return 1.0
    return given


def _onward(whole: Section) -> OnwardRules:
    """Those that come with the software where the file, an older one, says nothing of them."""
    usual = OnwardRules()
    if not whole.mapping("onward"):
        return usual
    section = whole.section("onward")
    at_most = section.number("at_most")
    then = section.words("then", [role.value for role in Role])
    section.finish()
    if not 0.0 <= at_most <= _MOST_OFFERS or at_most % 1.0:
        section.fault("at_most", f"write a whole number from 0 to {_MOST_OFFERS}")
    if not then:
        section.fault("then", "name at least one role: who is told when nobody is left")
    return OnwardRules(int(at_most), then or usual.then)


def _weights(section: Section) -> AdviceWeights:
    given = {one.name: section.number(one.name) for one in fields(AdviceWeights)}
    section.finish()
    if min(given.values()) < 0.0 or not sum(given.values()) > 0.0:
        section.fault("duty", "weights are not negative, and not all of them 0")
        return AdviceWeights()
    return AdviceWeights(**given)
