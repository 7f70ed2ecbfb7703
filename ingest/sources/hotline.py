"""Reads orders of the 12345 hotline (投诉受理), under the names of the exports and interfaces known from the field.

What each field means and where it goes is documented in docs/sources/hotline.md.
"""

from __future__ import annotations

import re
from datetime import datetime

from ingest.records import Normalised
from ingest.sources.reading.adapter import FieldsAdapter
from ingest.sources.reading.aliases import Aliases
from ingest.sources.reading.faults import UNREAD, UnreadableError
from ingest.sources.reading.json_fields import Fields
from ingest.sources.reading.links import read_attachments
from ingest.sources.reading.notes import Notes
from ingest.sources.reading.options import Options
from ingest.sources.reading.people import everybody, who_reported
from ingest.sources.reading.personal import People
from ingest.sources.reading.reports import finished
from ingest.sources.reading.superior import SuperiorFields
from ingest.sources.reading.texts import MAX_DESCRIPTION, MAX_TITLE, at_most
from jiedao.domain.report import IncidentReport, ReportedPlace, ReporterDetails, SourceClass

LEVELS = ("level_1", "level_2", "level_3", "level_4", "level_5")
"""The names of the category, from the widest to the narrowest."""

CHANGES = ("dispatched_at", "returned_at", "completed_at", "replied_at", "visited_at")
"""Times of what happens to an order; where it has no time of its last change, the latest of these is that."""

ALIASES: Aliases = Aliases(
    {
        "order_number": ("order_no", "order_num", "order_id", "taskid", "工单编号", "工单号", "工单id"),
        "revision": ("revision", "version", "版本号"),
        "updated_at": ("update_time", "updated_at", "modify_time", "更新时间"),
        "dispatched_at": ("dispatch_time", "first_dispatch_time", "派单时间"),
        "returned_at": ("back_time", "退回时间"),
        "completed_at": ("case_complete_time", "complete_time", "办结时间"),
        "replied_at": ("reply_time", "答复时间"),
        "visited_at": ("visit_time", "回访时间"),
        "title": ("title", "标题", "工单标题"),
        "content": ("case_content", "major_content", "description", "主要内容", "诉求内容", "来电内容"),
        "goal": ("case_goal", "诉求目的"),
        "level_1": ("case_accord_type_one_name", "level_1", "infobcname", "一级分类"),
        "level_2": ("case_accord_type_two_name", "level_2", "infoscname", "二级分类"),
        "level_3": ("case_accord_type_three_name", "level_3", "三级分类"),
        "level_4": ("case_accord_type_four_name", "level_4", "四级分类"),
        "level_5": ("case_accord_type_five_name", "level_5", "五级分类"),
        "category_path": ("question_name", "问题分类"),
        "category_code": ("case_accord_code", "question_code", "问题分类代码"),
        "order_kind": (
            "service_object_type",
            "handle_model_type",
            "info_type_name",
            "诉求类型",
            "办理类型",
            "工单类型",
        ),
        "channel": ("order_source", "source_type", "受理渠道", "诉求来源"),
        "called_at": ("call_time", "open_ts", "discover_time", "来电时间", "受理时间"),
        "address": ("address", "address_detail", "事发地", "事发地址"),
        "address_item": ("address_item", "address_detail", "详细地址"),
        "coordinates": ("case_lnglat", "address_points", "lnglat", "地图关联", "坐标"),
        "lon": ("lon", "lng", "longitude", "x", "经度"),
        "lat": ("lat", "latitude", "y", "纬度"),
        "street": ("area_code_street", "street_name", "street", "town", "所属街道", "街道"),
        "city": ("area_code_city", "city", "市"),
        "area": ("area_code_area", "district", "区县"),
        "community_code": ("community_code", "社区代码"),
        "community": ("community_name", "community", "所属社区", "社区"),
        "urgent": ("case_is_urgent", "pilot_light", "urgent", "紧急程度", "是否紧急"),
        "stage": ("order_status", "order_state", "工单状态"),
        "deadline": ("deadline_date", "deadline", "办理截止", "办结时限", "截止时间"),
        "attachments": ("attachments", "files", "case_files", "附件"),
        "department": ("belong_dept", "organization_name", "dept_name", "execute_dept_name", "承办单位"),
        "labels": ("case_labels", "hotspot", "标签"),
        "confidential": ("info_protect", "is_secret", "是否保密"),
        "urged": ("urge_order_num", "催办次数"),
        "supervised": ("is_supervise", "是否督办"),
        "return_reason": ("back_reason", "退回原因"),
        "reply": ("reply_content", "content", "答复内容", "回复内容"),
        "visit_result": ("visit_result", "回访结果"),
        "rehandle_reason": ("rehandle_reason", "return_visit_reason", "重办原因"),
        "reworks": ("rehandle_num", "重办次数"),
        "resolved": ("visit_is_solved", "是否解决"),
        "satisfied": ("visit_is_satisfaction", "result_satisfied", "是否满意"),
        "invalid_kind": ("order_invalid_type", "无效类型"),
        "caller_name": ("caller_name", "来电人", "来电人姓名", "诉求人", "姓名"),
        "caller_phone": ("caller_phone", "caller_number", "phone", "来电号码", "手机号"),
        "caller_contact": ("caller_contact", "contact", "mail", "email", "联系方式"),
        "caller_identity": ("caller_id_card", "id_card", "证件号码", "身份证号"),
        "caller_address": ("caller_address", "来电人地址", "联系地址"),
        "contact_name": ("link_person", "linkman", "contact_name", "contact_person", "联系人", "联系人姓名"),
        "contact_phone": ("link_phone", "contact_phone", "linkman_phone", "联系人电话", "联系电话"),
    }
)

_KEPT = ("order_kind", "city", "area", "department", "labels", "confidential", "urged", "supervised")
_KEPT_TEXTS = ("return_reason", "reply", "visit_result", "invalid_kind")
_LEVEL_SEPARATOR = re.compile(r"\s*[/／>＞→|]\s*")
_PATH_SEPARATOR, _SEPARATOR_IN_NAME = "/", "／"


class HotlineAdapter(FieldsAdapter):
    """Reads 12345 orders."""

    aliases = ALIASES
    superior = SuperiorFields(
        note="rehandle_reason",
        assigned_at="dispatched_at",
        reworks="reworks",
        urges="urged",
        supervised="supervised",
        visited_at="visited_at",
        visit_result="visit_result",
        resolved="resolved",
        satisfied="satisfied",
    )

    def read_options(self, options: Options) -> None:
        """Read ``no_place``, the kinds of orders that have no place, and ``statuses``, what the status numbers mean."""
        self._no_place = options.texts("no_place")
        self._statuses = options.table("statuses")

    def read(self, fields: Fields, received_at: datetime, notes: Notes) -> Normalised:
        """Make the report of an order."""
        external_id = fields.external_id("order_number")
        deadline = self.times.read(fields.find("deadline"), notes, end_of_day=True)
        stage = fields.text("stage")
        fields.keep(*_KEPT, *_KEPT_TEXTS)
        report = IncidentReport(
            source=self.settings.name,
            external_id=external_id,
            revision=self.revision(fields, self._changed_at(fields, notes)),
            lifecycle=self.settings.lifecycle,
            channel=self.channel(fields.text("channel"), notes),
            title=fields.text("title", MAX_TITLE),
            description=_description(fields, notes),
            reported_at=self.times.reported(fields.find("called_at"), received_at, notes),
            place=self._place(fields, notes),
            source_class=self._class(fields),
            upstream=self.superior_case(external_id, deadline, self._statuses.get(stage, stage), fields, notes),
            urgent=self.urgent(fields, notes),
            attachments=read_attachments(fields.items("attachments"), "file", notes),
        )
        return finished(report, notes, _reporter(fields), others=_everybody(fields))

    def _changed_at(self, fields: Fields, notes: Notes) -> datetime | None:
        """Return when the order last changed: as it says, or as the latest of what happened to it says."""
        updated_at = self.times.read(fields.find("updated_at"), notes)
        if updated_at is not None:
            return updated_at
        latest: datetime | None = None
        for change in CHANGES:
            moment = self.times.read(fields.find(change), notes)
            if moment is not None and (latest is None or moment > latest):
                latest = moment
        return latest

    def _place(self, fields: Fields, notes: Notes) -> ReportedPlace:
        lon, lat = self.position(fields, notes)
        parts = dict.fromkeys([fields.text("address"), fields.text("address_item")])
        street = self.streets.asserted(fields.text("street"), notes)
        return ReportedPlace(
            lon=lon,
            lat=lat,
            crs=self.settings.crs,
            address=" ".join([part for part in parts if part]),
            street_code=street,
            community_code=self.community(fields, street, notes),
            needed=fields.text("order_kind") not in self._no_place,
        )

    def _class(self, fields: Fields) -> SourceClass | None:
        """Return the category as the path of its names, else by its code."""
        levels = [level for level in map(fields.text, LEVELS) if level]
        if not levels:
            levels = [level for level in _LEVEL_SEPARATOR.split(fields.text("category_path")) if level]
        if levels:
            path = _PATH_SEPARATOR.join([level.replace(_PATH_SEPARATOR, _SEPARATOR_IN_NAME) for level in levels])
            return SourceClass(self.settings.class_scheme, path, levels[-1])
        code = fields.text("category_code")
        return SourceClass(self.settings.class_scheme, code) if code else None


def _description(fields: Fields, notes: Notes) -> str:
    """What the caller says, and below it what he or she asks for."""
    content = fields.text("content", MAX_DESCRIPTION, lines=True)
    goal = fields.text("goal", MAX_DESCRIPTION, lines=True)
    both = f"{content}\n诉求目的：{goal}" if content and goal else content or goal
    try:
        return at_most(both, MAX_DESCRIPTION, fields.pointer("content"))
    except UnreadableError as error:
        notes.fault(error)
        return UNREAD


def _reporter(fields: Fields) -> ReporterDetails:
    name, phone = who_reported(fields, ("caller_name", "caller_phone"), ("contact_name", "contact_phone"))
    return ReporterDetails(
        name=name or None,
        phone=phone or None,
        contact=fields.text("caller_contact") or None,
        identity_number=fields.text("caller_identity") or None,
        address=fields.text("caller_address") or None,
    )


def _everybody(fields: Fields) -> People:
    return everybody(
        fields,
        names=("caller_name", "contact_name", "caller_contact"),  # ``contact`` holds a name as well as an address
        phones=("caller_phone", "contact_phone"),
        contacts=("caller_contact",),
        identities=("caller_identity",),
    )
