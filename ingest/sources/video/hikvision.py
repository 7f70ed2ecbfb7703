"""Reads alarms of Hikvision platforms: the events of the message ``OnEventNotify``.

An event keeps its ``eventId`` while it goes on: that it began, pulsed, ended, or got its pictures later are revisions
of one report, by :data:`STATUSES`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple

from ingest.sources.reading.aliases import Aliases
from ingest.sources.reading.embedded import Lifted, is_photo
from ingest.sources.reading.faults import UNREAD, UnreadableError
from ingest.sources.reading.json_fields import Fields, Found
from ingest.sources.reading.links import MAX_LINK, read_attachments
from ingest.sources.reading.notes import Notes
from ingest.sources.reading.texts import MAX_DESCRIPTION
from ingest.sources.reading.times import TimeReader
from ingest.sources.video.alarms import Alarm
from jiedao.domain.report import Attachment
from jiedao.domain.terms import ReportFlag

EVENT: Aliases = Aliases(
    {
        "external_id": ("eventId",),
        "class_code": ("eventType",),
        "happened_at": ("happenTime", "startTime", "dateTime"),
        "camera_code": ("srcIndex", "cameraIndexCode", "cameraId"),
        "camera_name": ("srcName", "cameraName", "channelName"),
        "source_type": ("srcType",),
        "status": ("status",),
        "state": ("eventState",),
        "level": ("eventLvl", "eventLevel"),
        "name": ("eventName", "eventTypeName"),
        "description": ("eventDescription", "description", "remark"),
        "sent_at": ("sendTime", "recvTime"),
        "lon": ("longitude", "lon"),
        "lat": ("latitude", "lat"),
        "data": ("data",),
        "alarm": ("alarm",),
    }
)
"""Our names of fields of an event, of its ``data``, and of the ``alarm`` in that."""

IMAGES = frozenset(
    {"imageurl", "imageurls", "picurl", "picurls", "visiblepicurl", "backgroundurl", "bkgurl", "pictureurl", "image",
     "images", "imagedata", "picdata", "pic", "picture"}
)  # fmt: skip
"""The names under which pictures stand, anywhere in ``data``; in small letters, without ``_``."""


FIRST = 1


class Status(NamedTuple):
    """What a status means; ``order`` is the revision, ``None`` for news that may come again: it counts by its time."""

    label: str
    order: int | None


STATUSES: Mapping[str, Status] = MappingProxyType(
    {
        "0": Status("瞬时", FIRST),
        "1": Status("开始", FIRST),
        "3": Status("脉冲", 2),
        "2": Status("停止", 3),
        "4": Status("联动结果更新", None),
        "5": Status("图片上传", None),
        "active": Status("开始", FIRST),
        "start": Status("开始", FIRST),
        "begin": Status("开始", FIRST),
        "inactive": Status("停止", 3),
        "stop": Status("停止", 3),
        "end": Status("停止", 3),
    }
)
"""``status`` (a number) or ``eventState`` (a word) → what it means.

Pictures and results come after the beginning and often after the end, and must not be late then: times in
milliseconds are later than every number here.
"""

MAX_PHOTOS = 50
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HIGH = "3"
_MAX_DEPTH = 12


def is_event(content: Mapping[str, object]) -> bool:
    """Tell an event of OnEventNotify from other shapes."""
    return "eventId" in content or ("eventType" in content and "srcIndex" in content)


class HikvisionReader:
    """Reads events; ``picture_server`` is put before links that begin with ``/``."""

    def __init__(self, scheme: str, times: TimeReader, picture_server: str) -> None:
        self._scheme = scheme
        self._times = times
        self._picture_server = picture_server.rstrip("/")

    def read(self, content: Mapping[str, object], notes: Notes, lifted: Lifted) -> Alarm:
        """Read one event."""
        layers = _layers(content, notes)
        event = layers[0]
        external_id = event.external_id("external_id")
        written = _written_status(layers)
        status = STATUSES.get(written.casefold())
        if written == UNREAD:  # its time might have counted, so what is wrong with that is named too
            self._times.read(_find(layers, "sent_at"), notes)
        if status is not None:
            notes.keep("status", status.label)
        event.keep("level", "source_type")
        notes.keep("rule", _text(layers, "name"))
        return Alarm(
            external_id=external_id,
            revision=self._revision(status, layers, notes),
            scheme=self._scheme,
            code=_text(layers, "class_code"),
            name=_text(layers, "name"),
            camera_code=_text(layers, "camera_code"),
            camera_name=_text(layers, "camera_name"),
            description=_text(layers, "description", MAX_DESCRIPTION),
            lon=_find(layers, "lon"),
            lat=_find(layers, "lat"),
            happened_at=_find(layers, "happened_at"),
            urgent=event.text("level") == _HIGH,
            attachments=self._photos(event, notes, lifted),
        )

    def _revision(self, status: Status | None, layers: list[Fields], notes: Notes) -> int:
        if status is None:
            return FIRST
        if status.order is not None:
            return status.order
        found = _find(layers, "sent_at") or _find(layers, "happened_at")
        sent_at = self._times.read(found, notes)
        if sent_at is None:
            pointer = "/data/sendTime" if found is None else found.pointer
            notes.fault(UnreadableError("field_missing", pointer, "an update needs its sendTime, which orders it"))
            return FIRST
        return (sent_at - _EPOCH) // timedelta(milliseconds=1)

    def _photos(self, event: Fields, notes: Notes, lifted: Lifted) -> tuple[Attachment, ...]:
        """Read the pictures: those in the record are lifted out, links are kept, what is neither is missed."""
        links = []
        for number, photo in enumerate(_pictures(event.find("data"))):
            if number == MAX_PHOTOS:
                detail = f"at most {MAX_PHOTOS} pictures are taken"
                notes.fault(UnreadableError("too_many", photo.pointer, detail))
                break
            text = str(photo.value)
            if is_photo(text):
                lifted.lift(photo, notes)
            elif "/" in text and len(text) <= MAX_LINK:
                links.append(photo)
            else:
                notes.flag(ReportFlag.ATTACHMENT_MISSING)
        return tuple(
            Attachment(one.kind, url=self._absolute(one.url or "")) for one in read_attachments(links, "photo", notes)
        )

    def _absolute(self, url: str) -> str:
        return f"{self._picture_server}{url}" if url.startswith("/") else url


def _layers(content: Mapping[str, object], notes: Notes) -> list[Fields]:
    """The event, its data, and the alarm in that: what the outer one does not say, the inner one may."""
    event = Fields(content, EVENT, notes)
    layers = [event]
    for name in ("data", "alarm"):
        found = layers[-1].find(name)
        if found is None or not isinstance(found.value, dict):
            break
        layers.append(Fields(found.value, EVENT, notes, found.pointer))
    return layers


def _find(layers: list[Fields], field: str) -> Found | None:
    return next((found for layer in layers if (found := layer.find(field)) is not None), None)


def _text(layers: list[Fields], field: str, most: int | None = None) -> str:
    texts = (layer.text(field) if most is None else layer.text(field, most, lines=True) for layer in layers)
    return next((text for text in texts if text), "")


def _written_status(layers: list[Fields]) -> str:
    event = layers[0]
    return event.text("status") or event.text("state") or _text(layers, "state")


def _pictures(found: Found | None, depth: int = 0) -> Iterator[Found]:
    """Find the texts that stand under a picture's name, at any level."""
    if found is None or depth > _MAX_DEPTH:
        return
    if isinstance(found.value, dict):
        for name, value in found.value.items():
            inner = Found(value, f"{found.pointer}/{name.replace('~', '~0').replace('/', '~1')}")
            if name.casefold().replace("_", "") in IMAGES:
                yield from _texts(inner)
            else:
                yield from _pictures(inner, depth + 1)
    elif isinstance(found.value, list):
        for index, value in enumerate(found.value):
            yield from _pictures(Found(value, f"{found.pointer}/{index}"), depth + 1)


def _texts(found: Found) -> Iterator[Found]:
    values = found.value if isinstance(found.value, list) else [found.value]
    for value in values:
        if isinstance(value, str) and value.strip():
            yield Found(value, found.pointer)
        elif isinstance(value, dict):
            yield from _pictures(Found(value, found.pointer), _MAX_DEPTH - 1)
