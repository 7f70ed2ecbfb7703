"""Reads alarms of video platforms (视频监控) in the three shapes that they are sent in.

Which shape a record has is told by the record itself, so one source may mix them: XML is GB/T 28181, an object with
an ``eventId`` an event of Hikvision's ``OnEventNotify``, one with a ``SceneID``, ``VideoLabelID`` or
``SubImageList`` a scene or label of GA/T 1400.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from ingest.records import Normalised, Rejection
from ingest.sources.reading.decoding import decode_text
from ingest.sources.reading.doubts import read_object
from ingest.sources.reading.embedded import Lifted
from ingest.sources.reading.faults import UnreadableError
from ingest.sources.reading.notes import Notes
from ingest.sources.reading.options import Options
from ingest.sources.reading.reports import finished, rejection
from ingest.sources.reading.splitting import JSON, NDJSON, XML, plain_media_type, split_json, split_payload
from ingest.sources.reading.times import TimeReader
from ingest.sources.reading.xml_fields import decode_xml
from ingest.sources.video.alarms import Alarm, AlarmReports
from ingest.sources.video.ga1400 import (
    NOTIFICATIONS,
    NOTIFIED,
    SCENES,
    Ga1400Reader,
    is_of_other_objects,
    is_scene,
    part_by_kind,
)
from ingest.sources.video.gb28181 import Gb28181Reader
from ingest.sources.video.hikvision import HikvisionReader, is_event
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.profile import DistrictProfile, SourceSettings
from jiedao.domain.terms import ReportFlag

ENVELOPES = ("params.events", "events", *NOTIFICATIONS, *SCENES)
"""Where a message of several alarms holds them."""

HIKVISION, GB28181, GA1400 = SHAPES = ("hikvision", "gb28181", "ga1400")
_OTHER_OBJECTS = (
    "of GA/T 1400 only scenes and labels are read, no faces, people, vehicles or devices; subscribe to scenes"
)
_NOTIFIES = b"NotificationID"
_XML_BEGINS = b"<"
_BEFORE_XML = b"\xef\xbb\xbf \t\r\n"


class VideoAdapter:
    """Reads the alarms of one district's video platforms.

    Options: ``class_schemes`` (shape → scheme of its class codes; ``class_scheme`` of the source for a shape that is
    not listed), ``picture_server`` (the address before links that begin with ``/``), ``encoding`` of JSON.
    """

    def __init__(self, settings: SourceSettings, profile: DistrictProfile) -> None:
        """Make it; raises ConfigurationError for options that are wrong or that nobody reads."""
        options = Options(settings)
        schemes = _schemes(options)
        picture_server = options.text("picture_server", "") or ""
        self._encoding = options.encoding()
        options.finish()
        times = TimeReader(settings.timezone)
        other = settings.class_scheme
        self._hikvision = HikvisionReader(schemes.get(HIKVISION, other), times, picture_server)
        self._gb28181 = Gb28181Reader(schemes.get(GB28181, other), times)
        self._ga1400 = Ga1400Reader(schemes.get(GA1400, other), times)
        self._reports = AlarmReports(settings, profile)

    def split(self, payload: bytes, media_type: str) -> Sequence[bytes]:
        """Part a message into its alarms; raises InvalidInputError when it cannot be parted."""
        parts = split_payload(
            payload, media_type, accepts=(JSON, NDJSON, XML), envelopes=ENVELOPES, encoding=self._encoding
        )
        if plain_media_type(media_type) == NDJSON:
            parts = [one for line in parts for one in self._of_line(line)]
        return [one for part in parts for scene in self._notified(part) for one in part_by_kind(scene)]

    def normalise(self, raw: bytes, received_at: datetime) -> Normalised | Rejection:
        """Read one alarm."""
        notes, lifted = Notes(), Lifted()
        try:
            alarm = self._read(raw, notes, lifted)
            report = self._reports.report(alarm, received_at, notes)
            read = finished(report, notes)
        except UnreadableError as error:
            return rejection(error, notes)
        return Normalised(read.report, read.reporter, tuple(lifted.files), lifted.without_files(raw, self._encoding))

    def _notified(self, part: bytes) -> Sequence[bytes]:
        """Part a notification of GA/T 1400 into the scenes that it tells of; anything else is left as it is."""
        if _NOTIFIES not in part:
            return [part]
        try:
            return split_json(part, NOTIFIED, self._encoding)
        except InvalidInputError:
            return [part]

    def _of_line(self, line: bytes) -> Sequence[bytes]:
        """Part a line that is a whole message; one that cannot be parted is a record, to be set aside alone."""
        try:
            return split_json(line, ENVELOPES, self._encoding)
        except InvalidInputError:
            return [line]

    def _read(self, raw: bytes, notes: Notes, lifted: Lifted) -> Alarm:
        if raw.lstrip(_BEFORE_XML).startswith(_XML_BEGINS):
            root, fields = decode_xml(raw, notes)
            notes.content = fields
            return self._gb28181.read(root, fields, notes)
        decoded = decode_text(raw, self._encoding)
        if decoded.repaired:
            notes.flag(ReportFlag.ENCODING_REPAIRED)
        content = _unwrapped(read_object(decoded.text, notes))
        notes.content = content
        if is_event(content):
            return self._hikvision.read(content, notes, lifted)
        if is_scene(content):
            return self._ga1400.read(content, notes, lifted)
        if is_of_other_objects(content):
            raise UnreadableError("unknown_shape", "", _OTHER_OBJECTS)
        raise UnreadableError("unknown_shape")


def _schemes(options: Options) -> Mapping[str, str]:
    schemes = options.table("class_schemes")
    for shape in schemes:
        if shape not in SHAPES:
            raise options.fault(f"class_schemes.{shape}", f"is no shape of message; there are {', '.join(SHAPES)}")
    return schemes


def _unwrapped(content: Mapping[str, object]) -> Mapping[str, object]:
    """Take the one alarm out of a message that holds a single one, which is not always a list."""
    for path in (*ENVELOPES, *NOTIFIED):
        inner: object = content
        for name in path.split("."):
            inner = inner.get(name) if isinstance(inner, dict) else None
        if isinstance(inner, list) and len(inner) > 1:
            raise UnreadableError(
                "too_many", f"/{path.replace('.', '/')}", "the message holds several; send them apart"
            )
        inner = inner[0] if isinstance(inner, list) and inner else inner
        if isinstance(inner, dict):
            return _unwrapped(inner) if path in NOTIFICATIONS else inner
    return content
