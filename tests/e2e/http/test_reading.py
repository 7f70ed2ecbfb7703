"""People read incidents, their story, queues, counts and dead letters, now and as of the past."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from jiedao.domain.access import Holder
from jiedao.domain.terms import Role
from tests.e2e.http.district import ADMINISTRATOR, AUDITOR, DISPATCHER, EAST, WEST, WESTERNER, order
from tests.e2e.http.district import LEADER as SHIFT_LEADER

LEADER, SUPERVISOR = "jd_ShiftLeaderShiftLeader000001", "jd_SupervisorSupervisorSupervi01"


def test_incidents_are_listed_latest_first_and_narrowed_by_every_filter(call):
    _, position = call.push_and_see([
        order(1), order(2, EAST), order(3, EAST, **{"class": "F0101"}), order(4, lon=None, lat=None, title="井盖缺失"),
    ])  # fmt: skip
    call.push_and_see(order(5), source="hotline")

    def listed(**filters):
        answer = call.get("/v1/incidents", min_position=position, **filters)
        assert answer.status_code == 200, answer.text
        return [item["external_id"] for item in answer.json()["items"]]

    call.get("/v1/incidents", min_position=position + 3)
    assert listed() == ["N5", "N4", "N3", "N2", "N1"]
    assert listed(street=EAST) == ["N3", "N2"]
    assert listed(platform="market") == ["N3"]
    assert listed(source="hotline") == ["N5"]
    assert listed(state="triage") == ["N4"]
    assert listed(**{"class": "F0101"}) == ["N3"]
    assert listed(text="井盖") == ["N4"]
    assert listed(external_id="N2") == ["N2"]
    assert listed(**{"from": "2026-11-24T09:00:00+08:00", "to": "2026-11-24T09:00:01+08:00"}) == [
        "N5",
        "N4",
        "N3",
        "N2",
        "N1",
    ]
    assert listed(**{"from": "2026-11-24T09:00:01+08:00"}) == []


def test_pages_go_on_where_the_one_before_ended(call):
    _, position = call.push_and_see([order(number) for number in range(5)])
    seen, cursor = [], None
    while True:
        query = {"cursor": cursor} if cursor else {"min_position": position}
        page = call.get("/v1/incidents", limit=2, **query).json()
        seen += [item["external_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ["N4", "N3", "N2", "N1", "N0"]


def test_a_cursor_of_another_question_is_refused(call):
    _, position = call.push_and_see([order(1), order(2)])
    cursor = call.get("/v1/incidents", limit=1, min_position=position).json()["next_cursor"]
    answer = call.get("/v1/incidents", limit=1, street=WEST, cursor=cursor)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/cursor"


def test_an_incident_is_shown_with_names_and_labels_and_tells_its_whole_story(call):
    (result,), position = call.push_and_see(order(1))
    incident = call.get(f"/v1/incidents/{result['incident_id']}", min_position=position).json()
    assert (incident["street_name"], incident["platform_label"], incident["state_label"], incident["source_label"]) == (
        "朝晖街道", "综合行政执法", "待受理", "城市大脑",
    )  # fmt: skip
    story = call.get(f"/v1/incidents/{result['incident_id']}/history").json()["events"]
    assert [event["event"] for event in story] == ["received", "jurisdiction_decided", "class_decided"]
    assert {event["actor"] for event in story} == {"user:admin"}
    assert {event["transport"] for event in story} == {"http"}
    assert story[0]["origin"].startswith("http:")
    assert story[1]["inputs"]["boundary_set"] == "approximate-2020"
    assert all(event["summary"] and event["label"] for event in story)


def test_an_unknown_incident_is_not_found(call):
    for path in ("", "/history"):
        answer = call.get(f"/v1/incidents/00000000-0000-0000-0000-000000000001{path}")
        assert answer.status_code == 404


def test_a_queue_can_be_seen_as_of_a_position_and_as_of_a_time(call):
    call.push_and_see(order(1))
    _, later = call.push_and_see(order(2))
    first = call.get("/v1/incidents", external_id="N1", min_position=later).json()["items"][0]
    queue = f"/v1/streets/{WEST}/queues/enforcement"

    def numbers(**query):
        return [entry["external_id"] for entry in call.get(queue, **query).json()["items"]]

    assert numbers() == sorted(numbers(), key=numbers().index)
    assert set(numbers()) == {"N1", "N2"}
    assert numbers(as_of=first["last_position"]) == ["N1"]
    assert numbers(as_of=first["received_at"]) == ["N1"]
    local = datetime.fromisoformat(first["received_at"]).astimezone(ZoneInfo("Asia/Shanghai")).isoformat()
    assert [
        entry["external_id"]
        for entry in call.request("GET", f"{queue}?as_of={local}", token=ADMINISTRATOR).json()["items"]
    ] == ["N1"]
    assert numbers(as_of=0) == []
    counts = call.get("/v1/queues", as_of=first["last_position"]).json()
    assert counts["total"] == 1


@pytest.mark.parametrize("as_of", ["yesterday", "2026-11-24", "2026-11-24T09:30:00", "-1", "9" * 30])
def test_a_moment_that_is_none_is_refused_with_a_pointer(call, as_of):
    answer = call.get("/v1/queues", as_of=as_of)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/as_of"


def test_a_moment_outside_the_log_is_refused_wherever_the_past_is_asked_for(call):
    ((received,), _position) = call.push_and_see([order(1)])
    queue = f"/v1/streets/{WEST}/queues/market"
    incident = f"/v1/incidents/{received['incident_id']}"
    for path in ("/v1/queues", queue, "/v1/triage", "/v1/clocks", "/v1/incidents", incident, f"{incident}/history",
                 "/v1/indicators"):  # fmt: skip
        for as_of, sentence in (
            ("2020-01-01T00:00:00+08:00", "+08:00"),  # told in the zone that was asked in
            ("2999-01-01T00:00:00Z", "nobody knows yet what will be so then"),
            ("99999999", "positions reach from 0 to"),
        ):
            problem = call.get(path, as_of=as_of)
            assert problem.status_code == 422, path
            assert sentence in problem.json()["detail"], path
            assert problem.json()["errors"][0]["pointer"] == "/as_of"


def test_lists_histories_and_clocks_are_as_they_were_then(call):
    ((one,), first) = call.push_and_see([order(1)])
    incident = f"/v1/incidents/{one['incident_id']}"
    call.push_and_see([order(1)])  # the same record again: a delivery, and nothing else
    moved = call.post(
        f"{incident}/commands/decide_jurisdiction", SHIFT_LEADER, json={"street_code": EAST, "reason": "实地核对"}
    ).json()["position"]
    _, last = call.push_and_see([order(2)])

    def listed(**query):
        answer = call.get("/v1/incidents", **query)
        assert answer.status_code == 200, answer.text
        return [(row["external_id"], row["street_code"]) for row in answer.json()["items"]]

    assert listed(min_position=last) == [("N2", WEST), ("N1", EAST)]
    assert listed(as_of=first) == [("N1", WEST)]
    assert listed(as_of=moved) == [("N1", EAST)]
    assert (listed(as_of=first, street=EAST), listed(as_of=moved, street=EAST)) == ([], [("N1", EAST)])
    assert [row["external_id"] for row in call.get("/v1/incidents", WESTERNER, as_of=first).json()["items"]] == ["N1"]
    assert call.get("/v1/incidents", WESTERNER, as_of=moved).json()["items"] == [], "what it held then, not now"

    now, then = call.get(f"{incident}/history").json(), call.get(f"{incident}/history", as_of=first).json()
    assert [event["position"] for event in then["events"]] == [
        event["position"] for event in now["events"] if event["position"] <= first
    ]
    assert (then["incident"]["street_code"], now["incident"]["street_code"]) == (WEST, EAST)
    assert (len(then["deliveries"]), len(now["deliveries"])) == (1, 2)


def test_counts_show_every_street_and_platform_also_empty_ones(call):
    _, position = call.push_and_see([
        order(1), order(2), order(3, EAST, **{"class": "F0101"}), order(4, lon=None, lat=None),
        order(5, lon=None, lat=None, needed=False, **{"class": "H0101"}), order(6, **{"class": "unknown"}),
    ])  # fmt: skip
    counts = call.get("/v1/queues", min_position=position).json()
    west, east = counts["streets"]
    assert (west["name"], west["platforms"]) == (
        "朝晖街道", {"governance": 0, "market": 0, "enforcement": 2, "service": 0},
    )  # fmt: skip
    assert (west["triage"], west["total"]) == (1, 3)
    assert east["platforms"]["market"] == 1
    assert counts["district"]["platforms"]["service"] == 1
    assert counts["district"]["triage"] == 1
    assert (counts["triage"], counts["total"]) == (2, 6)
    assert counts["boundaries"] == {"version": "approximate-2020", "approximate": True}
    assert counts["position"] >= position


def test_what_nobody_could_place_stands_in_triage_and_what_needs_no_place_in_the_districts_own_queue(call):
    _, position = call.push_and_see([
        order(1, lon=None, lat=None), order(2, **{"class": "unknown"}),
        order(3, lon=None, lat=None, needed=False, **{"class": "H0101"}),
    ])  # fmt: skip
    triage = call.get("/v1/triage", min_position=position).json()["items"]
    assert {item["external_id"] for item in triage} == {"N1", "N2"}
    assert [item["external_id"] for item in call.get("/v1/triage", street=WEST).json()["items"]] == ["N2"]
    assert [item["external_id"] for item in call.get("/v1/triage", platform="enforcement").json()["items"]] == ["N1"]
    own = call.get("/v1/district/queues/service").json()
    assert [item["external_id"] for item in own["items"]] == ["N3"]
    assert own["platform_label"] == "便民服务"


@pytest.fixture
def do(call, services):
    """Carry commands out on an incident, as the shift leader or the dispatcher; returns the last one's position."""
    services.tokens.holders |= {
        LEADER: Holder("t-leader", "user:leader", Role.SHIFT_LEADER),
        SUPERVISOR: Holder("t-supervisor", "user:supervisor", Role.SUPERVISOR),
    }

    def act(incident_id, command, token=LEADER, **content):
        answer = call.post(f"/v1/incidents/{incident_id}/commands/{command}", token, json=content)
        assert answer.status_code == 200, answer.text
        return answer.json()["position"]

    return act


def test_a_queue_shows_every_open_state_and_is_narrowed_to_one(call, do):
    (first, second, third), _ = call.push_and_see([order(1), order(2), order(3)])
    do(second["incident_id"], "admit")
    position = do(third["incident_id"], "decline", reason="不属本区")
    queue = f"/v1/streets/{WEST}/queues/enforcement"
    whole = call.get(queue, min_position=position).json()
    assert whole["state"] is None
    assert {(item["external_id"], item["state"]) for item in whole["items"]} == {("N1", "received"), ("N2", "admitted")}
    for state, expected in (("received", ["N1"]), ("admitted", ["N2"]), ("suspended", []), ("triage", [])):
        page = call.get(queue, state=state).json()
        assert (page["state"], [item["external_id"] for item in page["items"]]) == (state, expected)
    counts = call.get("/v1/queues").json()
    assert (counts["streets"][0]["platforms"]["enforcement"], counts["total"]) == (2, 2)
    assert call.get(queue, as_of=first["position"]).json()["items"][0]["state"] == "received"


@pytest.mark.parametrize("queue", [f"/v1/streets/{WEST}/queues/enforcement", "/v1/district/queues/service"])
def test_a_queue_of_what_has_ended_is_refused_with_what_there_is(call, queue):
    answer = call.get(queue, state="closed")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/state"
    assert "suspended" in answer.json()["detail"]


def test_the_districts_own_queue_is_narrowed_too(call, do):
    (result,), _ = call.push_and_see(order(1, lon=None, lat=None, needed=False, **{"class": "H0101"}))
    position = do(result["incident_id"], "admit")
    own = call.get("/v1/district/queues/service", state="admitted", min_position=position).json()["items"]
    assert [item["external_id"] for item in own] == ["N1"]
    assert call.get("/v1/district/queues/service", state="received").json()["items"] == []


def test_an_incident_shows_who_has_what_to_do(call, do):
    (result,), _ = call.push_and_see(order(1))
    do(result["incident_id"], "admit")
    do(result["incident_id"], "file")
    assignee = {"kind": "department", "name": "区园林绿化局"}
    position = do(result["incident_id"], "dispatch", DISPATCHER, assignee=assignee)
    incident = call.get(f"/v1/incidents/{result['incident_id']}", min_position=position).json()
    assert (incident["state"], incident["state_label"]) == ("dispatched", "处置中")
    nowhere = {"street_code": None, "platform": None}
    assert incident["tasks"] == [
        {
            "task_id": "T1", "state": "dispatched", "state_label": "待签收",
            "assignee": {"kind_label": "职能部门", **assignee, **nowhere},
            "worker": None, "leads": False, "extension_asked": None, "due_at": None, "due_provisional": False,
            "offered_to": None, "offered_name": None, "offered_until": None,
        }
    ]  # fmt: skip
    assert "progress" not in incident


def test_an_intervention_is_seen_by_supervisor_auditor_and_administrator_only(call, do):
    (result,), _ = call.push_and_see(order(1))
    position = do(result["incident_id"], "intervene", DISPATCHER, who="某经营户亲属", what="要求从轻")
    for token, shown in (
        (SUPERVISOR, True), (AUDITOR, True), (ADMINISTRATOR, True), (DISPATCHER, False), (LEADER, False),
    ):  # fmt: skip
        answer = call.get(f"/v1/incidents/{result['incident_id']}/history", token, min_position=position)
        events = [event["event"] for event in answer.json()["events"]]
        assert ("intervention_recorded" in events) == ("要求从轻" in answer.text) == shown, token


def test_dead_letters_are_listed_by_source_and_reason(call):
    call.push([{"title": "无编号"}, {"title": "也无编号"}])
    call.push([{"title": "无编号"}], source="hotline")
    call.get("/v1/dead-letters", min_position=3)
    assert len(call.get("/v1/dead-letters").json()["items"]) == 3
    (letter,) = call.get("/v1/dead-letters", source="hotline", reason="id_missing", resolved=False).json()["items"]
    assert letter["size"] > 0
    assert call.get("/v1/dead-letters", resolved=True).json()["items"] == []
    assert call.get("/v1/dead-letters/00000000-0000-0000-0000-000000000001").status_code == 404


def test_a_queue_of_a_street_or_platform_that_does_not_exist_is_told_apart_from_an_empty_one(call):
    assert call.get(f"/v1/streets/{EAST}/queues/market").json()["items"] == []
    assert call.get("/v1/streets/999999999/queues/market").status_code == 404
    answer = call.get(f"/v1/streets/{EAST}/queues/parking")
    assert answer.status_code == 422
    assert answer.json()["errors"][0] == {**answer.json()["errors"][0], "pointer": "/platform", "in": "path"}


def test_a_position_that_the_views_never_reach_is_answered_with_try_again(call):
    answer = call.get("/v1/incidents", min_position=10_000)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"


@pytest.mark.parametrize(
    ("query", "pointer"),
    [({"limit": 0}, "/limit"), ({"limit": 501}, "/limit"), ({"platform": "x"}, "/platform"), ({"state": "x"}, "/state"),
     ({"min_position": -1}, "/min_position"), ({"text": "x" * 201}, "/text"), ({"from": "x"}, "/from")],
)  # fmt: skip
def test_a_bad_parameter_is_pointed_at(call, query, pointer):
    answer = call.get("/v1/incidents", **query)
    assert answer.status_code in {400, 422}
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert answer.json()["errors"][0]["in"] == "query"


def test_a_mistyped_filter_is_refused_and_never_widens_the_answer(call):
    wrong = call.get("/v1/incidents", class_code="E0110", street="330103006")
    assert wrong.status_code == 422
    assert [error["pointer"] for error in wrong.json()["errors"]] == ["/class_code"]
    assert "class," in wrong.json()["detail"]


def test_a_street_that_the_district_has_not_is_refused_wherever_it_narrows_and_a_name_is_no_code(call):
    for path in ("incidents", "clocks", "indicators", "repeated-complaints", "roster", "handovers"):
        wrong = call.get(f"/v1/{path}", SHIFT_LEADER, street="东街道")
        assert wrong.status_code == 422, path
        assert [error["pointer"] for error in wrong.json()["errors"]] == ["/street"], path
        assert EAST in wrong.json()["detail"], path
        assert call.get(f"/v1/{path}", SHIFT_LEADER, street=EAST).status_code == 200, path
