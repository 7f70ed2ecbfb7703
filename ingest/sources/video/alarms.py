"""What an alarm is in every shape of message, and the report that is made of it.

A shape's reader only says where a thing stands in its messages; what it means for the report is said here, once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ingest.sources.reading.faults import UNREAD, UnreadableError
from ingest.sources.reading.json_fields import Found
from ingest.sources.reading.notes import Notes
from ingest.sources.reading.texts import checked_id
from ingest.sources.reading.times import TimeReader
from ingest.sources.video.cameras import CameraPlaces
from jiedao.domain.profile import DistrictProfile, SourceSettings
from jiedao.domain.report import Attachment, IncidentReport, SourceClass

UNNAMED = "视频告警"
"""What an alarm is called whose code nobody has a name for."""

_PATH_SEPARATOR = "/"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm of one camera.

    ``scheme`` is the scheme of its class ``code``, ``name`` what the message itself calls it. ``camera_code`` is the
    GB/T 28181 or index code; ``address`` is where the message says that it was, which counts where neither coordinates
    nor the registry say it; ``lon`` and ``lat`` are the message's own, unchecked, as is ``happened_at``.
    """

    external_id: str
    revision: int
    scheme: str
    code: str
    name: str
    camera_code: str
    camera_name: str = ""
    description: str = ""
    address: str = ""
    lon: Found | None = None
    lat: Found | None = None
    happened_at: Found | None = None
    urgent: bool = False
    attachments: tuple[Attachment, ...] = ()


def checked_number(number: str, pointer: str, notes: Notes) -> str:
    """Note the number that was made for an alarm, or that it will not do; ``pointer`` leads to what it begins with."""
    try:
        notes.external_id = checked_id(number, pointer)
    except UnreadableError as error:
        notes.fault(error)
    return notes.external_id or UNREAD


class AlarmReports:
    """Makes reports of alarms, for one source of one district."""

    def __init__(self, settings: SourceSettings, profile: DistrictProfile) -> None:
        self._settings = settings
        self._names = _names_of_codes(profile)
        self._places = CameraPlaces(settings, profile)
        self._times = TimeReader(settings.timezone)

    def report(self, alarm: Alarm, received_at: datetime, notes: Notes) -> IncidentReport:
        """Return the report of an alarm.

        When it was taken down is when the camera saw it: the time of sending differs with each repetition of a
        message, and a repetition must be told from news.
        """
        camera = self._places.name(alarm.camera_code) or alarm.camera_name
        notes.keep("camera_name", camera)
        reported_at = self._times.reported(alarm.happened_at, received_at, notes)
        known = alarm.happened_at is not None and "stated_reported_at" not in notes.details
        return IncidentReport(
            source=self._settings.name,
            external_id=alarm.external_id,
            revision=alarm.revision,
            lifecycle=self._settings.lifecycle,
            channel=self._settings.channel,
            title=self._title(alarm, camera),
            description=alarm.description,
            reported_at=reported_at,
            happened_at=reported_at if known else None,
            place=self._places.place(alarm.camera_code, alarm.lon, alarm.lat, alarm.address, notes),
            source_class=SourceClass(alarm.scheme, alarm.code, alarm.name) if alarm.code else None,
            urgent=alarm.urgent,
            attachments=alarm.attachments,
        )

    def _title(self, alarm: Alarm, camera: str) -> str:
        """Call it by the district's class, else by the message's own words, and name the camera."""
        what = self._class_name(alarm) or alarm.name or UNNAMED
        return f"{what}：{camera}" if camera else what

    def _class_name(self, alarm: Alarm) -> str:
        """Look the code up as the classification does: a path by its longest known beginning."""
        code = alarm.code
        while code:
            if name := self._names.get((alarm.scheme, code)):
                return name
            code = code.rpartition(_PATH_SEPARATOR)[0]
        return ""


def _names_of_codes(profile: DistrictProfile) -> Mapping[tuple[str, str], str]:
    table = profile.class_table
    return {named: table.classes[code].minor_class for named, code in table.mapping.items() if code in table.classes}
