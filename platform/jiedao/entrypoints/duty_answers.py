"""Hands over what is open, and makes the answers about duty, the same over HTTP and on the command line."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from jiedao.application.duty_desk import DutyDesk, HandoverAnswer
from jiedao.domain.access import Holder
from jiedao.domain.handover import HandedMatter, HandedOver, HandoverGround, HandoverState
from jiedao.domain.ports import Clock
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.terms import IncidentState, Platform, Role
from jiedao.entrypoints.http.duty_models import (
    HandoverAnswerModel,
    HandoverDetail,
    HandoverDone,
    HandoverPage,
    MatterHandedAnswer,
    RosterPage,
    ShiftAnswer,
)
from jiedao.entrypoints.http.wording import Wording, label_of
from jiedao.entrypoints.printing import element, facts, page, table
from projections.answers import Page
from projections.duty import DutyQueries
from projections.handovers import HandoverRow
from projections.roster_shift import ShiftRow


@dataclass(frozen=True, slots=True)
class HandoverWanted:
    """What a leaving shift leader says: whose shift, to whom, and what else the coming one should know."""

    street_code: str | None = None
    to: str | None = None
    remarks: str = ""


def hand_over(  # noqa: PLR0913  # the parts that it is made of
    wanted: HandoverWanted, queries: DutyQueries, desk: DutyDesk, clock: Clock, profile: DistrictProfile,
    actor: Holder, key: str,
) -> HandoverDone:  # fmt: skip
    """Hand over what stands in the queues now. Raises as :meth:`DutyDesk.offer` does."""
    now = clock.now()
    until = now + profile.duty.approaching
    found = queries.open_matters(wanted.street_code, now, until)
    content = HandedOver(
        wanted.street_code, wanted.to, wanted.remarks, found.matters, found.left_out, found.position, until
    )
    return done(desk.offer(content, actor, key))


def done(answer: HandoverAnswer) -> HandoverDone:
    """Put what came of it into words."""
    return HandoverDone(
        handover_id=answer.handover_id,
        state=answer.state,
        state_label=HandoverState(answer.state).label,
        position=answer.position,
    )


def roster_page(found: Page[ShiftRow], at: datetime, profile: DistrictProfile) -> RosterPage:
    """Put who is on duty into words."""
    return RosterPage(
        at=at,
        items=[shift_answer(row, profile) for row in found.rows],
        next_cursor=found.after,
        position=found.position,
    )


def shift_answer(row: ShiftRow, profile: DistrictProfile) -> ShiftAnswer:
    """Put a shift into words."""
    fields = {name: value for name, value in asdict(row).items() if name != "number"}
    return ShiftAnswer(
        **fields,
        role_label=label_of(Role, row.role) or row.role,
        street_name=Wording(profile).street(row.street_code),
        platform_label=label_of(Platform, row.platform),
    )


def handover_page(found: Page[HandoverRow], profile: DistrictProfile) -> HandoverPage:
    """Put a page of handovers into words."""
    items = [HandoverAnswerModel.model_validate(_facts(row, profile)) for row in found.rows]
    return HandoverPage(items=items, next_cursor=found.after, position=found.position)


def handover_detail(row: HandoverRow, profile: DistrictProfile) -> HandoverDetail:
    """Put a handover with its matters into words."""
    items = [_matter(one, profile) for one in row.handed.matters]
    return HandoverDetail.model_validate(_facts(row, profile) | {"items": items})


def handover_sheet(row: HandoverRow, profile: DistrictProfile) -> str:
    """Make the page of a handover for paper (交接班记录)."""
    told, zone = handover_detail(row, profile), ZoneInfo(profile.timezone)
    shift = told.street_name or f"{profile.name}（区级）"
    answered = f"{told.answered_by or ''} {_local(told.answered_at, zone)}".strip()
    matters = [
        (
            str(number), f"{one.source}:{one.external_id}", one.title, one.street_name or "—", one.state_label,
            _local(one.due_at, zone) or "—", "、".join(one.ground_labels),
        )
        for number, one in enumerate(told.items, 1)
    ]  # fmt: skip
    more = f"另有 {told.left_out} 件未列出，详见任务队列。" if told.left_out else ""
    return page(
        f"交接班记录 {shift}",
        element("h1", "交接班记录"),
        element("p", f"{profile.name} · 日志位置 {told.as_of_position} · {told.handover_id}", kind="under"),
        facts(
            (
                ("班次", shift),
                ("交班人", f"{told.handed_by} {_local(told.handed_at, zone)}"),
                ("接班人", told.handed_to or "接班的值班长"),
                ("状态", " ".join(filter(None, (told.state_label, answered)))),
                ("答复", told.answer or ""),
                ("交班说明", told.remarks),
            )
        ),
        element("h2", f"未了事项 {told.matters} 件"),
        table(("序号", "来源编号", "标题", "街道", "状态", "期限", "缘由"), matters, kind="list"),
        element("p", more),
        table(("交班人签字", "接班人签字", "日期"), [("", "", "")], kind="sign"),
    )


def _facts(row: HandoverRow, profile: DistrictProfile) -> dict[str, object]:
    handed = row.handed
    return {
        "handover_id": row.handover_id,
        "state": row.state,
        "state_label": label_of(HandoverState, row.state),
        "street_code": row.street_code,
        "street_name": Wording(profile).street(row.street_code),
        "handed_by": row.handed_by,
        "handed_to": row.handed_to,
        "remarks": row.remarks,
        "handed_at": row.handed_at,
        "answered_by": row.answered_by,
        "answered_at": row.answered_at,
        "answer": row.answer,
        "matters": row.matters,
        "left_out": handed.left_out,
        "as_of_position": handed.as_of_position,
        "approaching_until": handed.approaching_until,
    }


def _matter(one: HandedMatter, profile: DistrictProfile) -> MatterHandedAnswer:
    return MatterHandedAnswer(
        **asdict(one),
        street_name=Wording(profile).street(one.street_code),
        state_label=label_of(IncidentState, one.state) or one.state,
        ground_labels=[label_of(HandoverGround, ground) or ground for ground in one.grounds],
    )


def _local(moment: datetime | None, zone: ZoneInfo) -> str:
    return "" if moment is None else moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")
