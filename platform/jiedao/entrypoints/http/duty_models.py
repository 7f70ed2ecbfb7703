"""The shape of answers about duty: rosters and shift handovers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from jiedao.entrypoints.http.models import Answer, NextCursor, Position, StreetCode


class ShiftAnswer(Answer):
    """值班 One person's duty, from ``starts_at`` until before ``ends_at``."""

    day: date
    person: Annotated[str, Field(description="The name that stands in events.", examples=["user:zhang"])]
    name: Annotated[str, Field(examples=["张伟"])]
    role: Annotated[str, Field(examples=["handler"])]
    role_label: Annotated[str, Field(examples=["处置人员"])]
    street_code: StreetCode
    street_name: str | None
    platform: str | None
    platform_label: str | None
    starts_at: datetime
    ends_at: datetime
    planned_by: str


class RosterPage(Answer):
    """值班表 Who is on duty at a moment."""

    at: datetime
    items: Sequence[ShiftAnswer]
    next_cursor: NextCursor
    position: Position


class PlannedAnswer(Answer):
    """What came of planning."""

    new: Sequence[date]
    changed: Sequence[date]
    unchanged: Sequence[date]
    position: Annotated[int | None, Field(description="日志位置 Null where nothing changed.")]


class MatterHandedAnswer(Answer):
    """交接事项 An open matter as it stood when it was handed over."""

    incident_id: UUID
    source: str
    external_id: str
    title: str
    street_code: StreetCode
    street_name: str | None
    platform: str | None
    state: str
    state_label: str
    due_at: datetime | None
    grounds: Annotated[Sequence[str], Field(examples=[["overdue", "urged"]])]
    ground_labels: Annotated[Sequence[str], Field(examples=[["已超期", "催办"]])]


class HandoverAnswerModel(Answer):
    """交接班 A shift handover as it stands."""

    handover_id: UUID
    state: Annotated[str, Field(examples=["offered"])]
    state_label: Annotated[str, Field(examples=["待接班"])]
    street_code: StreetCode
    street_name: str | None
    handed_by: str
    handed_to: Annotated[str | None, Field(description="Null: whoever comes.")]
    remarks: str
    handed_at: datetime
    answered_by: str | None
    answered_at: datetime | None
    answer: Annotated[str | None, Field(description="A note of who took over, or why it was not taken.")]
    matters: int
    left_out: Annotated[int, Field(description="How many more matters there were than are named.")]
    as_of_position: Annotated[int, Field(description="The matters stood so as of this position of the log.")]
    approaching_until: datetime


class HandoverPage(Answer):
    """A page of handovers, the latest first."""

    items: Sequence[HandoverAnswerModel]
    next_cursor: NextCursor
    position: Position


class HandoverDetail(HandoverAnswerModel):
    """交接班 A shift handover with the matters that it names."""

    items: Sequence[MatterHandedAnswer]


class HandoverDone(Answer):
    """What came of handing over, or of the answer to it."""

    handover_id: UUID
    state: str
    state_label: str
    position: Position
