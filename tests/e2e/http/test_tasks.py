"""A task: whom it could be given to, by roster and log, and its dispatch sheet for paper."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from jiedao.domain.access import Holder
from jiedao.domain.context import EventContext
from jiedao.domain.offering import Asked, OfferLimit, offer_onward
from jiedao.domain.terms import Role
from jiedao.entrypoints.dispatch_sheet import SheetFacts, dispatch_sheet
from jiedao.entrypoints.http.wording import Wording
from jiedao.entrypoints.task_advice import told_task
from jiedao.store.recorder import UnitContext
from tests.e2e.http.district import ADMINISTRATOR, DISPATCHER, EAST, HOTLINE, PROFILE, WEST, WESTERNER, order
from tests.workflow_samples import LEADER as LEADS
from tests.workflow_samples import advised

LEADER, ZHANG, LI = (f"jd_SomebodyOfTheStreet000000{n}" for n in range(3))
PHONE = "13900004711"
ASSIGNEE = {"kind": "platform", "name": "朝晖街道综合行政执法平台", "street_code": WEST, "platform": "enforcement"}
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40


@pytest.fixture(autouse=True)
def people(services):
    """A shift leader and two handlers of the western street, on duty around this moment."""
    roles = ((LEADER, "leader", Role.SHIFT_LEADER), (ZHANG, "zhang", Role.HANDLER), (LI, "li", Role.HANDLER))
    for token, name, role in roles:
        services.tokens.holders[token] = Holder(f"t-{name}", f"user:{name}", role)


def plan(call, *rows):
    head = "date,start,end,person,name,role,street,platform\n"
    answer = call.post(
        "/v1/roster", ADMINISTRATOR, content=(head + "\n".join(rows)).encode(), headers={"Content-Type": "text/csv"}
    )
    assert answer.status_code == 200, answer.text


def today():
    """The day whose whole-day shift holds this moment, in the district's zone (UTC+8)."""
    return (datetime.now(UTC) + timedelta(hours=8)).date()


def command(call, incident_id, name, token=LEADER, **body):
    answer = call.post(f"/v1/incidents/{incident_id}/commands/{name}", token, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["position"]


def dispatched(call, number, assignee=ASSIGNEE, **changes):
    ((result,), _) = call.push_and_see(order(number, phone=PHONE, **changes))
    incident_id = result["incident_id"]
    for name in ("admit", "file"):
        command(call, incident_id, name)
    return incident_id, command(call, incident_id, "dispatch", assignee=assignee, note="请速处置 <i>")


def advice(call, incident_id, position, token=DISPATCHER, task="T1"):
    return call.get(f"/v1/incidents/{incident_id}/tasks/{task}/advice", token, min_position=position)


def test_handlers_are_ranked_by_roster_and_log_with_reasons(call):
    day = today()
    plan(
        call,
        f"{day},00:00,24:00,user:zhang,张伟,handler,朝晖街道,enforcement",
        f"{day},00:00,24:00,user:li,李娜,handler,朝晖街道,",
    )
    done, _ = dispatched(call, "done")
    for name in ("accept", "start", "report_handled"):
        command(call, done, name, ZHANG, task_id="T1", **({"result": "已清理"} if name == "report_handled" else {}))
    busy, _ = dispatched(call, "busy", **{"class": "F0101"})
    command(call, busy, "accept", LI, task_id="T1")
    fresh, position = dispatched(call, "fresh")
    answer = advice(call, fresh, position).json()
    first, second = answer["items"]
    assert [(one["rank"], one["person"], one["name"]) for one in (first, second)] == [
        (1, "user:zhang", "张伟"), (2, "user:li", "李娜"),
    ]  # fmt: skip
    assert first["on_duty"]
    assert first["reasons"][0].startswith("当班，距下班")
    assert first["reasons"][1:] == ["无在办任务", "最近一次任务地点距此 0 米", "处置过同小类 1 件、同大类其他 0 件"]
    assert second["reasons"][1] == "在办任务 1 件"
    assert second["reasons"][3] == "未处置过同类事件"
    assert first["score"] == pytest.approx(sum(part["value"] * part["share"] for part in first["parts"]), abs=0.01)
    assert (answer["assumed"], answer["note"], answer["task"]["task_id"]) == (True, None, "T1")


def test_who_took_such_tasks_and_is_off_duty_comes_with_that_said(call):
    taken, _ = dispatched(call, "taken")
    command(call, taken, "accept", ZHANG, task_id="T1")
    fresh, position = dispatched(call, "fresh")
    (one,) = advice(call, fresh, position).json()["items"]
    assert (one["person"], one["name"], one["on_duty"], one["open_tasks"]) == ("user:zhang", None, False, 1)
    assert one["reasons"][0] == "当前不当班"
    position = command(call, taken, "return", ZHANG, task_id="T1", reason="非本单位职责")
    (one,) = advice(call, fresh, position).json()["items"]
    assert one["open_tasks"] == 0


def test_where_there_is_nobody_it_says_why(call):
    mine, position = dispatched(call, "mine")
    assert "nobody is on duty" in advice(call, mine, position).json()["note"]
    other, position = dispatched(call, "other", {"kind": "department", "name": "区园林绿化局"})
    assert "no street's task" in advice(call, other, position).json()["note"]
    assert advice(call, mine, position, task="T9").status_code == 404
    assert advice(call, mine, position, HOTLINE).status_code == 403
    eastern, position = dispatched(call, "east", street=EAST)
    assert advice(call, eastern, position, WESTERNER).status_code == 404


def sheet(call, incident_id, position, token=DISPATCHER, task="T1"):
    return call.get(f"/v1/incidents/{incident_id}/tasks/{task}/sheet", token, min_position=position)


def given(printed, name):
    """What a sheet says of one fact."""
    (said,) = re.findall(rf"<th>{name}</th><td>([^<]*)</td>", printed)
    return said


def test_the_sheet_says_what_where_by_whom_until_when_and_leaves_room_to_sign(call):
    incident_id, position = dispatched(call, "paper", title="占道经营 <script>alert(1)</script>")
    printed = sheet(call, incident_id, position)
    assert printed.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in printed.headers["content-security-policy"]
    for text in (
        "派遣单", "city_brain:Npaper", "E0101 占道经营", "朝晖街道", "近似", "边界为近似示意，不作为管辖依据。",
        "朝晖街道综合行政执法平台（街道平台）", "user:leader", "请速处置 &lt;i&gt;", "待签收", "120.165000, 30.280000",
        "派遣员签字、日期", "核查人签字、日期", "占道经营 &lt;script&gt;", "无已入库的照片或附件",
    ):  # fmt: skip
        assert text in printed.text, text
    assert "<script" not in printed.text


def test_the_sheet_of_a_joint_operation_says_who_leads_and_who_else_is_in_it(call):
    ((result,), _) = call.push_and_see(order("joint"))
    incident_id = result["incident_id"]
    for name in ("admit", "file"):
        command(call, incident_id, name)
    others = [{"kind": "department", "name": "区市场监管局"}, {"kind": "unit", "name": "朝晖派出所"}]
    position = command(call, incident_id, "joint_operation", lead=ASSIGNEE, others=others, note="夜间联合整治")
    for task_id in ("T1", "T3"):
        printed = sheet(call, incident_id, position, task=task_id).text
        assert (
            "牵头 朝晖街道综合行政执法平台（街道平台）任务 T1；配合 区市场监管局（职能部门）任务 T2、朝晖派出所（"
            in printed
        )
        assert given(printed, "派遣").startswith(f"联合执法 user:leader {today().year}-")
        assert given(printed, "派遣").endswith(" 夜间联合整治")
    position = command(
        call,
        incident_id,
        "reassign",
        task_id="T2",
        assignee={"kind": "department", "name": "区城管局"},
        reason="职责调整",
    )
    printed = sheet(call, incident_id, position, task="T4").text
    assert "；配合 区城管局（职能部门）任务 T4、" in given(printed, "联合执法")
    assert given(printed, "派遣").endswith(" 职责调整")
    assert "联合执法</th>" not in sheet(call, incident_id, position, task="T2").text


def test_the_sheet_of_a_component_names_who_maintains_it(call, services):
    incident_id, position = dispatched(call, "lid")
    assert "养护单位" not in sheet(call, incident_id, position).text
    found = services.read.incident(UUID(incident_id))
    lid = replace(found, class_code="C0102", department="区城市管理局", maintaining_unit="市水务集团")
    printed = dispatch_sheet(
        SheetFacts(
            incident=Wording(PROFILE).incident(lid),
            task=told_task(lid, "T1"),
            history=services.read.history(lid.incident_id),
            boundaries_approximate=False,
            printed_at=datetime.now(UTC),
        ),
        PROFILE,
    )
    assert (given(printed, "主管部门"), given(printed, "养护单位")) == ("区城市管理局", "市水务集团")


def test_the_sheet_of_a_task_that_was_given_on_names_its_worker(call):
    incident_id, _ = dispatched(call, "given")
    position = command(call, incident_id, "accept", ZHANG, task_id="T1")
    assert "二次派遣" not in sheet(call, incident_id, position).text
    worker = {"kind": "grid_worker", "name": "三里亭网格员 王芳"}
    position = command(call, incident_id, "redispatch", ZHANG, task_id="T1", worker=worker, note="就近处置")
    printed = sheet(call, incident_id, position).text
    assert given(printed, "二次派遣").startswith("三里亭网格员 王芳（")
    assert " user:zhang " in given(printed, "二次派遣")
    assert given(printed, "二次派遣").endswith(" 就近处置")
    assert given(printed, "派遣").startswith("user:leader ")
    position = command(call, incident_id, "return", ZHANG, task_id="T1", reason="网格员无权处置")
    assert "二次派遣" not in sheet(call, incident_id, position).text


def test_the_sheet_says_that_an_incident_is_being_transferred_and_then_who_took_it(call):
    incident_id, position = dispatched(call, "transfer")
    assert "移送" not in sheet(call, incident_id, position).text
    receiver = {"kind": "department", "name": "区园林绿化局"}
    position = command(
        call, incident_id, "offer_transfer", DISPATCHER, receiver=receiver, reason="属绿化职责", answer_within="1工作日"
    )
    printed = sheet(call, incident_id, position).text
    assert '<span class="mark">移送中</span> 移送给 区园林绿化局（职能部门），待其在 ' in printed
    position = command(call, incident_id, "accept_transfer", note="已接")
    printed = sheet(call, incident_id, position, task="T2").text
    assert given(printed, "承办方") == "区园林绿化局（职能部门）"
    assert given(printed, "派遣").startswith("接收移送 user:leader ")
    assert given(printed, "派遣").endswith(" 已接")
    assert "移送中" not in printed


def test_a_task_that_was_offered_onward_says_to_whom_and_the_advice_says_who_was_asked(call, services):
    plan(call, f"{today()},00:00,24:00,user:zhang,张伟,handler,朝晖街道,enforcement")
    incident_id, _ = dispatched(call, "onward")
    application, now = services.commands._application, datetime.now(UTC)  # what the clock does, at the server's own log
    incident = application.load([UUID(incident_id)])[UUID(incident_id)]
    until = now + timedelta(hours=1)
    for who, advice_of in (("张伟（user:zhang）", (advised("zhang", "张伟", ends_at=until),)), ("李敏（user:li）", ())):
        asked = Asked(advice_of, LEADS, OfferLimit("1小时", until), at_most=3)
        context = EventContext("system:clock", "administrator", incident.id, "clock:test")
        offer_onward(incident, incident.progress.tasks["T1"], asked, context=context, at=now)
        position = application.record([incident], UnitContext("clock", who, b""))[-1]
        printed = sheet(call, incident_id, position).text
        local = (until + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M")
        assert given(printed, "顺延派办") == f"{who} 请在 {local} 前签收"
    (task,) = call.get(f"/v1/incidents/{incident_id}").json()["tasks"]
    assert (task["offered_to"], task["offered_name"]) == ("user:li", "李敏")
    assert datetime.fromisoformat(task["offered_until"]) == until
    (one,) = advice(call, incident_id, position).json()["items"]
    assert (one["person"], one["already_offered"], one["offered"]) == ("user:zhang", True, 0)
    position = command(call, incident_id, "accept", ZHANG, task_id="T1")
    assert "顺延派办" not in sheet(call, incident_id, position).text


def test_the_sheet_of_a_merged_incident_says_into_which(call):
    incident_id, _ = dispatched(call, "double")
    into = call.push([order("first")]).json()["results"][0]["incident_id"]
    position = command(call, incident_id, "merge", into=into, reason="同一事项")
    printed = sheet(call, incident_id, position).text
    assert '<span class="mark">已并案</span> 并入 city_brain:Nfirst' in printed
    position = command(call, incident_id, "unmerge", reason="并非同一事项")
    assert "已并案" not in sheet(call, incident_id, position).text


def test_photos_are_named_by_their_hash(call):
    stored = call.post("/v1/files", ADMINISTRATOR, content=PNG, headers={"Content-Type": "image/png"})
    sha256 = hashlib.sha256(PNG).hexdigest()
    assert stored.json()["sha256"] == sha256
    incident_id, _ = dispatched(call, "photo")
    command(call, incident_id, "accept", ZHANG, task_id="T1")
    said = {"task_id": "T1", "result": "已清理", "after": [sha256, "ab" * 32]}
    unknown = call.post(f"/v1/incidents/{incident_id}/commands/report_handled", ZHANG, json=said)
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (400, "/after/1")
    position = command(call, incident_id, "report_handled", ZHANG, task_id="T1", result="已清理", after=[sha256])
    assert sha256 in sheet(call, incident_id, position).text


def test_the_reporter_is_not_on_it(call, services):
    incident_id, position = dispatched(call, "secret")
    printed = sheet(call, incident_id, position).text  # which waits until the views have come so far
    (first, *_) = services.read.history(incident_id)
    key = first.inputs["reporter"]
    assert "已加密" in key
    assert PHONE not in printed
    assert "已加密" not in printed
    assert hashlib.sha256(PHONE.encode()).hexdigest() not in printed
    assert sheet(call, incident_id, position, HOTLINE).status_code == 403
