"""Reads cases of the digital city management (数字城管): the fields of GB/T 30428, under the names that centres use.

What each field means and where it goes is documented in docs/sources/digital_city.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from ingest.records import Normalised
from ingest.sources.reading.adapter import FieldsAdapter
from ingest.sources.reading.aliases import Aliases
from ingest.sources.reading.json_fields import Fields
from ingest.sources.reading.links import read_attachments
from ingest.sources.reading.notes import Notes
from ingest.sources.reading.options import Options
from ingest.sources.reading.people import everybody
from ingest.sources.reading.reports import finished
from ingest.sources.reading.superior import SuperiorFields
from ingest.sources.reading.texts import MAX_DESCRIPTION, MAX_TITLE
from jiedao.domain.report import IncidentReport, ReporterDetails, SourceClass

ALIASES: Aliases = Aliases(
    {
        "task_number": ("task_number", "task_no", "task_num", "任务号", "受理号"),
        "case_number": ("case_number", "case_no", "rec_num", "案卷编号", "案卷号", "案件编号"),
        "revision": ("revision", "version", "版本号"),
        "updated_at": ("updated_at", "update_time", "modify_time", "更新时间"),
        "channel": ("report_channel", "event_src_name", "event_source", "问题来源", "上报渠道"),
        "kind": ("class_kind", "event_type_name", "rec_type_name", "问题类型", "案卷类型"),
        "class_code": ("class_code", "type_code", "问题编码", "分类代码"),
        "major_code": ("major_code", "main_type_code", "大类代码"),
        "minor_code": ("minor_code", "sub_type_code", "小类代码"),
        "major_class": ("major_class", "main_type_name", "大类名称", "大类"),
        "minor_class": ("minor_class", "sub_type_name", "小类名称", "小类"),
        "title": ("title", "标题"),
        "description": ("description", "event_desc", "问题描述"),
        "address": ("address", "位置描述", "事发位置", "地址"),
        "lon": ("lon", "lng", "longitude", "coordinate_x", "经度", "X坐标"),
        "lat": ("lat", "latitude", "coordinate_y", "纬度", "Y坐标"),
        "coordinates": ("coordinates", "lnglat", "坐标"),
        "street": ("street", "street_code", "street_name", "所属街道", "街道"),
        "community_code": ("community_code", "社区代码"),
        "community": ("community", "community_name", "所属社区", "社区"),
        "grid_cell": ("grid_cell", "cell_code", "cell_name", "单元网格", "单元网格编码"),
        "component_code": ("component_code", "part_code", "部件标识码"),
        "reported_at": ("report_time", "reported_at", "create_time", "上报时间", "登记时间"),
        "happened_at": ("discover_time", "happened_at", "发现时间"),
        "stage": ("stage", "act_def_name", "当前阶段", "办理阶段"),
        "deadline": ("deadline", "bundle_deadline", "处置截止时间", "截止时间"),
        "urgent": ("urgent", "is_urgent", "emergency", "紧急程度"),
        "photos": ("photos", "images", "before_photos", "上报照片", "照片", "附件"),
        "photos_after": ("after_photos", "处置照片", "核查照片"),
        "department": ("department", "dispose_unit_name", "处置部门", "责任单位"),
        "opinion": ("opinion", "handling_opinion", "处置意见", "批转意见"),
        "filing_condition": ("filing_condition", "立案条件"),
        "check_opinion": ("check_opinion", "verify_opinion", "核查意见", "结案意见"),
        "assigned_at": ("assigned_at", "dispatch_time", "派遣时间"),
        "reworks": ("rework_num", "返工次数"),
        "urged": ("urge_num", "催办次数"),
        "supervised": ("is_supervise", "是否督办"),
        "visited_at": ("visit_time", "回访时间"),
        "visit_result": ("visit_result", "回访结果"),
        "resolved": ("is_solved", "是否解决"),
        "satisfied": ("is_satisfied", "是否满意"),
        "collector_name": (
            "collector",
            "collector_name",
            "patrol_name",
            "采集员",
            "监督员",
            "采集员姓名",
            "监督员姓名",
        ),
        "collector_phone": ("collector_phone", "patrol_phone", "采集员电话", "监督员电话"),
        "collector_code": ("collector_code", "patrol_id", "采集员编号", "监督员编号"),
        "reporter_name": ("reporter_name", "reporter", "举报人", "举报人姓名", "反映人"),
        "reporter_phone": ("reporter_phone", "举报人电话", "联系电话", "反映人电话"),
        "reporter_address": ("reporter_address", "举报人地址"),
    }
)

_KINDS: Mapping[str, str] = MappingProxyType({"事件": "事件", "event": "事件", "部件": "部件", "component": "部件"})
_SIX_DIGITS = re.compile(r"[0-9]{6}")
_WITHIN_KIND = re.compile(r"(?:[0-9]{6})?([0-9]{4})")
"""大类 and 小类 of two digits each, after the district's six where the code is written in full (GB/T 30428.2)."""


class DigitalCityAdapter(FieldsAdapter):
    """Reads 数字城管 cases."""

    aliases = ALIASES
    superior = SuperiorFields(
        note="check_opinion",
        assigned_at="assigned_at",
        reworks="reworks",
        urges="urged",
        supervised="supervised",
        visited_at="visited_at",
        visit_result="visit_result",
        resolved="resolved",
        satisfied="satisfied",
    )

    def read_options(self, options: Options) -> None:
        """Read ``six_digit_scheme``: the scheme of class codes that are six digits."""
        self._six_digit_scheme = options.text("six_digit_scheme") or self.settings.class_scheme

    def read(self, fields: Fields, received_at: datetime, notes: Notes) -> Normalised:
        """Make the report of a case.

        Its number is the task number, which a case has from the beginning, and the case number where there is no other.
        """
        external_id = fields.external_id("task_number" if fields.find("task_number") else "case_number")
        deadline = self.times.read(fields.find("deadline"), notes, end_of_day=True)
        changed_at = self.times.read(fields.find("updated_at"), notes)
        fields.keep("department", "opinion", "filing_condition")
        report = IncidentReport(
            source=self.settings.name,
            external_id=external_id,
            revision=self.revision(fields, changed_at),
            lifecycle=self.settings.lifecycle,
            channel=self.channel(fields.text("channel"), notes),
            title=fields.text("title", MAX_TITLE) or _title_by_class(fields),
            description=fields.text("description", MAX_DESCRIPTION, lines=True),
            reported_at=self.times.reported(fields.find("reported_at"), received_at, notes),
            happened_at=self.times.happened(fields.find("happened_at"), received_at, notes),
            place=self.place(fields, notes),
            source_class=self._class(fields),
            upstream=self.superior_case(
                fields.text("case_number") or external_id, deadline, fields.text("stage"), fields, notes
            ),
            urgent=self.urgent(fields, notes),
            attachments=read_attachments(fields.items("photos"), "photo", notes)
            + read_attachments(fields.items("photos_after"), "photo_after", notes),
        )
        people = everybody(
            fields,
            names=("reporter_name", "collector_name"),
            phones=("reporter_phone", "collector_phone"),
            contacts=("collector_code",),
        )
        return finished(report, notes, _reporter(fields), others=people)

    def _class(self, fields: Fields) -> SourceClass | None:
        """Return the class in one of the district's schemes; a code of another form stays as it is, to be looked at."""
        code = fields.text("class_code") or fields.text("major_code") + fields.text("minor_code")
        if not code:
            return None
        name = _title_by_class(fields)
        kind = _KINDS.get(fields.text("kind").casefold(), "")
        within = _WITHIN_KIND.fullmatch(code)
        if _SIX_DIGITS.fullmatch(code):
            return SourceClass(self._six_digit_scheme, code, name)
        if within and kind:
            code = f"{kind}{within[1]}"
        return SourceClass(self.settings.class_scheme, code, name)


def _title_by_class(fields: Fields) -> str:
    return fields.text("minor_class") or fields.text("major_class")


def _reporter(fields: Fields) -> ReporterDetails:
    """Return the citizen who reported, else the collector: an employee, whose name is personal data all the same."""
    citizen = ReporterDetails(
        name=fields.text("reporter_name") or None,
        phone=fields.text("reporter_phone") or None,
        address=fields.text("reporter_address") or None,
    )
    if citizen:
        return citizen
    return ReporterDetails(
        name=fields.text("collector_name") or None,
        phone=fields.text("collector_phone") or None,
        contact=fields.text("collector_code") or None,
    )
