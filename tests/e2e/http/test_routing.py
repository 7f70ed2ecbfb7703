"""The routing rules over HTTP: what they are, what they would do, and what they did."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from jiedao.application import in_force
from jiedao.domain.access import Holder
from jiedao.domain.routing_rules import RoutingRule, RoutingRules, TagRule, Then, When
from jiedao.domain.terms import Role
from tests.e2e.http.district import DISPATCHER, EAST, HOTLINE, WEST, WESTERNER, order

RULES = RoutingRules(
    "rules-1",
    date(2026, 1, 1),
    (TagRule("夜间", When(times=(("22:00", "06:00"),))),),
    (
        RoutingRule("video", "视频", When(sources=("city_brain",), urgent=True), Then(priority=1)),
        RoutingRule("east", "东面夜间", When(streets=(EAST,), tags=("夜间",)), Then("service", "夜间班", tags=("急",))),
        RoutingRule("food", "食品", When(classes=("F",)), Then(triage=True)),
        RoutingRule("food-again", "食品", When(classes=("F0101",)), Then(priority=1)),
        RoutingRule("rest", "其余", When(), Then(priority=4), "assumed", assumed=True),
        RoutingRule("late", "到不了", When(classes=("E",)), Then(priority=1)),
    ),
)
NIGHT = {"source": "hotline", "class_code": "E0101", "street_code": EAST, "reported_at": "2026-11-24T23:10:00+08:00"}


@pytest.fixture
def adopted(services, monkeypatch):
    monkeypatch.setattr(in_force, "LOOK_SECONDS", 0.0)
    services.routing._tables.adopt_routing(RULES, "test", Holder("", "console:li", Role.ADMINISTRATOR))
    return services


def ask(call, content, token=DISPATCHER):
    return call.post("/v1/routing/try", token, json=content)


@pytest.mark.usefixtures("adopted")
def test_the_rules_in_force_are_shown_in_their_order_with_what_they_say(call):
    shown = call.get("/v1/routing/rules", DISPATCHER).json()
    assert (shown["version"], shown["effective_from"]) == ("rules-1", "2026-01-01")
    assert [rule["id"] for rule in shown["rules"]] == ["video", "east", "food", "food-again", "rest", "late"]
    east = shown["rules"][1]
    assert (east["when"], east["when_text"]) == (
        {"streets": [EAST], "tags": ["夜间"]}, "街道 文晖街道；标签 夜间",
    )  # fmt: skip
    assert (east["then"], east["then_text"]) == (
        {"platform": "service", "department": "夜间班", "tags": ["急"]}, "平台 便民服务；部门 夜间班；标签 急",
    )  # fmt: skip
    assert (shown["rules"][2]["then"], shown["rules"][2]["then_text"]) == ({"triage": True}, "待人工判定")
    assert (shown["rules"][4]["when_text"], shown["rules"][4]["assumed"]) == ("一切事件", True)
    assert shown["tags"] == [{"tag": "夜间", "when": {"times": [["22:00", "06:00"]]}, "when_text": "时段 22:00–06:00"}]
    assert shown["unreachable"] == [{"rule": "late", "hidden_by": "rest"}]


@pytest.mark.usefixtures("adopted")
def test_the_rules_of_a_past_moment_are_shown_and_where_there_were_none_it_is_said(call):
    now = datetime.now(UTC)
    assert call.get("/v1/routing/rules", as_of=(now + timedelta(minutes=1)).isoformat()).json()["version"] == "rules-1"
    before = call.get("/v1/routing/rules", as_of=(now - timedelta(days=1)).isoformat())
    assert before.status_code == 404
    assert call.get("/v1/routing/rules", as_of="yesterday").status_code == 400


def test_without_rules_it_is_said_that_there_are_none(call):
    assert call.get("/v1/routing/rules").status_code == 404
    assert ask(call, NIGHT).status_code == 404


@pytest.mark.usefixtures("adopted")
def test_a_made_up_report_is_tried_and_every_rule_says_why_or_why_not(call):
    answer = ask(call, NIGHT).json()
    decision = answer["decision"]
    assert (decision["rule_id"], decision["rule_set"], answer["recorded"]) == ("east", "rules-1", None)
    assert (decision["route"]["platform"], decision["route"]["platform_label"]) == ("service", "便民服务")
    assert (decision["route"]["department"], decision["route"]["tags"]) == ("夜间班", ["夜间", "急"])
    assert decision["changed"][0] == {"field": "platform", "before": "enforcement", "after": "service"}
    assert (decision["inputs"]["local_time"], decision["inputs"]["channel"]) == ("2026-11-24T23:10:00+08:00", "hotline")
    assert [(rule["rule_id"], rule["outcome"]) for rule in answer["rules"]] == [
        ("video", "failed"), ("east", "fired"), ("food", "not_reached"), ("food-again", "not_reached"),
        ("rest", "not_reached"), ("late", "not_reached"),
    ]  # fmt: skip
    assert answer["rules"][0]["conditions"] == [
        {"name": "sources", "label": "来源", "wanted": ["city_brain"], "seen": "hotline", "holds": False},
        {"name": "urgent", "label": "紧急", "wanted": True, "seen": False, "holds": False},
    ]


@pytest.mark.usefixtures("adopted")
def test_an_incident_is_routed_as_it_comes_in_and_a_trial_says_the_same(call):
    (result,), position = call.push_and_see(order(1, **{"class": "F0101"}))
    assert (result["state"], result["platform"]) == ("triage", None)
    answer = ask(call, {"incident_id": result["incident_id"]}).json()
    assert answer["decision"] == answer["recorded"]
    assert answer["recorded"]["rule_id"] == "food"
    shown = call.get(f"/v1/incidents/{result['incident_id']}", min_position=position).json()
    assert (shown["routing_rule"], shown["routing_rules"], shown["platform"]) == ("food", "rules-1", None)
    history = call.get(f"/v1/incidents/{result['incident_id']}/history", min_position=position).json()["events"]
    assert [event["event"] for event in history][-1] == "routed"


@pytest.mark.usefixtures("adopted")
def test_a_person_ends_the_triage_that_a_rule_asked_for(call):
    (result,), _ = call.push_and_see(order(1, **{"class": "F0101"}))
    address = f"/v1/incidents/{result['incident_id']}/commands/decide_class"
    done = call.post(address, DISPATCHER, json={"class_code": "F0101", "reason": "确属食品"}).json()
    assert done["state"] == "received"
    shown = call.get(f"/v1/incidents/{result['incident_id']}", min_position=done["position"]).json()
    assert (shown["platform"], shown["routing_rule"], shown["priority"]) == ("market", "food-again", 1)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"source": "fax"}, "/source"), ({"street_code": "1"}, "/street_code"), ({"class_code": "Z1"}, "/class_code"),
        ({"lifecycle": "ours"}, "/lifecycle"), ({"priority": 9}, "/priority"), ({"flags": ["time_missing", "x"]}, "/flags/1"),
        ({"reported_at": "2026-11-24T23:10:00"}, "/reported_at"), ({"urgent": "yes"}, "/urgent"), ({"more": 1}, "/more"),
        ({"incident_id": "x"}, "/incident_id"), ({"title": "x" * 5001}, "/title"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("adopted")
def test_what_cannot_be_tried_is_pointed_at(call, change, pointer):
    answer = ask(call, NIGHT | change)
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize(("content", "status"), [(b"{", 400), (b"[]", 400), (b"", 400), (b"x" * 70_000, 413)])
@pytest.mark.usefixtures("adopted")
def test_a_body_that_is_no_object_is_refused(call, content, status):
    answer = call.post("/v1/routing/try", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert call.post("/v1/routing/try", content=b"{}", headers={"Content-Type": "text/plain"}).status_code == 415


@pytest.mark.usefixtures("adopted")
def test_a_token_of_a_street_tries_its_own_incidents_and_no_others(call):
    (west, east), _ = call.push_and_see([order(1, WEST), order(2, EAST)])
    assert ask(call, {"incident_id": west["incident_id"]}, WESTERNER).status_code == 200
    hidden = ask(call, {"incident_id": east["incident_id"]}, WESTERNER)
    unknown = ask(call, {"incident_id": "00000000-0000-0000-0000-000000000001"}, WESTERNER)
    assert hidden.status_code == unknown.status_code == 404
    assert ask(call, NIGHT, HOTLINE).status_code == 403
    assert call.get("/v1/routing/rules", HOTLINE).status_code == 403


def test_the_rules_of_tomorrow_are_not_in_force_today(adopted, call):
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).date()
    later = replace(RULES, version="rules-2", effective_from=tomorrow)
    adopted.routing._tables.adopt_routing(later, "test", Holder("", "console:li", Role.ADMINISTRATOR))
    assert call.get("/v1/routing/rules").json()["version"] == "rules-1"
