"""Commands over HTTP: what may be done, doing it, and being told clearly why not."""

from __future__ import annotations

import pytest

from jiedao.domain.access import Holder
from jiedao.domain.terms import Role
from tests.e2e.http.district import CITY_BRAIN, DISPATCHER, EAST, HOTLINE, WESTERNER, order

LEADER, COLLECTOR = "jd_ShiftLeaderShiftLeader000001", "jd_CollectorCollectorCollector1"
EASTERNER = "jd_HandlerOfTheEasternStreet001"


@pytest.fixture(autouse=True)
def people(services):
    services.tokens.holders |= {
        LEADER: Holder("t-leader", "user:leader", Role.SHIFT_LEADER),
        COLLECTOR: Holder("t-collect", "user:collect", Role.COLLECTOR),
        EASTERNER: Holder("t-east", "user:east", Role.HANDLER, streets=frozenset({EAST})),
    }


@pytest.fixture
def incident(call):
    answer = call.push([order(1)]).json()["results"][0]
    return answer["incident_id"]


@pytest.fixture
def do(call, incident):
    def act(command, token=LEADER, key=None, **content):
        headers = {"Idempotency-Key": key} if key else {}
        return call.post(f"/v1/incidents/{incident}/commands/{command}", token=token, json=content, headers=headers)

    return act


def test_a_case_goes_its_way_and_the_views_show_it(call, do, incident):
    assert do("admit").json()["state_label"] == "待立案"
    assert do("file", note="符合立案条件").json()["state"] == "filed"
    sent = do("dispatch", DISPATCHER, assignee={"kind": "platform", "name": "朝晖街道综合行政执法平台"})
    assert sent.status_code == 200, sent.text
    taken = do("accept", WESTERNER, task_id="T1").json()
    assert {"return", "start", "report_handled"} <= {one["command"] for one in taken["allowed"]}
    assert do("report_handled", WESTERNER, task_id="T1", result="已清理").status_code == 200
    done = do("verify", COLLECTOR, task_id="T1", passed=True).json()
    assert done["state"] == "handled"
    closed = do("close").json()
    shown = call.get(f"/v1/incidents/{incident}", DISPATCHER, min_position=closed["position"]).json()
    assert (shown["state"], shown["version"]) == ("closed", closed["version"])


def test_what_may_be_done_depends_on_who_asks(call, incident):
    def allowed(token):
        answer = call.get(f"/v1/incidents/{incident}/commands", token=token).json()
        return {one["command"] for one in answer["allowed"]}

    assert "admit" in allowed(LEADER)
    assert "admit" not in allowed(DISPATCHER)
    assert "intervene" in allowed(WESTERNER)


def test_a_refusal_says_what_is_allowed_instead(do):
    refused = do("close")
    assert refused.status_code == 409
    problem = refused.json()
    assert problem["type"] == "urn:jiedao:problem:command_refused"
    assert {"command": "admit", "label": "受理"} in problem["allowed"]


def test_a_stale_version_is_told_with_how_it_stands(do):
    version = do("admit").json()["version"]
    stale = do("file", version=version - 1)
    assert (stale.status_code, stale.json()["type"]) == (409, "urn:jiedao:problem:conflict")
    assert {"command": "void", "label": "作废"} in stale.json()["allowed"]
    assert (stale.json()["version"], stale.json()["state"]) == (version, "admitted")


def test_a_key_is_done_once(do):
    first, again = do("urge", key="k1", note="请尽快"), do("urge", key="k1", note="请尽快")
    assert (first.json()["replayed"], again.json()["replayed"]) == (False, True)
    assert first.json()["position"] == again.json()["position"]
    assert do("urge", key="k1", note="另一内容").status_code == 409


@pytest.mark.parametrize(
    ("command", "content", "pointer"),
    [
        ("decline", {}, ""),
        ("decline", {"reason": 7}, "/reason"),
        ("decline", {"reason": ""}, "/reason"),
        ("decline", {"reason": "x", "also": 1}, "/also"),
        ("decline", {"reason": "x" * 5_001}, "/reason"),
        ("urge", {"note": "a\x00b"}, "/note"),
        ("dispatch", {"assignee": {"kind": "platform"}}, "/assignee/name"),
        ("urge", {"version": "3"}, None),
        ("merge", {"into": "N2", "reason": "x"}, "/into"),
        ("confirm", {"found": True, "photos": ["ab" * 32, "1.jpg"]}, "/photos/1"),
        ("settle_on_spot", {"result": "x", "photos": ["AB" * 32]}, "/photos/0"),
        ("report_handled", {"task_id": "T1", "result": "x", "before": ["ab" * 32 + "\n"]}, "/before/0"),
        ("report_handled", {"task_id": "T1", "result": "x", "after": ["g" * 64]}, "/after/0"),
        ("appeal", {"assessment": "luck", "reason": "x"}, "/assessment"),
        ("joint_operation", {"lead": {"kind": "unit", "name": "a"}, "others": [{"kind": "unit"}]}, "/others/0/name"),
    ],
)
def test_what_is_said_wrongly_is_pointed_to(do, command, content, pointer):
    wrong = do(command, **content)
    assert wrong.status_code == 400, wrong.text
    if pointer:
        assert wrong.json()["errors"][0]["pointer"] == pointer


def test_a_correction_is_told_at_both_events(call, do, incident):
    reply = do("reply", text="明日处置").json()
    done = do("correct", DISPATCHER, corrects=reply["version"], text="已于今日处置").json()
    story = call.get(f"/v1/incidents/{incident}/history", DISPATCHER, min_position=done["position"]).json()
    wrong, right = story["events"][-2:]
    assert (wrong["corrects"], wrong["corrected_by"]) == (None, [right["version"]])
    assert (right["corrects"], right["corrected_by"]) == (wrong["version"], [])
    assert right["summary"] == f"更正第 {wrong['version']} 条记录：已于今日处置"
    refused = do("correct", COLLECTOR, corrects=reply["version"], text="有误")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:jiedao:problem:command_refused")


def test_a_merge_is_shown_by_both_and_undone(call, do, incident):
    other = call.push([order(2)]).json()["results"][0]["incident_id"]
    merged = do("merge", into=other, reason="同一事项").json()
    assert (merged["state"], merged["state_label"]) == ("merged", "已并案")
    seen = {"min_position": merged["position"]}
    here = call.get(f"/v1/incidents/{incident}", DISPATCHER, **seen).json()["arrangements"]
    there = call.get(f"/v1/incidents/{other}", DISPATCHER, **seen).json()["arrangements"]
    assert here["merged_into"] == {"incident_id": other, "number": "city_brain:N2"}
    assert [one["incident_id"] for one in there["duplicates"]] == [incident]
    queue = call.get("/v1/streets/330103006/queues/enforcement", DISPATCHER, **seen).json()["items"]
    assert incident not in [one["incident_id"] for one in queue]
    told = call.get(f"/v1/incidents/{other}/history", DISPATCHER, **seen).json()["events"][-1]
    assert "并入本事件：理由 同一事项" in told["summary"]
    assert do("unmerge", reason="并非同一事项").json()["state"] == "received"


def test_a_transfer_is_shown_until_it_is_answered_and_then_its_new_street(call, do, incident):
    for command in ("admit", "file"):
        do(command)
    receiver = {"kind": "street", "name": "文晖街道", "street_code": "330103007"}
    offered = do("offer_transfer", DISPATCHER, receiver=receiver, reason="现场在文晖", answer_within="1工作日")
    assert offered.json()["state"] == "transferring", offered.text
    shown = call.get(f"/v1/incidents/{incident}", DISPATCHER, min_position=offered.json()["position"]).json()
    assert {name: shown["arrangements"]["transfer"][name] for name in receiver} == receiver
    assert shown["arrangements"]["transfer"]["answer_by"] is not None
    taken = do("accept_transfer").json()
    shown = call.get(f"/v1/incidents/{incident}", DISPATCHER, min_position=taken["position"]).json()
    assert (shown["state"], shown["street_code"], shown["arrangements"]["transfer"]) == ("filed", "330103007", None)


def test_a_street_sees_what_is_offered_to_it_while_it_is_offered(call, do, incident):
    for command in ("admit", "file"):
        position = do(command).json()["position"]

    def seen(position):
        """The codes of the incident and its history, and what the lists hold, as the eastern street is answered."""
        shown, told = (
            call.get(f"/v1/incidents/{incident}{part}", EASTERNER, min_position=position) for part in ("", "/history")
        )
        listed, transferring = (
            [one["incident_id"] for one in call.get("/v1/incidents", EASTERNER, **narrowed).json()["items"]]
            for narrowed in ({}, {"state": "transferring"})
        )
        return shown.status_code, told.status_code, listed, transferring

    assert seen(position) == (404, 404, [], [])
    receiver = {"kind": "street", "name": "文晖街道", "street_code": EAST}
    offered = do("offer_transfer", DISPATCHER, receiver=receiver, reason="现场在文晖", answer_within="1工作日").json()
    assert seen(offered["position"]) == (200, 200, [incident], [incident])
    queue = call.get(f"/v1/streets/{EAST}/queues/enforcement", EASTERNER).json()["items"]
    assert [one["incident_id"] for one in queue] == []
    withdrawn = do("withdraw_transfer", DISPATCHER, reason="误移送").json()
    assert seen(withdrawn["position"]) == (404, 404, [], [])


def test_there_is_no_such_command_and_no_such_incident(call, do, incident):
    assert do("delete").status_code == 422
    missing = incident[:-1] + ("0" if incident[-1] != "0" else "1")
    assert call.post(f"/v1/incidents/{missing}/commands/admit", token=LEADER, json={}).status_code == 404


def test_integrators_have_no_business_here(do):
    assert do("admit", HOTLINE).status_code == 403
    assert do("admit", CITY_BRAIN).status_code == 403
