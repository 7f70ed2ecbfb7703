"""Which rule applies to an incident, on what it was seen, and what it changes."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from jiedao.application.calendar import ChineseCalendar, WeekdayCalendar
from jiedao.domain.decisions import ClassDecision
from jiedao.domain.profile import WorkingHours
from jiedao.domain.report import IncidentReport, ReportedPlace
from jiedao.domain.routing import LocalTime, Router, ToRoute
from jiedao.domain.routing_conditions import CONDITIONS, covers, unreachable
from jiedao.domain.routing_decision import RouteChange, changes, class_route
from jiedao.domain.routing_rules import RoutingRule, RoutingRules, TagRule, Then, When, canonical_routing_rules

HOURS = WorkingHours(((time(8), time(12)), (time(14), time(18))), "Asia/Shanghai")
TUESDAY = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)  # half past ten in Hangzhou, a working day
CLASS = ClassDecision(
    "code", "t@1", "E0128", "商业噪音", "enforcement", "执法队", 3, "4小时", TUESDAY + timedelta(hours=4)
)


def rule(rule_id, when=None, **then):
    return RoutingRule(rule_id, f"规则{rule_id}", When(**(when or {})), Then(**then))


def router(*rules, tags=(), calendar=None):
    calendar = calendar or WeekdayCalendar()
    return Router(
        RoutingRules("r@1", date(2026, 1, 1), tuple(tags), rules),
        LocalTime(HOURS, calendar),
    )


def report(**changes):
    fields = {
        "source": "hotline", "external_id": "1", "revision": 1, "lifecycle": "own", "channel": "12345",
        "title": "商铺音响扰民", "description": "整天播放 Music", "reported_at": TUESDAY,
        "place": ReportedPlace(address="朝晖小学旁"),
    }  # fmt: skip
    return IncidentReport(**{**fields, **changes})


def seen(classification=CLASS, street="330103006", *, by_person=False, **changes):
    return ToRoute(report(**changes), street, classification, by_person)


def routed(rules, one=None):
    (decision,) = rules.decide([one or seen()])
    return decision


def at(hour, minute=0, day=24):
    """A moment of November 2026 on the clocks of Hangzhou."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


UNKNOWN = ClassDecision("none", "t@1", source_class="hotline:无人机")

# Condition, what it asks for, an incident that has it, one that has not; written by hand.
ASKED = [
    ("classes", ("E0128",), seen(), seen(replace(CLASS, class_code="E0129"))),
    ("classes", ("G", "E01"), seen(), seen(replace(CLASS, class_code="E0201"))),
    ("classes", ("E",), seen(), seen(UNKNOWN)),
    ("classified", False, seen(UNKNOWN), seen()),
    ("classified", True, seen(), seen(UNKNOWN)),
    ("streets", ("330103002", "330103006"), seen(), seen(street="330103001")),
    ("streets", ("330103006",), seen(), seen(street=None)),
    ("sources", ("hotline",), seen(), seen(source="video")),
    ("channels", ("信访", "12345"), seen(), seen(channel="12345网站")),
    ("lifecycles", ("own",), seen(), seen(lifecycle="upstream")),
    ("priorities", (2, 3), seen(), seen(replace(CLASS, priority=4))),
    ("priorities", (1,), seen(replace(CLASS, priority=1)), seen(UNKNOWN)),
    ("urgent", True, seen(urgent=True), seen()),
    ("urgent", False, seen(), seen(urgent=True)),
    ("days", ("workday",), seen(), seen(reported_at=at(10, day=28))),
    ("days", ("rest_day",), seen(reported_at=at(10, day=29)), seen()),
    ("days", ("monday", "tuesday"), seen(), seen(reported_at=at(10, day=25))),
    ("hours", "working", seen(reported_at=at(8)), seen(reported_at=at(12))),
    ("hours", "working", seen(reported_at=at(17, 59)), seen(reported_at=at(10, day=28))),
    ("hours", "off", seen(reported_at=at(13)), seen(reported_at=at(14))),
    ("times", (("07:00", "08:30"),), seen(reported_at=at(7)), seen(reported_at=at(8, 30))),
    ("times", (("22:00", "06:00"),), seen(reported_at=at(22)), seen(reported_at=at(6))),
    ("times", (("22:00", "06:00"),), seen(reported_at=at(5, 59)), seen(reported_at=at(21, 59))),
    ("times", (("07:00", "08:00"), ("16:00", "24:00")), seen(reported_at=at(23, 59)), seen(reported_at=at(0))),
    ("flags", ("coordinates_zero", "camera_unknown"), seen(flags=("camera_unknown",)), seen(flags=("time_missing",))),
    ("words", ("小学", "中学"), seen(), seen(place=ReportedPlace())),
    ("words", ("MUSIC",), seen(), seen(description="")),
    ("words", ("音响",), seen(), seen(title="占道")),
]


@pytest.mark.parametrize(("name", "wanted", "fits", "fails"), ASKED)
def test_a_condition_holds_for_what_it_asks_for_and_for_nothing_else(name, wanted, fits, fails):
    rules = router(rule("r", {name: wanted}, tags=("x",)))
    assert [decision.rule_id for decision in rules.decide([fits, fails])] == ["r", None]


def test_every_condition_is_asked_above_and_can_be_asked_by_a_rule():
    assert {name for name, *_ in ASKED} | {"tags"} == set(CONDITIONS) == {field.name for field in fields(When)}


def test_all_conditions_of_a_rule_must_hold():
    both = router(rule("r", {"classes": ("E0128",), "streets": ("330103001",)}, priority=1))
    assert routed(both).rule_id is None
    assert routed(both, seen(street="330103001")).rule_id == "r"


def test_the_first_rule_that_fits_applies_and_no_other():
    rules = router(
        rule("never", {"sources": ("video",)}, priority=4),
        rule("first", {"classes": ("E01",)}, priority=2),
        rule("second", {"classes": ("E0128",)}, priority=1, department="别处"),
    )
    decision = routed(rules)
    assert (decision.rule_id, decision.rule_name, decision.rule_set) == ("first", "规则first", "r@1")
    assert (decision.route.priority, decision.route.department) == (2, "执法队")


def test_what_no_rule_fits_goes_as_its_class_says():
    decision = routed(router(rule("r", {"sources": ("video",)}, priority=1)))
    assert (decision.rule_id, decision.changed) == (None, ())
    assert decision.route == class_route(CLASS)
    assert (decision.route.platform, decision.route.time_limit) == ("enforcement", "4小时")


def test_a_rule_changes_what_it_says_and_tells_what_it_changed():
    done = {"platform": "service", "department": "便民中心", "priority": 1, "time_limit": "2工作时", "tags": ("加急",)}
    decision = routed(router(rule("r", **done)))
    assert decision.changed == (
        RouteChange("platform", "enforcement", "service"),
        RouteChange("department", "执法队", "便民中心"),
        RouteChange("priority", "3", "1"),
        RouteChange("time_limit", "4小时", "2工作时"),
        RouteChange("tags", None, "加急"),
    )
    assert decision.route.time_limit == "2工作时"


def test_saying_what_the_class_says_changes_nothing():
    assert routed(router(rule("r", platform="enforcement", priority=3))).changed == ()


@pytest.mark.parametrize(("given", "urgent", "comes"), [(2, False, 2), (2, True, 1), (1, True, 1)])
def test_an_urgent_report_stands_one_priority_higher_than_the_rule_says(given, urgent, comes):
    assert routed(router(rule("r", priority=given)), seen(urgent=urgent)).route.priority == comes


def test_a_rule_can_give_a_platform_to_what_has_no_class():
    decision = routed(router(rule("r", {"classified": False}, platform="service", priority=4)), seen(UNKNOWN))
    assert (decision.route.platform, decision.route.priority, decision.inputs.class_code) == ("service", 4, None)


def test_a_rule_can_leave_it_to_a_person_until_one_has_decided():
    rules = router(rule("ask", triage=True, tags=("信访",)), rule("next", priority=1))
    asked = routed(rules)
    assert (asked.rule_id, asked.route.platform, asked.route.department) == ("ask", None, None)
    assert (asked.route.priority, asked.route.tags) == (3, ("信访",))
    decided = routed(rules, seen(by_person=True))
    assert (decided.rule_id, decided.route.platform, decided.route.priority) == ("next", "enforcement", 1)


def test_tags_are_put_on_first_every_one_that_fits_and_rules_can_ask_for_them():
    tags = (
        TagRule("夜间", When(times=(("22:00", "06:00"),))),
        TagRule("校园", When(words=("小学",))),
        TagRule("校园", When(words=("音响",))),
    )
    rules = router(rule("both", {"tags": ("夜间",)}, tags=("校园", "护校")), tags=tags)
    night = routed(rules, seen(reported_at=at(23)))
    assert (night.rule_id, night.inputs.tags, night.route.tags) == ("both", ("夜间", "校园"), ("夜间", "校园", "护校"))
    day = routed(rules)
    assert (day.rule_id, day.route.tags) == (None, ("校园",))
    assert day.changed == (RouteChange("tags", None, "校园"),)


def test_what_became_of_one_report_is_not_taken_for_another_that_differs_in_anything_that_is_asked():
    def fresh():
        return router(
            rule("person", {"classes": ("E01",), "words": ("音响",), "flags": ("time_missing",)}, triage=True),
            rule("night", {"times": (("22:00", "06:00"),)}, priority=1),
            rule("loud", {"words": ("音响",), "days": ("rest_day",)}, priority=2, tags=("扰民",)),
            rule("off", {"hours": "off"}, department="值班室"),
            rule("flagged", {"flags": ("time_missing",)}, priority=4),
            tags=(TagRule("周二", When(days=("tuesday",))), TagRule("校园", When(words=("小学",)))),
        )

    shared = fresh()
    for moment in (at(9), at(13), at(21, 59), at(22), at(5, 59), at(6), at(9, day=28), at(22, day=28)):
        for title in ("商铺音响扰民", "路灯不亮"):
            for others in ({}, {"flags": ("time_missing",)}, {"by_person": True}, {"urgent": True}, {"street": None}):
                one = seen(title=title, reported_at=moment, **others)
                assert routed(shared, one) == routed(fresh(), one)
                assert shared.explain(one) == fresh().explain(one)


def test_what_was_seen_is_recorded_without_the_text():
    rules = router(rule("r", {"words": ("音响", "鞭炮")}, priority=1))
    inputs = routed(rules, seen(urgent=True, flags=("time_missing",), by_person=True)).inputs
    assert (inputs.source, inputs.channel, inputs.lifecycle, inputs.class_code, inputs.street_code) == (
        "hotline", "12345", "own", "E0128", "330103006",
    )  # fmt: skip
    assert (inputs.local_time, inputs.weekday, inputs.workday, inputs.working_time) == (
        "2026-11-24T10:30:00+08:00", "tuesday", True, True,
    )  # fmt: skip
    assert (inputs.priority, inputs.urgent, inputs.flags, inputs.words, inputs.by_person) == (
        3, True, ("time_missing",), ("音响",), True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("day", "workday"),
    [
        ((2026, 10, 1), False),  # a Thursday, National Day
        ((2026, 10, 10), True),  # a Saturday that makes up for it
        ((2031, 5, 5), True),  # a Monday of a year that no calendar knows
        ((2031, 5, 4), False),  # and the Sunday before
    ],
)
def test_working_days_are_the_calendars_and_monday_to_friday_where_it_knows_none(day, workday):
    moment = datetime(*day, 2, tzinfo=UTC)
    inputs = routed(router(rule("r", priority=1), calendar=ChineseCalendar()), seen(reported_at=moment)).inputs
    assert (inputs.workday, inputs.working_time) == (workday, workday)


def test_the_trial_of_an_incident_tells_of_every_rule_what_became_of_it():
    rules = router(
        rule("video", {"sources": ("video",), "classes": ("E01",)}, priority=1),
        rule("ask", {"channels": ("12345",)}, triage=True),
        rule("noise", {"classes": ("E0128",)}, priority=2),
        rule("rest", priority=4),
    )
    decision, trials = rules.explain(seen(by_person=True))
    assert decision == routed(rules, seen(by_person=True))
    assert [(trial.rule.rule_id, trial.outcome) for trial in trials] == [
        ("video", "failed"), ("ask", "passed_over"), ("noise", "fired"), ("rest", "not_reached"),
    ]  # fmt: skip
    assert [(one.name, one.wanted, one.seen, one.holds) for one in trials[0].conditions] == [
        ("classes", ("E01",), "E0128", True),
        ("sources", ("video",), "hotline", False),
    ]


# What an earlier rule asks for, what a later one does, whether the earlier one hides it; written by hand.
COVERED = [
    ({}, {"classes": ("E01",)}, True),
    ({"classes": ("E01",)}, {}, False),
    ({"classes": ("E01",)}, {"classes": ("E0128", "E0101")}, True),
    ({"classes": ("E0128",)}, {"classes": ("E01",)}, False),
    ({"classes": ("E01",)}, {"classes": ("E0128",), "urgent": True}, True),
    ({"classes": ("E01",), "urgent": True}, {"classes": ("E0128",)}, False),
    ({"sources": ("hotline", "video")}, {"sources": ("video",)}, True),
    ({"sources": ("video",)}, {"sources": ("hotline", "video")}, False),
    ({"hours": "off"}, {"hours": "off", "days": ("rest_day",)}, True),
    ({"hours": "off"}, {"hours": "working"}, False),
    ({"urgent": True}, {"urgent": False}, False),
    ({"words": ("爆管",)}, {"words": ("爆管", "喷水")}, False),
    ({"times": (("22:00", "06:00"),)}, {"times": (("22:00", "06:00"),), "words": ("音响",)}, True),
]


@pytest.mark.parametrize(("earlier", "later", "hides"), COVERED)
def test_a_rule_after_one_that_always_applies_before_it_is_told_as_unreachable(earlier, later, hides):
    assert covers(When(**earlier), When(**later)) is hides
    first, second = rule("first", earlier, priority=1), rule("second", later, priority=2)
    assert unreachable([first, second]) == ([(second, first)] if hides else [])


def test_a_rule_behind_one_that_asks_a_person_is_reached_once_they_decided():
    assert unreachable([rule("ask", triage=True), rule("rest", priority=1)]) == []


def test_what_is_told_as_unreachable_never_applies_to_anything():
    everything = [one for _, _, fits, fails in ASKED for one in (fits, fails)]
    for earlier, later, hides in COVERED:
        decisions = router(rule("first", earlier, priority=1), rule("second", later, priority=2)).decide(everything)
        if hides:
            assert "second" not in {decision.rule_id for decision in decisions}


def test_the_same_rules_have_the_same_canonical_form_whatever_they_are_called():
    rules = RoutingRules("a@1", date(2026, 1, 1), (), (rule("r", {"words": ("爆管",)}, priority=1),))
    assert canonical_routing_rules(rules) == canonical_routing_rules(replace(rules, version="b@2"))
    assert canonical_routing_rules(rules) != canonical_routing_rules(replace(rules, effective_from=date(2026, 1, 2)))
    assert canonical_routing_rules(rules) != canonical_routing_rules(replace(rules, rules=()))
    assert "爆管" in canonical_routing_rules(rules).decode()


def test_what_differs_between_two_routes_is_what_people_decide():
    route = class_route(CLASS)
    assert changes(route, replace(route, due_at=None)) == ()
    assert changes(route, replace(route, platform=None)) == (RouteChange("platform", "enforcement", None),)
