"""What our events owe a superior platform, and that it is the same whenever it is made."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from jiedao.domain.report import Sealed, UpstreamCase
from jiedao.domain.upstream_messages import owed
from tests.workflow_samples import GREENING, MORNING, dispatched, filed, handled, received


def kinds(life):
    return [message.kind.value for message in owed(life.read_back())]


def test_admitting_handling_and_replying_are_owed_in_order():
    assert kinds(handled("upstream").do("reply")) == ["accepted", "handled", "replied"]


def test_what_concerns_us_alone_is_not():
    life = (
        filed("upstream").do("urge").do("supervise").do("dispatch").do("accept").do("start").do("return").do("reassign")
    )
    assert kinds(life.do("intervene")) == ["accepted"]


def test_a_case_of_our_own_owes_nothing():
    assert kinds(handled().do("close").do("reply")) == []


def test_a_joint_operation_is_reported_once_when_everybody_has():
    life = dispatched("upstream").do("dispatch", assignee=GREENING).task("T1", "accept", "report_handled")
    assert kinds(life) == ["accepted"]
    *_before, message = owed(life.task("T2", "accept").do("report_handled", task_id="T2", result="已补植").read_back())
    told = [(one["assignee"], one["result"]) for one in message.content["results"]]
    assert told == [("朝晖街道综合行政执法平台", "已清理"), ("区园林绿化局", "已补植")]


def test_what_was_reassigned_is_not_reported():
    life = dispatched("upstream").do("reassign").task("T2", "accept", "report_handled")
    *_before, message = owed(life.read_back())
    assert [one["assignee"] for one in message.content["results"]] == ["区园林绿化局"]


def test_more_time_is_asked_of_the_superior():
    life = received("upstream")
    hears(life, deadline=MORNING + timedelta(days=2))
    life.do("admit").do("dispatch").do("accept").do("ask_extension", length="1工作日", reason="需跨夜施工")
    *_before, message = owed(life.read_back())
    assert message.kind.value == "extension_asked"
    assert message.content == {"length": "1工作日", "reason": "需跨夜施工", "due_at": "2026-11-27T01:00:00+00:00"}


def hears(life, deadline):
    """The superior sends a revision with a deadline."""
    report = replace(life.incident.report, revision=2, upstream=UpstreamCase("案卷-1", deadline))
    context = life.context("source:hotline", "integrator")
    life.incident.revise(report=report, raw=Sealed("A256GCM", "k", "c"), reporter=None, context=context, at=life.now)
    life.events += life.incident.collect_events()


def test_a_case_returned_says_why():
    (message,) = owed(received("upstream").do("return_case", reason="属邻区").read_back())
    assert (message.kind.value, message.content) == ("returned", {"reason": "属邻区"})


def test_a_message_is_the_same_whenever_it_is_made():
    life = handled("upstream")
    first = list(owed(life.read_back()))
    assert list(owed(life.do("reply").read_back()))[: len(first)] == first
    assert len({message.message_id for message in owed(life.read_back())}) == 3


def test_nothing_comes_of_nothing():
    assert list(owed([])) == []
