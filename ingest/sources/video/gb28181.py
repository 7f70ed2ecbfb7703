"""Reads alarm notifications of GB/T 28181 platforms (2016, A.2.5): XML with the root ``Notify`` and the command Alarm.

The standard gives an alarm no number. Here it is known by its device, its time, its method and its type; the sequence
number ``SN`` is left out, because it counts messages: an alarm that a device sends again is the same alarm.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from types import MappingProxyType

from ingest.sources.reading.aliases import Aliases
from ingest.sources.reading.faults import UNREAD, UnreadableError
from ingest.sources.reading.json_fields import Fields
from ingest.sources.reading.notes import Notes
from ingest.sources.reading.texts import MAX_DESCRIPTION
from ingest.sources.reading.times import TimeReader
from ingest.sources.video.alarms import Alarm, checked_number

NOTIFY: Aliases = Aliases(
    {
        "command": ("CmdType",),
        "device": ("DeviceID",),
        "priority": ("AlarmPriority",),
        "method": ("AlarmMethod",),
        "happened_at": ("AlarmTime",),
        "description": ("AlarmDescription",),
        "lon": ("Longitude",),
        "lat": ("Latitude",),
        "type": ("AlarmType",),
        "information": ("Info",),
        "parameters": ("AlarmTypeParam",),
        "movement": ("EventType",),
    }
)
"""Our names of fields of the notification, of its ``Info``, and of the ``AlarmTypeParam`` in that."""

METHODS: Mapping[str, str] = MappingProxyType(
    {
        "1": "电话报警",
        "2": "设备报警",
        "3": "短信报警",
        "4": "GPS报警",
        "5": "视频报警",
        "6": "设备故障报警",
        "7": "其他报警",
    }
)
"""``AlarmMethod`` → its name in the standard."""

TYPES: Mapping[str, str] = MappingProxyType(
    {
        "2/1": "视频丢失报警",
        "2/2": "设备防拆报警",
        "2/3": "存储设备磁盘满报警",
        "2/4": "设备高温报警",
        "2/5": "设备低温报警",
        "5/1": "人工视频报警",
        "5/2": "运动目标检测报警",
        "5/3": "遗留物检测报警",
        "5/4": "物体移除检测报警",
        "5/5": "绊线检测报警",
        "5/6": "入侵检测报警",
        "5/7": "逆行检测报警",
        "5/8": "徘徊检测报警",
        "5/9": "流量统计报警",
        "5/10": "密度检测报警",
        "5/11": "视频异常检测报警",
        "5/12": "快速移动报警",
        "6/1": "存储设备磁盘故障报警",
        "6/2": "存储设备风扇故障报警",
    }
)
"""``AlarmMethod/AlarmType`` → its name in the standard."""

MOVEMENTS: Mapping[str, str] = MappingProxyType({"1": "进入区域", "2": "离开区域"})
"""``EventType`` of an intrusion → what it says."""

_ROOT = "Notify"
_ALARM = "Alarm"
_HIGHEST = "1"


class Gb28181Reader:
    """Reads notifications."""

    def __init__(self, scheme: str, times: TimeReader) -> None:
        self._scheme = scheme
        self._times = times

    def read(self, root: str, content: Mapping[str, object], notes: Notes) -> Alarm:
        """Read one notification; raises UnreadableError for other commands than Alarm."""
        notify = Fields(content, NOTIFY, notes)
        if root != _ROOT or notify.text("command") != _ALARM:
            raise UnreadableError("unknown_shape", "/CmdType", "only notifications of the command Alarm are read")
        information = _inner(notify, "information", notes)
        kind = notify.text("type") or information.text("type")
        method = notify.text("method")
        code = f"{method}/{kind}" if kind else method
        device = notify.text("device")
        number = self._number(notify, device, code, notes)
        notify.keep("priority")
        movement = _inner(information, "parameters", notes).text("movement")
        notes.keep("movement", MOVEMENTS.get(movement, movement))
        return Alarm(
            external_id=number,
            revision=1,
            scheme=self._scheme,
            code=code,
            name=TYPES.get(code) or METHODS.get(method, ""),
            camera_code=device,
            description=notify.text("description", MAX_DESCRIPTION, lines=True),
            lon=notify.find("lon"),
            lat=notify.find("lat"),
            happened_at=notify.find("happened_at"),
            urgent=notify.text("priority") == _HIGHEST,
        )

    def _number(self, notify: Fields, device: str, code: str, notes: Notes) -> str:
        """Make the number, ``64010000001340000001/20091204T082332Z/5/2``, and note it, or what it lacks."""
        if not device:
            notes.fault(UnreadableError("id_missing", notify.pointer("device")))
        moment = self._times.read(notify.find("happened_at"), notes)
        if moment is None:
            detail = "without its time an alarm cannot be told from the next one"
            notes.fault(UnreadableError("field_missing", notify.pointer("happened_at"), detail))
        if not device or moment is None:
            return UNREAD
        at = f"{moment.astimezone(UTC):%Y%m%dT%H%M%S}{f'.{moment.microsecond:06}' if moment.microsecond else ''}Z"
        return checked_number("/".join(part for part in (device, at, code) if part), notify.pointer("device"), notes)


def _inner(fields: Fields, field: str, notes: Notes) -> Fields:
    """Return the first element of that name that has elements of its own; the standard allows several."""
    for found in fields.items(field):
        if isinstance(found.value, dict):
            return Fields(found.value, NOTIFY, notes, found.pointer)
    return Fields({}, NOTIFY, notes)
