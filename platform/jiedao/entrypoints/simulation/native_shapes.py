"""How each source writes a happening down: the native messages that a simulated source sends.

They are read by the real adapters, so what an adapter documents is all that may stand here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from jiedao.domain.profile import SourceSettings
from jiedao.entrypoints.simulation.happenings import Happening
from jiedao.geo.crs import from_wgs84

Shape = Callable[[Happening, SourceSettings], Mapping[str, object]]

_LEVELS = ("one", "two", "three", "four", "five")


def native_message(happening: Happening, source: SourceSettings) -> bytes:
    """Return a happening as its source would send it."""
    return json.dumps(SHAPES[source.adapter](happening, source), ensure_ascii=False).encode()


def superiors_word(happening: Happening, source: SourceSettings, word: str, at: datetime) -> bytes:
    """Return a superior platform's later record of its case, in which its stage is ``word`` since ``at``."""
    record = dict(SHAPES[source.adapter](happening, source))
    record |= {STAGES[source.adapter]: word, "update_time": _local(at, source)}
    return json.dumps(record, ensure_ascii=False).encode()


def _number(happening: Happening, prefix: str) -> str:
    return f"{prefix}{happening.at:%Y%m%d}{happening.number:07}"


def _local(moment: datetime, source: SourceSettings) -> str:
    return f"{moment.astimezone(ZoneInfo(source.timezone)):%Y-%m-%d %H:%M:%S}"


def _point(happening: Happening, source: SourceSettings) -> tuple[float, float] | None:
    """The coordinates in the system that the source speaks."""
    if happening.lon is None or happening.lat is None:
        return None
    lon, lat = from_wgs84(happening.lon, happening.lat, source.crs)
    return round(float(lon), 6), round(float(lat), 6)


def _lon_lat(happening: Happening, source: SourceSettings, names: tuple[str, str]) -> Mapping[str, object]:
    point = _point(happening, source)
    return dict(zip(names, point, strict=True)) if point else {}


def _person(happening: Happening) -> tuple[str, str]:
    """A caller: the name says that it is none, the number is in no one's range."""
    return f"示例{happening.number % 97}", f"1000{happening.number % 10**7:07}"


def _form(happening: Happening, source: SourceSettings) -> Mapping[str, object]:
    name, phone = _person(happening)
    return {
        "id": _number(happening, "DJ"),
        "title": happening.title,
        "description": f"网格员登记：{happening.title}",
        "class_code": happening.source_class,
        "address": happening.address,
        "reported_at": happening.at.isoformat(),
        "reporter": {"name": name, "phone": phone},
        **_lon_lat(happening, source, ("lon", "lat")),
    }


def _order(happening: Happening, source: SourceSettings) -> Mapping[str, object]:
    name, phone = _person(happening)
    point = _point(happening, source)
    path = happening.source_class.split("/")
    return {
        "order_no": _number(happening, "RX"),
        "title": happening.title,
        "case_content": f"来电反映{happening.title}，影响居民生活。",
        "address_detail": happening.address,
        "order_source": "电话",
        "call_time": _local(happening.at, source),
        "deadlineDate": _local(happening.at + timedelta(days=3), source),
        "callerName": name,
        "callerPhone": phone,
        **({"case_lnglat": f"{point[0]},{point[1]}"} if point else {}),
        **{f"case_accord_type_{level}_name": part for level, part in zip(_LEVELS, path, strict=False)},
    }


def _case(happening: Happening, source: SourceSettings) -> Mapping[str, object]:
    return {
        "task_number": _number(happening, "SZ"),
        "report_channel": "采集员上报",
        "class_code": happening.source_class,
        "title": happening.title,
        "description": f"巡查发现{happening.title}。",
        "address": happening.address,
        "report_time": _local(happening.at, source),
        "update_time": _local(happening.at, source),
        "stage": "派遣",
        "deadline": _local(happening.at + timedelta(days=2), source),
        **_lon_lat(happening, source, ("lon", "lat")),
    }


def _brain_event(happening: Happening, source: SourceSettings) -> Mapping[str, object]:
    return {
        "event_id": _number(happening, "CB"),
        "title": happening.title,
        "content": f"感知平台发现{happening.title}。",
        "event_type": happening.source_class,
        "address": happening.address,
        "report_time": happening.at.isoformat(),
        "revision": 1,
        **_lon_lat(happening, source, ("lng", "lat")),
    }


def _notification(happening: Happening, source: SourceSettings) -> Mapping[str, object]:
    local = happening.at.astimezone(ZoneInfo(source.timezone)).isoformat()
    event = {
        "eventId": _number(happening, "VD"),
        "eventType": happening.source_class,
        "happenTime": local,
        "srcIndex": happening.camera.code if happening.camera else "",
        "srcName": happening.camera.name if happening.camera else "",
        "srcType": "camera",
        "status": 0,
    }
    return {"method": "OnEventNotify", "params": {"ability": "event_rule", "events": [event], "sendTime": local}}


SHAPES: Mapping[str, Shape] = {
    "manual": _form,
    "hotline": _order,
    "digital_city": _case,
    "city_brain": _brain_event,
    "video": _notification,
}
"""Adapter → how its sources write."""

STAGES: Mapping[str, str] = {"hotline": "order_status", "digital_city": "stage"}
"""Adapter → where a superior platform writes the stage of its case."""
