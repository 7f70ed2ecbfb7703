"""Reads what an analysis saw (``EventSort``) in which picture, as GA/T 1400 video image databases (视图库) send it.

That is a scene (场景) or a label (视频图像标签), by itself or in a notification of what was subscribed to (订阅通知).
It may hold pictures of several kinds of event; each kind is an incident of its own, so it is parted by kind before it
is read.
``VideoLabelID`` or ``SceneID`` with the kind is the number; without one the device and the time stand for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from ingest.sources.reading.aliases import Aliases
from ingest.sources.reading.embedded import Lifted
from ingest.sources.reading.faults import UNREAD, UnreadableError
from ingest.sources.reading.json_fields import Fields, Found
from ingest.sources.reading.links import read_attachments
from ingest.sources.reading.notes import Notes
from ingest.sources.reading.texts import MAX_DESCRIPTION
from ingest.sources.reading.times import TimeReader
from ingest.sources.video.alarms import Alarm, checked_number
from jiedao.domain.report import Attachment

SCENE: Aliases = Aliases(
    {
        "scene": ("VideoLabelID", "SceneID"),  # a label may name the scene that it was given to
        "device": ("DeviceID", "CameraID"),
        "kind": ("EventSort",),
        "name": ("EventSortName", "EventName"),
        "happened_at": ("ShotTime", "BeginTime", "CreateTimeAbs"),
        "lon": ("ShotPlaceLongitude", "Longitude"),
        "lat": ("ShotPlaceLatitude", "Latitude"),
        "description": ("SceneDescribe", "ContentDescription", "Desc"),
        "camera_name": ("DeviceName",),
        "address": ("ShotPlaceFullAdress", "ShotPlaceFullAddress"),
        "pictures": ("SubImageList",),
        "picture": ("SubImageInfoObject", "SubImageInfo"),
        "link": ("StoragePath", "ImagePath"),
        "content": ("Data",),
    }
)
"""Our names of fields of the scene, and of each of its pictures. ``ShotPlaceFullAdress`` is the standard's spelling."""

SCENES = (
    *("SceneListObject.SceneObject", "SceneObject"),
    *("VideoLabelListObject.VideoLabelObject", "VideoLabelObject"),
)
"""Where a message holds scenes or labels."""

NOTIFICATIONS = ("SubscribeNotificationListObject.SubscribeNotificationObject", "SubscribeNotificationObject")
"""Where a message holds notifications."""

NOTIFIED = ("SceneObjectList.SceneObject", "SceneList.SceneObject")
"""Where a notification holds scenes."""

_OTHER_OBJECTS = ("Face", "Person", "MotorVehicle", "NonMotorVehicle", "Thing", "Image", "VideoSlice", "File", "Case")
_OTHERS = frozenset(
    {
        *("DispositionNotificationListObject", "APEListObject", "DeviceList"),
        *(f"{one}{ending}" for one in _OTHER_OBJECTS for ending in ("ListObject", "ObjectList", "Object")),
    }
)
"""Names of what such databases also send and no incident is made of: people, vehicles and the devices themselves."""

_PICTURES = "SubImageList"
_PICTURE = "SubImageInfoObject"
_KIND = "EventSort"
_object_of_raw = msgspec.json.Decoder(dict[str, msgspec.Raw])
_list_of_raw = msgspec.json.Decoder(list[msgspec.Raw])
_kind_of_picture = msgspec.json.Decoder(dict[str, object])


def is_scene(content: Mapping[str, object]) -> bool:
    """Tell a scene or label from other shapes."""
    return "SceneID" in content or "VideoLabelID" in content or _PICTURES in content


def is_of_other_objects(content: Mapping[str, object]) -> bool:
    """Tell a message of other objects of the standard, which nothing is made of."""
    return not _OTHERS.isdisjoint(content)


def part_by_kind(record: bytes) -> Sequence[bytes]:
    """Part a scene whose pictures are of several kinds of event; pictures without a kind go with each.

    What is no such scene is left as it is, also where it is broken: reading it says what is wrong.
    """
    if record.count(f'"{_KIND}"'.encode()) <= 1:
        return [record]
    try:
        scene = _object_of_raw.decode(record)
        pictures = _object_of_raw.decode(scene[_PICTURES])
        kinds = [(_kind_of_picture.decode(one).get(_KIND), one) for one in _list_of_raw.decode(pictures[_PICTURE])]
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, RecursionError):
        return [record]
    known = list(dict.fromkeys(str(kind) for kind, _ in kinds if kind is not None))
    if len(known) <= 1:
        return [record]
    return [
        _with_pictures(scene, pictures, [one for kind, one in kinds if kind is None or str(kind) == chosen])
        for chosen in known
    ]


def _with_pictures(
    scene: Mapping[str, msgspec.Raw], pictures: Mapping[str, msgspec.Raw], chosen: list[msgspec.Raw]
) -> bytes:
    return msgspec.json.encode({**scene, _PICTURES: {**pictures, _PICTURE: chosen}})


class Ga1400Reader:
    """Reads scenes of one kind of event each."""

    def __init__(self, scheme: str, times: TimeReader) -> None:
        self._scheme = scheme
        self._times = times

    def read(self, content: Mapping[str, object], notes: Notes, lifted: Lifted) -> Alarm:
        """Read one scene."""
        scene = Fields(content, SCENE, notes)
        pictures = _pictures(scene, notes)
        layers = [scene, *pictures]
        kind = _kind(scene, pictures, notes)
        device = _text(layers, "device")
        number = self._number(scene, layers, device, kind, notes)
        return Alarm(
            external_id=number,
            revision=1,
            scheme=self._scheme,
            code=kind,
            name=_text(layers, "name"),
            camera_code=device,
            camera_name=_text(layers, "camera_name"),
            address=_text(layers, "address"),
            description=scene.text("description", MAX_DESCRIPTION, lines=True),
            lon=_find(layers, "lon"),
            lat=_find(layers, "lat"),
            happened_at=_find(layers, "happened_at"),
            attachments=_photos(pictures or [scene], notes, lifted),
        )

    def _number(self, scene: Fields, layers: Sequence[Fields], device: str, kind: str, notes: Notes) -> str:
        """Make the number and note it: the scene's, or device and time (``…/20200601T021112Z``), and the kind."""
        number = scene.text("scene")
        if not number:
            moment = self._times.read(_find(layers, "happened_at"), notes)
            if not device or moment is None:
                detail = "it needs a SceneID or VideoLabelID, or the DeviceID and ShotTime by which it is known again"
                notes.fault(UnreadableError("id_missing", scene.pointer("scene"), detail))
                return UNREAD
            number = f"{device}/{moment:%Y%m%dT%H%M%S}Z"
        return checked_number(f"{number}/{kind}" if kind else number, scene.pointer("scene"), notes)


def _pictures(scene: Fields, notes: Notes) -> list[Fields]:
    pictures = scene.object("pictures", SCENE)
    if pictures is None:
        return []
    found = pictures.items("picture")
    for one in found:
        if not isinstance(one.value, dict):
            notes.fault(UnreadableError("wrong_type", one.pointer, "a picture must be an object"))
    return [Fields(one.value, SCENE, notes, one.pointer) for one in found if isinstance(one.value, dict)]


def _kind(scene: Fields, pictures: Sequence[Fields], notes: Notes) -> str:
    kinds = dict.fromkeys(filter(None, (picture.text("kind") for picture in pictures)))
    if len(kinds) > 1:
        at = next(picture.pointer("kind") for picture in pictures if picture.text("kind") == list(kinds)[1])
        notes.fault(UnreadableError("too_many", at, "a scene holds one kind of event; send one scene for each"))
        return UNREAD
    return next(iter(kinds), scene.text("kind"))


def _photos(pictures: Sequence[Fields], notes: Notes, lifted: Lifted) -> tuple[Attachment, ...]:
    """Lift the pictures out that the scene carries; of those that it does not, keep the link."""
    linked: list[Found] = []
    for picture in pictures:
        content = picture.find("content")
        if content is not None and lifted.lift(content, notes):
            continue
        link = picture.find("link")
        if link is not None:
            linked.append(link)
    return read_attachments(linked, "photo", notes)


def _find(layers: Sequence[Fields], field: str) -> Found | None:
    return next((found for layer in layers if (found := layer.find(field)) is not None), None)


def _text(layers: Sequence[Fields], field: str) -> str:
    return next((text for layer in layers if (text := layer.text(field))), "")
