"""Reads registrations that an operator makes by hand (手工登记): the platform's own form, so its names are ours.

What each field means and where it goes is documented in docs/sources/manual.md.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ingest.records import Normalised
from ingest.sources.reading.adapter import FieldsAdapter
from ingest.sources.reading.aliases import Aliases
from ingest.sources.reading.json_fields import Fields
from ingest.sources.reading.links import read_attachments
from ingest.sources.reading.notes import Notes
from ingest.sources.reading.options import Options
from ingest.sources.reading.people import everybody
from ingest.sources.reading.personal import People
from ingest.sources.reading.reports import finished
from ingest.sources.reading.texts import MAX_DESCRIPTION, MAX_TITLE
from jiedao.domain.report import IncidentReport, ReporterDetails, SourceClass

ALIASES: Aliases = Aliases(
    {
        "id": ("id", "登记编号"),
        "revision": ("revision",),
        "updated_at": ("updated_at",),
        "title": ("title", "标题"),
        "description": ("description", "内容"),
        "class_code": ("class_code", "分类编码"),
        "address": ("address", "地址"),
        "lon": ("lon", "经度"),
        "lat": ("lat", "纬度"),
        "coordinates": ("coordinates", "坐标"),
        "street": ("street_code", "街道"),
        "community_code": ("community_code", "社区代码"),
        "community": ("community", "社区"),
        "grid_cell": ("grid_cell", "单元网格"),
        "component_code": ("component_code", "部件标识码"),
        "place_needed": ("place_needed", "需要定位"),
        "channel": ("channel", "渠道"),
        "reported_at": ("reported_at", "登记时间"),
        "happened_at": ("happened_at", "发生时间"),
        "urgent": ("urgent", "紧急"),
        "attachments": ("attachments", "附件"),
        "note": ("note", "备注"),
        "reporter": ("reporter", "反映人信息"),
        "reporter_name": ("reporter_name", "反映人"),
        "reporter_phone": ("reporter_phone", "联系电话"),
    }
)

REPORTER: Aliases = Aliases(
    {
        "name": ("name", "姓名"),
        "phone": ("phone", "电话"),
        "contact": ("contact", "联系方式"),
        "identity_number": ("identity_number", "证件号码"),
        "address": ("address", "住址"),
    }
)
"""The fields of the object ``reporter``."""

MAX_CHANNEL = 50
STATED_PLACE_NEEDED = "stated_place_needed"
"""The detail that keeps a word for whether a place is needed which says neither yes nor no."""


class ManualAdapter(FieldsAdapter):
    """Reads the form's registrations."""

    aliases = ALIASES

    def read_options(self, options: Options) -> None:
        """The form has no options of its own."""

    def read(self, fields: Fields, received_at: datetime, notes: Notes) -> Normalised:
        """Make the report of a registration. The form's ``id`` is made by the client, so that sending again is safe."""
        external_id = fields.external_id("id")
        title = fields.required_text("title", MAX_TITLE)
        changed_at = self.times.read(fields.find("updated_at"), notes)
        class_code = fields.text("class_code")
        fields.keep("note")
        report = IncidentReport(
            source=self.settings.name,
            external_id=external_id,
            revision=self.revision(fields, changed_at),
            lifecycle=self.settings.lifecycle,
            channel=fields.text("channel", MAX_CHANNEL) or self.settings.channel,
            title=title,
            description=fields.text("description", MAX_DESCRIPTION, lines=True),
            reported_at=self.times.reported(fields.find("reported_at"), received_at, notes),
            happened_at=self.times.happened(fields.find("happened_at"), received_at, notes),
            place=replace(self.place(fields, notes), needed=_place_needed(fields, notes)),
            source_class=SourceClass(self.settings.class_scheme, class_code) if class_code else None,
            urgent=self.urgent(fields, notes),
            attachments=read_attachments(fields.items("attachments"), "photo", notes),
        )
        return finished(report, notes, _reporter(fields), others=_everybody(fields))


def _place_needed(fields: Fields, notes: Notes) -> bool:
    """Return whether somebody has to go there: yes, unless the form says no in a word that is known."""
    needed = fields.truth("place_needed")
    if needed is None:
        notes.keep(STATED_PLACE_NEEDED, fields.text("place_needed"))
    return needed is not False


def _reporter(fields: Fields) -> ReporterDetails:
    inner = fields.object("reporter", REPORTER)
    name = fields.text("reporter_name")
    phone = fields.text("reporter_phone")
    if inner is None:
        return ReporterDetails(name=name or None, phone=phone or None)
    return ReporterDetails(
        name=inner.text("name") or name or None,
        phone=inner.text("phone") or phone or None,
        contact=inner.text("contact") or None,
        identity_number=inner.text("identity_number") or None,
        address=inner.text("address") or None,
    )


def _everybody(fields: Fields) -> People:
    """Return whom the form names beside the object ``reporter`` and in it: where both do, they may be two people."""
    people = everybody(fields, names=("reporter_name",), phones=("reporter_phone",))
    inner = fields.object("reporter", REPORTER)
    if inner is None:
        return people
    return people.and_(
        everybody(inner, names=("name",), phones=("phone",), contacts=("contact",), identities=("identity_number",))
    )
