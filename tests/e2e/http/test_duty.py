"""Rosters are planned and asked for, shifts are handed over with what is open and taken over by somebody else."""

from __future__ import annotations

import pytest

from jiedao.domain.access import Holder
from jiedao.domain.terms import Role
from tests.e2e.http.district import ADMINISTRATOR, DISPATCHER, EAST, HOTLINE, WEST, WESTERNER, order

LEAVING, COMING, OTHER, EASTERN = (f"jd_ShiftLeaderShiftLeader0000{n}" for n in range(4))
HEAD = "date,start,end,person,name,role,street,platform\n"
DAY = (
    "2026-11-25,08:00,20:00,user:zhang,张伟,handler,朝晖街道,enforcement\n"
    "2026-11-25,08:00,20:00,user:chen,陈静,shift_leader,,\n"
    "2026-11-25,20:00,08:00,user:li,李娜,handler,文晖街道,\n"
)
MORNING, NIGHT = "2026-11-25T09:00:00+08:00", "2026-11-26T07:59:00+08:00"


@pytest.fixture
def people(services):
    """Four shift leaders; one of them of the eastern street alone."""
    for number, token in enumerate((LEAVING, COMING, OTHER, EASTERN)):
        streets = frozenset({EAST}) if token == EASTERN else None
        services.tokens.holders[token] = Holder(f"t-{number}", f"user:leader{number}", Role.SHIFT_LEADER, streets)


def plan(call, rows, token=ADMINISTRATOR, **query):
    headers = {"Content-Type": "text/csv"}
    return call.post("/v1/roster", token, content=(HEAD + rows).encode(), headers=headers, params=query)


def on_duty(call, at, token=DISPATCHER, **query):
    answer = call.get("/v1/roster", token, at=at, **query)
    assert answer.status_code == 200, answer.text
    return [one["person"] for one in answer.json()["items"]]


def test_a_roster_says_who_is_on_duty_at_a_moment(call):
    position = plan(call, DAY).json()["position"]
    assert on_duty(call, MORNING, min_position=position) == ["user:chen", "user:zhang"]
    assert on_duty(call, NIGHT) == ["user:li"]
    assert on_duty(call, "2026-11-26T08:00:00+08:00") == []
    assert on_duty(call, MORNING, street=WEST) == ["user:zhang"]
    assert on_duty(call, MORNING, role="shift_leader") == ["user:chen"]
    assert on_duty(call, MORNING, WESTERNER) == ["user:chen", "user:zhang"]
    assert on_duty(call, NIGHT, WESTERNER) == []
    first = call.get("/v1/roster", DISPATCHER, at=MORNING, limit=1).json()
    assert (first["items"][0]["role_label"], first["items"][0]["planned_by"]) == ("值班长", "user:admin")
    assert on_duty(call, MORNING, limit=1, cursor=first["next_cursor"]) == ["user:zhang"]
    assert call.get("/v1/roster", DISPATCHER, at="yesterday").json()["errors"][0]["pointer"] == "/at"


def test_a_day_is_planned_whole_and_what_stands_so_already_changes_nothing(call):
    assert plan(call, DAY).json()["new"] == ["2026-11-25"]
    again = plan(call, DAY).json()
    assert (again["unchanged"], again["position"]) == (["2026-11-25"], None)
    changed = plan(
        call, DAY.splitlines(keepends=True)[0] + "2026-11-26,08:00,20:00,user:li,李娜,handler,,\n", reason="调班"
    ).json()
    assert (changed["new"], changed["changed"]) == (["2026-11-26"], ["2026-11-25"])
    assert on_duty(call, MORNING, min_position=changed["position"]) == ["user:zhang"]


def test_a_roster_that_cannot_be_is_refused_whole(call):
    double = "2026-11-26,08:00,20:00,user:zhang,张伟,handler,,\n2026-11-26,09:00,10:00,user:zhang,张伟,handler,,\n"
    refused = plan(call, DAY + double)
    assert refused.status_code == 400
    assert "user:zhang has two shifts at one time" in refused.json()["detail"]
    assert on_duty(call, MORNING) == []
    assert plan(call, DAY, DISPATCHER).status_code == 403
    assert call.post("/v1/roster", ADMINISTRATOR, json={}).status_code == 415


def _commanded(call, incident_id, *commands):
    for name, token, body in commands:
        answer = call.post(f"/v1/incidents/{incident_id}/commands/{name}", token, json=body)
        assert answer.status_code == 200, answer.text
    return answer.json()["position"]


def hand_over(call, token=LEAVING, key=None, **said):
    headers = {"Idempotency-Key": key} if key else {}
    return call.post("/v1/handovers", token, json=said, headers=headers)


@pytest.fixture
def handed(call, people):  # noqa: ARG001  # the leaders have to be there
    """One matter urged, one suspended, one that is nothing special; handed over by the leaving leader."""
    results, _ = call.push_and_see([order("urged"), order("suspended", EAST), order("plain")])
    urged, suspended, _plain = (one["incident_id"] for one in results)
    _commanded(call, urged, ("urge", LEAVING, {"note": "来电人再询"}))
    position = _commanded(
        call, suspended, ("admit", LEAVING, {}), ("file", LEAVING, {}),
        ("suspend", LEAVING, {"reason": "待汛期后施工", "approved_by": "分管副主任"}),
    )  # fmt: skip
    assert call.get("/v1/triage", min_position=position).status_code == 200
    made = hand_over(call, key="k1", to="user:leader1", remarks="夜间有雨 <b>").json()
    return made["handover_id"], made["position"], {urged: ["urged"], suspended: ["suspended"]}


def show(call, handed, token=COMING):
    handover, position, _matters = handed
    return call.get(f"/v1/handovers/{handover}", token, min_position=position)


def test_what_is_open_and_needs_an_eye_is_handed_over_by_name(call, handed):
    told = show(call, handed).json()
    assert {one["incident_id"]: one["grounds"] for one in told["items"]} == handed[2]
    assert (told["state_label"], told["handed_by"], told["handed_to"]) == ("待接班", "user:leader0", "user:leader1")
    assert (told["matters"], told["left_out"], told["remarks"]) == (2, 0, "夜间有雨 <b>")
    assert told["as_of_position"] < handed[1]


def test_the_coming_leader_takes_over_and_nobody_else_and_once(call, handed):
    handover, _, _ = handed
    accept = f"/v1/handovers/{handover}/accept"
    assert call.post(accept, LEAVING, json={}).status_code == 403
    assert call.post(accept, OTHER, json={}).status_code == 403
    assert call.post(accept, DISPATCHER, json={}).status_code == 403
    assert call.post(accept, EASTERN, json={}).status_code == 404
    done = call.post(accept, COMING, json={"note": "已核对"}).json()
    assert done["state"] == "accepted"
    told = call.get(f"/v1/handovers/{handover}", COMING, min_position=done["position"]).json()
    assert (told["answered_by"], told["answer"], told["state_label"]) == ("user:leader1", "已核对", "已接班")
    again = call.post(accept, COMING, json={})
    assert again.status_code == 400
    assert "hand over anew" in again.json()["detail"]


def test_an_objection_is_kept_with_its_reason(call, handed):
    handover, _, _ = handed
    address = f"/v1/handovers/{handover}/object"
    assert call.post(address, COMING, json={"reason": ""}).json()["errors"][0]["pointer"] == "/reason"
    done = call.post(address, COMING, json={"reason": "第二件无批准文"}).json()
    listed = call.get("/v1/handovers", COMING, state="objected", min_position=done["position"]).json()["items"]
    assert [(one["handover_id"], one["answer"]) for one in listed] == [(handover, "第二件无批准文")]
    assert call.get("/v1/handovers", COMING, state="offered").json()["items"] == []


def test_the_same_key_hands_over_once(call, handed):
    again = hand_over(call, key="k1", to="user:leader1", remarks="夜间有雨 <b>").json()
    assert again["handover_id"] == handed[0]
    assert hand_over(call, key="k1", remarks="别的").status_code == 409
    assert len(call.get("/v1/handovers", COMING, min_position=handed[1]).json()["items"]) == 1
    assert hand_over(call, to="user:leader0").json()["errors"][0]["pointer"] == "/to"
    assert hand_over(call, street_code="000").status_code == 400
    assert hand_over(call, DISPATCHER).status_code == 403


def test_a_street_sees_its_own_handovers_alone(call, handed):
    assert show(call, handed, EASTERN).status_code == 404
    assert hand_over(call, EASTERN).status_code == 403
    mine = hand_over(call, EASTERN, street_code=EAST).json()
    told = call.get(f"/v1/handovers/{mine['handover_id']}", EASTERN, min_position=mine["position"]).json()
    assert [one["street_code"] for one in told["items"]] == [EAST]
    assert len(call.get("/v1/handovers", EASTERN).json()["items"]) == 1
    pages = call.get("/v1/handovers", COMING, limit=1).json()
    rest = call.get("/v1/handovers", COMING, limit=1, cursor=pages["next_cursor"]).json()
    assert [one["items"][0]["handover_id"] for one in (pages, rest)] == [mine["handover_id"], handed[0]]
    assert call.get("/v1/handovers", HOTLINE).status_code == 403


def test_a_handover_is_printed_with_its_texts_as_texts(call, handed):
    handover, position, _ = handed
    printed = call.get(f"/v1/handovers/{handover}/sheet", COMING, min_position=position)
    assert printed.headers["content-type"] == "text/html; charset=utf-8"
    assert "style-src 'sha256-" in printed.headers["content-security-policy"]
    for text in ("交接班记录", "夜间有雨 &lt;b&gt;", "user:leader0", "催办", "挂账", "接班人签字", "city_brain:Nurged"):
        assert text in printed.text
    assert "<b>" not in printed.text
