"""Messages to superior platforms over HTTP: listed, shown, sent again, given up, and only by those who may."""

from __future__ import annotations

import pytest

from jiedao.domain.access import Holder
from jiedao.domain.context import EventContext
from jiedao.domain.incident import Incident
from jiedao.domain.terms import Role
from jiedao.store.recorder import UnitContext
from tests.e2e.http.district import ADMINISTRATOR, AUDITOR, CITY_BRAIN, EAST, HOTLINE, WEST, WESTERNER, order

LEADER, SUPERVISOR = "jd_ShiftLeaderShiftLeader000001", "jd_SupervisorSupervisorSupervi1"


@pytest.fixture(autouse=True)
def people(services):
    services.tokens.holders |= {
        LEADER: Holder("t-leader", "user:leader", Role.SHIFT_LEADER),
        SUPERVISOR: Holder("t-sup", "user:sup", Role.SUPERVISOR, sources=frozenset({"city_brain"})),
    }


@pytest.fixture
def admitted(call, services):
    """Two superiors' cases that were admitted, one in each street, and one of our own; returns the superiors'."""
    records = [order(1, WEST, lifecycle="upstream"), order(2, EAST, lifecycle="upstream"), order(3)]
    ids = [one["incident_id"] for one in call.push(records, source="hotline").json()["results"]]
    for incident in ids:
        assert call.post(f"/v1/incidents/{incident}/commands/admit", LEADER, json={}).status_code == 200
    services.outbox_desk._filler.catch_up()
    return ids[:2]


def refuse(services, position):
    """The superior refuses a message, as the sender records it."""
    row = services.outbox.message(position)
    application = services.outbox_desk._application
    incident = application.load([row.incident_id])[row.incident_id]
    incident.trigger_event(
        Incident.UpstreamMessageRefused, context=EventContext("system:outbox", "administrator", row.incident_id, "test"),
        timestamp=services.clock.now(), message_id=row.message_id, owed_at=position, kind=row.kind, reason="系统升级", code="",
    )  # fmt: skip
    reached = application.record([incident], UnitContext("test", str(position), b""))
    services.outbox_desk._filler.catch_up()
    return reached[-1]


def test_whoever_wrote_waits_until_the_outbox_has_read_it(call, services, admitted):
    done = call.post(f"/v1/incidents/{admitted[0]}/commands/urge", LEADER, json={}).json()
    assert not services.outbox.wait_for(done["position"], timeout=0)
    services.outbox_desk._filler.catch_up()
    page = call.get("/v1/outbox", min_position=done["position"])
    assert (page.status_code, page.json()["position"]) == (200, done["position"])


def test_a_source_that_the_district_does_not_have_is_refused_with_those_that_it_has(call):
    for address in ("/v1/outbox", "/v1/incidents"):
        refused = call.get(address, source="nope")
        assert refused.status_code == 422
        (error,) = refused.json()["errors"]
        assert (error["pointer"], error["in"]) == ("/source", "query")
        assert "city_brain, hotline" in error["detail"]


def test_what_an_error_points_to_in_a_body_is_said_to_be_there(call, admitted):
    offer = {
        "receiver": {"kind": "street", "name": "文晖街道", "street_code": "999"},
        "reason": "x",
        "answer_within": "1天",
    }
    refused = call.post(f"/v1/incidents/{admitted[0]}/commands/offer_transfer", LEADER, json=offer)
    assert refused.json()["errors"][0] | {"detail": ""} == {
        "pointer": "/receiver/street_code", "detail": "", "in": "body",
    }  # fmt: skip


def test_what_is_owed_is_listed_the_latest_first_a_page_at_a_time(call, admitted):
    first = call.get("/v1/outbox", limit=1).json()
    second = call.get("/v1/outbox", limit=1, cursor=first["next_cursor"]).json()
    assert second["next_cursor"] is None
    shown = first["items"] + second["items"]
    assert [one["incident_id"] for one in shown] == admitted[::-1]
    assert {(one["kind"], one["kind_label"], one["state"], one["state_label"]) for one in shown} == {
        ("accepted", "签收", "waiting", "待发送")
    }
    assert shown[0]["content"] == {"note": ""}
    assert first["position"] >= shown[0]["position"]


def test_filters_narrow_the_list(call, admitted):
    def count(**query):
        return len(call.get("/v1/outbox", **query).json()["items"])

    assert count(state="waiting") == count(source="hotline") == count(kind="accepted") == 2
    assert count(state="refused") == count(source="city_brain") == count(kind="handled") == 0
    assert count(incident=admitted[0]) == 1
    assert call.get("/v1/outbox", state="lost").status_code == 422


def test_one_message_is_shown(call, admitted):
    (listed,) = call.get("/v1/outbox", incident=admitted[0]).json()["items"]
    assert call.get(f"/v1/outbox/{listed['position']}").json() == listed
    assert call.get("/v1/outbox/999999").status_code == 404
    assert call.get("/v1/outbox/0").status_code == 422


def test_who_may_see_and_who_may_do(call, admitted):
    position = call.get("/v1/outbox", incident=admitted[0]).json()["items"][0]["position"]
    assert call.get("/v1/outbox", HOTLINE).status_code == 403
    assert call.get("/v1/outbox", AUDITOR).status_code == 200
    assert call.post(f"/v1/outbox/{position}/retry", AUDITOR).status_code == 403
    assert call.post(f"/v1/outbox/{position}/retry", LEADER).status_code == 200


def test_streets_and_sources_narrow_what_is_seen(call, services, admitted):
    assert [one["incident_id"] for one in call.get("/v1/outbox", WESTERNER).json()["items"]] == admitted[:1]
    eastern = call.get("/v1/outbox", incident=admitted[1]).json()["items"][0]["position"]
    assert call.get(f"/v1/outbox/{eastern}", WESTERNER).status_code == 404
    assert call.get("/v1/outbox", SUPERVISOR).json()["items"] == []
    assert call.get("/v1/outbox", SUPERVISOR, source="hotline").status_code == 403
    assert call.get("/v1/outbox", CITY_BRAIN).status_code == 403
    services.tokens.holders[LEADER] = Holder("t-leader", "user:leader", Role.SHIFT_LEADER, streets=frozenset({WEST}))
    assert call.post(f"/v1/outbox/{eastern}/retry", LEADER).status_code == 404


def test_a_refusal_shows_in_queue_incident_and_history_until_it_is_dealt_with(call, services, admitted):
    position = call.get("/v1/outbox", incident=admitted[0]).json()["items"][0]["position"]
    reached = refuse(services, position)
    told = "上级拒收签收：系统升级"
    shown = call.get(f"/v1/incidents/{admitted[0]}", min_position=reached).json()
    assert shown["upstream_refusal"] == told
    queue = call.get(f"/v1/streets/{WEST}/queues/enforcement").json()["items"]
    assert [one["upstream_refusal"] for one in queue if one["incident_id"] == admitted[0]] == [told]
    history = call.get(f"/v1/incidents/{admitted[0]}/history").json()["events"]
    assert history[-1]["summary"] == "上级平台拒收签收，须人工处理：系统升级"

    again = call.post(f"/v1/outbox/{position}/retry", LEADER).json()
    assert (again["state"], again["round"]) == ("waiting", 1)
    (listed,) = call.get("/v1/outbox", incident=admitted[0]).json()["items"]
    assert listed == again
    after = services.outbox.message(position).answer_position
    assert call.get(f"/v1/incidents/{admitted[0]}", min_position=after).json()["upstream_refusal"] is None


def test_a_message_is_given_up_with_a_reason(call, admitted):
    position = call.get("/v1/outbox", incident=admitted[0]).json()["items"][0]["position"]
    assert call.post(f"/v1/outbox/{position}/set-aside", LEADER, json={}).status_code == 422
    assert call.post(f"/v1/outbox/{position}/set-aside", LEADER, json={"reason": "  "}).status_code in {400, 422}
    done = call.post(f"/v1/outbox/{position}/set-aside", LEADER, json={"reason": "已电话告知"}).json()
    assert (done["state"], done["reason"]) == ("set_aside", "已电话告知")
    assert call.post(f"/v1/outbox/{position}/set-aside", LEADER, json={"reason": "再次"}).status_code == 409


def test_metrics_say_how_it_stands(call, services, admitted):
    position = call.get("/v1/outbox", incident=admitted[0]).json()["items"][0]["position"]
    refuse(services, position)
    shown = call.get("/metrics", ADMINISTRATOR).text
    assert 'jiedao_outbox_waiting{source="hotline"} 1.0' in shown
    assert 'jiedao_outbox_refused{source="hotline"} 1.0' in shown
    assert 'jiedao_outbox_failing{source="hotline"} 0.0' in shown
    assert 'jiedao_outbox_oldest_seconds{source="hotline"}' in shown


def test_the_description_shows_an_example(call):
    schema = call.get("/v1/openapi.json").json()["components"]["schemas"]["OutboxMessage"]
    shown, known = set(schema["examples"][0]), set(schema["properties"])
    assert shown <= known
    # What may be null is left out of the example where it is.
    assert {name for name in known - shown if "anyOf" not in schema["properties"][name]} == set()
