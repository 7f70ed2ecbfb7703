"""The shape of answers about duplicates and repeated complaints."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from jiedao.entrypoints.http.models import Answer, IncidentAnswer, NextCursor, Position

Share = Annotated[float, Field(ge=0, le=1)]


class LikenessPartAnswer(Answer):
    """One part of a score: `value` × `share` is what it adds; a part that could not be told counts as 0.5."""

    part: Annotated[str, Field(examples=["distance"])]
    label: Annotated[str, Field(examples=["距离"])]
    value: Share
    share: Share
    known: bool


class SuggestionAnswer(Answer):
    """疑似重复 An incident that may be the same happening."""

    score: Annotated[float, Field(ge=0, le=1, examples=[0.87])]
    sentence: Annotated[
        str, Field(examples=["相距 12 米，相隔 25 分钟，小类相同，来源不同，描述相似 40%，地址相似 80%"])
    ]
    distance_m: float | None
    apart_seconds: Annotated[int, Field(description="How long after one another, in seconds.")]
    origin: Annotated[str, Field(examples=["other_source"])]
    origin_label: Annotated[str, Field(examples=["来源不同"])]
    parts: Sequence[LikenessPartAnswer]
    incident: IncidentAnswer


class JudgementAnswer(Answer):
    """排除重复 A person said that these are two happenings."""

    incident_id: Annotated[UUID, Field(description="The other incident.")]
    reason: str | None
    actor: str
    role: str
    judged_at: datetime


class SuggestionsAnswer(Answer):
    """疑似重复 What may be the same happening as an incident, the most alike first."""

    incident_id: UUID
    items: Sequence[SuggestionAnswer]
    compared: Annotated[int, Field(description="参与比较的事件数 How many were near enough to be compared.")]
    complete: Annotated[bool, Field(description="False where still more were as near.")]
    not_duplicates: Annotated[Sequence[JudgementAnswer], Field(description="已排除 Said by people to be others.")]
    assumed: Annotated[bool, Field(description="规则为假定值 True while radius, window and weights are assumed.")]
    note: Annotated[str | None, Field(description="为何没有建议 Why there can be none.")]
    position: Position


class JudgedAnswer(Answer):
    """What holds of a pair now."""

    incident_id: UUID
    other_id: UUID
    are_two: Annotated[bool, Field(description="是否排除重复 Whether it stands that they are two.")]
    position: Annotated[int | None, Field(description="日志位置 Null where that had been said before.")]


class MatterAnswer(Answer):
    """一事多诉 One matter, and the incidents of its reports in the order in which they came."""

    matter_id: Annotated[UUID, Field(description="The first incident, by which the matter is named.")]
    reports: int
    reporters: Annotated[int, Field(description="不同上报人 How many different people are known among the reporters.")]
    sources: Sequence[str]
    since: datetime
    latest: datetime
    incidents: Sequence[IncidentAnswer]


class RepeatedPage(Answer):
    """A page of matters, the one with the latest report first."""

    since: datetime
    before: datetime
    items: Sequence[MatterAnswer]
    next_cursor: NextCursor
    position: Position
