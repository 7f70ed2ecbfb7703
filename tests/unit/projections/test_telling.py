"""What each event that people's commands cause is told as, written by hand."""

from __future__ import annotations

import pytest

from jiedao.domain.workflow_events import Admitted, WorkflowEvent
from projections.telling import TELLINGS
from tests.workflow_samples import ENFORCEMENT, GREENING, Life, dispatched, filed, handled, received

TOLD = {
    "受理": lambda: received().do("admit"),
    "受理，上级平台已立案：转派": lambda: received("upstream").do("admit", note="转派"),
    "不予受理：理由 不属本区": lambda: received().do("decline"),
    "核实，属实，照片 1 张": lambda: received().do("admit").do("confirm", photos=("ab",)),
    "核实，不属实：现场无人": lambda: received().do("admit").do("confirm", found=False, note="现场无人"),
    "立案：符合条件": lambda: received().do("admit").do("file", note="符合条件"),
    "不予立案：理由 不符合立案条件": lambda: received().do("admit").do("reject"),
    "即查即结：当场劝离": lambda: received().do("settle_on_spot"),
    "作废：理由 误报": lambda: received().do("void"),
    "派遣任务 T1 给 朝晖街道综合行政执法平台（街道平台）：限今日": lambda: filed().do("dispatch", note="限今日"),
    "派遣任务 T1 给 区园林绿化局（职能部门）": lambda: filed().do("dispatch", assignee=GREENING),
    "改派任务 T1 给 区园林绿化局（职能部门），新任务 T2：理由 属园林职责": lambda: dispatched().do("reassign"),
    "签收任务 T1": lambda: dispatched().do("accept"),
    "退回任务 T1：理由 非本单位职责": lambda: dispatched().do("return"),
    "开始处置任务 T1：已到场": lambda: dispatched().do("accept").do("start", note="已到场"),
    "反馈任务 T1：已清理，照片 3 张": lambda: (
        dispatched().do("accept").do("report_handled", before=("a", "b"), after=("c",))
    ),
    "核查任务 T1，通过": handled,
    "核查任务 T1，不通过，返工：仍有残留": lambda: dispatched().task("T1", "accept", "report_handled", "fail"),
    "结案，确认符合结案条件“道路恢复通行”": lambda: handled().do("close"),
    "答复上报人：已处置完毕": lambda: received().do("reply"),
    "回访，已解决，满意": lambda: handled().do("close").do("revisit"),
    "回访，未解决，不满意：垃圾还在": lambda: (
        handled().do("close").do("revisit", resolved=False, satisfied=False, note="垃圾还在")
    ),
    "回访，是否解决不详，未取得评价": lambda: (
        handled().do("close").do("revisit", resolved=None, satisfied=None)
    ),
    "重办：理由 问题再现": lambda: handled().do("close").do("reopen"),
    "挂账，批准人 分管副主任：理由 需跨季施工": lambda: dispatched().do("suspend"),
    "恢复": lambda: dispatched().do("suspend").do("resume"),
    "督办：区长批示": lambda: dispatched().do("supervise", note="区长批示"),
    "催办": lambda: dispatched().do("urge"),
    "干预留痕：某经营户亲属，要求从轻": lambda: Life().do("intervene"),
}  # fmt: skip


@pytest.mark.parametrize("sentence", TOLD)
def test_an_event_is_told_in_one_sentence(sentence):
    event = TOLD[sentence]().last
    assert TELLINGS[event.TOPIC].sentence(event) == sentence


def test_every_event_of_the_workflow_is_told_above():
    by_commands = {one.TOPIC for one in WorkflowEvent.__subclasses__() if one.__module__ == Admitted.__module__}
    assert {type(make().last).TOPIC for make in TOLD.values()} == by_commands


def test_the_inputs_are_what_the_event_says_and_nothing_else():
    event = filed().do("dispatch").last
    assert TELLINGS[event.TOPIC].inputs(event) == {"task_id": "T1", "assignee": ENFORCEMENT, "note": ""}
    assert TELLINGS[(returned := dispatched().do("return").last).TOPIC].inputs(returned) == {"task_id": "T1"}
