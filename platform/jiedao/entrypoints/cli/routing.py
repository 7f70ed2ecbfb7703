"""``jiedao routing``: what sends incidents where, why, and what other rules would have done (派单规则)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import msgspec
from rich.text import Text

from jiedao.application.profile_routing import read_routing_file
from jiedao.application.routing_desk import RoutingDesk, RoutingTrial, TriedReport
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.routing import Router, RuleOutcome
from jiedao.entrypoints.cli.listing import Listed
from jiedao.entrypoints.cli.opening import console_actor, opened
from jiedao.entrypoints.cli.options import DISTRICT, json_output, with_settings
from jiedao.entrypoints.cli.output import answer, facts, line, table
from jiedao.entrypoints.cli.routing_replay import dry_run
from jiedao.entrypoints.cli.words import read_incident, read_moment
from jiedao.entrypoints.command_bodies import read_fields
from jiedao.entrypoints.http.routing_models import (
    ConditionTrialAnswer,
    RoutingDecisionAnswer,
    RoutingRulesAnswer,
    RoutingTrialAnswer,
    RuleTrialAnswer,
    rules_answer,
    trial_answer,
)
from jiedao.entrypoints.routing_words import RoutingWords
from jiedao.entrypoints.settings import Settings

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_INPUTS = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
_RULES = click.option("--rules", type=_FILE, help="规则文件 Other rules, of a TOML file; without it: those in force.")


@click.group(cls=Listed)
def routing() -> None:
    """派单规则 What refines where a class goes: the first rule that fits applies; docs/routing.md tells how."""


routing.add_command(dry_run)


@routing.command()
@click.option("--as-of", help="回看 The rules that held at a past time; without zone it is the district's.")
@_RULES
@json_output
@with_settings(*DISTRICT)
def show(settings: Settings, as_of: str | None, rules: Path | None) -> None:
    """查看规则 Show the rules in force, in their order, and those that can never apply."""
    if as_of is not None and rules is not None:
        raise click.UsageError("--as-of asks for rules that were in force, --rules for those of a file")
    with opened(settings) as district:
        zone = ZoneInfo(district.profile.timezone)
        if rules is not None:
            found = read_routing_file(rules, district.profile)
        else:
            found = district.routing.rules(None if as_of is None else read_moment(as_of, zone))
        shown = rules_answer(found, RoutingWords(district.profile))
    answer(
        shown,
        lambda: line(f"规则版本 {shown.version}，自 {shown.effective_from} 起", style="bold"),
        lambda: table("标签 tags", ("标签 tag", "条件 when"), [(one.tag, one.when_text) for one in shown.tags]),
        lambda: table("派单规则 rules", ("#", "规则 rule", "名称 name", "条件 when", "处理 then", ""), _rows(shown)),
        *([lambda: line(_hidden(shown), style="yellow")] if shown.unreachable else []),
    )


@routing.command("try")
@click.argument("incident", required=False)
@click.option(
    "--inputs", type=_INPUTS, help="输入 A made-up report as JSON, instead of INCIDENT (- reads standard input)."
)
@_RULES
@json_output
@with_settings(*DISTRICT)
def try_rules(settings: Settings, incident: str | None, inputs: Path | None, rules: Path | None) -> None:
    """规则试算 Say which rule would apply, and of every other one which condition failed. Records nothing.

    INCIDENT is its id, or SOURCE:EXTERNAL_ID. A made-up report says "source", and what else matters: "class_code",
    "street_code", "channel", "lifecycle", "reported_at" (with its zone), "title", "description", "address",
    "priority", "urgent", "flags", "by_person".
    """
    if (incident is None) is (inputs is None):
        raise click.UsageError("name an INCIDENT, or describe a report by --inputs: one of both")
    with opened(settings) as district:
        desk = district.routing
        router = desk.router_of(read_routing_file(rules, district.profile)) if rules is not None else None
        if incident is not None:
            trial = desk.try_incident(read_incident(incident, district.profile), console_actor(), router)
        else:
            trial = _try_inputs(desk, inputs or Path("-"), router)
        shown = trial_answer(trial)
        words = RoutingWords(district.profile)
    answer(
        shown,
        lambda: facts(_decided(shown.decision)),
        lambda: table("", ("#", "规则 rule", "名称 name", "结果 outcome", "原因 why"), _tried(shown, words)),
        *_compared(trial),
    )


def _try_inputs(desk: RoutingDesk, inputs: Path, router: Router | None) -> RoutingTrial:
    content = sys.stdin.buffer.read() if str(inputs) == "-" else inputs.read_bytes()
    try:
        given = msgspec.json.decode(content, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"the inputs must be a JSON object in UTF-8: {error}") from error
    return desk.try_report(read_fields(TriedReport, given, "a report"), router)


def _rows(shown: RoutingRulesAnswer) -> Iterator[tuple[object, ...]]:
    for number, rule in enumerate(shown.rules, start=1):
        yield number, rule.id, rule.name, rule.when_text, rule.then_text, "假定 assumed" if rule.assumed else ""


def _hidden(shown: RoutingRulesAnswer) -> str:
    hidden = "，".join(f"{one.rule}（{one.hidden_by} 之后）" for one in shown.unreachable)
    return f"永不命中 never reached: {hidden}"


def _decided(decision: RoutingDecisionAnswer) -> Iterator[tuple[str, object]]:
    route = decision.route
    rule = (
        f"{decision.rule_id} {decision.rule_name}" if decision.rule_id else "无命中，按分类办理 none: as its class says"
    )
    yield "规则版本 rules", decision.rule_set
    yield "命中 applies", rule
    yield "平台 platform", route.platform_label
    yield "部门 department", route.department
    yield "级别 priority", route.priority
    yield "时限 limit", route.time_limit
    yield "标签 tags", "、".join(route.tags)
    yield "时间 reported", f"{decision.inputs['local_time']}（{_when_told(decision)}）"


def _when_told(decision: RoutingDecisionAnswer) -> str:
    day = "工作日" if decision.inputs["workday"] else "休息日"
    return f"{day}，{'工作时间' if decision.inputs['working_time'] else '非工作时间'}"


def _tried(shown: RoutingTrialAnswer, words: RoutingWords) -> Iterator[tuple[object, ...]]:
    for number, rule in enumerate(shown.rules, start=1):
        yield number, rule.rule_id, rule.name, rule.outcome_label, _why(rule, words)


def _why(rule: RuleTrialAnswer, words: RoutingWords) -> str:
    """Say what failed; of the rule that applies, what held."""
    holds = rule.outcome == RuleOutcome.FIRED.value
    return "；".join(_condition(one, words) for one in rule.conditions if one.holds is holds)


def _condition(one: ConditionTrialAnswer, words: RoutingWords) -> str:
    seen, wanted = words.value(one.name, one.seen), words.value(one.name, one.wanted)
    return f"{one.label} {seen} {'符合' if one.holds else '不在'} {wanted}"


def _compared(trial: RoutingTrial) -> list[Callable[[], Text]]:
    """Say how it was routed before, where that differs."""
    recorded = trial.recorded
    if recorded is None or recorded.route == trial.decision.route:
        return []
    told = f"已记录 recorded: {recorded.rule_id or '按分类'}，规则版本 {recorded.rule_set}"
    return [lambda: line(told, style="yellow")]
