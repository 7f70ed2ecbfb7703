"""The shape of answers about routing rules: what they are, and what they would do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated

from pydantic import Field

from jiedao.application.routing_desk import RoutingTrial
from jiedao.domain.routing import RuleOutcome, RuleTrial
from jiedao.domain.routing_conditions import unreachable
from jiedao.domain.routing_decision import RoutingDecision
from jiedao.domain.routing_rules import RoutingRule, RoutingRules, When
from jiedao.entrypoints.http.models import Answer
from jiedao.entrypoints.http.wording import label_of
from jiedao.entrypoints.routing_words import RoutingWords, platform_label


class TagAnswer(Answer):
    """标签 A tag, and when it is put on."""

    tag: str
    when: Annotated[Mapping[str, object], Field(examples=[{"times": [["22:00", "06:00"]]}])]
    when_text: Annotated[str, Field(description="条件 In Chinese.", examples=["时段 22:00–06:00"])]


class RuleAnswer(Answer):
    """派单规则 One rule: on what condition, what is done; the first that fits applies."""

    id: Annotated[str, Field(examples=["night-noise"])]
    name: Annotated[str, Field(examples=["夜间商业、施工噪声，夜间班处置"])]
    when: Annotated[Mapping[str, object], Field(examples=[{"classes": ["E0128", "E0301"], "tags": ["夜间"]}])]
    when_text: str
    then: Annotated[Mapping[str, object], Field(examples=[{"priority": 1, "tags": ["夜间噪声"]}])]
    then_text: str
    origin: str
    assumed: Annotated[bool, Field(description="假定 Nobody of the district has confirmed it.")]


class UnreachableRule(Answer):
    """A rule that never applies, because an earlier one always does before it."""

    rule: str
    hidden_by: str


class RoutingRulesAnswer(Answer):
    """派单规则 A version of the rules, in their order."""

    version: str
    effective_from: date
    departments: Annotated[Sequence[str], Field(description="Departments beside those of the class table.")]
    tags: Annotated[Sequence[TagAnswer], Field(description="标签 Put on first, every one that fits.")]
    rules: Sequence[RuleAnswer]
    unreachable: Sequence[UnreachableRule]


class RouteAnswer(Answer):
    """去向 Where an incident goes, and by when."""

    platform: Annotated[str | None, Field(description="Null: a person decides.")]
    platform_label: str
    department: str | None
    priority: int | None
    time_limit: str | None
    tags: Sequence[str]


class RouteChangeAnswer(Answer):
    """What a rule decided otherwise than the class does."""

    field: Annotated[str, Field(examples=["platform"])]
    before: str | None
    after: str | None


class RoutingDecisionAnswer(Answer):
    """派单决定 Which rule applies, and where the incident goes by it."""

    rule_set: Annotated[str, Field(description="规则版本 The version of the rules.")]
    rule_id: Annotated[str | None, Field(description="Null: none applied; it goes as its class says.")]
    rule_name: str | None
    route: RouteAnswer
    changed: Sequence[RouteChangeAnswer]
    inputs: Annotated[Mapping[str, object], Field(description="What the rules saw.")]


class ConditionTrialAnswer(Answer):
    """One condition of a rule: what it asked for, what was seen, whether it held."""

    name: Annotated[str, Field(examples=["classes"])]
    label: Annotated[str, Field(examples=["分类"])]
    wanted: object
    seen: object
    holds: bool


class RuleTrialAnswer(Answer):
    """One rule, and what became of it: `fired`, `failed`, `passed_over` or `not_reached`."""

    rule_id: str
    name: str
    outcome: Annotated[str, Field(examples=["failed"])]
    outcome_label: Annotated[str, Field(examples=["不符合"])]
    conditions: Sequence[ConditionTrialAnswer]


class RoutingTrialAnswer(Answer):
    """试算结果 What the rules would decide, what became of each, and what was decided before."""

    decision: RoutingDecisionAnswer
    rules: Sequence[RuleTrialAnswer]
    recorded: Annotated[RoutingDecisionAnswer | None, Field(description="As recorded with the incident.")]


def rules_answer(rules: RoutingRules, words: RoutingWords) -> RoutingRulesAnswer:
    """Put a version of the rules into an answer."""
    return RoutingRulesAnswer(
        version=rules.version,
        effective_from=rules.effective_from,
        departments=rules.departments,
        tags=[TagAnswer(tag=one.tag, when=_asked(one.when), when_text=words.when(one.when)) for one in rules.tags],
        rules=[_rule_answer(rule, words) for rule in rules.rules],
        unreachable=[
            UnreachableRule(rule=later.rule_id, hidden_by=earlier.rule_id)
            for later, earlier in unreachable(rules.rules)
        ],
    )


def trial_answer(trial: RoutingTrial) -> RoutingTrialAnswer:
    """Put a trial into an answer."""
    return RoutingTrialAnswer(
        decision=_decision_answer(trial.decision),
        rules=[_trial_of_rule(one) for one in trial.rules],
        recorded=_decision_answer(trial.recorded) if trial.recorded else None,
    )


def _asked(when: When) -> dict[str, object]:
    return dict(when.asked())


def _rule_answer(rule: RoutingRule, words: RoutingWords) -> RuleAnswer:
    then = {name: getattr(rule.then, name) for name in ("platform", "department", "priority", "time_limit", "tags")}
    done = {name: value for name, value in then.items() if value not in (None, ())}
    return RuleAnswer(
        id=rule.rule_id,
        name=rule.name,
        when=_asked(rule.when),
        when_text=words.when(rule.when),
        then={**done, "triage": True} if rule.then.triage else done,
        then_text=words.then(rule.then),
        origin=rule.origin,
        assumed=rule.assumed,
    )


def _decision_answer(decision: RoutingDecision) -> RoutingDecisionAnswer:
    route = decision.route
    return RoutingDecisionAnswer(
        rule_set=decision.rule_set,
        rule_id=decision.rule_id,
        rule_name=decision.rule_name,
        route=RouteAnswer(
            platform=route.platform,
            platform_label=platform_label(route.platform),
            department=route.department,
            priority=route.priority,
            time_limit=route.time_limit,
            tags=route.tags,
        ),
        changed=[RouteChangeAnswer.model_validate(one) for one in decision.changed],
        inputs={name: getattr(decision.inputs, name) for name in decision.inputs.__slots__},
    )


def _trial_of_rule(trial: RuleTrial) -> RuleTrialAnswer:
    return RuleTrialAnswer(
        rule_id=trial.rule.rule_id,
        name=trial.rule.name,
        outcome=trial.outcome,
        outcome_label=label_of(RuleOutcome, trial.outcome) or trial.outcome,
        conditions=[ConditionTrialAnswer.model_validate(one) for one in trial.conditions],
    )
