"""What happens between us and a superior platform, told in one sentence each, written by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from jiedao.domain import upstream_events as happened
from jiedao.domain.context import EventContext
from jiedao.domain.workflow_events import WorkflowEvent
from projections.telling import TELLINGS
from projections.telling_upstream import told_refusals

AT = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
MESSAGE = {"message_id": UUID(int=1), "owed_at": 7, "kind": "handled"}
TOLD = {
    "退回上级平台：理由 属邻区": (happened.CaseSentBack, {}, "属邻区"),
    "反馈已送达上级平台，上级回执号 R0001": (happened.UpstreamMessageDelivered, MESSAGE | {"reference": "R0001"}, None),
    "签收已送达上级平台": (happened.UpstreamMessageDelivered, MESSAGE | {"kind": "accepted", "reference": None}, None),
    "上级平台拒收反馈，须人工处理：缺少照片（E102）": (
        happened.UpstreamMessageRefused, MESSAGE | {"reason": "缺少照片", "code": "E102"}, None,
    ),
    "上级平台拒收答复，须人工处理：格式有误": (
        happened.UpstreamMessageRefused, MESSAGE | {"kind": "replied", "reason": "格式有误", "code": ""}, None,
    ),
    "反馈原样重新报送上级平台": (happened.UpstreamMessageRetried, MESSAGE, None),
    "反馈不再报送上级平台：理由 已电话告知": (happened.UpstreamMessageSetAside, MESSAGE, "已电话告知"),
    "上级平台再次派发": (happened.UpstreamAssigned, {"note": ""}, None),
    "上级平台核查通过：整洁": (happened.UpstreamVerified, {"note": "整洁"}, None),
    "上级平台核查不通过，返工：仍有残留": (happened.UpstreamFailedVerification, {"note": "仍有残留"}, None),
    "上级平台结案": (happened.UpstreamClosed, {"note": ""}, None),
    "上级平台撤回案件：重复派单": (happened.UpstreamWithdrawn, {"note": "重复派单"}, None),
    "上级平台回访，未解决，不满意：垃圾还在": (
        happened.UpstreamRevisited, {"resolved": False, "satisfied": False, "note": "垃圾还在"}, None,
    ),
    "上级平台将期限由 无 改为 2026-11-25T01:00:00+00:00": (
        happened.UpstreamDeadlineChanged, {"before": None, "deadline": AT}, None,
    ),
    "上级平台催办，累计 3 次": (happened.UpstreamUrged, {"times": 3}, None),
    "上级平台督办": (happened.UpstreamSupervised, {"note": ""}, None),
}  # fmt: skip


@pytest.mark.parametrize("sentence", TOLD)
def test_an_event_is_told_in_one_sentence(sentence):
    kind, fields, reason = TOLD[sentence]
    context = EventContext("system:outbox", "administrator", UUID(int=2), "test", reason)
    event = kind(originator_id=UUID(int=2), originator_version=3, timestamp=AT, context=context, **fields)
    telling = TELLINGS[kind.TOPIC]
    assert telling.sentence(event) == sentence
    assert telling.inputs(event) == fields


def test_every_event_between_us_and_superiors_is_told_above():
    ours = {one.TOPIC for one in WorkflowEvent.__subclasses__() if one.__module__ == happened.__name__}
    assert {kind.TOPIC for kind, _fields, _reason in TOLD.values()} == ours


def test_refusals_are_told_in_one_sentence():
    assert told_refusals({}) is None
    assert (
        told_refusals({"returned": "属你街道", "replied": "格式有误"})
        == "上级拒收退回：属你街道；上级拒收答复：格式有误"
    )
