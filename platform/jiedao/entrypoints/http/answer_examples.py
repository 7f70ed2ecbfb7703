"""Whole answers as they really look, for the documentation of routes whose shape alone says little (应答示例)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

JSON = "application/json"

_INCIDENT = "5a4c6a34-2f0f-5f0a-9c0e-6d0a0c1f9b11"
_BOUNDARIES = {"version": "330103-approximate-2020", "approximate": True}
_DELIVERY = {
    "entry": 1,
    "external_id": "CSDN-20261124-000031",
    "revision": 1,
    "outcome": "accepted",
    "transport": "http",
    "origin": "http:3331b2ca459444f99efc3635d4da57d3#0",
    "received_at": "2026-11-24T13:05:31.168270Z",
    "recorded_at": "2026-11-24T13:05:31.254634Z",
    "incident_id": _INCIDENT,
    "dead_letter_id": None,
    "content_mac": "cad0acfb8fc77bd74573d7c0913ae53330b39bb2f3136ebe69ce3813b2832b0a",
}
_DECIDED = {
    "position": 1042,
    "version": 2,
    "event": "jurisdiction_decided",
    "label": "管辖判定",
    "summary": "归属街道 天水街道 330103003（来源指定；边界版本 330103-approximate-2020）",
    "occurred_at": "2026-11-24T13:05:31.201906Z",
    "recorded_at": "2026-11-24T13:05:31.254634Z",
    "actor": "source:city_brain",
    "role": "integrator",
    "reason": None,
    "correlation_id": _INCIDENT,
    "causation_id": "batch:92d80326-050e-4fdd-bb2b-5e82f4de008d",
    "transport": "http",
    "origin": "http:3331b2ca459444f99efc3635d4da57d3#0",
    "corrects": None,
    "corrected_by": [],
    "inputs": {
        "method": "asserted",
        "street_code": "330103003",
        "boundary_set": "330103-approximate-2020",
        "community_code": "330103003053",
    },
}
_INCIDENT_AS_IT_STANDS = {
    "incident_id": _INCIDENT,
    "source": "city_brain",
    "source_label": "城市大脑",
    "external_id": "CSDN-20261124-000031",
    "revision": 1,
    "channel": "城市大脑",
    "lifecycle": "own",
    "upstream_case": None,
    "state": "received",
    "state_label": "已登记",
    "street_code": "330103003",
    "street_name": "天水街道",
    "platform": "enforcement",
    "platform_label": "综合行政执法",
    "department": "街道综合行政执法队",
    "class_code": "E0401",
    "class_name": "无照经营游商",
    "source_class": "ga1400:661",
    "class_method": "source_code",
    "class_table": "330103-2026.1@a2ad47c6277e",
    "priority": 3,
    "due_at": "2026-11-25T01:30:00Z",
    "due_provisional": False,
    "due_clock": "filing",
    "due_label": "立案时限",
    "title": "无照经营游商",
    "description": "路口有人摆摊",
    "address": "环北新村社区 3 幢南侧",
    "lon": None,
    "lat": None,
    "jurisdiction_method": "asserted",
    "jurisdiction_label": "来源指定",
    "boundary_set": "330103-approximate-2020",
    "edge_distance_m": None,
    "community_code": "330103003053",
    "flags": [],
    "reported_at": "2026-11-24T13:05:30Z",
    "happened_at": None,
    "received_at": "2026-11-24T13:05:31.254634Z",
    "first_position": 1041,
    "last_position": 1044,
    "version": 4,
    "time_limit": "2紧急工作时",
    "tags": [],
    "routing_rule": None,
    "routing_rules": "330103-2026.1@0ef00877ba15",
    "matters": [],
    "maintaining_unit": None,
    "filing_condition": "公共场所流动摊贩",
    "closing_condition": "取缔",
    "tasks": [],
    "arrangements": {
        "merged_into": None,
        "duplicates": [],
        "transfer": None,
        "extensions": [],
        "appeals": [],
        "holds": [],
    },
    "upstream_refusal": None,
    "filing_due_at": "2026-11-25T01:30:00Z",
    "handling_due_at": None,
    "closing_due_at": None,
}
_IN_QUEUES = {
    "code": "330103006",
    "name": "朝晖街道",
    "platforms": {"governance": 1, "market": 0, "enforcement": 3, "service": 2},
    "triage": 1,
    "total": 7,
}
_POLYGON = {
    "type": "Polygon",
    "coordinates": [[[120.165, 30.263], [120.174, 30.260], [120.174, 30.272], [120.165, 30.263]]],
}

ANSWER_EXAMPLES: Mapping[tuple[str, str, str], object] = MappingProxyType(
    {
        ("/v1/sources/{source}/reconciliation", "200", JSON): {
            "source": "city_brain",
            "date": "2026-11-24",
            "timezone": "Asia/Shanghai",
            "since": "2026-11-24T00:00:00+08:00",
            "until": "2026-11-25T00:00:00+08:00",
            "received": 1,
            "accepted": 1,
            "revised": 0,
            "late": 0,
            "duplicate": 0,
            "dead": 0,
            "records": {"accepted": [_DELIVERY], "revised": [], "late": [], "duplicate": [], "dead": []},
            "next_cursor": None,
        },
        ("/v1/sources/{source}/reports/{external_id}", "200", JSON): {
            "source": "city_brain",
            "external_id": "CSDN-20261124-000031",
            "incident_id": _INCIDENT,
            "deliveries": [_DELIVERY],
        },
        ("/v1/incidents/{incident_id}", "200", JSON): _INCIDENT_AS_IT_STANDS,
        ("/v1/incidents/{incident_id}/history", "200", JSON): {
            "incident_id": _INCIDENT,
            "deliveries": [_DELIVERY],
            "events": [_DECIDED],
            "incident": _INCIDENT_AS_IT_STANDS,
        },
        ("/v1/incidents/{incident_id}/commands", "200", JSON): {
            "incident_id": _INCIDENT,
            "allowed": [{"command": "decide_class", "label": "判定分类"}, {"command": "urge", "label": "催办"}],
        },
        ("/v1/queues", "200", JSON): {
            "district_code": "330103",
            "district_name": "下城区",
            "boundaries": _BOUNDARIES,
            "platforms": [{"code": "governance", "label": "综治工作"}, {"code": "market", "label": "市场监管"}],
            "streets": [_IN_QUEUES],
            "district": {**_IN_QUEUES, "code": "", "name": "下城区"},
            "total": 14,
            "triage": 2,
            "position": 1044,
        },
        ("/v1/streets", "200", JSON): {
            "district_code": "330103",
            "district_name": "下城区",
            "city": "杭州市",
            "boundaries": _BOUNDARIES,
            "streets": [{"code": "330103006", "name": "朝晖街道", "communities": 12}],
        },
        ("/v1/boundaries", "200", "application/geo+json"): {
            "type": "FeatureCollection",
            "version": "330103-approximate-2020",
            "effective_from": "2020-06-30",
            "approximate": True,
            "notice": "边界为近似示意，不作为管辖依据。",
            "features": [
                {
                    "type": "Feature",
                    "properties": {"code": "330103001", "name": "长庆街道", "approximate": True},
                    "geometry": _POLYGON,
                }
            ],
        },
        ("/v1/boundaries/versions", "200", JSON): {
            "versions": [
                {
                    **_BOUNDARIES,
                    "effective_from": "2020-06-30",
                    "content_sha256": "5de1b25391e68dc39d5ee898144de0f3aef515a944302d4834855629214409d8",
                    "origin": "profile:330103",
                    "in_force": True,
                }
            ]
        },
        ("/v1/jurisdiction", "200", JSON): {
            "street_code": "330103006",
            "street_name": "朝晖街道",
            "method": "polygon",
            "method_label": "坐标落入辖区",
            "lon": 120.16533493,
            "lat": 30.28234667,
            "edge_distance_m": 268.71,
            "candidates": [],
            "community_code": None,
            "boundaries": _BOUNDARIES,
            "note": None,
        },
        ("/health/live", "200", JSON): {"alive": True, "version": "0.1.0"},
        ("/health/ready", "200", JSON): {
            "ready": True,
            "parts": {
                "database": {"ok": True, "sentence": "answers"},
                "projections": {"ok": True, "sentence": "at position 1044 of 1044"},
            },
        },
        ("/health/ready", "503", JSON): {
            "ready": False,
            "parts": {"database": {"ok": False, "sentence": "the database does not answer"}},
        },
        ("/metrics", "200", "text/plain"): (
            "# TYPE jiedao_intake_records_total counter\n"
            'jiedao_intake_records_total{outcome="accepted",source="hotline"} 52.0\n'
        ),
    }
)
"""Path, status and media type → an answer of that route's (GET) as it looks."""
