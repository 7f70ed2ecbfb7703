"""Routes incidents by the district's rules: the first that fits, in their order, on what is recorded as seen.

A rule set is compiled once, into a :class:`Router`; a batch is routed by one of them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from msgspec.structs import force_setattr

from jiedao.domain.deadlines import WorkCalendar
from jiedao.domain.decisions import ClassDecision
from jiedao.domain.profile import WorkingHours
from jiedao.domain.quickly_made import quickly_made
from jiedao.domain.report import IncidentReport
from jiedao.domain.routing_conditions import CONDITIONS, MINUTE, PASSING, STANDING
from jiedao.domain.routing_decision import Route, RouteChange, RoutingDecision, RoutingInputs, changes, class_route
from jiedao.domain.routing_rules import WEEKDAYS, RoutingRule, RoutingRules, When
from jiedao.domain.terms import Term

_HIGHEST_PRIORITY = 1
_SATURDAY = 5
_HAN = re.compile("[\u4e00-\u9fff]+")
"""Words that have no case, and that no other letters become when case is left out of account."""

_DAY = slice(10)
"""Where an ISO 8601 time holds its day."""

_KEPT = 4_096
"""Of days, and of kinds of reports, so many are remembered: what strangers send cannot fill memory."""

_KEPT_FATES = 256
"""And of what becomes of one kind, so many."""


T = TypeVar("T")


class RuleOutcome(Term):
    """What became of one rule when an incident was routed."""

    FIRED = "fired", "命中"
    FAILED = "failed", "不符合"
    PASSED_OVER = "passed_over", "已由人工判定，跳过"
    NOT_REACHED = "not_reached", "未轮到"


@quickly_made
@dataclass(frozen=True, slots=True)
class ToRoute:
    """An incident that is to be routed; ``by_person``: a person decided its street or its class."""

    report: IncidentReport
    street_code: str | None
    classification: ClassDecision
    by_person: bool = False


@dataclass(frozen=True, slots=True)
class ConditionTrial:
    """One condition of a rule: what it asked for, what was seen, and whether it held."""

    name: str
    label: str
    wanted: object
    seen: object
    holds: bool


@dataclass(frozen=True, slots=True)
class RuleTrial:
    """One rule, and what became of it; ``outcome`` is a :class:`RuleOutcome` value."""

    rule: RoutingRule
    outcome: str
    conditions: tuple[ConditionTrial, ...]


@quickly_made
@dataclass(frozen=True, slots=True)
class _Day:
    """A day of the district: its weekday, whether people work on it, and from when until when (``HH:MM``)."""

    weekday: str
    workday: bool
    spans: tuple[tuple[str, str], ...]


class LocalTime:
    """Tells the district's time, and whether people work then; of years that no calendar knows, Monday to Friday."""

    def __init__(self, working_hours: WorkingHours, calendar: WorkCalendar) -> None:
        self._zone = ZoneInfo(working_hours.timezone)
        self._spans = tuple((f"{opens:%H:%M}", f"{closes:%H:%M}") for opens, closes in working_hours.spans)
        self._calendar = calendar
        self._days: dict[str, _Day] = {}

    def read(self, moment: datetime) -> tuple[str, str, bool, bool]:
        """Return an aware moment as local ISO 8601 text, its weekday, and whether on a workday and in working hours."""
        text = moment.astimezone(self._zone).isoformat("T", "seconds")
        day = self._days.get(text[_DAY]) or self._read_day(text[_DAY])
        minute = text[MINUTE]
        for opens, closes in day.spans:
            if opens <= minute < closes:
                return text, day.weekday, day.workday, True
        return text, day.weekday, day.workday, False

    def _read_day(self, written: str) -> _Day:
        day = date.fromisoformat(written)
        known = self._calendar.is_workday(day)
        workday = day.weekday() < _SATURDAY if known is None else known
        if len(self._days) >= _KEPT:
            self._days.clear()
        made = self._days[written] = _Day(WEEKDAYS[day.weekday()], workday, self._spans if workday else ())
        return made


_Compiled = tuple[tuple[Callable[[Any, RoutingInputs], bool], object], ...]


@quickly_made
@dataclass(frozen=True, slots=True)
class _Fate:
    """What the rules come to for all reports that are alike in what the rules look at."""

    tags: tuple[str, ...]
    rule: RoutingRule | None
    route: Route
    changed: tuple[RouteChange, ...]


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Tags and rules whose standing conditions hold for one kind of report, each with its passing conditions.

    ``asked`` are the passing conditions that any of them has, ``fates`` what was worked out so far, by what these see.
    """

    tags: tuple[tuple[str, _Compiled], ...]
    rules: tuple[tuple[RoutingRule, _Compiled], ...]
    asked: tuple[Callable[[RoutingInputs], object], ...]
    fates: dict[tuple[object, ...], _Fate] = field(default_factory=dict)


class Router:
    """The compiled rules of one version. Threads may share it.

    Reports are alike in what rules look at, so what becomes of one is mostly known. It is kept here, within the bounds
    above, and is never stale: it follows from the rules, which do not change, and from what is its key.
    """

    def __init__(self, rules: RoutingRules, local_time: LocalTime) -> None:
        self.rules = rules
        self._local_time = local_time
        self._words = tuple((word.casefold(), word) for word in rules.words())
        self._without_case = all(_HAN.fullmatch(folded) for folded, _ in self._words)
        self._any_word = re.compile("|".join(re.escape(folded) for folded, _ in self._words))
        self._tags = tuple((one.tag, _compile(one.when, STANDING), _compile(one.when, PASSING)) for one in rules.tags)
        self._rules = tuple((rule, _compile(rule.when, STANDING), _compile(rule.when, PASSING)) for rule in rules.rules)
        self._candidates: dict[tuple[object, ...], _Candidates] = {}
        conditions = (*(one.when for one in rules.tags), *(rule.when for rule in rules.rules))
        self._turns = sorted({turn for when in conditions for span in when.times for turn in span})

    @property
    def version(self) -> str:
        """The version of the rules."""
        return self.rules.version

    def decide(self, batch: Sequence[ToRoute]) -> list[RoutingDecision]:
        """Decide for each, in order."""
        return [self.decide_one(one) for one in batch]

    def decide_one(self, one: ToRoute) -> RoutingDecision:
        """Decide for one."""
        return self._decision(*self._see(one))

    def explain(self, one: ToRoute) -> tuple[RoutingDecision, tuple[RuleTrial, ...]]:
        """Decide for one, and tell of every rule what became of it."""
        inputs, fate = self._see(one)
        reached = True
        trials = []
        for rule in self.rules.rules:
            outcome = _outcome(rule, fate.rule, inputs, reached=reached)
            reached = reached and rule is not fate.rule
            trials.append(RuleTrial(rule, outcome.value, tuple(_try(rule.when, inputs))))
        return self._decision(inputs, fate), tuple(trials)

    def _decision(self, inputs: RoutingInputs, fate: _Fate) -> RoutingDecision:
        rule = fate.rule
        if rule is None:
            return RoutingDecision(self.rules.version, None, None, fate.route, fate.changed, inputs)
        return RoutingDecision(self.rules.version, rule.rule_id, rule.name, fate.route, fate.changed, inputs)

    def _see(self, one: ToRoute) -> tuple[RoutingInputs, _Fate]:
        """Return what the rules see of it, and what they make of it."""
        report, klass = one.report, one.classification
        local_time, weekday, workday, working_time = self._local_time.read(report.reported_at)
        inputs = RoutingInputs(
            report.source,
            report.channel,
            report.lifecycle,
            klass.class_code,
            one.street_code,
            klass.priority,
            report.urgent,
            local_time,
            weekday,
            workday,
            working_time,
            report.flags,
            (),
            self._found(report),
            one.by_person,
        )
        kind = (
            klass.class_code, one.street_code, report.source, report.channel, report.lifecycle, report.urgent,
            klass.priority, klass.platform, klass.department, klass.time_limit, one.by_person,
        )  # fmt: skip
        candidates = self._candidates.get(kind)
        if candidates is None:
            candidates = _keep(self._candidates, kind, self._candidates_for(inputs), _KEPT)
        seen = tuple([see(inputs) for see in candidates.asked])
        fate = candidates.fates.get(seen)
        if fate is None:
            fate = _keep(candidates.fates, seen, self._work_out(klass, inputs, candidates), _KEPT_FATES)
        elif fate.tags:
            _put_on(inputs, fate.tags)
        return inputs, fate

    def _candidates_for(self, inputs: RoutingInputs) -> _Candidates:
        """Return the rules whose standing conditions hold; tags bear on none of these."""
        tags = tuple((tag, passing) for tag, standing, passing in self._tags if _all_hold(standing, inputs))
        rules = tuple((rule, passing) for rule, standing, passing in self._rules if _all_hold(standing, inputs))
        named = [one.when for one in self.rules.tags if one.tag in dict(tags)] + [rule.when for rule, _ in rules]
        asked = {name for when in named for name, _ in when.asked()}
        # Tags follow from the other conditions, and of the time of day it counts only between which turns it lies.
        seen = [self._between if name == "times" else CONDITIONS[name].seen for name in _SEEN if name in asked]
        return _Candidates(tags, rules, tuple(seen))

    def _between(self, inputs: RoutingInputs) -> int:
        return bisect_right(self._turns, inputs.local_time[MINUTE])

    def _work_out(self, klass: ClassDecision, inputs: RoutingInputs, candidates: _Candidates) -> _Fate:
        """Ask the rules, and put the tags that they give on the inputs, before the rules that route are asked."""
        tags = tuple(dict.fromkeys(tag for tag, passing in candidates.tags if _all_hold(passing, inputs)))
        if tags:
            _put_on(inputs, tags)
        rule = self._first(inputs, candidates.rules)
        before = class_route(klass)
        route = class_route(klass, tags) if tags else before
        if rule is not None:
            route = _refined(route, rule, urgent=inputs.urgent)
        return _Fate(tags, rule, route, changes(before, route) if route is not before else ())

    def _found(self, report: IncidentReport) -> tuple[str, ...]:
        if not self._words:
            return ()
        text = f"{report.title}\n{report.description}\n{report.place.address}"
        if not self._without_case:
            text = text.casefold()
        if self._any_word.search(text) is None:  # as in most: to look for each of them takes ten times as long
            return ()
        return tuple([word for folded, word in self._words if folded in text])

    @staticmethod
    def _first(inputs: RoutingInputs, candidates: Sequence[tuple[RoutingRule, _Compiled]]) -> RoutingRule | None:
        for rule, passing in candidates:
            if _all_hold(passing, inputs) and not (inputs.by_person and rule.then.triage):
                return rule
        return None


_SEEN = tuple(name for name in PASSING if name != "tags")


def _keep(known: dict[tuple[object, ...], T], key: tuple[object, ...], made: T, most: int) -> T:
    if len(known) >= most:
        known.clear()
    known[key] = made
    return made


def _put_on(inputs: RoutingInputs, tags: tuple[str, ...]) -> None:
    """Put tags on inputs that nobody has been handed yet: to make them a second time costs as much as all the rules."""
    force_setattr(inputs, "tags", tags)  # type: ignore[arg-type]  # quickly made


def _refined(route: Route, rule: RoutingRule, *, urgent: bool) -> Route:
    then = rule.then
    priority = route.priority
    if then.priority is not None:
        priority = max(_HIGHEST_PRIORITY, then.priority - 1) if urgent else then.priority
    return Route(
        platform=None if then.triage else then.platform or route.platform,
        department=None if then.triage else then.department or route.department,
        priority=priority,
        time_limit=then.time_limit or route.time_limit,
        tags=tuple(dict.fromkeys((*route.tags, *then.tags))),
    )


def _compile(when: When, names: Sequence[str]) -> _Compiled:
    """Lay the conditions of some names out as calls, in their order."""
    wanted = dict(when.asked())
    return tuple((CONDITIONS[name].holds, wanted[name]) for name in names if name in wanted)


def _all_hold(conditions: _Compiled, inputs: RoutingInputs) -> bool:
    for holds, wanted in conditions:  # noqa: SIM110  # all() is slower, and this is asked of every rule for every report
        if not holds(wanted, inputs):
            return False
    return True


def _try(when: When, inputs: RoutingInputs) -> list[ConditionTrial]:
    return [
        ConditionTrial(
            name, CONDITIONS[name].label, wanted, CONDITIONS[name].seen(inputs), CONDITIONS[name].holds(wanted, inputs)
        )
        for name, wanted in when.asked()
    ]


def _outcome(rule: RoutingRule, fired: RoutingRule | None, inputs: RoutingInputs, *, reached: bool) -> RuleOutcome:
    if rule is fired:
        return RuleOutcome.FIRED
    if not reached:
        return RuleOutcome.NOT_REACHED
    holds = all(CONDITIONS[name].holds(wanted, inputs) for name, wanted in rule.when.asked())
    return RuleOutcome.PASSED_OVER if holds else RuleOutcome.FAILED
