"""What the API's documentation says beyond what the code itself shows: problems, bodies, examples, tags."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from jiedao.entrypoints.http.place_models import ProblemAnswer
from jiedao.entrypoints.http.problems import KINDS, MEDIA_TYPE

DESCRIPTION = """
街道综合指挥平台：各来源的上报成为事件，判定管辖街道，进入该街道四个平台的任务队列；全过程留痕。

Reports from every source become incidents, are matched to the street whose jurisdiction holds them, and stand in the
queues of that street's four work platforms. Everything that happened is an event and can be read back.

* 访问令牌 **Tokens**: `Authorization: Bearer jd_…`; everything but health and this documentation needs one.
* 错误 **Errors** are problem documents (RFC 9457) in English and Chinese; `errors` points to each bad field.
* 分页 **Pages** go on with `cursor` = `next_cursor` of the page before, with the same filters.
* 读己之写 **Read your writes**: pass the `position` of a push as `min_position`.
* 回看 **As of**: incidents, queues, counts and indicators can be asked as of any past position or time.
"""

TAGS: list[dict[str, Any]] = [
    {"name": "上报 Reports", "description": "来源推送与对账 Sources push, and reconcile."},
    {"name": "事件 Incidents", "description": "事件现状与全过程 As they stand, and their whole story."},
    {"name": "办理 Commands", "description": "人员对事件所做的事 What people do with an incident."},
    {"name": "重复与一事多诉 Duplicates", "description": "疑似重复与一事多诉 What may be one happening."},
    {"name": "任务队列 Queues", "description": "街道 × 平台 Street × platform, now or as of the past."},
    {"name": "考核评议 Indicators", "description": "比率及其分子、分母、公式 Rates, with their formulas."},
    {"name": "值班 Duty", "description": "值班表与交接班 Rosters and shift handovers."},
    {"name": "死信 Dead letters", "description": "无法识别、待人工处理的记录 Records that could not be read."},
    {"name": "上级报文 Outbox", "description": "报送上级平台的报文 Messages to superior platforms, and their answers."},
    {"name": "街道与辖区 Streets and boundaries", "description": "街道、边界、坐标判定。"},
    {"name": "派单规则 Routing", "description": "现行规则与试算 The rules in force, and trying them."},
    {
        "name": "审计 Audit",
        "description": "重放、检索、访问记录、抽样、检查点与证明 Replay, events, who looked, samples, proofs.",
    },
    {
        "name": "个人信息删除 Privacy",
        "description": "删除上报人信息，双人审批 Forgetting a reporter, by two approvals.",
    },
    {"name": "文件 Files", "description": "照片与附件，按内容哈希 Photos and attachments, by content hash."},
    {"name": "运行状态 Service", "description": "存活、就绪、指标 Liveness, readiness, metrics."},
]

_Responses = dict[int | str, dict[str, Any]]


def problems(*statuses: int) -> _Responses:
    """Document that a route answers these statuses with problem documents."""
    described: _Responses = {}
    for status in statuses:
        kinds = {code: kind for code, kind in KINDS.items() if kind.status == status}
        described[status] = {
            "model": ProblemAnswer,
            "description": "；".join(f"{kind.title_zh} {kind.title}" for kind in kinds.values()),
            "content": {MEDIA_TYPE: {"examples": {code: {"value": problem_example(code)} for code in kinds}}},
        }
    return described


def problem_example(code: str) -> dict[str, object]:
    """Return a problem document of a kind, as it looks."""
    kind = KINDS[code]
    example: dict[str, object] = {
        "type": f"urn:jiedao:problem:{code}",
        "title": kind.title,
        "title_zh": kind.title_zh,
        "status": kind.status,
        "detail": _DETAILS.get(code, kind.title),
        "instance": "urn:jiedao:request:6f1c0e5d2b7a4a0f8a3c9d1e5b7f2a64",
    }
    if code == "unreadable_record":
        example["errors"] = [
            {"pointer": "/order_no", "detail": "the source's own number is missing", "in": "body"},
            {"pointer": "/call_time", "detail": "the time is in no form that is read here", "in": "body"},
        ]
        example |= {"reason": "id_missing", "reason_label": "缺少编号", "recorded": True}
        example["dead_letter_id"] = "0b9f2c1e-8d54-5c1b-9a0e-3f6d7c2b1a90"
    if code == "invalid_parameter":
        example["errors"] = [
            {"pointer": "/limit", "detail": "Input should be less than or equal to 500", "in": "query"}
        ]
    return example


_DETAILS: Mapping[str, str] = {
    "unreadable_record": "the source's own number is missing",
    "invalid_parameter": "/limit: Input should be less than or equal to 500",
    "not_allowed": "this token is not for this source",
    "unauthenticated": "this token is not known, has expired, or was revoked; ask an administrator for a new one",
}

PROBLEMS = problems(401, 403, 404, 503)
"""What every route under a token may answer."""

_HOTLINE = {
    "order_no": "330103202611240001",
    "order_source": "电话",
    "title": "沿街商铺占道经营",
    "case_content": "朝晖路与再行路口，商铺占用人行道堆放货物。",
    "address_detail": "朝晖街道朝晖路 182 号",
    "case_lnglat": "120.1694,30.2856",
    "case_accord_type_one_name": "城乡建设",
    "case_accord_type_two_name": "市容管理",
    "case_accord_type_three_name": "占道经营",
    "case_is_urgent": "0",
    "call_time": "2026-11-24 09:30:00",
}
_CITY_BRAIN = {"event_id": "CB-20261124-0001", "title": "河道垃圾", "lng": 120.1694, "lat": 30.2856}

_NDJSON = "".join(
    json.dumps(_HOTLINE | {"order_no": number}, ensure_ascii=False) + "\n"
    for number in ("330103202611240001", "330103202611240002")
)
_ALARM = """<?xml version="1.0" encoding="GB2312"?>
<Notify>
<CmdType>Alarm</CmdType>
<SN>1041</SN>
<DeviceID>33010306001320000001</DeviceID>
<AlarmPriority>2</AlarmPriority>
<AlarmMethod>5</AlarmMethod>
<AlarmTime>2026-11-24T09:30:00</AlarmTime>
<AlarmDescription>占道经营</AlarmDescription>
</Notify>
"""
_TABLE = """编号,标题,描述,上报时间,更新时间,经度,纬度,地址,街道,分类编码
XC-0001,共享单车乱停放,堵住盲道,2026-11-24 09:30:00,,120.1694,30.2856,朝晖路 182 号,朝晖街道,
"""


def _text(source: str, summary: str, example: str) -> dict[str, object]:
    return {"schema": {"type": "string"}, "examples": {source: {"summary": summary, "value": example}}}


REPORTS_BODY: Mapping[str, object] = {
    "required": True,
    "description": "来源自身格式的一条或一批记录 One record or a batch in the source's own shape.",
    "content": {
        "application/json": {
            "schema": {"oneOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}]},
            "examples": {
                "hotline": {"summary": "12345 工单 One hotline order", "value": _HOTLINE},
                "batch": {
                    "summary": "一批 A batch",
                    "value": [_CITY_BRAIN, _CITY_BRAIN | {"event_id": "CB-20261124-0002"}],
                },
            },
        },
        "application/x-ndjson": _text("hotline", "一行一条 One hotline order a line", _NDJSON),
        "application/xml": _text("video", "GB/T 28181 报警 An alarm of GB/T 28181", _ALARM),
        "text/csv": _text("csv", "表格一行一条 A table, one record a row", _TABLE),
    },
}

REPORTS_EXAMPLE: dict[str, Any] = {
    "content": {
        "application/json": {
            "example": {
                "source": "hotline",
                "recorded": True,
                "received": 1,
                "counts": {"accepted": 1},
                "position": 1042,
                "results": [
                    {
                        "index": 0,
                        "outcome": "accepted",
                        "outcome_label": "已接收",
                        "external_id": "330103202611240001",
                        "revision": 1,
                        "incident_id": "5a4c6a34-2f0f-5f0a-9c0e-6d0a0c1f9b11",
                        "dead_letter_id": None,
                        "street_code": "330103006",
                        "street_name": "朝晖街道",
                        "platform": "enforcement",
                        "state": "received",
                        "flags": [],
                        "reason": None,
                        "reason_label": None,
                        "detail": None,
                        "pointer": None,
                        "faults": [],
                        "position": 1042,
                    }
                ],
            }
        }
    }
}

FILE_BODY: Mapping[str, object] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"}},
            }
        },
        "image/jpeg": {"schema": {"type": "string", "contentMediaType": "image/jpeg"}},
        "application/pdf": {"schema": {"type": "string", "contentMediaType": "application/pdf"}},
    },
}
