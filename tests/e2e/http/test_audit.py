"""What an auditor asks over HTTP: replays, events, who looked, samples; and what others may not see of it."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import pytest

from jiedao.audit.access import AccessDesk
from jiedao.domain.access_record import AccessKind
from jiedao.domain.errors import UnavailableError
from jiedao.entrypoints.http.app import create_app
from tests.e2e.http.caller import Caller
from tests.e2e.http.district import (
    AUDITOR,
    DISPATCHER,
    EAST,
    HOTLINE,
    LEADER,
    LEGAL,
    SUPERVISOR,
    WEST,
    WESTERNER,
    SystemClock,
    order,
)
from tests.e2e.http.in_process import InProcessClient

PHONE = "13900005678"


def told(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()


def command(call, incident_id, name, token=LEADER, **said):
    return call.post(f"/v1/incidents/{incident_id}/commands/{name}", token, json=said)


@pytest.fixture
def story(call):
    """One incident of the western street with a reporter; moved to the east, admitted, leaned on, wrongly closed."""
    (received,), first = call.push_and_see([order(1, phone=PHONE)])
    incident_id = received["incident_id"]
    moved = told(command(call, incident_id, "decide_jurisdiction", street_code=EAST, reason="实地核对"))
    command(call, incident_id, "intervene", who="某人", what="要求从轻")
    assert command(call, incident_id, "close").status_code == 409
    last = told(command(call, incident_id, "admit"))["position"]
    told(call.get(f"/v1/incidents/{incident_id}", min_position=last))
    return incident_id, first, moved["position"], last


def test_an_incident_is_replayed_compared_and_seen_as_of_then(call, story):
    incident_id, first, _moved, last = story
    whole = told(call.get(f"/v1/audit/incidents/{incident_id}/replay", AUDITOR))
    assert [step["event"] for step in whole["steps"]][:3] == ["received", "jurisdiction_decided", "class_decided"]
    assert (whole["as_of"], whole["hidden"]) == (None, 0)
    assert (whole["standing"]["street_code"], whole["standing"]["state"]) == (EAST, "admitted")
    (moved,) = [step for step in whole["steps"] if step["reason"] == "实地核对"]
    assert moved["rests_on"] == {"boundary_set": "approximate-2020", "method": "manual"}
    assert {change["field"]: (change["before"], change["after"]) for change in moved["changes"]}["street_code"] == (
        WEST, EAST,
    )  # fmt: skip
    then = told(call.get(f"/v1/audit/incidents/{incident_id}/replay", AUDITOR, as_of=first - 1))
    assert (then["as_of"], then["standing"]["street_code"]) == (first, WEST), "a unit is seen whole"
    assert told(call.get(f"/v1/incidents/{incident_id}", as_of=first))["street_code"] == WEST
    assert call.get(f"/v1/incidents/{incident_id}", as_of=0).status_code == 404
    assert told(call.get("/v1/queues", as_of=first - 1))["position"] == first

    found = told(call.get(f"/v1/audit/incidents/{incident_id}/diff", AUDITOR, **{"from": first, "to": last}))
    assert {one["label"]: one["after"] for one in found["changes"]}["状态"] == "admitted"
    assert [one["label"] for one in found["events"]] == ["管辖判定", "干预留痕", "受理"]
    today = told(call.get(f"/v1/audit/incidents/{incident_id}/current-rules", AUDITOR))
    assert {one["field"]: (one["happened"], one["today"]) for one in today["items"]}["street_code"] == (
        f"文晖街道 {EAST}", f"朝晖街道 {WEST}",
    )  # fmt: skip
    assert call.get("/v1/audit/incidents/00000000-0000-0000-0000-000000000001/replay").status_code == 404
    assert call.get(f"/v1/audit/incidents/{incident_id}/replay", DISPATCHER).status_code == 403
    assert call.get(f"/v1/audit/incidents/{incident_id}/replay", AUDITOR, as_of="x").status_code == 400


def test_interventions_and_looks_are_not_for_every_role(call, story):
    incident_id, *_ = story
    hidden = told(call.get(f"/v1/audit/incidents/{incident_id}/replay", LEGAL))
    assert hidden["hidden"] == 1
    assert "要求从轻" not in json.dumps(hidden, ensure_ascii=False)
    seen = told(call.get("/v1/audit/events", LEGAL, incident=incident_id))["items"]
    assert {one["kind"] for one in seen}.isdisjoint({"intervention", "refusal", "access"})
    assert told(call.get("/v1/audit/events", LEGAL, question="interventions"))["items"] == []
    for path in ("/v1/audit/access", "/v1/audit/refusals"):
        assert call.get(path, LEGAL).status_code == 403
    assert call.get("/v1/audit/events", LEGAL, format="csv").status_code == 403
    for token in (DISPATCHER, HOTLINE, WESTERNER):
        assert call.get("/v1/audit/events", token).status_code == 403


def test_who_is_limited_to_a_street_sees_what_that_street_holds(call, story):
    incident_id, *_ = story
    (result,), position = call.push_and_see([order(2)])
    seen = told(call.get("/v1/audit/events", SUPERVISOR, min_position=position))["items"]
    assert {one["incident_id"] for one in seen} == {result["incident_id"], incident_id}
    moved = [one["kind"] for one in seen if one["incident_id"] == incident_id]
    assert moved == ["report", "jurisdiction_decision", "class_decision"], "only what was recorded while it was theirs"
    assert told(call.get(f"/v1/audit/incidents/{result['incident_id']}/replay", SUPERVISOR))["steps"]
    for path, query in (("replay", {}), ("diff", {"from": 1}), ("current-rules", {})):
        assert call.get(f"/v1/audit/incidents/{incident_id}/{path}", SUPERVISOR, **query).status_code == 404
    assert call.get("/v1/audit/events", SUPERVISOR, street=EAST).status_code == 403
    assert call.get("/v1/audit/refusals", SUPERVISOR).status_code == 403


def test_events_are_found_by_every_filter_and_in_pages(call, story):
    incident_id, _first, moved, last = story

    def kinds(**query):
        return [one["kind"] for one in told(call.get("/v1/audit/events", AUDITOR, **query))["items"]]

    assert kinds(question="jurisdiction_changes") == ["jurisdiction_change"]
    assert kinds(kind="jurisdiction_change", street=WEST) == kinds(kind="jurisdiction_change", street=EAST) != []
    assert kinds(question="refusals", incident=incident_id) == ["refusal"]
    assert kinds(command="close") == ["refusal"]
    assert kinds(question="commands_on_incident", incident=incident_id) == [
        "jurisdiction_change", "intervention", "refusal", "command",
    ]  # fmt: skip
    assert kinds(has_reason=True, incident=incident_id) == ["jurisdiction_change"]
    assert set(kinds(actor="user:leader", from_position=moved, to_position=last)) == {
        "jurisdiction_change", "intervention", "refusal", "command",
    }  # fmt: skip
    assert kinds(topic="jiedao.incident.received") == ["report"]
    assert set(kinds(correlation_id=incident_id)) == set(kinds(incident=incident_id))
    assert kinds(role="integrator") == []
    assert kinds(to="2026-01-01") == kinds(**{"from": "2999-01-01"}) == []
    whole = told(call.get("/v1/audit/events", AUDITOR, newest_first=True, limit=500))["items"]
    pages, cursor = [], None
    while True:
        query = {} if cursor is None else {"cursor": cursor}
        page = told(call.get("/v1/audit/events", AUDITOR, newest_first=True, limit=2, **query))
        pages += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert pages == whole
    assert [one["position"] for one in whole] == list(range(whole[0]["position"], 0, -1))
    for query in ({"question": "by_person"}, {"question": "x"}, {"question": "refusals", "kind": "report"}):
        assert call.get("/v1/audit/events", AUDITOR, **query).status_code == 400
    names = [one["name"] for one in told(call.get("/v1/audit/questions", AUDITOR))["items"]]
    assert "no_rule_matched" in names
    (refused,) = [one for one in pages if one["kind"] == "refusal"]
    assert refused["label"] == "拒绝"
    assert (refused["street_name"], refused["actor"], refused["role_label"]) == ("文晖街道", "user:leader", "值班长")


@pytest.mark.usefixtures("story")
def test_an_export_is_whole_holds_nothing_personal_and_is_recorded_first(call):
    answer = call.get("/v1/audit/events", AUDITOR, format="csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(answer.content.decode("utf-8-sig").splitlines()))
    assert [int(row["position"]) for row in rows] == list(range(1, len(rows) + 1))
    assert PHONE not in answer.text
    lined = call.get("/v1/audit/events", AUDITOR, format="jsonl", kind="refusal")
    (one,) = map(json.loads, lined.text.splitlines())
    for query in ({"newest_first": True}, {"cursor": "x"}):
        assert call.get("/v1/audit/events", AUDITOR, format="csv", **query).status_code == 400
    assert one["command"] == "close"
    looks = told(call.get("/v1/audit/access", AUDITOR, access="export", min_position=len(rows) + 2))["items"]
    assert [look["details"] for look in looks] == [{"kinds": "refusal", "format": "jsonl"}, {"format": "csv"}]
    assert {look["actor"] for look in looks} == {"user:audit"}


def test_a_reporter_is_whole_for_some_masked_for_others_and_never_unrecorded(call, services, story):
    incident_id, *_ = story
    path = f"/v1/incidents/{incident_id}/reporter"
    whole = told(call.get(path, DISPATCHER, reason="联系上报人"))
    assert (whole["phone"], whole["masked"]) == (PHONE, False)
    masked = told(call.get(path, LEGAL, reason="案卷审核"))
    assert (masked["phone"], masked["masked"]) == ("139****5678", True)
    assert call.get(path, WESTERNER, reason="已不归本街道").status_code == 404
    assert call.get(path, HOTLINE, reason="查看").status_code == 403
    assert call.get(path, DISPATCHER).status_code == 422
    assert call.get(path, DISPATCHER, reason=" ").status_code == 400
    looks = told(
        call.get("/v1/audit/access", AUDITOR, access="personal_data", min_position=masked["position"])
    )["items"]  # fmt: skip
    assert [(look["actor"], look["reason"], look["details"]["masked"]) for look in looks] == [
        ("user:legal", "案卷审核", "yes"), ("user:dispatch", "联系上报人", "no"),
    ]  # fmt: skip
    services.auditing.personal._vault.forget(PHONE)
    erased = told(call.get(path, DISPATCHER, reason="联系上报人"))
    assert (erased["phone"], erased["erased"]) == (None, True)


def test_who_cannot_be_recorded_sees_nothing(services, story):
    class Full:
        def record(self, aggregates, unit):
            raise UnavailableError("the log cannot be written now")

    incident_id, *_ = story
    desk = AccessDesk(Full(), SystemClock())
    auditing = replace(services.auditing, access=desk)
    auditing.personal._record = lambda actor, *_: desk.record_access(AccessKind.PERSONAL_DATA, actor, "incident")
    with InProcessClient(create_app(replace(services, auditing=auditing))) as client:
        call = Caller(client)
        for path, query in (
            (f"/v1/incidents/{incident_id}/reporter", {"reason": "联系上报人"}),
            (f"/v1/audit/incidents/{incident_id}/replay", {}),
            (f"/v1/audit/incidents/{incident_id}/current-rules", {}),
            ("/v1/audit/events", {"format": "csv"}),
            ("/v1/audit/access", {}),
        ):
            answer = call.get(path, AUDITOR, **query)
            assert answer.status_code == 503, path
            assert PHONE not in answer.text


def test_a_sample_is_drawn_recorded_and_drawn_again(call):
    results, position = call.push_and_see([order(number) for number in range(6)])
    for result in results:
        told(command(call, result["incident_id"], "admit"))
        position = told(command(call, result["incident_id"], "settle_on_spot", WESTERNER, result="已劝离"))["position"]
    told(call.get("/v1/incidents", min_position=position))
    drawn = told(call.post("/v1/audit/samples", AUDITOR, json={"size": 3, "seed": "七号"}))
    assert (drawn["population"], len(drawn["drawn"]), drawn["as_of"]) == (6, 3, position)
    assert set(drawn["drawn"]) < {result["incident_id"] for result in results}
    again = told(call.post("/v1/audit/samples", AUDITOR, json={"size": 3, "seed": "七号", "as_of": drawn["as_of"]}))
    assert again["drawn"] == drawn["drawn"]
    other = told(call.post("/v1/audit/samples", AUDITOR, json={"size": 6}))
    assert len(other["seed"]) == 16
    assert told(call.post("/v1/audit/samples", AUDITOR, json={"size": 3, "to": "2026-01-01"}))["population"] == 0
    seen = told(call.get("/v1/audit/events", AUDITOR, kind="sample", min_position=other["position"]))["items"]
    assert "种子 七号" in seen[0]["summary"]
    for body in ({"size": 0}, {"size": 1, "seed": ""}, {"size": 1, "more": 1}):
        assert call.post("/v1/audit/samples", AUDITOR, json=body).status_code == 422
    assert call.post("/v1/audit/samples", LEGAL, json={"size": 1}).status_code == 403


def test_whom_the_door_turned_away_is_an_answer_to_the_auditors_question(services, call):
    ((received,), _position) = call.push_and_see([order(1)])
    assert call.get("/v1/audit/events", DISPATCHER).status_code == 403
    assert call.get(f"/v1/streets/{EAST}/queues/market", WESTERNER).status_code == 403
    del services.tokens.holders[LEGAL]
    assert call.get("/v1/incidents", LEGAL).status_code == 401
    assert call.get("/v1/incidents", "jd_NobodyHasThisTokenAtAll00001").status_code == 401
    (last,) = call.push_and_see([order(2)])[1:]
    found = told(call.get("/v1/audit/events", AUDITOR, question="refusals", min_position=last))["items"]
    said = {one["actor"]: one["summary"] for one in found}
    assert set(said) == {"user:dispatch", "user:west", "user:legal"}, "nobody is nobody"
    assert said["user:dispatch"].startswith("拒绝请求 GET /v1/audit/events：the role dispatcher (派遣员) may not")
    assert "允许：角色 督办领导、角色 法制审核员、角色 审计员、角色 管理员" in said["user:dispatch"]
    assert said["user:west"].endswith(f"；允许：街道 {WEST}")
    assert "令牌已撤销" in said["user:legal"]
    assert {one["kind"] for one in found} == {"refusal"}
    again = told(call.get("/v1/audit/events", AUDITOR, question="by_person", actor="user:legal"))["items"]
    assert [one["kind"] for one in again] == ["refusal"]
    (row,) = told(call.get("/v1/audit/refusals", AUDITOR, actor="user:legal"))["items"]
    assert (row["reason"], row["times"], row["told"], row["status"]) == ("token_revoked", 1, 1, 401)
    assert received


def test_refusals_at_the_door_are_listed_in_pages(call):
    call.get("/v1/metrics-that-are-not", DISPATCHER)
    for path in ("/metrics", "/v1/audit/events", "/v1/audit/access"):
        assert call.get(path, DISPATCHER).status_code == 403
    first = told(call.get("/v1/audit/refusals", AUDITOR, actor="user:dispatch", limit=2))
    rest = told(
        call.get("/v1/audit/refusals", AUDITOR, actor="user:dispatch", limit=2, cursor=first["next_cursor"])
    )  # fmt: skip
    routes = [one["route"] for one in (*first["items"], *rest["items"])]
    assert sorted(routes) == ["/metrics", "/v1/audit/access", "/v1/audit/events"]
    assert rest["next_cursor"] is None
