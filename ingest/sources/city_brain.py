"""Reads events of the city brain (城市大脑): what sensors, models and other systems of the city found.

No public description of such a message exists; the shape here is this project's own, documented in
``docs/sources/city_brain.md``, and the table of names takes in what such platforms usually call the same things.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ingest.records import Normalised
from ingest.sources.reading.adapter import ENVELOPES, FieldsAdapter
from ingest.sources.reading.aliases import Aliases
from ingest.sources.reading.json_fields import Fields
from ingest.sources.reading.links import read_attachments
from ingest.sources.reading.notes import Notes
from ingest.sources.reading.options import Options
from ingest.sources.reading.people import everybody, who_reported
from ingest.sources.reading.reports import finished
from ingest.sources.reading.splitting import split_payload
from ingest.sources.reading.texts import MAX_DESCRIPTION, MAX_TITLE
from jiedao.domain.report import IncidentReport, ReporterDetails, SourceClass

ALIASES: Aliases = Aliases(
    {
        "external_id": ("event_id", "eventNo", "event_code", "id", "事件编号"),
        "revision": ("revision", "version", "版本"),
        "updated_at": ("update_time", "updated_at", "modify_time", "gmt_modified", "更新时间"),
        "title": ("title", "event_title", "event_name", "name", "标题", "事件名称"),
        "description": ("content", "description", "event_desc", "event_content", "描述", "事件描述"),
        "class_code": ("event_type", "event_type_code", "type_code", "type", "事件类型"),
        "class_name": ("event_type_name", "type_name", "事件类型名称"),
        "urgent": ("urgent", "是否紧急"),
        "level": ("level", "event_level", "priority", "等级", "事件等级"),
        "lon": ("lng", "lon", "longitude", "x", "经度"),
        "lat": ("lat", "latitude", "y", "纬度"),
        "coordinates": ("location", "lnglat", "coordinate", "coordinates", "坐标"),
        "address": ("address", "event_address", "addr", "地址", "事发地址"),
        "street": ("street", "street_code", "street_name", "town", "town_name", "街道"),
        "community_code": ("community_code", "社区编码"),
        "community": ("community", "community_name", "village_name", "社区"),
        "grid_cell": ("grid_code", "grid_cell", "grid_id", "网格编码"),
        "component_code": ("component_code", "部件标识码"),
        "camera_code": ("camera_code", "camera_id", "摄像机编码"),
        "reported_at": ("report_time", "create_time", "created_at", "gmt_create", "上报时间"),
        "happened_at": ("happen_time", "event_time", "occur_time", "occurred_at", "发生时间"),
        "photos": ("images", "image", "image_urls", "pics", "pic_urls", "photos", "event_photos", "图片"),
        "videos": ("videos", "video", "video_urls", "视频"),
        "source_system": ("source_system", "system", "data_source", "来源系统"),
        "source_event": ("source_event_id", "origin_id", "来源编号"),
        "device": ("device_id", "device_code", "sensor_id", "设备编号"),
        "confidence": ("confidence", "score", "置信度"),
        "status": ("status", "event_status", "状态"),
        "reporter_name": ("reporter_name", "reporter", "上报人"),
        "reporter_phone": ("reporter_phone", "mobile", "phone"),
        "reporter_identity": ("id_card", "identity_number", "身份证号"),
        "contact_name": ("contact_name", "linkman", "联系人"),
        "contact_phone": ("contact_phone", "联系电话"),
    }
)
"""Our names of the fields → the names that they may stand under."""

EVENT_ENVELOPES = ("events", "data.events", *ENVELOPES)
"""Where a message of several events holds them."""

DETAILS = ("level", "source_system", "source_event", "device", "confidence", "status")
"""Fields that are kept as they are, for a person to read."""


class CityBrainAdapter(FieldsAdapter):
    """Reads the events of one district's city brain; JSON, JSON Lines, or a table with the same names."""

    aliases = ALIASES

    def read_options(self, options: Options) -> None:
        """Read ``urgent_levels``: the words in ``level`` that make an event urgent."""
        self._urgent_levels = options.texts("urgent_levels")

    def split(self, payload: bytes, media_type: str) -> Sequence[bytes]:
        """Part an array, an object that holds one (:data:`EVENT_ENVELOPES`), lines, or a table into events."""
        return split_payload(payload, media_type, envelopes=EVENT_ENVELOPES, encoding=self._encoding)

    def read(self, fields: Fields, received_at: datetime, notes: Notes) -> Normalised:
        """Make the report of an event."""
        external_id = fields.external_id("external_id")
        changed_at = self.times.read(fields.find("updated_at"), notes)
        fields.keep(*DETAILS)
        report = IncidentReport(
            source=self.settings.name,
            external_id=external_id,
            revision=self.revision(fields, changed_at),
            lifecycle=self.settings.lifecycle,
            channel=self.settings.channel,
            title=fields.text("title", MAX_TITLE),
            description=fields.text("description", MAX_DESCRIPTION, lines=True),
            reported_at=self.times.reported(fields.find("reported_at"), received_at, notes),
            happened_at=self.times.happened(fields.find("happened_at"), received_at, notes),
            place=replace(self.place(fields, notes), camera_code=fields.text("camera_code") or None),
            source_class=self._class(fields),
            urgent=self.urgent(fields, notes) or fields.text("level") in self._urgent_levels,
            attachments=(
                *read_attachments(fields.items("photos"), "photo", notes),
                *read_attachments(fields.items("videos"), "video", notes),
            ),
        )
        people = everybody(
            fields,
            names=("reporter_name", "contact_name"),
            phones=("reporter_phone", "contact_phone"),
            identities=("reporter_identity",),
        )
        return finished(report, notes, _reporter(fields), others=people)

    def _class(self, fields: Fields) -> SourceClass | None:
        code = fields.text("class_code")
        return SourceClass(self.settings.class_scheme, code, fields.text("class_name")) if code else None


def _reporter(fields: Fields) -> ReporterDetails:
    name, phone = who_reported(fields, ("reporter_name", "reporter_phone"), ("contact_name", "contact_phone"))
    return ReporterDetails(
        name=name or None,
        phone=phone or None,
        identity_number=fields.text("reporter_identity") or None,
    )
