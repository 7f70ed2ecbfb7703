"""What is due next, over HTTP: soonest first, narrowed, in pages, and no more than a token may see."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from jiedao.application.time_rules import adopt_time_rules
from jiedao.domain.access import Holder
from jiedao.domain.profile import ClockSettings
from jiedao.domain.terms import Role
from jiedao.entrypoints.http.app import create_app
from jiedao.entrypoints.services import Health
from tests.e2e.http.caller import Caller
from tests.e2e.http.district import AUDITOR, EAST, HOTLINE, LEADER, PROFILE, WEST, WESTERNER, SystemClock, order
from tests.e2e.http.in_process import InProcessClient

SYSTEM = Holder("", "system:jiedao", Role.ADMINISTRATOR)
RULES = ClockSettings({"admit": "1小时", "triage": "半小时"}, 0.75, "1天")


@pytest.fixture
def call(services, app):
    """The district's stages have limits."""
    profile = replace(PROFILE, clocks=RULES)
    adopt_time_rules(services.commands._application, profile, SystemClock(), SYSTEM)  # the one log that there is
    with InProcessClient(app) as client:
        yield Caller(client)


def due(call, token=None, **filters):
    answer = call.get("/v1/clocks", **({"token": token} if token else {}), **filters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def names(page):
    return [(item["external_id"], item["clock"]) for item in page["items"]]


def test_clocks_are_listed_soonest_first_and_say_what_they_rest_on(call):
    before = datetime.now(UTC)
    _, position = call.push_and_see([order(1), order(2, EAST), order(3, **{"class": "no-such-class"})])
    page = due(call, min_position=position)
    assert set(names(page)) == {("N1", "admit"), ("N2", "admit"), ("N3", "triage")}
    assert names(page)[0] == ("N3", "triage")
    assert [item["due_at"] for item in page["items"]] == sorted(item["due_at"] for item in page["items"])
    last = page["items"][-1]
    assert (last["clock_label"], last["time_limit"], last["task_id"]) == ("受理时限", "1小时", None)
    assert (last["next_step"], last["next_step_label"]) == ("approaching", "即将到期")
    assert (last["overdue"], last["provisional"], last["rules"][:6]) == (False, False, "rules-")
    assert datetime.fromisoformat(last["due_at"]) - datetime.fromisoformat(last["since"]) == timedelta(hours=1)
    assert datetime.fromisoformat(last["since"]) >= before
    assert last["street_name"] in {"朝晖街道", "文晖街道"}


def test_clocks_are_narrowed_by_every_filter(call):
    results, position = call.push_and_see([order(1), order(2, EAST), order(3, **{"class": "F0101"})])
    whole = due(call, min_position=position)
    middle = sorted(item["due_at"] for item in whole["items"])[1]
    assert {one for one, _clock in names(due(call, street=EAST))} == {"N2"}
    assert {one for one, _clock in names(due(call, platform="market"))} == {"N3"}
    assert names(due(call, clock="triage")) == []
    assert len(due(call, clock="admit")["items"]) == 3
    assert {one for one, _clock in names(due(call, incident=results[0]["incident_id"]))} == {"N1"}
    assert len(due(call, due_before=middle)["items"]) < 3
    assert call.get("/v1/clocks", due_before="morgen").status_code == 400
    assert call.get("/v1/clocks", clock="tick").status_code == 422


def test_clocks_as_of_then_are_those_that_ran_then(call):
    results, first = call.push_and_see([order(1), order(3, **{"class": "no-such-class"})])
    incident = results[0]["incident_id"]
    told = call.post(f"/v1/incidents/{incident}/commands/admit", LEADER, json={}).json()
    now, then = due(call, min_position=told["position"]), due(call, as_of=first)
    assert set(names(then)) == {("N1", "admit"), ("N3", "triage")}
    assert ("N1", "admit") not in names(now)
    ((row,), _more) = ([item for item in then["items"] if item["external_id"] == "N1"], None)
    assert (row["state"], row["version"] < told["version"], then["position"]) == ("received", True, first)
    assert names(due(call, as_of=first, clock="triage")) == [("N3", "triage")]
    assert names(due(call, as_of=first, street=EAST)) == []


def test_pages_follow_one_another_without_gap_or_repetition(call):
    _, position = call.push_and_see([order(number) for number in range(7)])
    seen, cursor = [], None
    while True:
        page = due(call, limit=3, min_position=position, **({"cursor": cursor} if cursor else {}))
        seen += names(page)
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 7
    assert call.get("/v1/clocks", cursor=due(call, limit=3)["next_cursor"], street=WEST).status_code == 400


def test_a_token_for_one_street_sees_its_clocks_alone(call):
    _, position = call.push_and_see([order(1), order(2, EAST)])
    assert {one for one, _clock in names(due(call, WESTERNER, min_position=position))} == {"N1"}
    assert call.get("/v1/clocks", WESTERNER, street=EAST).status_code == 403
    assert call.get("/v1/clocks", HOTLINE).status_code == 403


def test_readiness_and_metrics_show_what_the_clock_says_of_itself(services):
    class Leads(Collector):
        def collect(self):
            yield GaugeMetricFamily("jiedao_clock_leader", "Whether it leads.", 1)

    told = {"clocks": lambda: Health(ok=True, sentence="leads, 0.0 s behind")}
    with InProcessClient(create_app(replace(services, checks=told, collectors=[Leads()]))) as client:
        call = Caller(client)
        assert call.get("/health/ready", token=None).json()["parts"]["clocks"]["sentence"] == "leads, 0.0 s behind"
        assert "jiedao_clock_leader 1.0" in call.get("/metrics", AUDITOR).text
