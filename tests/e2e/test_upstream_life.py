"""Whole lives of a superior platform's cases, end to end: `jiedao serve`, the superior's own server, and HTTP both ways."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from jiedao.store.database import Database
from jiedao.store.tokens import TokenTable
from tests.installation import Installation
from tests.superior import TOKEN, superior_platform
from tests.waiting import until

CONFIG = Path(__file__).parents[2] / "config"
CASE = "330103202611240001"
ROLES = ("intake_operator", "shift_leader", "dispatcher", "handler", "auditor")
ORDER = {
    "orderNum": CASE, "sourceType": "电话", "title": "沿街商铺占道经营", "majorContent": "商铺占用人行道堆放货物。",
    "questionName": "城乡建设>市容管理>占道经营", "addressItem": "朝晖街道朝晖路 182 号", "addressPoints": "120.1694,30.2856",
    "callTime": "2026-11-24 09:30:00", "dispatchTime": "2026-11-24 09:40:00", "orderState": "待签收",
    "updateTime": "2026-11-24 09:40:00", "deadlineDate": "2026-11-27 18:00:00",
}  # fmt: skip


@pytest.fixture
def superior():
    with superior_platform() as superior:
        yield superior


@pytest.fixture
def installation(database_url, tmp_path, superior):
    """The district, whose hotline knows where its superior is."""
    folder = tmp_path / "config" / "districts" / "330103"
    shutil.copytree(CONFIG / "districts" / "330103", folder)
    told = f'\n[hotline.upstream]\nurl = "{superior.url}"\ntoken_setting = "SUPERIOR_TOKEN"\ntimeout_seconds = 2\n'
    (folder / "sources.toml").write_text((folder / "sources.toml").read_text("utf-8") + told, "utf-8")
    installation = Installation(database_url, tmp_path, config=tmp_path / "config")
    installation.env["SUPERIOR_TOKEN"] = TOKEN
    return installation


@pytest.fixture
def tokens(database_url):
    """Where tokens are made: in this process, since a command takes seconds to start."""
    with Database(database_url, max_connections=2) as database:
        yield TokenTable(database)


def header(issued):
    return {"Authorization": f"Bearer {issued.plain}"}


PHOTO = b"\x89PNG\r\n\x1a\n" + bytes(16)


class Street:
    """The people of the street, and the superior's feed, over HTTP."""

    def __init__(self, client, tokens):
        self._client = client
        self._tokens = {role: header(tokens.create(f"user:{role}", role, created_by="test")) for role in ROLES}
        self._feed = header(tokens.create("source:hotline", "integrator", sources=["hotline"], created_by="test"))
        self.position = 0

    def hears(self, **changes):
        """The superior sends a revision of its record; returns what became of it."""
        answer = self._client.post("/v1/sources/hotline/reports", headers=self._feed, json=[ORDER | changes])
        assert answer.status_code == 200, answer.text
        (result,) = answer.json()["results"]
        self.incident = result["incident_id"]
        self.position = max(self.position, answer.json()["position"] or 0)
        return result["outcome"]

    def does(self, command, role, **said):
        answer = self._client.post(
            f"/v1/incidents/{self.incident}/commands/{command}", headers=self._tokens[role], json=said
        )
        assert answer.status_code == 200, answer.text
        self.position = answer.json()["position"]
        return answer.json()["state"]

    def stores(self, photo):
        headers = self._tokens["handler"] | {"Content-Type": "image/png"}
        answer = self._client.post("/v1/files", headers=headers, content=photo)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()["sha256"]

    def get(self, path, **query):
        answer = self._client.get(path, headers=self._tokens["auditor"], params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def sees(self):
        return self.get(f"/v1/incidents/{self.incident}", min_position=self.position)

    def recorded(self, *kinds_and_states):
        """Wait until the outbox says so; returns its messages, the first owed first."""
        while True:
            items = self.get("/v1/outbox", incident=self.incident)["items"][::-1]
            if [(one["kind"], one["state"]) for one in items] == list(kinds_and_states):
                self.position = max(one["answer_position"] or 0 for one in items)
                return items

    def told(self):
        events = self.get(f"/v1/incidents/{self.incident}/history", min_position=self.position)["events"]
        return [one["event"] for one in events]


def work(street):
    street.does("dispatch", "dispatcher", assignee={"kind": "platform", "name": "朝晖街道综合行政执法平台"})
    street.does("accept", "handler", task_id="T1")
    assert street.does("report_handled", "handler", task_id="T1", result="已清理") == "handled"


def admitted(street):
    assert street.hears() == "accepted"
    assert street.does("admit", "intake_operator") == "filed"


def test_a_case_from_its_dispatch_to_its_revisit(installation, superior, tokens):
    with installation.serving() as client:
        street = Street(client, tokens)
        admitted(street)
        superior.wait_for_effect(CASE, ["accepted"])
        superior.moods.append("refuse")
        work(street)
        street.recorded(("accepted", "delivered"), ("handled", "refused"))
        refused = street.sees()
        assert (refused["state"], refused["upstream_refusal"]) == ("dispatched", "上级拒收反馈：材料不全，请补充照片")

        street.does("report_handled", "handler", task_id="T1", result="已清理，附照片", after=[street.stores(PHOTO)])
        superior.wait_for_effect(CASE, ["accepted", "handled"])
        moved = {"deadlineDate": "2026-11-28 18:00:00"}
        failed = moved | {"orderState": "退回重办", "rehandleReason": "货物又摆出", "updateTime": "2026-11-25 10:00:00"}
        assert street.hears(**failed, urgeOrderNum=1) == "revised"
        again = street.sees()
        assert (again["state"], again["tasks"][0]["state"], again["upstream_refusal"]) == ("dispatched", "rework", None)
        assert again["due_at"] == "2026-11-28T10:00:00Z"
        street.does("report_handled", "handler", task_id="T1", result="已清理并约谈")
        superior.wait_for_effect(CASE, ["accepted", "handled", "handled"])

        closed = moved | {"orderState": "已办结", "updateTime": "2026-11-26 10:00:00", "urgeOrderNum": 1}
        visited = {"visitTime": "2026-11-27 09:00:00", "visitResult": "满意", "visitIsSolved": "是"}
        assert street.hears(**closed) == "revised"
        assert street.sees()["state"] == "closed"
        assert street.hears(**closed) == "duplicate"
        assert street.hears(**closed | visited | {"updateTime": "2026-11-27 09:00:00"}) == "revised"
        assert street.hears(**failed | {"updateTime": "2026-11-25 12:00:00"}) == "late"
        assert street.sees()["state"] == "closed"
        told = [one.removeprefix("upstream_") for one in street.told() if one.startswith("upstream_")]
        assert told == [
            "message_delivered", "message_refused", "message_delivered", "deadline_changed", "urged", "failed_verification",
            "message_delivered", "closed", "revisited",
        ]  # fmt: skip


def test_a_case_that_is_not_ours_goes_back_and_comes_again(installation, superior, tokens):
    with installation.serving() as client:
        street = Street(client, tokens)
        street.hears()
        assert street.does("return_case", "shift_leader", reason="不属本区管辖") == "sent_back"
        superior.wait_for_effect(CASE, ["returned"])
        assert superior.messages[0]["content"] == {"reason": "不属本区管辖"}
        street.hears(updateTime="2026-11-24 10:00:00", urgeOrderNum=1)  # it has not looked at the return yet
        assert street.sees()["state"] == "sent_back"
        street.hears(updateTime="2026-11-24 11:00:00", dispatchTime="2026-11-24 11:00:00", urgeOrderNum=1)
        assert street.sees()["state"] == "received"
        assert "upstream_assigned" in street.told()


def test_the_command_line_shows_and_settles_what_is_stuck(installation, superior, tokens):
    superior.stop()
    try:
        with installation.serving() as client:
            street = Street(client, tokens)
            admitted(street)
            until(
                lambda: [one for one in street.get("/v1/outbox")["items"] if one["attempts"]],
                "a message that was tried",
            )
            ready = client.get("/health/ready").json()
            assert ready["ready"] is True
            assert "hotline: 1 wait" in ready["parts"]["outbox"]["sentence"]
            (listed,) = installation.here.ask("outbox", "list", "--state", "waiting")["items"]
            assert "没有应答" in listed["last_error"]
            shown = installation.here.ask("outbox", "show", listed["position"])
            assert shown["content"] == {"note": ""}
            findings = installation.here.ask("doctor", code=None)["items"]
            assert any(one["part"] == "upstream" and "tried in vain" in one["sentence"] for one in findings)
            assert any(one["part"] == "upstream" and "digital_city" in one["sentence"] for one in findings)
            superior.moods.append("refuse")
            superior.start()
            street.recorded(("accepted", "refused"))
            (again,) = installation.here.ask("outbox", "retry", listed["position"])["items"]
            assert (again["state"], again["round"]) == ("waiting", 1)
            superior.wait_for_effect(CASE, ["accepted"])
            street.recorded(("accepted", "delivered"))
            refused = installation.here.run("outbox", "set-aside", listed["position"], "--reason", "已电话告知", code=1)
            assert refused == ""
            assert "已送达" in installation.here.run("outbox", "list")
    finally:
        if superior.is_down:
            superior.start()
