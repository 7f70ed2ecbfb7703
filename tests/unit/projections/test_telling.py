"""What each event that people's commands cause is told as, written by hand."""

from __future__ import annotations

import pytest

from jiedao.domain import upstream_events
from jiedao.domain.terms import HoldGround
from jiedao.domain.workflow_events import WorkflowEvent
from projections.telling import TELLINGS
from tests.workflow_samples import (
    COURT,
    ENFORCEMENT,
    GREENING,
    TRAFFIC_POLICE,
    Life,
    advised,
    dispatched,
    filed,
    handled,
    received,
)

LEGAL_HOLD = HoldGround.LEGAL_HOLD

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
    "保全：诉讼（（2026）浙0103行初12号）：理由 当事人起诉": lambda: handled().do("close").do("hold"),
    "解除保全：依法保全：理由 判决生效": lambda: (
        received().do("hold", ground=LEGAL_HOLD, reference="").do("release_hold", ground=LEGAL_HOLD)
    ),
    "更正第 1 条记录：地址应为朝晖路 203 号": lambda: dispatched().do("correct"),
    "干预留痕：某经营户亲属，要求从轻": lambda: Life().do("intervene"),
    "重办，待判定：理由 问题再现": lambda: Life().do("decline").do("reopen"),
    "二次派遣任务 T1 给 河西第三网格（网格员）": lambda: dispatched().task("T1", "accept", "redispatch"),
    "退回任务 T1，由 河西第三网格（网格员） 退给平台：理由 非本单位职责": lambda: (
        dispatched().task("T1", "accept", "redispatch", "return")
    ),
    "联合执法，牵头 任务 T1 朝晖街道综合行政执法平台（街道平台），配合 任务 T2 区园林绿化局（职能部门）": lambda: (
        filed().do("joint_operation")
    ),
    "申请延期任务 T1 2工作日：理由 需跨夜施工": lambda: dispatched().task("T1", "accept", "ask_extension"),
    "同意延期任务 T1 2工作日": lambda: dispatched().task("T1", "accept", "ask_extension", "grant_extension"),
    "不同意延期任务 T1 2工作日：理由 时间充足": lambda: (
        dispatched().task("T1", "accept", "ask_extension", "deny_extension")
    ),
    "移送给 文晖街道（其他街道），限 1工作日答复：理由 现场在文晖": lambda: filed().do("offer_transfer"),
    "接收移送：区交警大队（职能部门），任务 T1": lambda: (
        filed().do("offer_transfer", receiver=TRAFFIC_POLICE).do("accept_transfer")
    ),
    "接收移送：市中级人民法院（区外机关）：收文 2026-18": lambda: (
        filed().do("offer_transfer", receiver=COURT).do("accept_transfer", note="收文 2026-18")
    ),
    "拒收移送：文晖街道（其他街道）：理由 不属本街道": lambda: filed().do("offer_transfer").do("refuse_transfer"),
    "撤回移送：文晖街道（其他街道）：理由 经核属本街道": lambda: filed().do("offer_transfer").do("withdraw_transfer"),
    "任务 T1 超时未签收，顺延派给王强（user:wang），派办建议第 1 位（当班；无在办任务）：签收时限 1小时": lambda: (
        dispatched().offered_onward(advised("wang", "王强"))
    ),
    "任务 T1 超时未签收，无当班处置人员，报值班长李敏（user:li）：签收时限 1小时": lambda: dispatched().offered_onward(),
    "移送逾期未答复，退回派遣：文晖街道（其他街道）": lambda: filed().do("offer_transfer").lapse(),
    "并案，并入事件 hotline:2026-0002：理由 同一事项": lambda: received().do("merge"),
    "拆分，从事件 hotline:2026-0002 拆出：理由 并非同一事项": lambda: received().do("merge").do("unmerge"),
    "案情通报给 区交警大队：路口有流动摊贩": lambda: dispatched().do("notify"),
    "申诉（超时）：理由 期间连日暴雨": lambda: handled().do("close").do("appeal"),
    "复核申诉（超时），同意": lambda: handled().do("close").do("appeal").do("review_appeal"),
    "复核申诉（超时），不同意：无雨": lambda: (
        handled().do("close").do("appeal").do("review_appeal", granted=False, note="无雨")
    ),
}  # fmt: skip


@pytest.mark.parametrize("sentence", TOLD)
def test_an_event_is_told_in_one_sentence(sentence):
    event = TOLD[sentence]().last
    assert TELLINGS[event.TOPIC].sentence(event) == sentence


IN_THE_OTHER_STREAM = {
    "并案，事件 hotline:2026-0001 并入本事件：理由 同一事项": "jiedao.incident.duplicate_joined",
    "拆分，事件 hotline:2026-0001 从本事件拆出：理由 并非同一事项": "jiedao.incident.duplicate_left",
    "并案，随所并事件改并入 hotline:2026-0009：理由 同一事项": "jiedao.incident.merge_moved",
}


@pytest.mark.parametrize("sentence", IN_THE_OTHER_STREAM)
def test_a_merge_is_told_in_the_streams_of_all_that_it_moves(sentence):
    told = [TELLINGS[event.TOPIC].sentence(event) for event in merged_and_unmerged()]
    assert sentence in told


def merged_and_unmerged():
    """What others' streams hold after an incident joined one, left it, joined it again and went along to a third."""
    first, target = Life(), Life(number="2026-0002")
    last = Life(number="2026-0009")
    lives = [first, target, last]
    for life in lives:
        life.others = {one.incident.id: one.incident for one in lives}
    first.do("merge", into=target.incident.id).do("unmerge").do("merge", into=target.incident.id)
    target.do("merge", into=last.incident.id, with_merged=True)
    return [event for life in lives for event in life.met]


def test_every_event_of_the_workflow_is_told_above():
    told = {type(make().last).TOPIC for make in TOLD.values()} | set(IN_THE_OTHER_STREAM.values())
    assert told == {one.TOPIC for one in WorkflowEvent.__subclasses__() if one.__module__ != upstream_events.__name__}


def test_the_inputs_are_what_the_event_says_and_nothing_else():
    event = filed().do("dispatch").last
    assert TELLINGS[event.TOPIC].inputs(event) == {"task_id": "T1", "assignee": ENFORCEMENT, "note": ""}
    assert TELLINGS[(returned := dispatched().do("return").last).TOPIC].inputs(returned) == {"task_id": "T1"}
