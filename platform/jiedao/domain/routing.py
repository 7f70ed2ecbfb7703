"""Routes incidents by the district's rules: the first that fits, in their order, on what is recorded as seen.

A rule set is compiled once, into a :class:`Router`; a batch is routed by one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import force_setattr

from jiedao.domain.deadlines import WorkCalendar
from jiedao.domain.decisions import ClassDecision
from jiedao.domain.profile import WorkingHours
from jiedao.domain.quickly_made import quickly_made
from jiedao.domain.report import IncidentReport
from jiedao.domain.routing_conditions import CONDITIONS, PASSING, STANDING
from jiedao.domain.routing_decision import Route, RoutingDecision, RoutingInputs, changes, class_route
from jiedao.domain.routing_rules import WEEKDAYS, RoutingRule, RoutingRules, When
from jiedao.domain.terms import Term

_HIGHEST_PRIORITY = 1
_SATURDAY = 5
_KEPT = 4_096
"""Of days, and of kinds of reports, so many are remembered: what strangers send cannot fill memory."""


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


class LocalTime:
    """Tells the district's time, and whether people work then; of years that no calendar knows, Monday to Friday."""

    def __init__(self, working_hours: WorkingHours, calendar: WorkCalendar) -> None:
        self._zone = ZoneInfo(working_hours.timezone)
        self._spans = [
            ((opens.hour, opens.minute), (closes.hour, closes.minute)) for opens, closes in working_hours.spans
        ]
        self._calendar = calendar
        self._workdays: dict[date, bool] = {}

    def read(self, moment: datetime) -> tuple[str, str, bool, bool]:
        """Return an aware moment as local ISO 8601 text, its weekday, and whether on a workday and in working hours."""
        local = moment.astimezone(self._zone)
        day = local.date()
        workday = self._workdays.get(day)
        if workday is None:
            workday = self._is_workday(day)
        at = (local.hour, local.minute)
        working = workday and any(opens <= at < closes for opens, closes in self._spans)
        return local.isoformat(timespec="seconds"), WEEKDAYS[day.weekday()], workday, working

    def _is_workday(self, day: date) -> bool:
        known = self._calendar.is_workday(day)
        workday = day.weekday() < _SATURDAY if known is None else known
        if len(self._workdays) >= _KEPT:
            self._workdays.clear()
        self._workdays[day] = workday
        return workday


_Compiled = tuple[tuple[Callable[[Any, RoutingInputs], bool], object], ...]


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Tags and rules whose standing conditions hold for one kind of report, each with its passing conditions."""

    tags: tuple[tuple[str, _Compiled], ...]
    rules: tuple[tuple[RoutingRule, _Compiled], ...]


class Router:
    """The compiled rules of one version. Threads may share it."""

    def __init__(self, rules: RoutingRules, local_time: LocalTime) -> None:
        self.rules = rules
        self._local_time = local_time
        self._words = tuple((word.casefold(), word) for word in rules.words())
        self._tags = tuple((one.tag, _compile(one.when, STANDING), _compile(one.when, PASSING)) for one in rules.tags)
        self._rules = tuple((rule, _compile(rule.when, STANDING), _compile(rule.when, PASSING)) for rule in rules.rules)
        self._candidates: dict[tuple[object, ...], _Candidates] = {}

    @property
    def version(self) -> str:
        """The version of the rules."""
        return self.rules.version

    def decide(self, batch: Sequence[ToRoute]) -> list[RoutingDecision]:
        """Decide for each, in order."""
        return [self.decide_one(one) for one in batch]

    def decide_one(self, one: ToRoute) -> RoutingDecision:
        """Decide for one."""
        inputs, candidates = self._see(one)
        return self._decision(one, inputs, self._first(inputs, candidates.rules))

    def explain(self, one: ToRoute) -> tuple[RoutingDecision, tuple[RuleTrial, ...]]:
        """Decide for one, and tell of every rule what became of it."""
        inputs, candidates = self._see(one)
        fired = self._first(inputs, candidates.rules)
        reached = True
        trials = []
        for rule in self.rules.rules:
            outcome = _outcome(rule, fired, inputs, reached=reached)
            reached = reached and rule is not fired
            trials.append(RuleTrial(rule, outcome.value, tuple(_try(rule.when, inputs))))
        return self._decision(one, inputs, fired), tuple(trials)

    def _see(self, one: ToRoute) -> tuple[RoutingInputs, _Candidates]:
        """Return what the rules see of it, and the rules that may fit; tags bear on no standing condition."""
        report = one.report
        local_time, weekday, workday, working_time = self._local_time.read(report.reported_at)
        inputs = RoutingInputs(
            source=report.source,
            channel=report.channel,
            lifecycle=report.lifecycle,
            class_code=one.classification.class_code,
            street_code=one.street_code,
            priority=one.classification.priority,
            urgent=report.urgent,
            local_time=local_time,
            weekday=weekday,
            workday=workday,
            working_time=working_time,
            flags=report.flags,
            words=self._found(report),
            by_person=one.by_person,
        )
        candidates = self._candidates_for(inputs)
        tags = [tag for tag, passing in candidates.tags if _all_hold(passing, inputs)]
        if tags:  # nobody has seen the inputs yet, and to make them a second time costs as much as all the rules
            force_setattr(inputs, "tags", tuple(dict.fromkeys(tags)))  # type: ignore[arg-type]  # quickly made
        return inputs, candidates

    def _candidates_for(self, inputs: RoutingInputs) -> _Candidates:
        """Return the rules whose standing conditions hold; reports are alike in these, so it is mostly known."""
        key = (
            inputs.class_code,
            inputs.street_code,
            inputs.source,
            inputs.channel,
            inputs.lifecycle,
            inputs.priority,
            inputs.urgent,
        )
        known = self._candidates.get(key)
        if known is None:
            known = _Candidates(
                tuple((tag, passing) for tag, standing, passing in self._tags if _all_hold(standing, inputs)),
                tuple((rule, passing) for rule, standing, passing in self._rules if _all_hold(standing, inputs)),
            )
            if len(self._candidates) >= _KEPT:
                self._candidates.clear()
            self._candidates[key] = known
        return known

    def _found(self, report: IncidentReport) -> tuple[str, ...]:
        if not self._words:
            return ()
        text = f"{report.title}\n{report.description}\n{report.place.address}".casefold()
        return tuple([word for folded, word in self._words if folded in text])

    @staticmethod
    def _first(inputs: RoutingInputs, candidates: Sequence[tuple[RoutingRule, _Compiled]]) -> RoutingRule | None:
        for rule, passing in candidates:
            if _all_hold(passing, inputs) and not (inputs.by_person and rule.then.triage):
                return rule
        return None

    def _decision(self, one: ToRoute, inputs: RoutingInputs, rule: RoutingRule | None) -> RoutingDecision:
        before = class_route(one.classification)
        route = class_route(one.classification, inputs.tags) if inputs.tags else before
        if rule is not None:
            route = self._refined(route, rule, one.report)
        return RoutingDecision(
            rule_set=self.rules.version,
            rule_id=rule.rule_id if rule else None,
            rule_name=rule.name if rule else None,
            route=route,
            changed=changes(before, route) if route is not before else (),
            inputs=inputs,
        )

    def _refined(self, route: Route, rule: RoutingRule, report: IncidentReport) -> Route:
        then = rule.then
        priority = route.priority
        if then.priority is not None:
            priority = max(_HIGHEST_PRIORITY, then.priority - 1) if report.urgent else then.priority
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
