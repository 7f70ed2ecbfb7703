"""Reads a district's routing rules (派单规则) from TOML, strictly: every fault is named by the rule that has it.

Like the class table's, their version is what the file declares and the hash of the content, so that a version names
exact content. A rule may only name classes, streets, sources and departments that the district has.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from jiedao.application.profile_faults import Faults
from jiedao.application.profile_settings import Section, read_section
from jiedao.application.profile_tables import TableReader, read_text
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.routing_conditions import CONDITIONS
from jiedao.domain.routing_rules import (
    RoutingDay,
    RoutingHours,
    RoutingRule,
    RoutingRules,
    TagRule,
    Then,
    When,
    canonical_routing_rules,
)
from jiedao.domain.terms import Lifecycle, Platform, ReportFlag
from jiedao.domain.time_limits import parse_time_limit

ROUTING_FILE = "routing.toml"

_HASH_DIGITS = 12
_RULE_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_MINUTE = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_LAST_MOMENT = "24:00"
_PRIORITIES = (1, 2, 3, 4)

T = TypeVar("T")


def read_routing(tables: TableReader, profile: DistrictProfile) -> RoutingRules | None:
    """Read the rules of a profile whose other tables were read; ``None`` where it has no such file."""
    text = read_text(tables.directory / ROUTING_FILE, ROUTING_FILE, tables.faults, needed=False)
    if not text:
        return None
    return _read(read_section(ROUTING_FILE, text, tables.faults), profile, tables.origins)


def read_routing_file(file: Path, profile: DistrictProfile) -> RoutingRules:
    """Read rules for a district from any file, to try them; raises ConfigurationError that lists all faults."""
    faults = Faults(file, "the rule file")
    text = read_text(file, file.name, faults, needed=True)
    rules = _read(read_section(file.name, text, faults), profile, None)
    faults.raise_any()
    return rules


@dataclass(frozen=True, slots=True)
class _Known:
    """What rules may name. An empty collection is the fault of another file, and told there; tags ask for no tags."""

    classes: Collection[str]
    streets: Collection[str]
    sources: Collection[str]
    departments: Collection[str]
    tags: Collection[str] | None
    origins: Collection[str] | None


def _read(whole: Section, profile: DistrictProfile, origins: Collection[str] | None) -> RoutingRules:
    departments = whole.texts("departments")
    tag_sections, rule_sections = whole.tables("tags", "tag"), whole.tables("rules", "id")
    known = _Known(
        classes=profile.class_table.classes,
        streets={street.code for street in profile.streets},
        sources=profile.sources,
        departments={*departments, *(row.department for row in profile.class_table.classes.values())},
        tags=None,
        origins=origins,
    )
    tags = tuple(_tag_rule(section, known) for section in tag_sections)
    known = replace(known, tags={one.tag for one in tags})
    rules = RoutingRules(
        version=whole.text("version"),
        effective_from=whole.day("effective_from"),
        tags=tags,
        rules=tuple(_rule(section, known) for section in rule_sections),
        departments=departments,
    )
    whole.finish()
    _refuse_repeated(rule_sections, [rule.rule_id for rule in rules.rules])
    content_hash = hashlib.sha256(canonical_routing_rules(rules)).hexdigest()
    return replace(rules, version=f"{rules.version}@{content_hash[:_HASH_DIGITS]}")


def _tag_rule(section: Section, known: _Known) -> TagRule:
    when = section.optional_section("when")
    rule = TagRule(section.text("tag"), _when(when, known))
    if rule.when.tags:
        when.fault("tags", "a tag cannot ask for tags; say its own conditions")
    if not any(rule.when.asked()):
        section.fault("when", "this tag is put on everything; say when")
    section.finish()
    return rule


def _rule(section: Section, known: _Known) -> RoutingRule:
    rule = RoutingRule(
        rule_id=section.text("id"),
        name=section.text("name"),
        when=_when(section.optional_section("when"), known),
        then=_then(section.section("then"), known),
        origin=section.text("origin", default=""),
        assumed=section.value(
            "assumed", "true or false", lambda given: given if isinstance(given, bool) else None, False
        ),
    )
    if not _RULE_ID.fullmatch(rule.rule_id):
        section.fault("id", f"{rule.rule_id!r} is no name of a rule; use small letters, digits and -")
    if rule.origin and known.origins is not None and rule.origin not in known.origins:
        section.fault("origin", f"the origin {rule.origin!r} is not explained; add it to [origins] of district.toml")
    section.finish()
    return rule


def _refuse_repeated(sections: Iterable[Section], ids: list[str]) -> None:
    for place, (section, rule_id) in enumerate(zip(sections, ids, strict=True)):
        if rule_id in ids[:place]:
            section.fault("id", "another rule has this id; rename one")


def _when(section: Section, known: _Known) -> When:
    when = When(
        classes=section.texts("classes"),
        classified=section.value("classified", "true or false", _as_truth, None),
        streets=_all_known(section, "streets", known.streets or None, "street of streets.csv"),
        sources=_all_known(section, "sources", known.sources or None, "source of sources.toml"),
        channels=section.texts("channels"),
        lifecycles=_words(section, "lifecycles", Lifecycle),
        priorities=section.value("priorities", "a list of priorities like [1, 2]", _as_priorities, ()),
        urgent=section.value("urgent", "true or false", _as_truth, None),
        days=_words(section, "days", RoutingDay),
        hours=_word(section, "hours", RoutingHours),
        times=section.value("times", 'spans of the day like [["22:00", "06:00"]]', _as_spans, ()),
        tags=_all_known(section, "tags", known.tags, "tag of this file"),
        flags=_words(section, "flags", ReportFlag),
        words=section.texts("words"),
    )
    for beginning in when.classes:
        if known.classes and not any(code.startswith(beginning) for code in known.classes):
            section.fault("classes", f"no class of classes.csv is {beginning!r} or begins with it; add or correct it")
    for name in CONDITIONS:
        if section.is_empty(name):
            section.fault(name, "an empty list fits nothing; say what is asked for, or remove it")
    section.finish()
    return when


def _then(section: Section, known: _Known) -> Then:
    then = Then(
        platform=_word(section, "platform", Platform),
        department=section.value("department", "a text", _as_text, None),
        priority=section.value("priority", "a priority from 1 to 4", _as_priority, None),
        time_limit=section.value("time_limit", "a limit like 2工作日", _as_text, None),
        tags=section.texts("tags"),
        triage=section.value("triage", "true or false", _as_truth, False),
    )
    if then.department and known.departments and then.department not in known.departments:
        section.fault(
            "department",
            f"no class of classes.csv has the department {then.department!r}; correct it, or add it to departments",
        )
    if then.time_limit and parse_time_limit(then.time_limit) is None:
        section.fault("time_limit", f"{then.time_limit!r} names no length; write one like 2工作日")
    if then.triage and (then.platform or then.department):
        section.fault("triage", "a person decides where it goes; remove platform and department")
    if then == Then():
        section.fault("", "this rule does nothing; say what, or remove it")
    section.finish()
    return then


def _all_known(section: Section, key: str, known: Collection[str] | None, what: str) -> tuple[str, ...]:
    given = section.texts(key)
    for one in given:
        if known is not None and one not in known:
            section.fault(key, f"there is no {what} called {one!r}; add or correct it")
    return given


def _words(section: Section, key: str, vocabulary: type[Lifecycle | RoutingDay | ReportFlag]) -> tuple[str, ...]:
    known = [term.value for term in vocabulary]
    given = section.texts(key)
    for one in given:
        if one not in known:
            section.fault(key, f"{one!r} is not right here; write some of {', '.join(known)}")
    return given


def _word(section: Section, key: str, vocabulary: type[Platform | RoutingHours]) -> str | None:
    known = [term.value for term in vocabulary]
    return section.value(key, f"one of {', '.join(known)}", lambda given: str(given) if given in known else None, None)


def _as_truth(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _as_text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _as_priority(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value in _PRIORITIES else None


def _as_priorities(value: object) -> tuple[int, ...] | None:
    read = tuple(map(_as_priority, value)) if isinstance(value, list) else (None,)
    return None if None in read else tuple(one for one in read if one is not None)


def _as_spans(value: object) -> tuple[tuple[str, str], ...] | None:
    if not isinstance(value, list):
        return None
    spans = tuple(tuple(span) for span in value if isinstance(span, list) and len(span) == 2)  # noqa: PLR2004  # from, to
    if len(spans) != len(value):
        return None
    for opens, closes in spans:
        if not (isinstance(opens, str) and isinstance(closes, str) and opens != closes):
            return None
        if not _MINUTE.fullmatch(opens) or not (_MINUTE.fullmatch(closes) or closes == _LAST_MOMENT):
            return None
    return spans
